"""Measured process: a pull through the real adapter into a real tenant's file."""

import sqlite3
import sys
from pathlib import Path

import structlog
from msgspec import Struct

from bench.access import Access
from bench.process import answer, cpu_time, peak_mb, read_task
from connectors.transport import CallMeter
from state.clock import ManualClock
from state.store import TenantStore
from sync.pull import pull


class PullTask(Struct, frozen=True):
    access: Access
    file: str


class PullOutcome(Struct, frozen=True, kw_only=True):
    """`calls` by operation of the adapter's meter; `changed` rows by this pull; `invoices` in the mirror after it."""

    cpu_seconds: float
    peak_mb: float
    calls: dict[str, int]
    changed: int
    rejected: int
    invoices: int


def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    task = read_task(PullTask)
    clock, meter = ManualClock(task.access.now), CallMeter()
    with TenantStore.open(Path(task.file)) as store:
        ledger = task.access.open(clock, meter)
        with cpu_time() as watch:
            report = pull(ledger, store, clock)
    peak = peak_mb()
    answer(
        PullOutcome(
            cpu_seconds=watch.cpu_seconds,
            peak_mb=peak,
            calls=dict(meter.by_operation),
            changed=report.changed,
            rejected=report.rejected,
            invoices=_count_invoices(Path(task.file)),
        )
    )


def _count_invoices(file: Path) -> int:
    connection = sqlite3.connect(file)
    [[count]] = connection.execute("SELECT count(*) FROM invoice")
    connection.close()
    return int(count)


if __name__ == "__main__":
    main()
