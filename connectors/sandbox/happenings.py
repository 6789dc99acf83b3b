"""What each event of a plan does to the books, if it is still possible on that day.

Plans are made once and the books may have moved since (a script paid, a reminder brought a payment forward), so every
happening first looks. Each returns what it did in words, or None when there was nothing left to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Credit, Customer, Invoice, Payment
from connectors.sandbox.plans import Action, Event

CENT = Decimal("0.01")


class Living(Protocol):
    """What a happening may know of the life it is part of."""

    books: Books
    ledger: str

    def later(self, on: date, action: Action, invoice: Invoice, *, share: int = 100, source_id: int = 0) -> None: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """An event whose day has come."""

    life: Living
    invoice: Invoice
    event: Event
    today: date


def happen(life: Living, event: Event, today: date) -> str | None:
    """Let `event` take its course."""
    invoice = life.books.invoices[event.invoice_id]
    if invoice.state in {"void", "deleted"}:
        return None
    return _HAPPENINGS[event.action](Moment(life, invoice, event, today))


def _approve(now: Moment) -> str | None:
    if now.invoice.state != "draft":
        return None
    now.life.books.edit_invoice(now.invoice, state="open")
    return f"{now.invoice.number} approved"


def _pay(now: Moment) -> str | None:
    if _postponed(now):
        return None
    amount = _share(now.invoice, now.event.share)
    now.life.books.pay(_payer(now), amount, on=now.today, against={now.invoice.id: amount})
    return f"{amount} {now.invoice.currency} paid on {now.invoice.number}"


def _overpay(now: Moment) -> str | None:
    if _postponed(now):
        return None
    books, due, customer = now.life.books, now.invoice.due_amount, _payer(now)
    surplus = _share(now.invoice, now.event.share) - due
    if surplus <= 0:
        return _pay(now)
    if now.life.ledger == "quickbooks":
        books.pay(customer, due + surplus, on=now.today, against={now.invoice.id: due})
        return f"{now.invoice.number} overpaid by {surplus} {now.invoice.currency}"
    books.pay(customer, due, on=now.today, against={now.invoice.id: due})
    books.credit(customer, surplus, on=now.today, kind="overpayment", currency=now.invoice.currency)
    return f"{now.invoice.number} overpaid by {surplus} {now.invoice.currency}"


def _pay_unapplied(now: Moment) -> str | None:
    """Money comes in that nobody puts against the invoice for some days."""
    if _postponed(now):
        return None
    books, due, customer = now.life.books, now.invoice.due_amount, _payer(now)
    source: Payment | Credit
    if now.life.ledger == "quickbooks":
        source = books.pay(customer, due, on=now.today)
    else:
        source = books.credit(customer, due, on=now.today, kind="prepayment", currency=now.invoice.currency)
    now.life.later(now.today + timedelta(days=3 + source.id % 9), "apply", now.invoice, source_id=source.id)
    return f"{due} {now.invoice.currency} received, not applied"


def _bounce(now: Moment) -> str | None:
    paid = [a.source_id for a in now.invoice.allocations if a.source == "payment"]
    if not paid:
        return None
    now.life.books.delete_payment(now.life.books.payments[paid[-1]])
    return f"a payment of {now.invoice.number} bounced"


def _credit(now: Moment) -> str | None:
    """A credit note that is applied some days after it was written."""
    if not _owed(now.invoice):
        return None
    customer = now.life.books.customers[now.invoice.customer_id]
    credit = now.life.books.credit(
        customer, _share(now.invoice, now.event.share), on=now.today, currency=now.invoice.currency
    )
    now.life.later(now.today + timedelta(days=credit.id % 7), "apply", now.invoice, source_id=credit.id)
    return f"credit of {credit.amount} {credit.currency} for {now.invoice.number}"


def _apply(now: Moment) -> str | None:
    books = now.life.books
    source = books.payments.get(now.event.source_id) or books.credits[now.event.source_id]
    amount = min(books.rest_of(source), now.invoice.due_amount)
    if amount <= 0 or not _owed(now.invoice) or source.currency != now.invoice.currency:
        return None
    if isinstance(source, Payment):
        books.apply_payment(source, now.invoice, amount, on=now.today)
    else:
        books.apply_credit(source, now.invoice, amount, on=now.today)
    return f"{amount} {now.invoice.currency} applied to {now.invoice.number}"


def _void(now: Moment) -> str | None:
    if now.invoice.allocations:
        return None
    now.life.books.void_invoice(now.invoice)
    return f"{now.invoice.number} voided"


def _delete(now: Moment) -> str | None:
    """Xero deletes drafts only; an approved invoice is voided there."""
    if now.invoice.allocations:
        return None
    if now.life.ledger == "xero" and now.invoice.state != "draft":
        return _void(now)
    now.life.books.delete_invoice(now.invoice)
    return f"{now.invoice.number} deleted"


def _write_off(now: Moment) -> str | None:
    if not _owed(now.invoice):
        return None
    now.life.books.write_off(now.invoice, on=now.today)
    return f"{now.invoice.number} written off"


def _dispute(now: Moment) -> str | None:
    if not _owed(now.invoice):
        return None
    now.life.books.edit_invoice(now.invoice, disputed=True)
    return f"{now.invoice.number} disputed"


def _settle_dispute(now: Moment) -> str | None:
    if not now.invoice.disputed:
        return None
    now.life.books.edit_invoice(now.invoice, disputed=False)
    return f"dispute about {now.invoice.number} settled"


def _promise(now: Moment) -> str | None:
    if not _owed(now.invoice):
        return None
    now.life.books.edit_invoice(now.invoice, expected=now.today + timedelta(days=7 + now.invoice.id % 8))
    return f"payment of {now.invoice.number} promised"


def _schedule(now: Moment) -> str | None:
    if not _owed(now.invoice):
        return None
    now.life.books.edit_invoice(now.invoice, scheduled_payment=True)
    return f"payment of {now.invoice.number} scheduled"


def _owed(invoice: Invoice) -> bool:
    return invoice.state == "open" and invoice.due_amount > 0


def _postponed(now: Moment) -> bool:
    """Whether no money comes today: nothing is owed, or the invoice is disputed or still a draft."""
    if now.invoice.disputed or now.invoice.state == "draft":
        now.life.later(now.today + timedelta(days=7), now.event.action, now.invoice, share=now.event.share)
        return True
    return not _owed(now.invoice)


def _share(invoice: Invoice, share: int) -> Decimal:
    """`share` percent of what is due, to the cent and never nothing."""
    part = invoice.due_amount * share / 100
    return max(CENT, part.quantize(CENT, ROUND_HALF_UP))


def _payer(now: Moment) -> Customer:
    """A job's invoices are paid by the customer it belongs to."""
    customers = now.life.books.customers
    customer = customers[now.invoice.customer_id]
    return customer if customer.parent is None else customers[customer.parent]


_HAPPENINGS: dict[Action, Callable[[Moment], str | None]] = {
    "approve": _approve,
    "pay": _pay,
    "overpay": _overpay,
    "pay_unapplied": _pay_unapplied,
    "bounce": _bounce,
    "credit": _credit,
    "apply": _apply,
    "void": _void,
    "delete": _delete,
    "write_off": _write_off,
    "dispute": _dispute,
    "settle_dispute": _settle_dispute,
    "promise": _promise,
    "schedule": _schedule,
}
