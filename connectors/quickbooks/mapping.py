"""From QuickBooks' words to ours, one record at a time, refusing whatever would have to be guessed.

The traps this module exists for: a voided invoice has Balance 0 and is not paid; an absent Balance is not zero; one
address field may hold several addresses; a currency may be left out, but only by a company that has just one.
Functions raise `Unreadable`; `decode` turns that into a quarantined record.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from connectors.quickbooks.allocations import LARGEST, AmbiguousLine, allocations
from connectors.quickbooks.wire import CreditMemoRow, CustomerRow, InvoiceRow, PaymentRow, Reference, Row
from connectors.rates import stated_rate
from connectors.whereabouts import distinct, postal_address
from state.model import (
    Contact,
    ContactId,
    ContactStatus,
    Credit,
    CreditId,
    CreditKind,
    DocumentStatus,
    EntityKind,
    Gone,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    Payment,
    PaymentId,
    PostalAddress,
)
from state.money import MoneyError, to_minor
from state.plain_text import bounded

HomeCurrency = Callable[[], str | None]
"""The company's currency if it has only one, else None. Asked for only when a record leaves its currency out."""


class Unreadable(ValueError):
    """A record that lacks something we must not guess, or contradicts itself."""


def gone(row: Row, entity: EntityKind) -> Gone:
    """A tombstone of the change feed: it has an id, perhaps a stamp, and nothing else."""
    return Gone(entity, _known(row.id, "Id"), _optional_stamp(row))


def has_usable_stamp(row: Row) -> bool:
    """Whether the time of its last change is there and lies within the calendar."""
    try:
        return _optional_stamp(row) is not None
    except Unreadable:
        return False


def invoice(row: InvoiceRow, home_currency: HomeCurrency) -> Invoice:
    currency = _currency(row.currency_ref, home_currency)
    total = _minor(row.total_amt, "TotalAmt", currency)
    due = _minor(row.balance, "Balance", currency)
    if due > total:
        raise Unreadable("Balance is more than TotalAmt")
    return Invoice(
        id=InvoiceId(_known(row.id, "Id")),
        number=_text(row.doc_number),
        contact_id=_customer(row.customer_ref),
        status=_invoice_status(row, total, due),
        currency=currency,
        total_minor=total,
        due_minor=due,
        issued_on=row.txn_date,
        due_on=row.due_date,
        payment_scheduled=bool(row.scheduled_payment_id),
        disputed=row.e_invoice_status == "Disputed" or row.invoice_status == "DISPUTED",
        billed_to=(bounded(row.bill_email.address),) if row.bill_email and row.bill_email.address else (),
        updated_at=_stamp(row),
        version=_known(row.sync_token, "SyncToken"),
        rate=stated_rate(row.exchange_rate),
    )


def payment(row: PaymentRow, home_currency: HomeCurrency) -> Payment:
    currency = _currency(row.currency_ref, home_currency)
    identifier = _known(row.id, "Id")
    total = _minor(row.total_amt, "TotalAmt", currency)
    unapplied = _minor(row.unapplied_amt, "UnappliedAmt", currency)
    try:
        parts = allocations(row.line or (), identifier, currency, row.txn_date)
    except (AmbiguousLine, MoneyError) as error:
        raise Unreadable(str(error)) from None
    return Payment(
        id=PaymentId(identifier),
        contact_id=_customer(row.customer_ref),
        status=_document_status(
            row.private_note, empty=not (total or unapplied or any(part.amount_minor for part in parts))
        ),
        currency=currency,
        amount_minor=total,
        unapplied_minor=unapplied,
        paid_on=row.txn_date,
        entered_at=_entered(row),
        updated_at=_stamp(row),
        version=_known(row.sync_token, "SyncToken"),
        allocations=parts,
    )


def _entered(row: PaymentRow) -> datetime | None:
    """None also for an instant beyond the calendar: the money counts whenever it was entered."""
    if row.meta_data is None or row.meta_data.create_time is None:
        return None
    try:
        return row.meta_data.create_time.astimezone(UTC)
    except OverflowError:
        return None


def credit_memo(row: CreditMemoRow, home_currency: HomeCurrency) -> Credit:
    currency = _currency(row.currency_ref, home_currency)
    total = _minor(row.total_amt, "TotalAmt", currency)
    rest = row.balance if row.remaining_credit is None else row.remaining_credit
    remaining = _minor(rest, "RemainingCredit and Balance", currency)
    return Credit(
        id=CreditId(_known(row.id, "Id")),
        kind=CreditKind.CREDIT_NOTE,
        contact_id=_customer(row.customer_ref),
        number=_text(row.doc_number),
        status=_document_status(row.private_note, empty=not (total or remaining)),
        currency=currency,
        total_minor=total,
        remaining_minor=remaining,
        dated_on=row.txn_date,
        updated_at=_stamp(row),
        version=_known(row.sync_token, "SyncToken"),
    )


def customer(row: CustomerRow, _home_currency: HomeCurrency) -> Contact:
    """A customer whose group is the id of its type as yet; `customer_types` knows the names."""
    return Contact(
        id=ContactId(_known(row.id, "Id")),
        name=bounded(_known(row.display_name or row.fully_qualified_name, "DisplayName")),
        status=_contact_status(row.active),
        email=_text(row.primary_email_addr.address) if row.primary_email_addr else None,
        first_name=_text(row.given_name),
        country=_text(row.bill_addr.country) if row.bill_addr else None,
        phones=_phones(row),
        postal=_postal(row),
        groups=distinct([row.customer_type_ref.value]) if row.customer_type_ref else (),
        parent_id=_parent(row),
        owes_minor=_owes(row),
        currency=row.currency_ref.value if row.currency_ref else None,
        updated_at=_stamp(row),
        version=_known(row.sync_token, "SyncToken"),
    )


def _phones(row: CustomerRow) -> tuple[str, ...]:
    numbers = (row.mobile, row.primary_phone, row.alternate_phone)
    return distinct(number.free_form_number for number in numbers if number)


def _postal(row: CustomerRow) -> PostalAddress | None:
    place = row.bill_addr
    if place is None:
        return None
    return postal_address(
        row.display_name or row.fully_qualified_name or "",
        (place.line1, place.line2, place.line3, place.line4, place.line5),
        city=place.city,
        postcode=place.postal_code,
        region=place.country_sub_division_code,
        country=place.country,
    )


def _owes(row: CustomerRow) -> int | None:
    """The customer's balance without that of its jobs. Below zero, it has more in hand than it owes.

    Unknown for a job that is billed with its parent: no recording tells whose balance then shows its invoices.
    """
    if row.balance is None or row.bill_with_parent or row.currency_ref is None or not row.currency_ref.value:
        return None
    try:
        return to_minor(row.balance, row.currency_ref.value)
    except MoneyError as error:
        raise Unreadable(f"Balance: {error}") from None


def unapplied(payment: Payment) -> Credit | None:
    """The part of a payment that no invoice has taken, as the credit it is; None if there is none."""
    if payment.status is not DocumentStatus.VALID or payment.unapplied_minor <= 0 or payment.contact_id is None:
        return None
    return Credit(
        id=CreditId(payment.id),
        kind=CreditKind.UNAPPLIED_PAYMENT,
        contact_id=payment.contact_id,
        number=None,
        status=DocumentStatus.VALID,
        currency=payment.currency,
        total_minor=payment.amount_minor,
        remaining_minor=payment.unapplied_minor,
        dated_on=payment.paid_on,
        updated_at=payment.updated_at,
        version=payment.version,
    )


def _invoice_status(row: InvoiceRow, total: int, due: int) -> InvoiceStatus:
    if due > 0:
        return InvoiceStatus.OPEN
    if total == 0 and (_says_voided(row.private_note) or row.invoice_status == "VOIDED"):
        return InvoiceStatus.VOID
    return InvoiceStatus.PAID


def _document_status(private_note: str | None, *, empty: bool) -> DocumentStatus:
    return DocumentStatus.VOID if empty and _says_voided(private_note) else DocumentStatus.VALID


def _says_voided(private_note: str | None) -> bool:
    """Voiding writes 'Voided' in front of whatever the private note said, and zeroes every amount."""
    return private_note is not None and private_note.startswith("Voided")


def _parent(row: CustomerRow) -> ContactId | None:
    if row.parent_ref and row.parent_ref.value:
        return ContactId(row.parent_ref.value)
    if row.job:  # taken for a customer of its own, it would be asked for what its parent's credit covers
        raise Unreadable("ParentRef is absent from a job")
    return None


def _contact_status(active: bool | None) -> ContactStatus:
    if active is None:
        raise Unreadable("Active is absent")
    return ContactStatus.ACTIVE if active else ContactStatus.ARCHIVED


def _text(value: str | None) -> str | None:
    """What people filled in."""
    return None if value is None else bounded(value)


def _known(text: str | None, field: str) -> str:
    if not text:
        raise Unreadable(f"{field} is absent")
    return text


def _customer(reference: Reference | None) -> ContactId:
    if reference is None or not reference.value:
        raise Unreadable("CustomerRef is absent")
    return ContactId(reference.value)


def _currency(reference: Reference | None, home_currency: HomeCurrency) -> str:
    currency = reference.value if reference is not None else None
    currency = currency or home_currency()
    if currency is None:
        raise Unreadable("CurrencyRef is absent and the company uses several currencies")
    return currency


def _minor(amount: Decimal | None, field: str, currency: str) -> int:
    if amount is None:
        raise Unreadable(f"{field} is absent")
    try:
        minor = to_minor(amount, currency)
    except MoneyError as error:
        raise Unreadable(f"{field}: {error}") from None
    if minor < 0:
        raise Unreadable(f"{field} is negative")
    if minor >= LARGEST:
        raise Unreadable(f"{field} is too large to be true")
    return minor


def _stamp(row: Row) -> datetime:
    stamp = _optional_stamp(row)
    if stamp is None:
        raise Unreadable("MetaData.LastUpdatedTime is absent")
    return stamp


def _optional_stamp(row: Row) -> datetime | None:
    if row.meta_data is None or row.meta_data.last_updated_time is None:
        return None
    try:
        return row.meta_data.last_updated_time.astimezone(UTC)
    except OverflowError:
        raise Unreadable("MetaData.LastUpdatedTime is beyond the calendar") from None
