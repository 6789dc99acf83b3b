"""How commands speak: tables for people, one JSON object for machines, and never both.

Commands build plain data and hand it over; nothing here decides anything. Names in it come from strangers: what a
terminal would obey leaves it here, and nothing is taken for markup.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from state.plain_text import json_line, plain

console = Console(highlight=False, soft_wrap=False, emoji=False)
_WIDEST = 240
_NARROW = 12  # of prose
_WHOLE = 64  # what is longer is a stranger's text and no code, day or number
diagnostics = Console(stderr=True, highlight=False, emoji=False)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`: print one JSON object on standard output, and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")(command)


def emit_json(data: object) -> None:
    """One line of JSON; dates, instants, records and enums in their plain forms."""
    sys.stdout.write(json_line(data) + "\n")


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Sequence[str] = (),
    prose: Sequence[str] = (),
) -> Table:
    """A table for the terminal: columns in `right` hold numbers, those in `prose` words that may go on below."""
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    cells = [["" if cell is None else plain(str(cell)) for cell in row] for row in rows]
    for number, column in enumerate(columns):
        side: Literal["left", "right"] = "right" if column in right else "left"
        own = [column, *(row[number] for row in cells)]
        narrowest = _narrowest_prose(own) if column in prose else min(max(map(cell_len, own)), _WHOLE)
        made.add_column(column, justify=side, overflow="fold", no_wrap=column not in prose, min_width=narrowest)
    for row in cells:
        made.add_row(*map(Text, row))
    return made


def _narrowest_prose(cells: Iterable[str]) -> int:
    """The longest word, so that few are broken, as long as one word does not need half a line."""
    return min(max(cell_len(word) for cell in cells for word in cell.split() or [""]), _NARROW)


def say(*sentences: str) -> None:
    """Sentences for the person at the terminal, each on one line however narrow that is."""
    for sentence in sentences:
        console.print(plain(sentence), markup=False, soft_wrap=True)


def show(made: Table, empty: str = "", *, whole: bool = False) -> None:
    """Print a table under its title, or say in words that there is nothing in it. `whole`: without folding words."""
    if made.row_count:
        title, made.title = made.title, None  # a title of the table's own would be folded to the table's width
        console.print(title, style="bold", markup=False, soft_wrap=True)
        _wide_enough(made, whole=whole).print(made)
        console.print()
    elif empty:
        say(empty)


def _wide_enough(made: Table, *, whole: bool) -> Console:
    """A number that is cut off, or a column that has gone, is worse than a line that goes on below."""
    measured = console.measure(made, options=console.options.update(width=_WIDEST))
    needed = measured.maximum if whole else measured.minimum
    return Console(highlight=False, soft_wrap=False, emoji=False, width=max(console.width, needed))


def count(number: int, one: str, many: str | None = None) -> str:
    """'1 note', '2 notes', '1,200 notes'."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def in_words(code: str) -> str:
    """A machine-readable code as people read it."""
    return code.replace("_", " ")


def progress() -> Progress:
    """A bar on standard error that leaves nothing behind. Invisible where nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=diagnostics,
        transient=True,
        disable=not diagnostics.is_terminal,
    )
