"""The control API's money: payments in full, in part, too much or not applied; credits and what becomes of them."""

from datetime import date
from decimal import Decimal

import msgspec

from connectors.sandbox.control.call import BadRequest, Call
from connectors.sandbox.control.sales import page, today
from connectors.sandbox.control.views import (
    Json,
    credit_view,
    find_credit,
    find_customer,
    find_invoice,
    find_payment,
    payment_view,
)
from connectors.sandbox.documents import CreditType, Invoice, Payment


class NewPayment(msgspec.Struct, forbid_unknown_fields=True):
    """For one `invoice` (amount: default what is due; more stays unapplied), for several (`against`), or for none."""

    invoice: str | None = None
    customer: str | None = None
    amount: Decimal | None = None
    against: dict[str, Decimal] = {}
    on: date | None = None


class NewCredit(msgspec.Struct, forbid_unknown_fields=True):
    """A credit document; with `apply_to` it is put against that invoice at once, as far as it goes."""

    amount: Decimal
    customer: str | None = None
    apply_to: str | None = None
    kind: CreditType = "credit_note"
    currency: str | None = None
    on: date | None = None


class Application(msgspec.Struct, forbid_unknown_fields=True):
    invoice: str
    amount: Decimal | None = None
    on: date | None = None


def list_payments(call: Call) -> list[Json]:
    return [payment_view(call.books, payment) for payment in page(call, list(call.books.payments.values()))]


def show_payment(call: Call) -> Json:
    return payment_view(call.books, find_payment(call.books, call.path["key"]))


def add_payment(call: Call) -> Json:
    wish, books = call.body(NewPayment), call.books
    on = wish.on or today(books)
    if wish.invoice is not None:
        return payment_view(books, _pay_invoice(call, wish, find_invoice(books, wish.invoice), on))
    if wish.customer is None or wish.amount is None:
        raise BadRequest("a payment needs an invoice, or a customer and an amount")
    against = {find_invoice(books, key).id: part for key, part in wish.against.items()}
    payment = books.pay(find_customer(books, wish.customer), wish.amount, on=on, against=against)
    return payment_view(books, payment)


def delete_payment(call: Call) -> Json:
    payment = find_payment(call.books, call.path["key"])
    call.books.delete_payment(payment)
    return payment_view(call.books, payment)


def void_payment(call: Call) -> Json:
    payment = find_payment(call.books, call.path["key"])
    call.books.void_payment(payment)
    return payment_view(call.books, payment)


def apply_payment(call: Call) -> Json:
    payment, wish = find_payment(call.books, call.path["key"]), call.body(Application)
    invoice = find_invoice(call.books, wish.invoice)
    amount = wish.amount or min(payment.unapplied, invoice.due_amount)
    call.books.apply_payment(payment, invoice, amount, on=wish.on or today(call.books))
    return payment_view(call.books, payment)


def list_credits(call: Call) -> list[Json]:
    return [credit_view(call.books, credit) for credit in page(call, list(call.books.credits.values()))]


def show_credit(call: Call) -> Json:
    return credit_view(call.books, find_credit(call.books, call.path["key"]))


def add_credit(call: Call) -> Json:
    wish, books = call.body(NewCredit), call.books
    invoice = find_invoice(books, wish.apply_to) if wish.apply_to else None
    if wish.customer is not None:
        customer = find_customer(books, wish.customer)
    elif invoice is not None:
        customer = books.customers[invoice.customer_id]
    else:
        raise BadRequest("a credit needs a customer, or an invoice to apply it to")
    if wish.kind == "journal" and not call.ledger.startswith("quickbooks"):
        raise BadRequest("only in QuickBooks a journal entry is credit of a customer")
    currency = wish.currency or (invoice.currency if invoice else customer.currency)
    on = wish.on or today(books)
    credit = books.credit(customer, wish.amount, on=on, kind=wish.kind, currency=currency)
    if invoice is not None:
        books.apply_credit(credit, invoice, min(credit.remaining, invoice.due_amount), on=on)
    return credit_view(books, credit)


def apply_credit(call: Call) -> Json:
    credit, wish = find_credit(call.books, call.path["key"]), call.body(Application)
    invoice = find_invoice(call.books, wish.invoice)
    amount = wish.amount or min(credit.remaining, invoice.due_amount)
    call.books.apply_credit(credit, invoice, amount, on=wish.on or today(call.books))
    return credit_view(call.books, credit)


def void_credit(call: Call) -> Json:
    credit = find_credit(call.books, call.path["key"])
    call.books.void_credit(credit)
    return credit_view(call.books, credit)


def _pay_invoice(call: Call, wish: NewPayment, invoice: Invoice, on: date) -> Payment:
    """What exceeds the amount due stays with the customer, in the way of the ledger."""
    books, due = call.books, invoice.due_amount
    amount = due if wish.amount is None else wish.amount
    customer = books.customers[invoice.customer_id]
    if amount <= due or call.ledger.startswith("quickbooks"):
        return books.pay(customer, amount, on=on, against={invoice.id: min(amount, due)})
    payment = books.pay(customer, due, on=on, against={invoice.id: due})
    books.credit(customer, amount - due, on=on, kind="overpayment", currency=invoice.currency)
    return payment
