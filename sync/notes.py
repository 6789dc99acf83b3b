"""Writes each sent reminder into the ledger's history, exactly once.

Xero's notes can never be deleted, so a duplicate is for ever. Three things prevent it: a marker in the text that we can
look for, an idempotency key for the minutes in which the service remembers it, and a row that says "tried" before the
first byte leaves, so that a kill in the middle makes the next run look before it writes.
"""

import re
from collections.abc import Callable

import structlog
from msgspec import Struct

from connectors.ledger import Forbidden, Ledger, LedgerError, Outage, Reauthorise, RetryLater
from state.clock import Clock
from state.model import Reminder, ReminderId
from state.store import TenantStore

OUT_OF_REACH = (RetryLater, Reauthorise, Forbidden)  # errors that the next note would meet as well
OUTAGES_IN_A_ROW = 2
LONGEST_NOTE = 250  # the smallest limit any document of either service names
log = structlog.get_logger()
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
    owed = store.reminders.owed_notes()
    outages = 0
    for position, reminder in enumerate(owed):
        if enough():
            report.waiting += len(owed) - position
            break
        try:
            _write_one(ledger, store, clock, reminder, wording, report)
        except LedgerError as error:
            store.reminders.note_failed(reminder.id, str(error), clock.now())
            report.problems.append(str(error))
            report.waiting += 1
            outages = outages + 1 if isinstance(error, Outage) else 0
            if isinstance(error, OUT_OF_REACH) or outages == OUTAGES_IN_A_ROW:
                report.waiting += len(owed) - position - 1
                break
        else:
            outages = 0
    return report


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
    return any(marker(reminder) in note.text for note in ledger.notes(reminder.invoice_id))
