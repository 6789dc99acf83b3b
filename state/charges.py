"""Charges for late payment on their way into the ledger: proposed, approved by a person, raised once.

A row says "tried" before the first byte leaves, as with notes. What was raised is an invoice of its own in the ledger
from there on, and what became of that invoice is read with all others: a draft asks nobody, and one that was voided or
deleted asks nobody any more.
"""

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from msgspec import Struct

from state.columns import day_text, instant_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import explaining
from state.ids import InvoiceId
from state.model import InvoiceStatus
from state.reminders import new_reminder_id

State = Literal["proposed", "approved", "raised", "refused"]

_READ = """
    SELECT charge.id, invoice_id, charge.number, up_to, charge.currency, interest_minor, fixed_minor, source,
           proposed_at, proposed_by, state, approved_at, approved_by, tried_at, document_id, words, settled_at,
           invoice.status
    FROM charge LEFT JOIN invoice ON invoice.id = document_id
"""
_NO_MORE = (InvoiceStatus.VOID, InvoiceStatus.DELETED, InvoiceStatus.GONE)
_PROPOSE = """
    INSERT INTO charge (id, invoice_id, number, up_to, currency, interest_minor, fixed_minor, source, proposed_at,
                        proposed_by)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class ProposedCharge(Struct, frozen=True, kw_only=True):
    """What is to be asked for on one invoice up to and including a day, less what was raised before."""

    invoice_id: InvoiceId
    number: str  # of the invoice, as it was then
    up_to: date
    currency: str
    interest_minor: int
    fixed_minor: int
    source: str  # the law, or the contract

    @property
    def total_minor(self) -> int:
        return self.interest_minor + self.fixed_minor


class ChargeRecord(Struct, frozen=True, kw_only=True):
    """A charge as it stands. `words` say why it is not in the ledger."""

    id: str  # twelve letters and digits: the marker on the document in the ledger
    charge: ProposedCharge
    proposed_at: datetime
    proposed_by: str
    state: State
    approved_at: datetime | None = None
    approved_by: str | None = None
    tried_at: datetime | None = None  # when the ledger was last asked to write it
    document_id: str | None = None  # the invoice in the ledger that asks for it
    words: str | None = None
    settled_at: datetime | None = None
    document_status: InvoiceStatus | None = None  # of that document as last read; None: there is none, or not read yet

    @property
    def in_the_ledger(self) -> bool:
        """It was raised and stands there, as a draft or issued, or it may, since it was tried."""
        if self.state == "raised":
            return self.document_status not in _NO_MORE
        return self.state == "approved" and self.tried_at is not None

    @property
    def is_draft(self) -> bool:
        """It stands there as a draft, which asks the customer for nothing."""
        return self.document_status is InvoiceStatus.DRAFT

    @property
    def is_no_more(self) -> bool:
        """It was raised, and its document was voided or deleted since."""
        return self.state == "raised" and self.document_status in _NO_MORE


class LateCharges:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def propose(self, charge: ProposedCharge, by: str, at: datetime) -> ChargeRecord:
        """The schema refuses a second one that is pending, and one up to a day that is raised and still stands."""
        row = (
            new_reminder_id(),
            charge.invoice_id,
            charge.number,
            day_text(charge.up_to),
            charge.currency,
            charge.interest_minor,
            charge.fixed_minor,
            charge.source,
            instant_text(at),
            by,
        )
        with immediate(self._connection) as connection:
            connection.execute(_PROPOSE, row)
            return self._read("charge.id = ?", row[0])[0]

    def approve(self, key: str, by: str, at: datetime) -> bool:
        """A person lets it into the ledger. False if it is not a proposal (any more)."""
        return self._moved(
            "UPDATE charge SET state = 'approved', approved_at = ?, approved_by = ?"
            " WHERE id = ? AND state = 'proposed'",
            (instant_text(at), by, key),
        )

    def refuse(self, key: str, words: str, at: datetime) -> bool:
        """It will not be raised. False if it was settled before."""
        return self._moved(
            "UPDATE charge SET state = 'refused', words = ?, settled_at = ?"
            " WHERE id = ? AND state IN ('proposed', 'approved')",
            (words, instant_text(at), key),
        )

    def tried(self, key: str, at: datetime) -> None:
        """Call this before the ledger is asked to write."""
        self._moved("UPDATE charge SET tried_at = ? WHERE id = ? AND state = 'approved'", (instant_text(at), key))

    def failed(self, key: str, words: str) -> None:
        """The ledger could not say; it stays approved and is tried again when somebody asks."""
        self._moved("UPDATE charge SET words = ? WHERE id = ? AND state = 'approved'", (words, key))

    def raised(self, key: str, document_id: str, at: datetime) -> bool:
        """It is in the ledger under this id. False if somebody else was first."""
        return self._moved(
            "UPDATE charge SET state = 'raised', document_id = ?, settled_at = ?, words = NULL"
            " WHERE id = ? AND state = 'approved'",
            (document_id, instant_text(at), key),
        )

    def pending(self) -> list[ChargeRecord]:
        """What waits for a person, or for the ledger; the oldest first."""
        return self._read("state IN ('proposed', 'approved')")

    def everything(self) -> list[ChargeRecord]:
        """The oldest first."""
        return self._read("1")

    def of_invoice(self, invoice_id: InvoiceId) -> list[ChargeRecord]:
        """The oldest first."""
        return self._read("invoice_id = ?", invoice_id)

    def in_the_ledger(self, invoice_id: InvoiceId) -> list[ChargeRecord]:
        """What has been raised and still stands there, if as a draft, and what may, since it was tried."""
        return [each for each in self.of_invoice(invoice_id) if each.in_the_ledger]

    @explaining()
    def is_own_document(self, invoice_id: InvoiceId) -> bool:
        """Whether this invoice asks for charges itself: it bears none."""
        row = self._connection.execute("SELECT 1 FROM charge WHERE document_id = ?", (invoice_id,)).fetchone()
        return row is not None

    def _moved(self, statement: str, parameters: Sequence[object]) -> bool:
        with immediate(self._connection) as connection:
            return connection.execute(statement, tuple(parameters)).rowcount == 1

    @explaining()
    def _read(self, condition: str, *parameters: str) -> list[ChargeRecord]:
        rows = self._connection.execute(
            f"{_READ} WHERE {condition} ORDER BY charge.rowid",
            parameters,
        )
        return [_record(row) for row in rows]


def _record(row: tuple[Any, ...]) -> ChargeRecord:
    return ChargeRecord(
        id=row[0],
        charge=ProposedCharge(
            invoice_id=row[1],
            number=row[2],
            up_to=date.fromisoformat(row[3]),
            currency=row[4],
            interest_minor=row[5],
            fixed_minor=row[6],
            source=row[7],
        ),
        proposed_at=read_instant(row[8]),
        proposed_by=row[9],
        state=row[10],
        approved_at=read_optional_instant(row[11]),
        approved_by=row[12],
        tried_at=read_optional_instant(row[13]),
        document_id=row[14],
        words=row[15],
        settled_at=read_optional_instant(row[16]),
        document_status=InvoiceStatus(row[17]) if row[17] else None,
    )
