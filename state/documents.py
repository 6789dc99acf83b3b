"""The ledger's documents as rows: how each is written, and how it is read back.

One upsert per kind. It ignores a document older than the stored one and leaves an identical one untouched, so polls may
overlap at will. Allocations travel as one JSON column of the document that tells them, which makes replacing them
part of the same upsert (a table of their own doubled the cost of a first synchronisation); the view `allocation`
shows them one by one. A document that does not tell its allocations (a summary) leaves the stored ones as they are, and
so does one that does not tell when it was entered.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from state.columns import (
    day_text,
    instant_text,
    json_text,
    list_text,
    read_day,
    read_instant,
    read_list,
    read_optional_instant,
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
    Payment,
    PaymentId,
    PostalAddress,
)

Row = tuple[Any, ...]
_EXACT_BELOW = 2**53

INVOICE_COLUMNS = (
    "id, number, contact_id, status, currency, total_minor, due_minor, issued_on, due_on, expected_on,"
    " payment_scheduled, disputed, reference, billed_to, updated_at, version, allocations, rate"
)
_ADDED_UP = ("payments_minor", "first_payment_on", "last_payment_on")  # from the allocations
CONTACT_COLUMNS = (
    "id, name, status, email, cc, first_name, country, phones, postal, groups, parent_id, merged_into, updated_at,"
    " version"
)
PAYMENT_COLUMNS = (
    "id, contact_id, status, currency, amount_minor, unapplied_minor, paid_on, updated_at, version, allocations,"
    " entered_at"
)
CREDIT_COLUMNS = (
    "id, kind, contact_id, number, status, currency, total_minor, remaining_minor, dated_on, updated_at, version"
)


def _upsert(table: str, columns: str, also: str = "") -> str:
    """Insert, or replace if not older and different. `also` is SQL for further assignments; names are ours."""
    names = columns.split(", ")
    told_as = {name: f"excluded.{name}" for name in names[1:]}
    if "allocations" in told_as:
        for name in ("allocations", *_ADDED_UP):
            if name in told_as:
                told_as[name] = f"iif(excluded.allocations IS NULL, {table}.{name}, excluded.{name})"
    if "entered_at" in told_as:
        told_as["entered_at"] = f"coalesce(excluded.entered_at, {table}.entered_at)"
    told = ", ".join(told_as.values())
    stored = ", ".join(f"{table}.{name}" for name in told_as)
    assignments = ", ".join(f"{name} = {value}" for name, value in told_as.items())
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - names are ours
        f" ON CONFLICT (id) DO UPDATE SET {assignments}{also}"
        f" WHERE excluded.updated_at >= {table}.updated_at AND ({told}) IS NOT ({stored})"
    )


# The reminders of an invoice that was gone for a while have been skipped, and nothing moves a skipped one. Its stages
# are decided afresh, unless the round had more to it: what was sent would be sent again, what a person skipped return.
_BEGINS_ROUND = """
    excluded.status = 'open' AND CASE invoice.status
        WHEN 'paid' THEN 1 WHEN 'void' THEN 1 WHEN 'deleted' THEN 1
        WHEN 'gone' THEN coalesce((
            SELECT min(state = 'skipped' AND reason IS 'gone') FROM reminder
            WHERE invoice_id = invoice.id AND reminder.round = invoice.round
        ), 0)
        ELSE 0 END
"""
SAVE_INVOICE = _upsert(
    "invoice",
    ", ".join((INVOICE_COLUMNS, *_ADDED_UP)),
    f", gone_at = NULL, round = invoice.round + ({_BEGINS_ROUND})",
)
SAVE_CONTACT = _upsert("contact", CONTACT_COLUMNS)
SAVE_PAYMENT = _upsert("payment", PAYMENT_COLUMNS)
SAVE_CREDIT = _upsert("credit", CREDIT_COLUMNS)


def invoice_rows(invoices: Iterable[Invoice]) -> Iterator[Row]:
    for invoice in invoices:
        yield (
            invoice.id,
            invoice.number,
            invoice.contact_id,
            str(invoice.status),
            invoice.currency,
            invoice.total_minor,
            invoice.due_minor,
            day_text(invoice.issued_on),
            day_text(invoice.due_on),
            day_text(invoice.expected_on),
            invoice.payment_scheduled,
            invoice.disputed,
            invoice.reference,
            list_text(invoice.billed_to),
            instant_text(invoice.updated_at),
            invoice.version,
            None if invoice.allocations is None else json_text(invoice.allocations),
            None if invoice.rate is None else format(invoice.rate, "f"),
            *_added_up(invoice.allocations or ()),
        )


def _added_up(allocations: tuple[Allocation, ...]) -> tuple[int | None, str | None, str | None]:
    """The sum of payments that each bear a day, the first and the last; nothing where anything else had a part in it.

    Sums stay exact as floats too, since SQLite's own exact sum could overflow.
    """
    if not allocations:
        return 0, None, None
    days = [part.applied_on for part in allocations if part.applied_on is not None and part.source == "payment"]
    if len(days) < len(allocations) or sum(abs(part.amount_minor) for part in allocations) >= _EXACT_BELOW:
        return None, None, None
    return sum(part.amount_minor for part in allocations), day_text(min(days)), day_text(max(days))


def contact_rows(contacts: Iterable[Contact]) -> Iterator[Row]:
    for contact in contacts:
        yield (
            contact.id,
            contact.name,
            str(contact.status),
            contact.email,
            list_text(contact.cc),
            contact.first_name,
            contact.country,
            list_text(contact.phones),
            None if contact.postal is None else json_text(contact.postal),
            list_text(contact.groups),
            contact.parent_id,
            contact.merged_into,
            instant_text(contact.updated_at),
            contact.version,
        )


def payment_rows(payments: Iterable[Payment]) -> Iterator[Row]:
    for payment in payments:
        yield (
            payment.id,
            payment.contact_id,
            str(payment.status),
            payment.currency,
            payment.amount_minor,
            payment.unapplied_minor,
            day_text(payment.paid_on),
            instant_text(payment.updated_at),
            payment.version,
            None if payment.allocations is None else json_text(payment.allocations),
            None if payment.entered_at is None else instant_text(payment.entered_at),
        )


def credit_rows(credit_documents: Iterable[Credit]) -> Iterator[Row]:
    for credit in credit_documents:
        yield (
            credit.id,
            str(credit.kind),
            credit.contact_id,
            credit.number,
            str(credit.status),
            credit.currency,
            credit.total_minor,
            credit.remaining_minor,
            day_text(credit.dated_on),
            instant_text(credit.updated_at),
            credit.version,
        )


def read_invoice(row: Row) -> Invoice:
    """From INVOICE_COLUMNS."""
    return Invoice(
        id=InvoiceId(row[0]),
        number=row[1],
        contact_id=ContactId(row[2]),
        status=InvoiceStatus(row[3]),
        currency=row[4],
        total_minor=row[5],
        due_minor=row[6],
        issued_on=read_day(row[7]),
        due_on=read_day(row[8]),
        expected_on=read_day(row[9]),
        payment_scheduled=bool(row[10]),
        disputed=bool(row[11]),
        reference=row[12],
        billed_to=read_list(row[13]),
        updated_at=read_instant(row[14]),
        version=row[15],
        allocations=_read_allocations(row[16]),
        rate=None if row[17] is None else Decimal(row[17]),
    )


def read_contact(row: Row) -> Contact:
    """From CONTACT_COLUMNS."""
    return Contact(
        id=ContactId(row[0]),
        name=row[1],
        status=ContactStatus(row[2]),
        email=row[3],
        cc=read_list(row[4]),
        first_name=row[5],
        country=row[6],
        phones=read_list(row[7]),
        postal=read_postal(row[8]),
        groups=read_list(row[9]),
        parent_id=row[10],
        merged_into=row[11],
        updated_at=read_instant(row[12]),
        version=row[13],
    )


def read_payment(row: Row) -> Payment:
    """From PAYMENT_COLUMNS."""
    return Payment(
        id=PaymentId(row[0]),
        contact_id=row[1],
        status=DocumentStatus(row[2]),
        currency=row[3],
        amount_minor=row[4],
        unapplied_minor=row[5],
        paid_on=read_day(row[6]),
        updated_at=read_instant(row[7]),
        version=row[8],
        allocations=_read_allocations(row[9]),
        entered_at=read_optional_instant(row[10]),
    )


def read_credit(row: Row) -> Credit:
    """From CREDIT_COLUMNS."""
    return Credit(
        id=CreditId(row[0]),
        kind=CreditKind(row[1]),
        contact_id=ContactId(row[2]),
        number=row[3],
        status=DocumentStatus(row[4]),
        currency=row[5],
        total_minor=row[6],
        remaining_minor=row[7],
        dated_on=read_day(row[8]),
        updated_at=read_instant(row[9]),
        version=row[10],
    )


def read_postal(text: str | None) -> PostalAddress | None:
    return None if text is None else msgspec.json.decode(text, type=PostalAddress)


def _read_allocations(text: str | None) -> tuple[Allocation, ...] | None:
    return None if text is None else msgspec.json.decode(text, type=tuple[Allocation, ...])
