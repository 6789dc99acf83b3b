"""The documents as Xero counts them, which is not as the books keep them.

One receipt that settles several invoices is a batch of payments here, and what it leaves over is an overpayment. A
lagging replica shows the rows of a while ago. Everything that follows from a document without looking at the wire
(type, status, when it was settled) is answered here too.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Literal, Protocol

from connectors.sandbox.books import Books
from connectors.sandbox.documents import ZERO, Allocation, Credit, CreditType, Customer, Invoice, Payment

Kind = Literal["Invoices", "Contacts", "Payments", "CreditNotes", "Overpayments", "Prepayments"]


class Row(Protocol):
    """What every listed document has: an id, when it came to be, and the stamp that lists are filtered on."""

    @property
    def guid(self) -> str: ...
    @property
    def created(self) -> datetime: ...
    @property
    def updated(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment on the wire: the part of a receipt that settles one invoice."""

    guid: str
    created: datetime
    updated: datetime
    payment: Payment
    part: Allocation
    batch: str | None

    @property
    def deleted(self) -> bool:
        return self.payment.deleted or self.payment.void


def payment_rows(payment: Payment) -> list[PaymentRow]:
    """The payments one receipt amounts to; those of a deleted receipt stay, with their invoices."""
    parts = payment.released if payment.deleted or payment.void else payment.allocations
    batch = _derived(payment.guid, "batch") if len(parts) > 1 else None
    return [
        PaymentRow(part.id if place else payment.guid, payment.created, payment.updated, payment, part, batch)
        for place, part in enumerate(parts)
    ]


def surplus(payment: Payment) -> Credit | None:
    """What a receipt left unapplied, as the overpayment Xero makes of it."""
    gone = payment.deleted or payment.void
    parts = payment.released if gone else payment.allocations
    rest = payment.amount - sum((part.amount for part in parts), ZERO)
    if rest <= ZERO and (gone or not payment.version):
        return None
    identity = _derived(payment.guid, "overpayment")
    return Credit(
        payment.id,
        identity,
        payment.created,
        payment.updated,
        kind="overpayment",
        customer_id=payment.customer_id,
        currency=payment.currency,
        amount=rest,
        on=payment.on,
        void=gone,
    )


def _derived(guid: str, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(guid), name))


def _invoices(books: Books) -> Iterable[Row]:
    return books.invoices.values()


def _contacts(books: Books) -> Iterable[Row]:
    return books.customers.values()


def _payments(books: Books) -> Iterable[Row]:
    return [row for payment in books.payments.values() for row in payment_rows(payment)]


def _credits(books: Books, kind: CreditType) -> Iterable[Row]:
    return [credit for credit in books.credits.values() if credit.kind == kind]


def _overpayments(books: Books) -> Iterable[Row]:
    left = (surplus(payment) for payment in books.payments.values())
    return [*_credits(books, "overpayment"), *(credit for credit in left if credit is not None)]


SOURCES: dict[Kind, Callable[[Books], Iterable[Row]]] = {
    "Invoices": _invoices,
    "Contacts": _contacts,
    "Payments": _payments,
    "CreditNotes": partial(_credits, kind="credit_note"),
    "Overpayments": _overpayments,
    "Prepayments": partial(_credits, kind="prepayment"),
}


# -- what follows from a document -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """What an invoice amounts to, summed once: its own sums are computed anew every time they are asked for."""

    subtotal: Decimal
    tax: Decimal
    total: Decimal
    paid: Decimal
    credited: Decimal
    due: Decimal


def figures(invoice: Invoice, *, void_keeps_due: bool = False) -> Figures:
    subtotal = sum([line.amount for line in invoice.lines], ZERO)
    tax = sum([line.tax for line in invoice.lines], ZERO)
    total, paid, credited = subtotal + tax, invoice.paid, invoice.credited
    ended = invoice.state in {"void", "deleted"} and not void_keeps_due
    owing = ZERO if ended else total - paid - credited
    return Figures(subtotal, tax, total, paid, credited, owing)


def invoice_status(invoice: Invoice) -> str:
    if invoice.state != "open":
        return {"draft": "DRAFT", "void": "VOIDED", "deleted": "DELETED"}[invoice.state]
    if _plainly_owed(invoice):
        return "AUTHORISED"
    return "PAID" if invoice.due_amount <= 0 else "AUTHORISED"


def _plainly_owed(invoice: Invoice) -> bool:
    """Whether it can be seen without arithmetic, which a filter over half a million invoices notices."""
    if invoice.allocations or not invoice.lines:
        return False
    for line in invoice.lines:  # noqa: SIM110  # a generator would cost what this saves
        if line.unit_price <= 0 or line.quantity <= 0:
            return False
    return True


def credit_status(credit: Credit) -> str:
    if credit.deleted and credit.kind == "credit_note":
        return "DELETED"
    if credit.void or credit.deleted:
        return "VOIDED"
    return "PAID" if credit.remaining <= 0 else "AUTHORISED"


def settled_on(invoice: Invoice, books: Books, *, single: bool) -> date:
    """When the last cent of a paid invoice came in; singly, credits count as of the invoice's date, as Xero does."""
    days = (
        part.on if part.source == "payment" else credited_on(part, invoice, books, single=single)
        for part in invoice.allocations
    )
    return max(days, default=invoice.issued)


def credited_on(part: Allocation, invoice: Invoice, books: Books, *, single: bool) -> date:
    """The date a nested credit carries: never that of the allocation, and another one singly than in lists."""
    return invoice.issued if single else books.credits[part.source_id].on


# -- a replica that lags ----------------------------------------------------------------------------------------------


def as_of(row: Row, books: Books, horizon: datetime) -> Row | None:
    """The row as a replica showed it at `horizon`, from what the books still know of that time; None: not there yet.

    Settlements, deletions and voids since then are taken back. Edited fields cannot be, and show at once.
    """
    if row.updated <= horizon:
        return row
    if row.created > horizon:
        return None
    if isinstance(row, Invoice):
        return _invoice_as_of(row, books, horizon)
    if isinstance(row, PaymentRow):
        before = replace(row.payment, deleted=False, void=False, updated=row.created)
        return replace(row, payment=before, updated=row.created)
    if isinstance(row, Credit):
        kept = [part for part in row.allocations if books.invoices[part.invoice_id].updated <= horizon]
        return replace(row, allocations=kept, void=False, deleted=False, updated=row.created)
    return replace(row, updated=row.created) if isinstance(row, Customer) else row


def _invoice_as_of(invoice: Invoice, books: Books, horizon: datetime) -> Invoice:
    kept = [part for part in invoice.allocations if _source(part, books).updated <= horizon]
    undone = [
        part
        for payment in books.payments.values()
        if payment.created <= horizon < payment.updated
        for part in payment.released
        if part.invoice_id == invoice.id
    ]
    state: Literal["draft", "open"] = "draft" if invoice.state in {"draft", "deleted"} else "open"
    return replace(invoice, allocations=kept + undone, state=state, updated=invoice.created)


def _source(part: Allocation, books: Books) -> Payment | Credit:
    return books.payments[part.source_id] if part.source == "payment" else books.credits[part.source_id]
