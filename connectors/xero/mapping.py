"""From Xero's documents to Dun's records, refusing what cannot be understood.

Every function takes one wire document and returns its record, or None for documents that are none of Dun's business
(bills, credit from suppliers, drafts of credit). What is doubtful raises ValueError with a reason fit for a
person; the caller quarantines that one document. Status is read before any amount, because Xero leaves the
old AmountDue on a document it has just voided.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import chain
from typing import Literal, TypeVar

from connectors.rates import stated_rate
from connectors.whereabouts import distinct, filled_in, postal_address
from connectors.xero.dates import day, instant
from connectors.xero.wire import (
    Address,
    AppliedCreditNote,
    AppliedOverpayment,
    AppliedPrepayment,
    Phone,
    WireContact,
    WireCredit,
    WireInvoice,
    WirePayment,
)
from state.model import (
    Allocation,
    Contact,
    ContactId,
    ContactStatus,
    Credit,
    CreditId,
    CreditKind,
    DocumentStatus,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    PostalAddress,
)
from state.money import MoneyError, to_minor
from state.plain_text import bounded

Meaning = TypeVar("Meaning")
Source = Literal["payment", "credit_note", "overpayment", "prepayment"]
Applied = WirePayment | AppliedCreditNote | AppliedOverpayment | AppliedPrepayment

_LARGEST = 2**53  # more than any company is owed, and what every reader of the mirror can hold exactly


class _Words(dict[str, Meaning]):
    """Xero's words for one field and what they mean to Dun; ValueError for a word that is none of them."""

    def __init__(self, field: str, meanings: dict[str, Meaning]) -> None:
        super().__init__(meanings)
        self._field = field

    def __missing__(self, word: str) -> Meaning:
        raise ValueError(f"{self._field} {word[:40]!r} is unknown")


_INVOICE_STATUS = _Words(
    "Status",
    {
        "DRAFT": InvoiceStatus.DRAFT,
        "SUBMITTED": InvoiceStatus.DRAFT,
        "AUTHORISED": InvoiceStatus.OPEN,
        "PAID": InvoiceStatus.PAID,
        "VOIDED": InvoiceStatus.VOID,
        "DELETED": InvoiceStatus.DELETED,
    },
)
_OWED_BY_STATUS = frozenset({InvoiceStatus.DRAFT, InvoiceStatus.OPEN})
_SALES_INVOICE = _Words("Type", {"ACCREC": True, "ACCPAY": False})

_CONTACT_STATUS = _Words(
    "ContactStatus",
    {
        "ACTIVE": ContactStatus.ACTIVE,
        "ARCHIVED": ContactStatus.ARCHIVED,
        "GDPRREQUEST": ContactStatus.ARCHIVED,
    },
)

_VOICES = ("MOBILE", "DEFAULT", "DDI", "OFFICE")  # what people answer, in this order; never FAX, nor a kind unknown

_CUSTOMER_CREDIT = _Words(
    "Type",
    {
        "ACCRECCREDIT": True,
        "ACCPAYCREDIT": False,
        "RECEIVE-OVERPAYMENT": True,
        "AROVERPAYMENT": True,
        "SPEND-OVERPAYMENT": False,
        "APOVERPAYMENT": False,
        "RECEIVE-PREPAYMENT": True,
        "ARPREPAYMENT": True,
        "SPEND-PREPAYMENT": False,
        "APPREPAYMENT": False,
    },
)
_CREDIT_STATUS: _Words[DocumentStatus | None] = _Words(
    "Status",
    {
        "DRAFT": None,  # not issued, so no money of the customer yet
        "SUBMITTED": None,
        "AUTHORISED": DocumentStatus.VALID,
        "PAID": DocumentStatus.VALID,  # used up
        "VOIDED": DocumentStatus.VOID,
        "DELETED": DocumentStatus.DELETED,
    },
)


def invoice(wire: WireInvoice) -> Invoice | None:
    """A sales invoice with what has been put against it."""
    return _invoice(wire, _allocations(wire)) if _is_sale(wire) else None


def invoice_summary(wire: WireInvoice) -> Invoice | None:
    """A sales invoice from a summary, which does not tell what has been put against it."""
    return _invoice(wire, None) if _is_sale(wire) else None


def contact(wire: WireContact) -> Contact:
    """A customer (or supplier: Xero keeps one list)."""
    status = _CONTACT_STATUS[wire.ContactStatus]
    if status is ContactStatus.ACTIVE and not wire.Name.strip():
        raise ValueError("Name is empty")
    merged_into = wire.MergedToContactID
    return Contact(
        id=ContactId(wire.ContactID),
        name=bounded(wire.Name),
        status=status,
        email=_word(wire.EmailAddress),
        cc=tuple(bounded(p.EmailAddress) for p in wire.ContactPersons or () if p.IncludeInEmails and p.EmailAddress),
        first_name=_word(wire.FirstName),
        country=_country(wire),
        phones=_phones(wire),
        postal=_postal(wire),
        groups=distinct(group.Name for group in wire.ContactGroups or () if group.Status != "DELETED"),
        merged_into=ContactId(merged_into) if merged_into else None,
        updated_at=instant(wire.UpdatedDateUTC),
        version=wire.UpdatedDateUTC,
    )


def credit_of(kind: CreditKind) -> Callable[[WireCredit], Credit | None]:
    """The mapping for credit documents of one kind."""
    return lambda wire: _credit(wire, kind)


def _is_sale(wire: WireInvoice) -> bool:
    return _SALES_INVOICE[wire.Type]


def _invoice(wire: WireInvoice, allocations: tuple[Allocation, ...] | None) -> Invoice:
    status = _INVOICE_STATUS[wire.Status]
    currency = wire.CurrencyCode
    total = _minor(wire.Total, currency)
    due = _due(wire, total) if status in _OWED_BY_STATUS else 0
    if not due and status is InvoiceStatus.OPEN:
        status = InvoiceStatus.PAID
    return Invoice(
        id=InvoiceId(wire.InvoiceID),
        number=_text(wire.InvoiceNumber),
        contact_id=ContactId(wire.Contact.ContactID),
        status=status,
        currency=currency,
        total_minor=total,
        due_minor=due,
        issued_on=day(wire.Date),
        due_on=day(wire.DueDate),
        expected_on=day(wire.ExpectedPaymentDate),
        reference=_text(wire.Reference),
        updated_at=instant(wire.UpdatedDateUTC),
        version=wire.UpdatedDateUTC,
        allocations=allocations,
        rate=stated_rate(wire.CurrencyRate),
    )


def _due(wire: WireInvoice, total: int) -> int:
    if wire.AmountDue is None:
        raise ValueError("AmountDue is missing")
    due = to_minor(wire.AmountDue, wire.CurrencyCode)
    if not 0 <= due <= total:
        raise ValueError("AmountDue is negative" if due < 0 else "AmountDue is more than Total")
    return due


def _allocations(wire: WireInvoice) -> tuple[Allocation, ...] | None:
    """What has been put against the invoice. None: unknown, because an amount is missing.

    A full document leaves out the lists that have no entries, so an absent list is an empty one.
    """
    paid = _applied(wire, "payment", wire.Payments) if wire.Payments else ()
    if not (wire.CreditNotes or wire.Overpayments or wire.Prepayments):
        return paid
    credited = (
        _applied(wire, "credit_note", wire.CreditNotes or ()),
        _applied(wire, "overpayment", wire.Overpayments or ()),
        _applied(wire, "prepayment", wire.Prepayments or ()),
    )
    return None if paid is None or None in credited else paid + tuple(chain.from_iterable(filter(None, credited)))


def _applied(wire: WireInvoice, source: Source, parts: Sequence[Applied]) -> tuple[Allocation, ...] | None:
    currency = wire.CurrencyCode
    invoice_id = InvoiceId(wire.InvoiceID)
    applied = []
    for part in parts:
        if part.amount is None:
            return None
        applied.append(Allocation(source, part.id, invoice_id, _minor(part.amount, currency), day(part.Date)))
    return tuple(applied)


def _credit(wire: WireCredit, kind: CreditKind) -> Credit | None:
    if not _CUSTOMER_CREDIT[wire.Type]:
        return None
    status = _CREDIT_STATUS[wire.Status]
    if status is None:
        return None
    return Credit(
        id=CreditId(wire.id),
        kind=kind,
        contact_id=ContactId(wire.Contact.ContactID),
        number=_text(wire.number),
        status=status,
        currency=wire.CurrencyCode,
        total_minor=_minor(wire.Total, wire.CurrencyCode),
        remaining_minor=_remaining(wire) if wire.Status == "AUTHORISED" else 0,
        dated_on=day(wire.Date),
        updated_at=instant(wire.UpdatedDateUTC),
        version=wire.UpdatedDateUTC,
    )


def _remaining(wire: WireCredit) -> int:
    if wire.RemainingCredit is None:
        raise ValueError("RemainingCredit is missing")
    remaining = _minor(wire.RemainingCredit, wire.CurrencyCode)
    if remaining < 0:
        raise ValueError("RemainingCredit is negative")
    return remaining


def _minor(amount: Decimal, currency: str) -> int:
    minor = to_minor(amount, currency)
    if not -_LARGEST < minor < _LARGEST:
        raise MoneyError("an amount is too large to be true")
    return minor


def _text(value: str | None) -> str | None:
    """What people filled in; None if that is nothing."""
    return bounded(value) if value else None


def _word(value: str | None) -> str | None:
    return _text(value.strip()) if value else None


def _country(wire: WireContact) -> str | None:
    """As written by the user; the postal address comes first, for that is where invoices go."""
    by_type = {address.AddressType: _word(address.Country) for address in wire.Addresses or ()}
    return by_type.get("POBOX") or by_type.get("STREET")


def _phones(wire: WireContact) -> tuple[str, ...]:
    by_type = {phone.PhoneType: phone for phone in wire.Phones or ()}
    return distinct(_number(by_type[kind]) for kind in _VOICES if kind in by_type)


def _number(phone: Phone) -> str | None:
    """The three boxes in the order in which they are dialled; a number that is whole already stays as it is."""
    number = filled_in(phone.PhoneNumber)
    if number is None or number.startswith(("+", "00")):
        return number
    country = (filled_in(phone.PhoneCountryCode) or "").lstrip("+").lstrip("0")
    prefix = f"+{country}" if country.isdecimal() else country
    return " ".join(filter(None, (prefix, filled_in(phone.PhoneAreaCode), number)))


def _postal(wire: WireContact) -> PostalAddress | None:
    """Where letters go: the postal address, or failing that the street's."""
    by_type = {address.AddressType: address for address in wire.Addresses or ()}
    found = (_address(wire.Name, by_type[kind]) for kind in ("POBOX", "STREET") if kind in by_type)
    return next(filter(None, found), None)


def _address(name: str, address: Address) -> PostalAddress | None:
    return postal_address(
        name,
        (address.AddressLine1, address.AddressLine2, address.AddressLine3, address.AddressLine4),
        city=address.City,
        postcode=address.PostalCode,
        region=address.Region,
        country=address.Country,
    )
