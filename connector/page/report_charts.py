"""Which charts a report's table has: what it says of itself is drawn, one chart for each currency."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from connector.page.charts import Chart, Series, bars
from connector.page.words import Words
from connector.reports import printed
from connector.reports.table import Cell, Column, Drawn, Table
from state.money import Money

_MOST_BARS = 60
Row = tuple[Cell, ...]


def charts_of(words: Words, table: Table) -> Iterator[Chart]:
    """Those in which there is something to compare and not too much to look at."""
    for drawn in table.drawn:
        for title, rows in _split(table, drawn):
            lines = [row for row in rows if any(row[n] is not None for n in _places(table, drawn.figures))]
            if _is_worth(lines, drawn):
                yield _chart(words, table, drawn, title, lines)


def _is_worth(rows: Sequence[Row], drawn: Drawn) -> bool:
    return len(rows) <= _MOST_BARS and len(rows) * len(drawn.figures) > 1


def _split(table: Table, drawn: Drawn) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each chart, with its title. Rows that say the same of what is drawn are one."""
    figures = [table.columns[n].title for n in _places(table, drawn.figures)]
    title = f"{table.title}: {', '.join(figures)}" if len(table.drawn) > 1 else table.title
    shown = _places(table, (*drawn.names, *drawn.figures))
    found: dict[str, dict[Row, Row]] = {}
    for row in table.rows:
        key = str(row[_place(table, drawn.by)]) if drawn.by else ""
        found.setdefault(key, {}).setdefault(tuple(row[n] for n in shown), row)
    for key, rows in found.items():
        yield f"{title} · {key}" if key else title, list(rows.values())


def _chart(words: Words, table: Table, drawn: Drawn, title: str, rows: Sequence[Row]) -> Chart:
    names = _places(table, drawn.names)
    labels = [" · ".join(filter(None, (_name(words, row[n], table.columns[n]) for n in names))) for row in rows]
    over = " · ".join(table.columns[n].title for n in names)
    series = [_series(words, table.columns[n], n, rows) for n in _places(table, drawn.figures)]
    whole = _place(table, drawn.whole) if drawn.whole else None
    return bars(
        title, over, labels, series, None if whole is None else _series(words, table.columns[whole], whole, rows)
    )


def _series(words: Words, column: Column, place: int, rows: Sequence[Row]) -> Series:
    written = [_written(words, row[place], column) for row in rows]
    return Series(column.title, [_length(row[place]) for row in rows], written)


def _places(table: Table, keys: Sequence[str]) -> list[int]:
    return [_place(table, key) for key in keys]


def _place(table: Table, key: str) -> int:
    return next(n for n, column in enumerate(table.columns) if column.key == key)


def _name(words: Words, cell: Cell, column: Column) -> str:
    if column.kind == "days" and isinstance(cell, int):
        return words.days(cell)
    return _written(words, cell, column)


def _written(words: Words, cell: Cell, column: Column) -> str:
    return printed.UNKNOWN if cell is None else words.cell(cell, column.kind)


def _length(cell: Cell) -> float | None:
    """On the screen; what is said in words stays exact."""
    if isinstance(cell, Money):
        return float(cell.amount)
    return float(cell) if isinstance(cell, int | Decimal) else None
