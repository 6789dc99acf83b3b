"""Which fields `where`, `order` and the explicit filters know, and what they read from a row."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Credit, Customer, Invoice
from connectors.sandbox.xero.query import ListQuery
from connectors.sandbox.xero.rows import Kind, PaymentRow, Row, credit_status, invoice_status
from connectors.sandbox.xero.where import Accepts, Field, compile_where, naive_midnight

TYPE_NAMES: dict[Kind, str] = {
    "Invoices": "Invoice",
    "Contacts": "Contact",
    "Payments": "Payment",
    "CreditNotes": "CreditNote",
    "Overpayments": "Overpayment",
    "Prepayments": "Prepayment",
}
CREDIT_TYPES = {"credit_note": "ACCRECCREDIT", "overpayment": "RECEIVE-OVERPAYMENT", "prepayment": "RECEIVE-PREPAYMENT"}


def fields_of(kind: Kind, books: Books) -> Mapping[str, Field]:
    """The queryable fields of a kind, by lower-case path."""
    if kind == "Invoices":
        return _invoice_fields(books)
    if kind == "Contacts":
        return _contact_fields()
    return _payment_fields(books) if kind == "Payments" else _credit_fields(kind, books)


def acceptance(kind: Kind, query: ListQuery, books: Books) -> Accepts | None:
    """One test for all filters of the request, cheapest first; None where everything is listed."""
    tests = [*_explicit_filters(kind, query, books)]
    if query.where:
        tests.append(compile_where(query.where, TYPE_NAMES[kind], fields_of(kind, books)))
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def payment_type(row: PaymentRow, books: Books) -> str:
    return "ACCPAYPAYMENT" if books.invoices[row.part.invoice_id].bill else "ACCRECPAYMENT"


def _explicit_filters(kind: Kind, query: ListQuery, books: Books) -> list[Accepts]:
    tests: list[Accepts] = []
    if query.ids and kind in {"Invoices", "Contacts"}:
        tests.append(lambda row: row.guid in query.ids)
    if kind == "Contacts" and not query.archived:
        tests.append(lambda row: isinstance(row, Customer) and not row.archived)
    if kind == "Invoices":
        tests += _invoice_filters(query, books)
    if query.search and kind in {"Invoices", "Contacts"}:
        tests.append(lambda row: query.search in _searched(row))
    return tests


def _invoice_filters(query: ListQuery, books: Books) -> list[Callable[[Any], bool]]:
    tests: list[Callable[[Any], bool]] = []
    if query.own_only:
        tests.append(_made_by_app)
    if query.numbers:
        tests.append(lambda row: row.number in query.numbers)
    if query.contacts:
        tests.append(lambda row: books.customers[row.customer_id].guid in query.contacts)
    if query.statuses:
        tests.append(lambda row: invoice_status(row) in query.statuses)
    return tests


def _searched(row: Row) -> str:
    if isinstance(row, Invoice):
        parts = [row.number, row.reference]
    elif isinstance(row, Customer):
        parts = [row.name, row.first_name, row.last_name, row.email]
    else:
        parts = []
    return "\n".join(part for part in parts if part).lower()


def _made_by_app(row: Any) -> bool:
    return isinstance(row, Invoice) and row.by_app


def _contact_number(_: Any) -> None:
    """Queryable, but these books number no contacts."""


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _contact_of(books: Books) -> Callable[[Any], Customer]:
    return lambda row: books.customers[row.customer_id]


def _named(books: Books) -> dict[str, Field]:
    contact = _contact_of(books)
    return {
        "contact.contactid": Field("Guid", lambda row: contact(row).guid),
        "contact.name": Field("String", lambda row: contact(row).name),
        "contact.contactnumber": Field("String", _contact_number),
        "updateddateutc": Field("DateTime", lambda row: _naive(row.updated)),
        "currencycode": Field("String", lambda row: row.currency),
    }


def _invoice_fields(books: Books) -> dict[str, Field]:
    return _named(books) | {
        "type": Field("String", lambda row: "ACCPAY" if row.bill else "ACCREC"),
        "status": Field("String", invoice_status),
        "invoiceid": Field("Guid", lambda row: row.guid),
        "invoicenumber": Field("String", lambda row: row.number),
        "reference": Field("String", lambda row: row.reference or ""),
        "date": Field("DateTime", lambda row: naive_midnight(row.issued)),
        "duedate": Field("DateTime", lambda row: naive_midnight(row.due)),
        "amountdue": Field("Decimal", lambda row: row.due_amount),
        "amountpaid": Field("Decimal", lambda row: row.paid),
        "total": Field("Decimal", lambda row: row.total),
    }


def _contact_fields() -> dict[str, Field]:
    return {
        "contactid": Field("Guid", lambda row: row.guid),
        "name": Field("String", lambda row: row.name),
        "emailaddress": Field("String", lambda row: row.email or ""),
        "contactstatus": Field("String", lambda row: "ARCHIVED" if row.archived else "ACTIVE"),
        "contactnumber": Field("String", _contact_number),
        "updateddateutc": Field("DateTime", lambda row: _naive(row.updated)),
    }


def _payment_fields(books: Books) -> dict[str, Field]:
    def invoice(row: PaymentRow) -> Invoice:
        return books.invoices[row.part.invoice_id]

    return {
        "paymentid": Field("Guid", lambda row: row.guid),
        "status": Field("String", lambda row: "DELETED" if row.deleted else "AUTHORISED"),
        "paymenttype": Field("String", lambda row: payment_type(row, books)),
        "date": Field("DateTime", lambda row: naive_midnight(row.payment.on)),
        "amount": Field("Decimal", lambda row: row.part.amount),
        "reference": Field("String", lambda row: row.payment.reference or ""),
        "invoice.invoiceid": Field("Guid", lambda row: invoice(row).guid),
        "invoice.invoicenumber": Field("String", lambda row: invoice(row).number),
        "updateddateutc": Field("DateTime", lambda row: _naive(row.updated)),
    }


def _credit_fields(kind: Kind, books: Books) -> dict[str, Field]:
    def type_(row: Credit) -> str:
        return CREDIT_TYPES[row.kind]

    return _named(books) | {
        f"{TYPE_NAMES[kind].lower()}id": Field("Guid", lambda row: row.guid),
        "type": Field("String", type_),
        "creditnotenumber": Field("String", lambda row: row.number or ""),
        "status": Field("String", credit_status),
        "date": Field("DateTime", lambda row: naive_midnight(row.on)),
        "remainingcredit": Field("Decimal", lambda row: row.remaining),
        "total": Field("Decimal", lambda row: row.amount),
    }
