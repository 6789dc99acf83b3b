"""The parts of QuickBooks' JSON that Dun reads, and nothing else.

Every field is optional because absent means unknown here, never zero; `mapping` decides which unknowns are bearable.
Amounts are `Decimal` exactly as written, instants must carry an offset. Unknown keys are normal and skipped unread,
which is what makes decoding a page of 1,000 invoices cost milliseconds.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Raw, Struct, field

Instant = Annotated[datetime, Meta(tz=True)]


class Reference(Struct, gc=False):
    value: str | None = None


class Telephone(Struct, rename="pascal", gc=False):
    free_form_number: str | None = None


class Stamps(Struct, rename="pascal", gc=False):
    last_updated_time: Instant | None = None


class StampsFromTheStart(Stamps, rename="pascal", gc=False):
    create_time: Instant | None = None


class Address(Struct, rename="pascal", gc=False):
    address: str | None = None


class PostalAddress(Struct, rename="pascal", gc=False):
    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    line4: str | None = None
    line5: str | None = None
    city: str | None = None
    country_sub_division_code: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Link(Struct, rename="pascal", gc=False):
    txn_id: str | None = None
    txn_type: str | None = None


class Line(Struct, rename="pascal", gc=False):
    amount: Decimal | None = None
    linked_txn: list[Link] | None = None


class Row(Struct, rename="pascal", gc=False):
    """What every record has. `status` is 'Deleted' on a tombstone and absent on the living."""

    id: str | None = None
    sync_token: str | None = None
    status: str | None = field(default=None, name="status")
    meta_data: Stamps | None = None


class InvoiceRow(Row, rename="pascal", gc=False):
    doc_number: str | None = None
    txn_date: date | None = None
    due_date: date | None = None
    currency_ref: Reference | None = None
    customer_ref: Reference | None = None
    total_amt: Decimal | None = None
    balance: Decimal | None = None
    private_note: str | None = None
    bill_email: Address | None = None
    e_invoice_status: str | None = None
    invoice_status: str | None = field(default=None, name="invoiceStatus")
    scheduled_payment_id: str | None = None
    invoice_link: str | None = None
    exchange_rate: Decimal | None = None


class PaymentRow(Row, rename="pascal", gc=False):
    meta_data: StampsFromTheStart | None = None
    txn_date: date | None = None
    currency_ref: Reference | None = None
    customer_ref: Reference | None = None
    total_amt: Decimal | None = None
    unapplied_amt: Decimal | None = None
    private_note: str | None = None
    line: list[Line] | None = None


class CreditMemoRow(Row, rename="pascal", gc=False):
    doc_number: str | None = None
    txn_date: date | None = None
    currency_ref: Reference | None = None
    customer_ref: Reference | None = None
    total_amt: Decimal | None = None
    remaining_credit: Decimal | None = None
    balance: Decimal | None = None
    private_note: str | None = None


class CustomerRow(Row, rename="pascal", gc=False):
    display_name: str | None = None
    fully_qualified_name: str | None = None
    given_name: str | None = None
    active: bool | None = None
    job: bool | None = None
    parent_ref: Reference | None = None
    bill_with_parent: bool | None = None
    primary_email_addr: Address | None = None
    bill_addr: PostalAddress | None = None
    mobile: Telephone | None = None
    primary_phone: Telephone | None = None
    alternate_phone: Telephone | None = None
    customer_type_ref: Reference | None = None
    balance: Decimal | None = None
    currency_ref: Reference | None = None


class CustomerTypeRow(Row, rename="pascal", gc=False):
    name: str | None = None


class EntityLink(Struct, gc=False):
    type: str | None = None
    value: str | None = None


class AttachableLink(Struct, rename="pascal", gc=False):
    entity_ref: EntityLink | None = None


class AttachableRow(Row, rename="pascal", gc=False):
    meta_data: StampsFromTheStart | None = None
    note: str | None = None
    attachable_ref: list[AttachableLink] | None = None


class CompanyInfoRow(Row, rename="pascal", gc=False):
    company_name: str | None = None
    country: str | None = None


class CurrencyPreferences(Struct, rename="pascal", gc=False):
    multi_currency_enabled: bool | None = None
    home_currency: Reference | None = None


class PreferencesRow(Row, rename="pascal", gc=False):
    currency_prefs: CurrencyPreferences | None = None


ABSENT = Raw()


def present(part: Raw) -> bool:
    """Whether a part of an answer was there. (msgspec cannot say `Raw | None`.)"""
    return bytes(part) not in {b"", b"null"}


class Rows(Struct, rename="pascal"):
    """The inside of a QueryResponse. QuickBooks leaves out the key of an entity that has nothing to say."""

    invoice: list[InvoiceRow] = []
    payment: list[PaymentRow] = []
    credit_memo: list[CreditMemoRow] = []
    customer: list[CustomerRow] = []
    fault: Raw = ABSENT
    announced: int | None = field(default=None, name="maxResults")  # rows in this answer, whatever their kind


class RawRows(Struct, rename="pascal"):
    """The same, each record untouched, for the day one of them cannot be read."""

    invoice: list[Raw] = []
    payment: list[Raw] = []
    credit_memo: list[Raw] = []
    customer: list[Raw] = []
    fault: Raw = ABSENT
    announced: int | None = field(default=None, name="maxResults")
