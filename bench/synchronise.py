"""An initial synchronisation and the poll after it: CPU against the floor, memory, requests.

The adapter first reads from the sandbox through a recorder; then it and the floor read the same bytes from the tape,
in turns, each time in a fresh process with a fresh file.
"""

import math
from pathlib import Path

from msgspec import Struct

from bench.access import Access
from bench.floor import FloorOutcome, FloorTask
from bench.measures import Measures
from bench.process import run
from bench.pull import PullOutcome, PullTask
from bench.sandbox import Sandbox, running
from bench.tape import Tape, playing, recording
from state.model import LedgerName

_CHANGED = 1000  # one invoice in so many changes before the poll
_PAUSE_SECONDS = 15 * 60  # between two polls: contacts and credits of Xero are not due again
_LISTS = {"xero": (b"/Invoices",), "quickbooks": (b" FROM Invoice", b" FROM Payment")}
_INVOICE_LIST = {"xero": b"/Invoices", "quickbooks": b" FROM Invoice"}


class Recorded(Struct, frozen=True):
    """What the tape of one ledger holds, and the connection it was made with."""

    access: Access
    tape: Tape


def measure(ledger: LedgerName, invoices: int, repeat: int, folder: Path, measures: Measures) -> float:
    """All metrics of one ledger; returns the peak memory of the adapter in MiB."""
    with running(ledger, invoices=invoices) as sandbox:
        recorded = _record(sandbox, folder / f"{ledger}.db")
        polled = _poll(sandbox, recorded.access, invoices, folder / f"{ledger}.db")
    measures.add(f"{ledger}_sync_requests", len(_requests(recorded.tape, (_INVOICE_LIST[ledger],))))
    measures.add(f"{ledger}_poll_requests", sum(polled.calls.values()))
    pulls, floors = _compete(recorded, repeat, folder)
    _check(pulls, floors, invoices)
    pull, floor = min(one.cpu_seconds for one in pulls), min(one.cpu_seconds for one in floors)
    measures.add(f"{ledger}_sync_ratio", pull / floor)
    peak = max(one.peak_mb for one in pulls)
    measures.explain(
        **{
            f"{ledger}_sync_cpu_seconds": pull,
            f"{ledger}_floor_cpu_seconds": floor,
            f"{ledger}_sync_peak_mb": peak,
            f"{ledger}_floor_peak_mb": max(one.peak_mb for one in floors),
            f"{ledger}_sync_requests_in_all": sum(pulls[0].calls.values()),
            f"{ledger}_wire_megabytes": sum(len(one.answer) for one in recorded.tape.exchanges) / 1e6,
            f"{ledger}_poll_rows_changed": polled.changed,
        }
    )
    return peak


def _record(sandbox: Sandbox, file: Path) -> Recorded:
    access, tape = sandbox.connect(), Tape()
    with recording(tape, sandbox.url) as url:
        run("bench.pull", PullTask(access.through(url), str(file)), PullOutcome)
    return Recorded(access, tape)


def _poll(sandbox: Sandbox, access: Access, invoices: int, file: Path) -> PullOutcome:
    """One invoice in a thousand is paid, a quarter of an hour passes, and the same mirror is brought up to date."""
    sandbox.tell("clock", {"advance_seconds": float(_PAUSE_SECONDS)})
    changed = math.ceil(invoices / _CHANGED)
    for invoice in sandbox.ask("invoices", open="true", limit=changed):
        sandbox.tell("payments", {"invoice": invoice["guid"]})
    outcome = run("bench.pull", PullTask(access.at(sandbox.now()), str(file)), PullOutcome)
    assert outcome.changed >= changed, f"the poll brought {outcome.changed} of {changed} changes"
    return outcome


def _compete(recorded: Recorded, repeat: int, folder: Path) -> tuple[list[PullOutcome], list[FloorOutcome]]:
    ledger = recorded.access.ledger
    requests = _requests(recorded.tape, _LISTS[ledger])
    pulls, floors = [], []
    with playing(recorded.tape) as url:
        access = recorded.access.through(url)
        for turn in range(repeat):
            file = str(folder / f"{ledger}-{turn}")
            pulls.append(run("bench.pull", PullTask(access, f"{file}.db"), PullOutcome))
            floors.append(run("bench.floor", FloorTask(ledger, url, requests, f"{file}-floor.db"), FloorOutcome))
    return pulls, floors


def _requests(tape: Tape, marks: tuple[bytes, ...]) -> list[bytes]:
    """The recorded requests for certain lists, in their order."""
    return [one.request for one in tape.exchanges if any(mark in one.request for mark in marks)]


def _check(pulls: list[PullOutcome], floors: list[FloorOutcome], invoices: int) -> None:
    """A contestant that did not bring everything has no time worth comparing."""
    assert all(one.invoices == invoices and not one.rejected for one in pulls), pulls
    assert all(one.invoices == invoices and one.payments == floors[0].payments > 0 for one in floors), floors
