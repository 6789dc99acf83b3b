"""`make bench`: what Dun costs, each number a ratio inside one run or a count, each beside its limit.

What is compared with what, and why, is told in docs/reference/benchmarks.md.
"""

import sys
import tempfile
from pathlib import Path

import click
from msgspec import Struct
from rich.console import Console

from bench import decision, forecasting, growth, page, reporting, synchronise, verification
from bench.measures import Measures, save, table
from state.model import LedgerName

LEDGERS: tuple[LedgerName, ...] = ("xero", "quickbooks")
RESULTS = Path(__file__).parent / "results" / "latest.json"
_QUICK_INVOICES = 5_000
_QUICK_REMINDERS = 100
_REMINDERS = 1_000
_REPEAT = 5
_BOOKS_TIMES = 10  # invoices that reports are made of, of those that are synchronised

console = Console()


class Size(Struct, frozen=True):
    """How much is measured, and how often those that race do so."""

    invoices: int
    in_books: int
    reminders: int
    repeat: int
    large: bool
    quick: bool


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--invoices", type=click.IntRange(1_000), default=50_000, show_default=True, help="Size of the ledgers.")
@click.option("--quick", is_flag=True, help="Fewer of everything, each part once: says that it works, not how fast.")
@click.option("--large/--skip-large", default=False, help="Synchronise ten times the invoices, too: some minutes more.")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, help="Where the JSON goes.")
def main(invoices: int, quick: bool, large: bool, results: Path) -> None:
    """Measure the connector against the floor. Exit code 1 if a limit is broken."""
    size = Size(invoices, _BOOKS_TIMES * invoices, _REMINDERS, _REPEAT, large, quick)
    if quick:
        fewer = min(invoices, _QUICK_INVOICES)
        size = Size(fewer, fewer, _QUICK_REMINDERS, 1, large, quick)
    measures = Measures(size.invoices, size.reminders)
    with tempfile.TemporaryDirectory(prefix="dun-bench-") as folder:
        _measure(measures, size, Path(folder))
    report = measures.report()
    save(report, results)
    console.print(table(report))
    sys.exit(0 if all(measure.ok for measure in report.metrics.values()) else 1)


def _measure(measures: Measures, size: Size, folder: Path) -> None:
    peaks: dict[LedgerName, float] = {}
    for ledger in LEDGERS:
        with console.status(f"Synchronising {size.invoices:,} invoices from {ledger} ..."):
            peaks[ledger] = synchronise.measure(ledger, size.invoices, size.repeat, folder, measures)
    measures.add("sync_peak_mb", max(peaks.values()))
    for ledger in LEDGERS:
        with console.status(f"Verifying {size.reminders:,} reminders with {ledger} ..."):
            verification.measure(ledger, size.reminders, folder, measures)
    with console.status(f"Deciding about {size.invoices:,} open invoices ..."):
        decision.measure(size.invoices, size.repeat, folder, measures)
    with console.status("Looking at a hundred firms' morning ..."):
        page.measure(size.invoices, size.repeat, folder, measures)
    with console.status(f"Reporting on {size.in_books:,} invoices ..."):
        reporting.measure(size.in_books, size.repeat, folder, measures, cold=not size.quick)
    with console.status("Looking back at made-up forecasts ..."):
        forecasting.measure(quick=size.quick, measures=measures)
    if size.large:
        with console.status(f"Synchronising {growth.TIMES * size.invoices:,} invoices from both ..."):
            growth.measure(peaks, size.invoices, folder, measures)


if __name__ == "__main__":
    main()
