"""Disputes: the customer contests an invoice, or a part of it. One may be open per invoice (state.agreement_tables)."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from state.agreed import Dispute
from state.allocated import CREDITED
from state.columns import ids_text, instant_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import explaining
from state.ids import InvoiceId

_COLUMNS = (
    "id, invoice_id, reason, owner, amount_minor, currency, opened_at, opened_by, closed_at, closed_by, outcome,"
    " credited_before_minor"
)
_OPEN = f"""
    INSERT INTO dispute (invoice_id, reason, owner, amount_minor, currency, opened_at, opened_by, credited_before_minor)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ({CREDITED}))
"""  # noqa: S608 - our own text


class Disputes:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def open(
        self,
        invoice_id: InvoiceId,
        reason: str,
        owner: str,
        amount_minor: int | None,
        currency: str,
        by: str,
        at: datetime,
    ) -> Dispute:
        """`amount_minor` None: the whole invoice. Raises IllegalMove if a dispute about it is open already."""
        with immediate(self._connection) as connection:
            key = connection.execute(
                _OPEN, (invoice_id, reason, owner, amount_minor, currency, instant_text(at), by)
            ).lastrowid
            return _read(connection, "id = ?", key)[0]

    def close(self, dispute_id: int, outcome: str, by: str, at: datetime) -> bool:
        """False if it is closed already."""
        with immediate(self._connection) as connection:
            moved = connection.execute(
                "UPDATE dispute SET closed_at = ?, closed_by = ?, outcome = ? WHERE id = ? AND closed_at IS NULL",
                (instant_text(at), by, outcome, dispute_id),
            ).rowcount
        return moved == 1

    def standing(self) -> list[Dispute]:
        """Open ones of everybody, the oldest first."""
        return _read(self._connection, "closed_at IS NULL")

    def about(self, invoice_id: InvoiceId) -> Dispute | None:
        """The open dispute about the invoice."""
        found = _read(self._connection, "closed_at IS NULL AND invoice_id = ?", invoice_id)
        return found[0] if found else None

    def of_customer(self, contacts: Iterable[str]) -> list[Dispute]:
        """All about invoices of these contacts, the oldest first."""
        theirs = "invoice_id IN (SELECT id FROM invoice WHERE contact_id IN (SELECT value FROM json_each(?)))"
        return _read(self._connection, theirs, ids_text(contacts))


def read_disputes(connection: sqlite3.Connection) -> dict[InvoiceId, Dispute]:
    """The open ones by invoice."""
    return {dispute.invoice_id: dispute for dispute in _read(connection, "closed_at IS NULL")}


@explaining()
def _read(connection: sqlite3.Connection, condition: str, *parameters: object) -> list[Dispute]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM dispute WHERE {condition} ORDER BY id",  # noqa: S608 - our own
        parameters,
    )
    return [_dispute(row, _credited(connection, row)) for row in rows.fetchall()]


def _credited(connection: sqlite3.Connection, row: tuple[Any, ...]) -> int:
    """What credit notes have taken off the invoice since; of a dispute that is over or about all of it no matter."""
    _, invoice_id, _, _, amount_minor, *_, closed_at, _, _, before = row
    if amount_minor is None or closed_at is not None or before is None:
        return 0
    (now,) = connection.execute(CREDITED, (invoice_id,)).fetchone()
    return max(int(now) - int(before), 0)


def _dispute(row: tuple[Any, ...], credited_minor: int) -> Dispute:
    return Dispute(
        id=row[0],
        invoice_id=row[1],
        reason=row[2],
        owner=row[3],
        amount_minor=row[4],
        currency=row[5],
        opened_at=read_instant(row[6]),
        opened_by=row[7],
        closed_at=read_optional_instant(row[8]),
        closed_by=row[9],
        outcome=row[10],
        credited_minor=credited_minor,
    )
