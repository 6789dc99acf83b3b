"""A report as text: cells for a terminal, one JSON object, and CSV that spreadsheets open without harm.

In JSON an amount is its decimal text beside its currency. In CSV it is the text alone, since spreadsheets add up
columns; the currency stands in the table's column `currency`, or where there is none, in a column behind the amount.
What cannot be known is null in JSON, empty in CSV and a question mark on a terminal.
"""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from connector.reports.table import Cell, Column, Report, Table
from state.money import Money
from state.spreadsheet import harmless_cell

UNKNOWN = "?"
_UNITS = {"percent": " %", "days": " d"}
RIGHT = frozenset({"money", "count", "days", "percent", "ratio"})  # kinds that are set to the right


def rows_shown(table: Table) -> Iterator[list[str]]:
    """The rows as people read them; beside a column `currency` an amount needs none of its own."""
    named = any(column.key == "currency" for column in table.columns)
    for row in table.rows:
        yield [shown(cell, column, named=named) for cell, column in zip(row, table.columns, strict=True)]


def shown(cell: Cell, column: Column, *, named: bool = False) -> str:
    """A cell as people read it; `named`: its currency is told beside it."""
    if cell is None:
        return UNKNOWN
    if isinstance(cell, Money) and named:
        return f"{cell.amount:,}"
    if isinstance(cell, Money) or not isinstance(cell, int | Decimal):
        return str(cell)
    return f"{cell:,}{_UNITS.get(column.kind, '')}"


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain data: each row is an object with the keys of its columns."""
    return {
        "name": report.name,
        "title": report.title,
        "as_of": report.as_of,
        "formula": report.formula,
        "cannot_know": report.cannot_know,
        "tables": [
            {"name": table.name, "title": table.title, "rows": [_object(row, table) for row in table.rows]}
            for table in report.tables
        ],
    }


def csv_files(report: Report) -> dict[str, bytes]:
    """A CSV file for each table, by the file's name."""
    return {f"{report.name}-{table.name}.csv": _csv(table) for table in report.tables}


def _object(row: tuple[Cell, ...], table: Table) -> dict[str, Any]:
    return {column.key: _plain(cell) for column, cell in zip(table.columns, row, strict=True)}


def _plain(cell: Cell) -> Any:
    if isinstance(cell, Money):
        return {"amount": cell.amount, "currency": cell.currency}
    return cell


def _csv(table: Table) -> bytes:
    named = any(column.key == "currency" for column in table.columns)
    text = io.StringIO(newline="")
    sheet = csv.writer(text)
    sheet.writerow(_headings(table, named=named))
    for row in table.rows:
        sheet.writerow(_cells(row, table, named=named))
    return text.getvalue().encode()


def _headings(table: Table, *, named: bool) -> Iterator[str]:
    for column in table.columns:
        yield column.key
        if column.kind == "money" and not named:
            yield f"{column.key}_currency"


def _cells(row: tuple[Cell, ...], table: Table, *, named: bool) -> Iterator[str]:
    for column, cell in zip(table.columns, row, strict=True):
        yield _cell(cell)
        if column.kind == "money" and not named:
            yield cell.currency if isinstance(cell, Money) else ""


def _cell(cell: Cell) -> str:
    """Numbers are ours and may begin with a minus."""
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return str(cell.amount)
    return harmless_cell(cell) if isinstance(cell, str) else str(cell)
