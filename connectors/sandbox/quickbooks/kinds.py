"""The record types this service shows: where their rows are, how they are written, and what may be filtered.

Only the listed properties can be filtered or ordered by; any other is 4001, however plainly the rows show it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from connectors.sandbox.documents import Invoice
from connectors.sandbox.quickbooks import company, payments
from connectors.sandbox.quickbooks.attachables import Attachable, attachable_body
from connectors.sandbox.quickbooks.customer_types import all_types, type_body
from connectors.sandbox.quickbooks.customers import customer_body, full_name
from connectors.sandbox.quickbooks.errors import Payload, query_invalid
from connectors.sandbox.quickbooks.invoices import invoice_body, shown_name
from connectors.sandbox.quickbooks.realm import Realm, is_shown
from connectors.sandbox.quickbooks.stamps import read_date, read_instant


class Row(Protocol):
    """What every record has."""

    @property
    def id(self) -> int: ...
    @property
    def created(self) -> datetime: ...
    @property
    def updated(self) -> datetime: ...
    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Property:
    """A filterable property. `read` gives a comparable value or None; `parse` makes one of a literal (ValueError)."""

    read: Callable[[Realm, Any], Any]
    parse: Callable[[str], Any]
    several: bool = False  # `read` gives a collection; a row matches if any of it does


@dataclass(frozen=True, slots=True)
class Kind:
    """One record type. `rows` are those that exist; `default` orders them when the query does not say how."""

    name: str
    rows: Callable[[Realm], Iterable[Any]]
    lookup: Callable[[Realm, int], Any | None]
    body: Callable[[Realm, Any], Payload]
    properties: Mapping[str, Property]
    default: tuple[tuple[str, bool], ...]  # (property, descending)
    active: Callable[[Any], bool] | None = None  # name lists hide the inactive unless asked

    def property(self, name: str) -> Property:
        found = self.properties.get(name.lower())
        if found is None:
            raise query_invalid(f"property '{name}' is not queryable")
        return found


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


def _second(text: str) -> int:
    return int(read_instant(text).timestamp())


_COMMON = {
    "id": Property(lambda _, row: row.id, int),
    "metadata.createtime": Property(lambda _, row: int(row.created.timestamp()), _second),
    "metadata.lastupdatedtime": Property(lambda _, row: int(row.updated.timestamp()), _second),
}
_CUSTOMER_REF = Property(lambda _, row: row.customer_id, int)
_NEWEST_FIRST = (("Id", True),)


def _term_of(realm: Realm, invoice: Invoice) -> int | None:
    days = realm.books.customers[invoice.customer_id].terms_days
    return days + 1 if invoice.due == invoice.issued + timedelta(days=days) else None


def _links(place: int) -> Callable[[Realm, Attachable], list[str]]:
    return lambda _, row: [str(link[place]).lower() for link in row.links]


INVOICE = Kind(
    "Invoice",
    lambda realm: filter(is_shown, realm.books.invoices.values()),
    lambda realm, number: realm.invoice(number),
    invoice_body,
    {
        **_COMMON,
        "docnumber": Property(lambda _, row: row.number, str),
        "customerref": _CUSTOMER_REF,
        "txndate": Property(lambda _, row: row.issued, read_date),
        "duedate": Property(lambda _, row: row.due, read_date),
        "balance": Property(lambda _, row: row.due_amount, _number),
        "salestermref": Property(_term_of, int),
        "projectref": Property(lambda _, __: None, int),
    },
    _NEWEST_FIRST,
)
PAYMENT = Kind(
    "Payment",
    payments.all_payments,
    payments.payment_by_id,
    payments.payment_body,
    {
        **_COMMON,
        "totalamt": Property(lambda _, row: payments.total_of(row), _number),
        "customerref": _CUSTOMER_REF,
        "txndate": Property(lambda _, row: row.on, read_date),
    },
    _NEWEST_FIRST,
)
CREDIT_MEMO = Kind(
    "CreditMemo",
    lambda realm: filter(payments.is_credit_memo, realm.books.credits.values()),
    lambda realm, number: next(
        (c for c in [realm.books.credits.get(number)] if c is not None and payments.is_credit_memo(c)), None
    ),
    payments.credit_memo_body,
    {
        **_COMMON,
        "docnumber": Property(lambda _, row: row.number, str),
        "balance": Property(lambda _, row: row.remaining, _number),
        "totalamt": Property(lambda _, row: Decimal(0) if row.void else row.amount, _number),
        "customerref": _CUSTOMER_REF,
        "txndate": Property(lambda _, row: row.on, read_date),
    },
    _NEWEST_FIRST,
)
CUSTOMER = Kind(
    "Customer",
    lambda realm: (row for row in realm.books.customers.values() if row.merged_into is None),
    lambda realm, number: realm.customer(number),
    customer_body,
    {
        **_COMMON,
        "displayname": Property(lambda _, row: shown_name(row), str),
        "fullyqualifiedname": Property(full_name, str),
        "companyname": Property(lambda _, row: row.name, str),
        "givenname": Property(lambda _, row: row.first_name, str),
        "familyname": Property(lambda _, row: row.last_name, str),
        "printoncheckname": Property(lambda _, row: row.name, str),
        "primaryemailaddr": Property(lambda _, row: row.email, str),
        "balance": Property(lambda realm, row: realm.balance(row.id), _number),
        "active": Property(lambda _, row: not row.archived, _boolean),
    },
    (("FullyQualifiedName", False), ("Id", False)),
    active=lambda row: not row.archived,
)
TERM = Kind(
    "Term",
    company.all_terms,
    lambda realm, number: next((term for term in company.all_terms(realm) if term.id == number), None),
    company.term_body,
    {
        **_COMMON,
        "name": Property(lambda _, row: row.name, str),
        "active": Property(lambda _, __: True, _boolean),
    },
    (("Name", False),),
)
CUSTOMER_TYPE = Kind(
    "CustomerType",
    all_types,
    lambda realm, number: next((one for one in all_types(realm) if one.id == number), None),
    type_body,
    {**_COMMON, "name": Property(lambda _, row: row.name, str), "active": Property(lambda _, __: True, _boolean)},
    (("Id", False),),
)
ATTACHABLE = Kind(
    "Attachable",
    lambda realm: realm.attachables.all(),
    lambda realm, number: realm.attachables.get(number),
    lambda _, row: attachable_body(row),
    {
        **_COMMON,
        "attachableref.entityref.type": Property(_links(0), str.lower, several=True),
        "attachableref.entityref.value": Property(_links(1), str.lower, several=True),
    },
    (("MetaData.LastUpdatedTime", True), ("Id", True)),
)
COMPANY_INFO = Kind(
    "CompanyInfo",
    company.sheets,
    lambda realm, _: company.sheets(realm)[0],
    company.company_info_body,
    _COMMON,
    (("Id", False),),
)
PREFERENCES = Kind(
    "Preferences",
    company.sheets,
    lambda realm, _: company.sheets(realm)[0],
    company.preferences_body,
    _COMMON,
    (("Id", False),),
)

KINDS: Mapping[str, Kind] = {
    kind.name.lower(): kind
    for kind in (INVOICE, PAYMENT, CREDIT_MEMO, CUSTOMER, CUSTOMER_TYPE, TERM, ATTACHABLE, COMPANY_INFO, PREFERENCES)
}
