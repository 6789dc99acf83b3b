"""What a report says, before anybody prints it: the terminal, JSON, CSV, the page and the monthly PDF show the same.

A report is one or more tables and the sentences about what it cannot know. A cell that cannot be known is None, never
a nought; the sentence that says why stands in `cannot_know`.
"""

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from state.money import Money

Kind = Literal["text", "money", "count", "days", "percent", "ratio", "day"]
Cell = str | int | Decimal | Money | date | None


class Column(Struct, frozen=True):
    """`kind` says how its cells are shown and aligned; percent is a Decimal of 0 to 100, days an int or a Decimal."""

    key: str  # of JSON and CSV, in snake_case
    title: str
    kind: Kind = "text"


class Drawn(Struct, frozen=True):
    """A chart of a table: the columns, by their keys, whose figures are drawn, and those that name a bar.

    With `whole`, the figures are parts of that column's; without, they are compared and stand beside one another. `by`:
    a chart for each value of this column, as for each currency, since nothing of two currencies has one scale.
    """

    figures: tuple[str, ...]
    names: tuple[str, ...]
    whole: str = ""
    by: str = ""


class Table(Struct, frozen=True):
    """Rows have a cell for each column."""

    name: str  # of its CSV file
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    drawn: tuple[Drawn, ...] = ()


class Report(Struct, frozen=True):
    """One report of one tenant. `formula` says in one sentence how it is reckoned (docs/reference/numbers.md)."""

    name: str
    title: str
    as_of: date
    tables: tuple[Table, ...]
    formula: str = ""
    cannot_know: tuple[str, ...] = ()
