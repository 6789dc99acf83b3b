"""`make bench`: what Dun costs, each number a ratio inside one run or a count, each beside its limit.

What is compared with what, and why, is told in docs/reference/benchmarks.md.
"""

import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

from bench import decision, growth, synchronise, verification
from bench.measures import Measures, save, table
from state.model import LedgerName

LEDGERS: tuple[LedgerName, ...] = ("xero", "quickbooks")
RESULTS = Path(__file__).parent / "results" / "latest.json"
_QUICK_INVOICES = 5_000
_REPEAT = 5

console = Console()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--invoices", type=click.IntRange(1_000), default=50_000, show_default=True, help="Size of the ledgers.")
@click.option("--quick", is_flag=True, help=f"{_QUICK_INVOICES:,} invoices, each part once; the limits mean little.")
@click.option("--large/--skip-large", default=False, help="Synchronise ten times the invoices, too: some minutes more.")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, help="Where the JSON goes.")
def main(invoices: int, quick: bool, large: bool, results: Path) -> None:
    """Measure the connector against the floor. Exit code 1 if a limit is broken."""
    if quick:
        invoices = min(invoices, _QUICK_INVOICES)
    measures = Measures(invoices)
    with tempfile.TemporaryDirectory(prefix="dun-bench-") as folder:
        _measure(measures, invoices, 1 if quick else _REPEAT, Path(folder), large=large)
    report = measures.report()
    save(report, results)
    console.print(table(report))
    sys.exit(0 if all(measure.ok for measure in report.metrics.values()) else 1)


def _measure(measures: Measures, invoices: int, repeat: int, folder: Path, *, large: bool) -> None:
    peaks: dict[LedgerName, float] = {}
    for ledger in LEDGERS:
        with console.status(f"Synchronising {invoices:,} invoices from {ledger} ..."):
            peaks[ledger] = synchronise.measure(ledger, invoices, repeat, folder, measures)
    measures.add("sync_peak_mb", max(peaks.values()))
    for ledger in LEDGERS:
        with console.status(f"Verifying {verification.REMINDERS:,} reminders with {ledger} ..."):
            verification.measure(ledger, folder, measures)
    with console.status(f"Deciding about {invoices:,} open invoices ..."):
        decision.measure(invoices, repeat, folder, measures)
    if large:
        with console.status(f"Synchronising {growth.TIMES * invoices:,} invoices from both ..."):
            growth.measure(peaks, invoices, folder, measures)


if __name__ == "__main__":
    main()
