"""Debts that are given up: proposed, approved by a person, and written into the ledger once.

A row says "tried" before the first byte leaves, as with notes, so that a kill in the middle makes the next run look for
our marker before it writes.
"""

import sqlite3
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from state.columns import ids_text, instant_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import explaining
from state.ids import InvoiceId
from state.reminders import new_reminder_id

State = Literal["proposed", "approved", "written", "refused"]

_COLUMNS = (
    "id, invoice_id, round, currency, amount_minor, reason, state, proposed_at, proposed_by, approved_at, approved_by,"
    " attempts, exported_at, words, document_id, settled_at"
)
_PROPOSE = """
    INSERT INTO write_off (id, invoice_id, round, currency, amount_minor, reason, proposed_at, proposed_by)
    SELECT ?, id, round, currency, due_minor, ?, ?, ? FROM invoice WHERE id = ?
"""
# What was exported is booked by hand, so an invoice that is settled then has been written off as approved.
_SETTLE = """
    UPDATE write_off SET state = CASE WHEN exported_at IS NULL THEN 'refused' ELSE 'written' END, settled_at = ?,
        words = CASE WHEN exported_at IS NULL THEN 'the invoice was settled otherwise' ELSE 'booked by hand' END
    WHERE state = 'approved' AND attempts = 0 AND NOT EXISTS (
        SELECT 1 FROM invoice WHERE invoice.id = write_off.invoice_id AND invoice.round = write_off.round
        AND invoice.status = 'open' AND invoice.due_minor > 0
    )
    RETURNING id
"""
_WITHDRAW = """
    UPDATE write_off SET state = 'refused', settled_at = ?, words = 'the invoice was settled otherwise'
    WHERE state = 'proposed' AND NOT EXISTS (
        SELECT 1 FROM invoice WHERE invoice.id = write_off.invoice_id AND invoice.round = write_off.round
        AND invoice.status = 'open' AND invoice.due_minor > 0
    )
    RETURNING id
"""


class WriteOff(Struct, frozen=True, kw_only=True):
    """One debt to be given up. `words` say why it is not written, or how it ended."""

    id: str  # twelve letters and digits: the marker on the document in the ledger
    invoice_id: InvoiceId
    round: int
    currency: str
    amount_minor: int
    reason: str
    state: State
    proposed_at: datetime
    proposed_by: str
    approved_at: datetime | None = None
    approved_by: str | None = None
    tried: bool = False
    exported_at: datetime | None = None
    words: str | None = None
    document_id: str | None = None  # the credit note or credit memo in the ledger
    settled_at: datetime | None = None

    @property
    def pending(self) -> bool:
        """It has not ended: neither written nor refused."""
        return self.state in ("proposed", "approved")


class WriteOffs:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def propose(self, invoice_id: InvoiceId, reason: str, by: str, at: datetime) -> WriteOff:
        """Propose to give up what is due on the invoice now. The schema refuses a second proposal in one round."""
        key = new_reminder_id()
        with immediate(self._connection) as connection:
            connection.execute(_PROPOSE, (key, reason, instant_text(at), by, invoice_id))
        return self._read("id = ?", key)[0]

    @explaining()
    def proposed(self) -> list[WriteOff]:
        """Those that wait for a yes or a no, oldest first."""
        return self._read("state = ?", "proposed")

    def approve(self, key: str, by: str, at: datetime) -> bool:
        """A person agrees. False if it is no proposal (any more)."""
        return self._moved(
            "UPDATE write_off SET state = 'approved', approved_at = ?, approved_by = ?"
            " WHERE id = ? AND state = 'proposed'",
            (instant_text(at), by, key),
        )

    def refuse(self, key: str, words: str, at: datetime) -> bool:
        """It will not be written: a person says so, or the ledger. False if it has ended before."""
        return self._moved(
            "UPDATE write_off SET state = 'refused', words = ?, settled_at = ?"
            " WHERE id = ? AND state IN ('proposed', 'approved')",
            (words, instant_text(at), key),
        )

    def tried(self, key: str) -> None:
        """It is about to be written."""
        self._moved("UPDATE write_off SET attempts = attempts + 1 WHERE id = ? AND state = 'approved'", (key,))

    def waits(self, key: str, words: str) -> None:
        """It is still to be written, and why it is not yet."""
        self._moved("UPDATE write_off SET words = ? WHERE id = ? AND state = 'approved'", (words, key))

    def written(self, key: str, document_id: str, at: datetime) -> bool:
        """It is in the ledger."""
        return self._moved(
            "UPDATE write_off SET state = 'written', document_id = ?, settled_at = ?, words = NULL"
            " WHERE id = ? AND state = 'approved'",
            (document_id, instant_text(at), key),
        )

    def exported(self, keys: list[str], at: datetime) -> None:
        """Somebody books these by hand."""
        self._moved(
            "UPDATE write_off SET exported_at = ? WHERE state = 'approved' AND exported_at IS NULL"
            " AND id IN (SELECT value FROM json_each(?))",
            (instant_text(at), ids_text(keys)),
        )

    def end_settled(self, at: datetime) -> list[str]:
        """End those whose invoice owes nothing any more without us; returns their ids."""
        with immediate(self._connection) as connection:
            ended = connection.execute(_SETTLE, (instant_text(at),)).fetchall()
            return [key for (key,) in (*ended, *connection.execute(_WITHDRAW, (instant_text(at),)).fetchall())]

    def all(self) -> list[WriteOff]:
        """Oldest first."""
        return self._read("1 = 1")

    def to_write(self) -> list[WriteOff]:
        """Approved, and nobody books them by hand; oldest first."""
        return self._read("state = 'approved' AND exported_at IS NULL")

    def of_invoice(self, invoice_id: InvoiceId) -> list[WriteOff]:
        """All rounds, oldest first."""
        return self._read("invoice_id = ?", invoice_id)

    def _moved(self, statement: str, parameters: tuple[Any, ...]) -> bool:
        with immediate(self._connection) as connection:
            return connection.execute(statement, parameters).rowcount > 0

    @explaining()
    def _read(self, condition: str, *parameters: str) -> list[WriteOff]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM write_off WHERE {condition} ORDER BY rowid",  # noqa: S608 - conditions from above
            parameters,
        )
        return [_write_off(row) for row in rows]


def _write_off(row: tuple[Any, ...]) -> WriteOff:
    return WriteOff(
        id=row[0],
        invoice_id=row[1],
        round=row[2],
        currency=row[3],
        amount_minor=row[4],
        reason=row[5],
        state=row[6],
        proposed_at=read_instant(row[7]),
        proposed_by=row[8],
        approved_at=read_optional_instant(row[9]),
        approved_by=row[10],
        tried=row[11] > 0,
        exported_at=read_optional_instant(row[12]),
        words=row[13],
        document_id=row[14],
        settled_at=read_optional_instant(row[15]),
    )
