"""Whether memory grows with the ledger: the same synchronisation of ten times the invoices, for both ledgers at once.

Only the peak is measured here, straight from the sandbox; how long other processes take to serve it does not matter.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.measures import Measures
from bench.process import run
from bench.pull import PullOutcome, PullTask
from bench.sandbox import running
from state.model import LedgerName

TIMES = 10


def measure(peaks: dict[LedgerName, float], invoices: int, folder: Path, measures: Measures) -> None:
    """`peaks`: MiB for `invoices`, by ledger."""
    with ThreadPoolExecutor(len(peaks)) as both:
        large = dict(zip(peaks, both.map(lambda ledger: _peak(ledger, TIMES * invoices, folder), peaks), strict=True))
    measures.add("sync_peak_growth_mb", max(large[ledger] - peaks[ledger] for ledger in peaks))
    measures.explain(**{f"{ledger}_large_sync_peak_mb": peak for ledger, peak in large.items()})


def _peak(ledger: LedgerName, invoices: int, folder: Path) -> float:
    with running(ledger, invoices=invoices) as sandbox:
        outcome = run("bench.pull", PullTask(sandbox.connect(), str(folder / f"{ledger}-large.db")), PullOutcome)
    assert outcome.invoices == invoices, outcome
    return outcome.peak_mb
