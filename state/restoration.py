"""What a file restored from a backup has forgotten, and how it learns it again before anything is sent.

A backup remembers nothing of what was sent after it, so a restored file would send it twice. It therefore knows that it
was restored: until the ledger's notes on every open invoice have been read, nothing is decided.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from state.columns import day_text, instant_text, read_instant
from state.database import immediate
from state.errors import explaining
from state.holds import OPERATOR
from state.model import ContactId, InvoiceId, MessageId, ReminderId

CHANNEL = "restored"  # of a message that is known from the ledger's notes, or only feared: nobody has its text
PAUSED = "restored"  # the reason of the hold that a person releases

# A note that the backup believes to be owed may have been written since: looked for before it is written again.
_LOOK_FIRST = "UPDATE reminder SET note_attempts = note_attempts + 1 WHERE state NOT IN ('noted', 'skipped')"
_LOOK_FIRST_TOO = "UPDATE ledger_note SET attempts = attempts + 1 WHERE state = 'owed'"
_UNREAD = """
    SELECT id FROM invoice WHERE status = 'open' AND due_minor > 0 AND id NOT IN (SELECT invoice_id FROM history_read)
    ORDER BY due_on, id
"""
_PLAN = """
    INSERT INTO reminder (id, invoice_id, contact_id, stage, round, state, planned_for, approved, changed_at)
    SELECT :id, :invoice, :contact, :stage, round, 'planned', :day, 0, :at FROM invoice
    WHERE invoice.id = :invoice AND NOT EXISTS (SELECT 1 FROM reminder WHERE id = :id)
"""
_TAKEN = """
    SELECT 1 FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id AND invoice.round = reminder.round
    WHERE reminder.invoice_id = :invoice AND reminder.stage = :stage AND reminder.id <> :id
"""
_MESSAGE = """
    INSERT INTO message (id, contact_id, channel, stage, subject, recipients, text, totals, owner, claimed_at,
                         business_day, outcome, reason, settled_at)
    VALUES (:message, :contact, :channel, :stage, '', '[]', '', '{}', '', :sent_at, :day, 'sent', :reason, :at)
"""
_ARRIVED = """
    UPDATE message SET outcome = 'sent', settled_at = :at, reason = :reason WHERE id = :message AND outcome = 'unsure'
"""
# The steps a reminder takes anyway, one after the other, so that the schema has its say about each.
_AGAIN = (
    "UPDATE reminder SET state = 'planned', message_id = NULL, changed_at = :at WHERE id = :id AND state = 'failed'"
)
_VERIFIED = """
    UPDATE reminder SET state = 'verified', proof = :proof, verified_at = :at, reason = :reason, changed_at = :at
    WHERE id = :id AND state = 'planned'
"""
_SENDING = """
    UPDATE reminder SET state = 'sending', message_id = :message, changed_at = :at WHERE id = :id AND state = 'verified'
"""
_SENT = """
    UPDATE reminder SET state = 'sent', message_id = :message, proof = coalesce(proof, :proof),
        verified_at = coalesce(verified_at, :at), sent_at = :sent_at, sent_on = :day, changed_at = :at
    WHERE id = :id AND state IN ('sending', 'unknown')
"""
_NOTED = "UPDATE reminder SET state = 'noted', reason = :reason, changed_at = :at WHERE id = :id AND state = 'sent'"
_WALK = (_AGAIN, _VERIFIED, _SENDING, _SENT, _NOTED)


class Restored(Struct, frozen=True, kw_only=True):
    """A restore whose lost time is not yet known."""

    backed_up_at: datetime
    restored_at: datetime


class ToldByNote(Struct, frozen=True, kw_only=True):
    """A reminder as its note in the ledger tells it."""

    reminder_id: ReminderId
    invoice_id: InvoiceId
    contact_id: ContactId
    stage: str
    sent_on: date  # in the tenant's zone
    sent_at: datetime
    message_id: MessageId  # ours: the note does not tell the real one
    proof: str  # JSON: what the ledger says of the invoice now


class Restoration:
    """Reads and writes of the time after a restore. Methods that write are atomic."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self, backed_up_at: datetime, restored_at: datetime, pause: str | None) -> None:
        """Mark the file as restored. `pause` are the words of a hold on the tenant; None: the old one did not run on.

        Without a pause nothing was forgotten, and nothing has to be learned.
        """
        at, learned_at = instant_text(restored_at), None if pause else instant_text(restored_at)
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT INTO restoration (backed_up_at, restored_at, learned_at) VALUES (?, ?, ?)",
                (instant_text(backed_up_at), at, learned_at),
            )
            if pause:
                connection.execute("DELETE FROM history_read")
                connection.execute(_LOOK_FIRST)
                connection.execute(_LOOK_FIRST_TOO)
                connection.execute(
                    "INSERT INTO hold (scope, target, reason, note, owner, placed_at)"
                    " VALUES ('tenant', '*', ?, ?, ?, ?)",
                    (PAUSED, pause, OPERATOR, at),
                )

    @explaining()
    def unlearned(self) -> Restored | None:
        """The oldest moment to which a restore has gone back and since which the ledger was not asked; or None."""
        [row] = self._connection.execute(
            "SELECT min(backed_up_at), max(restored_at) FROM restoration WHERE learned_at IS NULL"
        )
        return Restored(backed_up_at=read_instant(row[0]), restored_at=read_instant(row[1])) if row[0] else None

    @explaining()
    def unread(self) -> list[InvoiceId]:
        """Open invoices whose notes were not read since the restore; the longest due first."""
        return [InvoiceId(key) for (key,) in self._connection.execute(_UNREAD)]

    def read(self, invoice_id: InvoiceId, told: Iterable[ToldByNote], at: datetime) -> list[ReminderId]:
        """Keep what the notes of one invoice tell; the reminders that could not be kept.

        These belong to a stage that another reminder of the same round has already.
        """
        with immediate(self._connection) as connection:
            learned = [(each.reminder_id, _learn(connection, _parameters(each, at))) for each in told]
            connection.execute("INSERT OR IGNORE INTO history_read (invoice_id) VALUES (?)", (invoice_id,))
        return [reminder_id for reminder_id, kept in learned if not kept]

    def learned(self, at: datetime) -> None:
        """All that can be learned is; decisions may be taken again."""
        with immediate(self._connection) as connection:
            connection.execute("UPDATE restoration SET learned_at = ? WHERE learned_at IS NULL", (instant_text(at),))
            connection.execute("DELETE FROM history_read")


def _learn(connection: sqlite3.Connection, values: dict[str, Any]) -> bool:
    """Bring one reminder to where the note says it is; False if its stage belongs to another one."""
    known = connection.execute("SELECT state, message_id FROM reminder WHERE id = :id", values).fetchone()
    if known is None and connection.execute(_TAKEN, values).fetchone():
        return False
    state, message_id = known or (None, None)
    if state in ("noted", "skipped"):
        return True
    connection.execute(_PLAN, values)
    if state in ("sent", "unknown"):  # it has its message; only what became of it was forgotten
        values["message"] = message_id
        connection.execute(_ARRIVED, values)
    else:
        connection.execute(_MESSAGE, values)
    for step in _WALK:
        connection.execute(step, values)
    return True


def _parameters(told: ToldByNote, at: datetime) -> dict[str, Any]:
    return {
        "id": told.reminder_id,
        "invoice": told.invoice_id,
        "contact": told.contact_id,
        "stage": told.stage,
        "day": day_text(told.sent_on),
        "sent_at": instant_text(told.sent_at),
        "message": told.message_id,
        "proof": told.proof,
        "at": instant_text(at),
        "channel": CHANNEL,
        "reason": "told by the note in the ledger, after a restore",
    }
