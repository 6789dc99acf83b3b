"""How commands speak: tables for people, one JSON object for machines, and never both.

Commands build plain data and hand it over; nothing here decides anything.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

console = Console(highlight=False, soft_wrap=False)
diagnostics = Console(stderr=True, highlight=False)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`: print one JSON object on standard output, and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")(command)


def emit_json(data: object) -> None:
    """One line of JSON; dates, instants, records and enums in their plain forms."""
    sys.stdout.write(msgspec.json.encode(data, enc_hook=str).decode() + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> Table:
    """A table for the terminal; the columns named in `right` hold numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*("" if cell is None else str(cell) for cell in row))
    return made


def say(text: str) -> None:
    """A sentence for the person at the terminal."""
    console.print(text, markup=False)


def show(made: Table, empty: str) -> None:
    """Print a table, or say in words that there is nothing in it."""
    if made.row_count:
        console.print(made)
    else:
        say(empty)
