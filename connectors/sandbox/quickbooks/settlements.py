"""The Payments with TotalAmt 0 that QuickBooks makes up when a credit memo or a journal is applied to an invoice.

The books know only "this credit takes part of that invoice"; on the wire it is a Payment whose lines link both. Taking
the credit off again deletes that Payment, so what was shown once and is gone now leaves a tombstone.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Allocation, Credit

SETTLING = frozenset({"credit_note", "journal"})  # credit that is no Payment itself and needs one to be applied
_FIRST_ID = 10**12  # far above any number the books hand out


@dataclass(frozen=True, slots=True)
class Settlement:
    """One application of a credit memo or a journal, shown as a Payment."""

    id: int
    created: datetime
    updated: datetime
    version: int
    credit: Credit
    invoice_id: int
    amount: Decimal
    on: date

    @property
    def customer_id(self) -> int:
        return self.credit.customer_id

    @property
    def currency(self) -> str:
        return self.credit.currency


def settlement_id(allocation: Allocation) -> int:
    """The id of the made-up Payment, the same each time it is asked for."""
    seed = f"{allocation.source_id}/{allocation.invoice_id}/{allocation.id}"
    return _FIRST_ID + uuid.uuid5(uuid.NAMESPACE_OID, seed).int % _FIRST_ID


class Settlements:
    """The settlements of one company, kept in step with its books."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._known: dict[int, Settlement] = {}
        self._gone: list[tuple[int, datetime]] = []
        self._revision = -1

    def current(self) -> dict[int, Settlement]:
        self._refresh()
        return self._known

    def tombstones(self) -> list[tuple[int, datetime]]:
        self._refresh()
        return self._gone

    def _refresh(self) -> None:
        if self._revision == self.books.revision:
            return
        self._revision = self.books.revision
        found = {
            settlement_id(allocation): (credit, allocation)
            for credit in self.books.credits.values()
            if credit.kind in SETTLING and not credit.deleted
            for allocation in credit.allocations
        }
        for number, gone in self._known.items():
            if number not in found:
                self._gone.append((number, gone.credit.updated))
        self._known = {
            number: self._known.get(number) or _first_sight(number, credit, allocation)
            for number, (credit, allocation) in found.items()
        }


def _first_sight(number: int, credit: Credit, allocation: Allocation) -> Settlement:
    """Applying touches the credit, so its stamp is not before the moment of application."""
    stamp = credit.updated
    return Settlement(number, stamp, stamp, 0, credit, allocation.invoice_id, allocation.amount, allocation.on)
