"""Writes what was agreed into the ledger's history, exactly once, as `sync.notes` does with reminders.

The marker is another one: whoever reads the history back after a restore learns from it which reminders were sent, and
an agreement is none.
"""

from collections.abc import Callable

import structlog

from connectors.ledger import Ledger
from state.clock import Clock
from state.ledger_notes import LedgerNote
from state.store import TenantStore
from sync.notes import NotesReport, already_there, fit, write_each

log = structlog.get_logger()


def extra_marker(note: LedgerNote) -> str:
    """What identifies our note among all others on the invoice."""
    return f"[dun-note:{note.id}]"


def write_extra_notes(
    ledger: Ledger, store: TenantStore, clock: Clock, enough: Callable[[], bool] = lambda: False
) -> NotesReport:
    """Write every note of the queue `store.ledger_notes` that is owed; see sync.notes.write_owed_notes."""
    report = NotesReport()

    def write(note: LedgerNote) -> None:
        _write_one(ledger, store, clock, note, report)

    def failed(note: LedgerNote, reason: str) -> None:
        store.ledger_notes.failed(note.id, reason)

    write_each(store.ledger_notes.owed(), write, failed, enough, report)
    return report


def _write_one(ledger: Ledger, store: TenantStore, clock: Clock, note: LedgerNote, report: NotesReport) -> None:
    if note.tried and already_there(ledger, note.invoice_id, extra_marker(note)):
        report.found += 1
    else:
        store.ledger_notes.tried(note.id)
        ledger.write_note(note.invoice_id, fit(note.text, extra_marker(note)), key=f"dun-note-{note.id}")
        report.written += 1
    store.ledger_notes.written(note.id, clock.now())
    log.info("note in the ledger", note=note.id)
