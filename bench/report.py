"""Measured process: reports over a file that it has not opened before, or scans of its invoices.

Its totals are given as plain numbers, so that another program's can be held against them.
"""

import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from bench.process import answer, cpu_time, peak_mb, read_task
from connector.config.settings import load
from connector.reporting.reports import REPORTS, Asked
from connector.reports.table import Cell, Report
from state.model import TenantSlug
from state.money import Money
from state.store import TenantStore

SCAN = "scan"  # in place of a report: every invoice read once, two figures of it
SCAN_NEEDED = "scan-needed"  # the same with what reports are made of
_SCANS = {
    SCAN: "SELECT count(*), sum(due_minor) FROM invoice",
    SCAN_NEEDED: """
        SELECT count(*), sum(total_minor), max(issued_on), max(due_on), sum(length(allocations)) FROM invoice
    """,
}
_BY_CUSTOMER = {"groups", "rating", "false_chases"}  # tables with a customer in each row


class ReportTask(Struct, frozen=True):
    """`names` are of REPORTS, or scans; `config` is that of an office whose tenant `slug` the file is of."""

    names: tuple[str, ...]
    config: str
    slug: str
    file: str
    day: date


class ReportOutcome(Struct, frozen=True, kw_only=True):
    """`figures` are the numbers of the report's tables, `<table>.<first cell>.<column>`, of tables without a customer
    in each row; of those with one, each column added up, `<table>.<column>`. Money is in minor units.
    """

    cpu_seconds: float
    peak_mb: float  # of the process until then
    figures: dict[str, float]


class Outcomes(Struct, frozen=True):
    """By the name of the report."""

    of: dict[str, ReportOutcome]


def main() -> None:
    task = read_task(ReportTask)
    answer(Outcomes({name: _scan(task, name) if name in _SCANS else _report(task, name) for name in task.names}))


def _scan(task: ReportTask, name: str) -> ReportOutcome:
    with cpu_time() as watch, closing(sqlite3.connect(task.file)) as file:
        [row] = file.execute(_SCANS[name])
    return ReportOutcome(cpu_seconds=watch.cpu_seconds, peak_mb=peak_mb(), figures={"invoices": row[0]})


def _report(task: ReportTask, name: str) -> ReportOutcome:
    settings = load(Path(task.config)).tenants[TenantSlug(task.slug)]
    with cpu_time() as watch, TenantStore.open(Path(task.file)) as store:
        report = REPORTS[name].build(store, settings, Asked(today=task.day, as_of=task.day))
    peak = peak_mb()
    return ReportOutcome(cpu_seconds=watch.cpu_seconds, peak_mb=peak, figures=_figures(report))


def _figures(report: Report) -> dict[str, float]:
    found: dict[str, float] = {}
    for table in report.tables:
        for row in table.rows:
            lead = f"{table.name}." if table.name in _BY_CUSTOMER else f"{table.name}.{row[0]}."
            for column, cell in zip(table.columns, row, strict=True):
                number = _number(cell)
                if number is not None:
                    found[lead + column.key] = found.get(lead + column.key, 0) + number
    return found


def _number(cell: Cell) -> float | None:
    if isinstance(cell, Money):
        return cell.minor
    return float(cell) if isinstance(cell, int | Decimal) else None


if __name__ == "__main__":
    main()
