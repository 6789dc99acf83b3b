"""Writes each sent reminder into the ledger's history, exactly once.

Xero's notes can never be deleted, so a duplicate is for ever. Three things prevent it: a marker in the text that we can
look for, an idempotency key for the minutes in which the service remembers it, and a row that says "tried" before the
first byte leaves, so that a kill in the middle makes the next run look before it writes.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from msgspec import Struct

from connectors.ledger import Forbidden, Ledger, LedgerError, Outage, Reauthorise, RetryLater
from state.clock import Clock
from state.model import InvoiceId, Reminder, ReminderId
from state.store import TenantStore

OUT_OF_REACH = (RetryLater, Reauthorise, Forbidden)  # errors that the next note would meet as well
OUTAGES_IN_A_ROW = 2
LONGEST_NOTE = 250  # the smallest limit any document of either service names
log = structlog.get_logger()
Owed = TypeVar("Owed")
_MARKER = re.compile(r"\[dun:([A-Z2-7]{12})\]")


class NotesReport(Struct):
    written: int = 0
    found: int = 0  # an earlier attempt had arrived after all
    waiting: int = 0
    problems: list[str] = []


def marker(reminder: Reminder) -> str:
    """What identifies our note among all others on the invoice."""
    return f"[dun:{reminder.id}]"


def marked(text: str) -> list[ReminderId]:
    """The reminders whose marker stands in `text`."""
    return [ReminderId(each) for each in _MARKER.findall(text)]


def fit(text: str, ending: str) -> str:
    """`text` and `ending` in one line of at most 250 characters; only the text is ever shortened."""
    room = LONGEST_NOTE - len(ending) - 1
    line = " ".join(text.split())
    if len(line) > room:
        line = line[: room - 1].rstrip() + "\u2026"
    return f"{line} {ending}"


def write_owed_notes(
    ledger: Ledger,
    store: TenantStore,
    clock: Clock,
    wording: Callable[[Reminder], str],
    *,
    enough: Callable[[], bool] = lambda: False,
) -> NotesReport:
    """Write every note that is owed. What concerns one invoice does not keep the others from theirs.

    Stops early when the service is out of reach, or `enough` says so between two notes; the rest stays owed.
    """
    report = NotesReport()

    def write(reminder: Reminder) -> None:
        _write_one(ledger, store, clock, reminder, wording, report)

    def failed(reminder: Reminder, reason: str) -> None:
        store.reminders.note_failed(reminder.id, reason, clock.now())

    write_each(store.reminders.owed_notes(), write, failed, enough, report)
    return report


def write_each(
    owed: Sequence[Owed],
    write: Callable[[Owed], None],
    failed: Callable[[Owed, str], None],
    enough: Callable[[], bool],
    report: NotesReport,
) -> None:
    """Call `write` for each of `owed`, and `failed` for what the ledger did not take; see write_owed_notes."""
    outages = 0
    for position, note in enumerate(owed):
        if enough():
            report.waiting += len(owed) - position
            break
        try:
            write(note)
        except LedgerError as error:
            failed(note, str(error))
            report.problems.append(str(error))
            report.waiting += 1
            outages = outages + 1 if isinstance(error, Outage) else 0
            if isinstance(error, OUT_OF_REACH) or outages == OUTAGES_IN_A_ROW:
                report.waiting += len(owed) - position - 1
                break
        else:
            outages = 0


def _write_one(
    ledger: Ledger,
    store: TenantStore,
    clock: Clock,
    reminder: Reminder,
    wording: Callable[[Reminder], str],
    report: NotesReport,
) -> None:
    if store.reminders.note_was_tried(reminder.id) and _already_there(ledger, reminder):
        report.found += 1
    else:
        store.reminders.note_tried(reminder.id, clock.now())
        ledger.write_note(reminder.invoice_id, fit(wording(reminder), marker(reminder)), key=f"dun-{reminder.id}")
        report.written += 1
    store.reminders.noted(reminder.id, clock.now())
    log.info("note in the ledger", reminder=reminder.id)


def _already_there(ledger: Ledger, reminder: Reminder) -> bool:
    return already_there(ledger, reminder.invoice_id, marker(reminder))


def already_there(ledger: Ledger, invoice_id: InvoiceId, mark: str) -> bool:
    """Whether a note with the marker `mark` is in the invoice's history."""
    return any(mark in note.text for note in ledger.notes(invoice_id))
