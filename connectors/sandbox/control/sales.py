"""The control API's bookkeeping: customers and invoices, read and written as a bookkeeper would."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from connectors.sandbox.books import Books
from connectors.sandbox.control.call import BadRequest, Call
from connectors.sandbox.control.views import Json, customer_view, find_customer, find_invoice, invoice_view
from connectors.sandbox.documents import Invoice, Line
from state.clock import business_day


class NewCustomer(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    email: str | None = None
    cc: tuple[str, ...] = ()
    first_name: str | None = None
    last_name: str | None = None
    mobile: str | None = None
    phone: str | None = None
    fax: str | None = None
    street: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None
    groups: tuple[str, ...] = ()
    currency: str | None = None
    terms_days: int = 30
    parent: str | None = None


class CustomerEdit(msgspec.Struct, forbid_unknown_fields=True):
    name: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    cc: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    first_name: str | msgspec.UnsetType | None = msgspec.UNSET
    mobile: str | msgspec.UnsetType | None = msgspec.UNSET
    phone: str | msgspec.UnsetType | None = msgspec.UNSET
    fax: str | msgspec.UnsetType | None = msgspec.UNSET
    street: str | msgspec.UnsetType | None = msgspec.UNSET
    city: str | msgspec.UnsetType | None = msgspec.UNSET
    region: str | msgspec.UnsetType | None = msgspec.UNSET
    postcode: str | msgspec.UnsetType | None = msgspec.UNSET
    country: str | msgspec.UnsetType | None = msgspec.UNSET
    groups: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET
    silently: bool = False


class Merge(msgspec.Struct, forbid_unknown_fields=True):
    into: str


class NewLine(msgspec.Struct, forbid_unknown_fields=True):
    unit_price: Decimal
    description: str = "Services"
    quantity: Decimal = Decimal(1)
    tax: Decimal = Decimal("0.00")


class NewInvoice(msgspec.Struct, forbid_unknown_fields=True):
    """`amount` is short for one line; dates default to today in the company's zone."""

    customer: str
    amount: Decimal | None = None
    lines: list[NewLine] = []
    issued: date | None = None
    due: date | msgspec.UnsetType | None = msgspec.UNSET
    number: str | None = None
    currency: str | None = None
    state: Literal["draft", "open"] = "open"
    bill: bool = False
    deposit: Decimal = Decimal("0.00")
    billed_to: str | msgspec.UnsetType | None = msgspec.UNSET


class InvoiceEdit(msgspec.Struct, forbid_unknown_fields=True):
    number: str | msgspec.UnsetType = msgspec.UNSET
    due: date | msgspec.UnsetType | None = msgspec.UNSET
    amount: Decimal | msgspec.UnsetType = msgspec.UNSET
    billed_to: str | msgspec.UnsetType | None = msgspec.UNSET
    reference: str | msgspec.UnsetType | None = msgspec.UNSET
    state: Literal["draft", "open"] | msgspec.UnsetType = msgspec.UNSET
    expected: date | msgspec.UnsetType | None = msgspec.UNSET
    disputed: bool | msgspec.UnsetType = msgspec.UNSET
    scheduled_payment: bool | msgspec.UnsetType = msgspec.UNSET
    silently: bool = False


class Dispute(msgspec.Struct, forbid_unknown_fields=True):
    disputed: bool = True


class Promise(msgspec.Struct, forbid_unknown_fields=True):
    on: date | None


class WriteOff(msgspec.Struct, forbid_unknown_fields=True):
    on: date | None = None
    kind: Literal["credit_note", "journal"] = "credit_note"


def today(books: Books) -> date:
    return business_day(books.clock.now(), ZoneInfo(books.company.zone))


def list_customers(call: Call) -> list[Json]:
    chosen = page(call, list(call.books.customers.values()))
    return [customer_view(call.books, customer) for customer in chosen]


def show_customer(call: Call) -> Json:
    return customer_view(call.books, find_customer(call.books, call.path["key"]))


def add_customer(call: Call) -> Json:
    wish = call.body(NewCustomer)
    facts = msgspec.structs.asdict(wish)
    facts["currency"] = wish.currency or call.books.company.currency
    facts["parent"] = find_customer(call.books, wish.parent).id if wish.parent else None
    return customer_view(call.books, call.books.add_customer(facts.pop("name"), **facts))


def edit_customer(call: Call) -> Json:
    customer = find_customer(call.books, call.path["key"])
    call.books.edit_customer(customer, **_set_fields(call.body(CustomerEdit)))
    return customer_view(call.books, customer)


def merge_customer(call: Call) -> Json:
    loser = find_customer(call.books, call.path["key"])
    winner = find_customer(call.books, call.body(Merge).into)
    if loser is winner:
        raise BadRequest("a customer cannot be merged into itself")
    call.books.merge(loser, winner)
    return customer_view(call.books, winner)


def list_invoices(call: Call) -> list[Json]:
    """`?open=true`, `?state=`, `?customer=` narrow the list; `?limit=` and `?offset=` page it."""
    chosen = list(call.books.invoices.values())
    if "customer" in call.query:
        wanted = find_customer(call.books, call.query["customer"]).id
        chosen = [invoice for invoice in chosen if invoice.customer_id == wanted]
    if "state" in call.query:
        chosen = [invoice for invoice in chosen if invoice.state == call.query["state"]]
    if call.query.get("open") == "true":
        chosen = [i for i in chosen if i.state == "open" and i.due_amount > 0 and not i.bill]
    return [invoice_view(call.books, invoice) for invoice in page(call, chosen)]


def show_invoice(call: Call) -> Json:
    return invoice_view(call.books, find_invoice(call.books, call.path["key"]))


def add_invoice(call: Call) -> Json:
    wish = call.body(NewInvoice)
    customer = find_customer(call.books, wish.customer)
    issued = wish.issued or today(call.books)
    facts: dict[str, Any] = {"state": wish.state, "bill": wish.bill, "deposit": wish.deposit}
    facts["due"] = issued + timedelta(days=customer.terms_days) if wish.due is msgspec.UNSET else wish.due
    facts |= {name: value for name in ("number", "currency") if (value := getattr(wish, name)) is not None}
    if wish.billed_to is not msgspec.UNSET:
        facts["billed_to"] = wish.billed_to
    invoice = call.books.add_invoice(customer, _lines(wish.amount, wish.lines), issued=issued, **facts)
    return invoice_view(call.books, invoice)


def edit_invoice(call: Call) -> Json:
    """A new amount replaces the lines; it cannot be less than what has been settled already."""
    invoice, wish = find_invoice(call.books, call.path["key"]), call.body(InvoiceEdit)
    facts = _set_fields(wish)
    silently, amount = facts.pop("silently"), facts.pop("amount", None)
    if amount is not None:
        if amount < invoice.paid + invoice.credited:
            raise BadRequest("the amount cannot be less than what has been settled already")
        facts["lines"] = _lines(amount, [])
    call.books.edit_invoice(invoice, silently=silently, **facts)
    return invoice_view(call.books, invoice)


def void_invoice(call: Call) -> Json:
    return _done(call, call.books.void_invoice)


def delete_invoice(call: Call) -> Json:
    return _done(call, call.books.delete_invoice)


def write_off_invoice(call: Call) -> Json:
    wish = call.body(WriteOff)
    if wish.kind == "journal" and not call.ledger.startswith("quickbooks"):
        raise BadRequest("only in QuickBooks a journal entry is put against an invoice")
    on = wish.on or today(call.books)
    return _done(call, lambda invoice: call.books.write_off(invoice, on=on, kind=wish.kind))


def dispute_invoice(call: Call) -> Json:
    disputed = call.body(Dispute).disputed
    return _done(call, lambda invoice: call.books.edit_invoice(invoice, disputed=disputed))


def promise_invoice(call: Call) -> Json:
    expected = call.body(Promise).on
    return _done(call, lambda invoice: call.books.edit_invoice(invoice, expected=expected))


def page(call: Call, rows: list[Any]) -> list[Any]:
    """`?limit=` (default 100) rows from `?offset=` on."""
    offset = call.number("offset", 0)
    return rows[offset : offset + call.number("limit", 100)]


def _done(call: Call, change: Any) -> Json:
    invoice: Invoice = find_invoice(call.books, call.path["key"])
    change(invoice)
    return invoice_view(call.books, invoice)


def _lines(amount: Decimal | None, lines: list[NewLine]) -> list[Line]:
    if (amount is None) == (not lines):
        raise BadRequest("an invoice needs either an amount or lines")
    if amount is not None:
        return [Line("Services", Decimal(1), amount)]
    return [Line(line.description, line.quantity, line.unit_price, line.tax) for line in lines]


def _set_fields(edit: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(edit).items() if value is not msgspec.UNSET}
