"""Notes the ledger is owed beside those about reminders: what was agreed, when the policy wants it told there.

A row says "tried" before the first byte leaves, as with reminders, so that a kill in the middle makes the next run look
before it writes.
"""

import sqlite3
from datetime import datetime

from msgspec import Struct

from state.columns import instant_text
from state.database import immediate
from state.errors import explaining
from state.ids import InvoiceId
from state.reminders import new_reminder_id


class LedgerNote(Struct, frozen=True, kw_only=True):
    """A sentence that belongs into one invoice's history."""

    id: str  # twelve letters and digits, as a reminder's
    invoice_id: InvoiceId
    text: str
    tried: bool


class LedgerNotes:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def owe(self, invoice_id: InvoiceId, text: str, at: datetime) -> str:
        """Queue a note; its id. Call this inside the transaction of what it tells about."""
        key = new_reminder_id()
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT INTO ledger_note (id, invoice_id, text, state, owed_at) VALUES (?, ?, ?, 'owed', ?)",
                (key, invoice_id, text, instant_text(at)),
            )
        return key

    @explaining()
    def owed(self) -> list[LedgerNote]:
        """Oldest first. Not those of forgotten customers, whose words are gone; where the invoice is gone, one try."""
        rows = self._connection.execute(
            "SELECT id, invoice_id, text, attempts > 0 FROM ledger_note WHERE state = 'owed' AND text <> ''"
            " AND NOT (attempts > 0 AND EXISTS (SELECT 1 FROM invoice"
            " WHERE invoice.id = ledger_note.invoice_id AND invoice.status IN ('deleted', 'gone')))"
            " ORDER BY rowid"
        )
        return [
            LedgerNote(id=key, invoice_id=invoice, text=text, tried=bool(tried)) for key, invoice, text, tried in rows
        ]

    def tried(self, key: str) -> None:
        """It is about to be written."""
        self._update("UPDATE ledger_note SET attempts = attempts + 1 WHERE id = ? AND state = 'owed'", key)

    def failed(self, key: str, reason: str) -> None:
        """It is still owed."""
        self._update("UPDATE ledger_note SET reason = ? WHERE id = ? AND state = 'owed'", reason, key)

    def written(self, key: str, at: datetime) -> None:
        """It is in the ledger."""
        self._update(
            "UPDATE ledger_note SET state = 'written', reason = NULL, written_at = ? WHERE id = ? AND state = 'owed'",
            instant_text(at),
            key,
        )

    def _update(self, statement: str, *parameters: str) -> None:
        with immediate(self._connection) as connection:
            connection.execute(statement, parameters)
