"""The documents an accountant would recognise, as the sandbox keeps them.

Amounts are `Decimal` in the document's currency. Dates are calendar dates in the company's zone; stamps are aware UTC.
What is due, settled or unapplied is always computed from allocations, never stored.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

ZERO = Decimal("0.00")

InvoiceState = Literal["draft", "open", "void", "deleted"]
CreditType = Literal["credit_note", "overpayment", "prepayment", "journal"]  # QuickBooks: a journal entry may be credit
Source = Literal["payment", CreditType]


@dataclass(slots=True)
class Document:
    """What every record has. `number_in_books` is its integer id (QuickBooks shows it); `guid` is Xero's."""

    id: int
    guid: str
    created: datetime
    updated: datetime  # the stamp ledgers filter on; not every change moves it
    version: int = 0  # QuickBooks SyncToken: moves with every change


@dataclass(slots=True)
class Customer(Document):
    name: str = ""
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    cc: tuple[str, ...] = ()  # further persons included in e-mails
    mobile: str | None = None
    phone: str | None = None
    fax: str | None = None
    street: str | None = None  # may have several lines
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None  # ISO 3166 alpha-2
    groups: tuple[str, ...] = ()  # Xero contact groups; QuickBooks shows the first as the customer's type
    currency: str = ""
    terms_days: int = 30
    archived: bool = False
    merged_into: int | None = None
    parent: int | None = None  # QuickBooks: this customer is a job of another


@dataclass(slots=True)
class Line:
    description: str
    quantity: Decimal
    unit_price: Decimal
    tax: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.unit_price).quantize(Decimal("0.01"))


@dataclass(slots=True)
class Allocation:
    """Part of a payment (source 'payment') or credit that settles part of an invoice."""

    source: Source
    source_id: int
    invoice_id: int
    amount: Decimal
    on: date
    id: str = ""


@dataclass(slots=True)
class Invoice(Document):
    number: str = ""
    customer_id: int = 0
    bill: bool = False  # a purchase bill: must never be chased
    state: InvoiceState = "open"
    currency: str = ""
    rate: Decimal = Decimal(1)
    issued: date = date.min
    due: date | None = None
    lines: list[Line] = field(default_factory=list)
    reference: str | None = None
    private_note: str | None = None
    billed_to: str | None = None  # address on the document itself
    sent_to_contact: bool = False
    deposit: Decimal = ZERO  # QuickBooks: paid when the invoice was written, and no payment tells of it
    expected: date | None = None
    scheduled_payment: bool = False
    disputed: bool = False
    by_app: bool = False  # created through the API
    allocations: list[Allocation] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum((line.amount + line.tax for line in self.lines), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum((a.amount for a in self.allocations if a.source == "payment"), ZERO)

    @property
    def credited(self) -> Decimal:
        return sum((a.amount for a in self.allocations if a.source != "payment"), ZERO)

    @property
    def due_amount(self) -> Decimal:
        """What is due; zero for anything that is not an issued, living invoice."""
        if self.state in {"void", "deleted"}:
            return ZERO
        return self.total - self.deposit - self.paid - self.credited

    @property
    def settled(self) -> bool:
        return self.state == "open" and self.due_amount <= 0


@dataclass(slots=True)
class Payment(Document):
    customer_id: int = 0
    currency: str = ""
    amount: Decimal = ZERO
    on: date = date.min
    reference: str | None = None
    deleted: bool = False
    void: bool = False
    allocations: list[Allocation] = field(default_factory=list)
    released: list[Allocation] = field(default_factory=list)  # what it settled until it was deleted or voided

    @property
    def unapplied(self) -> Decimal:
        if self.deleted or self.void:
            return ZERO
        return self.amount - sum((a.amount for a in self.allocations), ZERO)


@dataclass(slots=True)
class Credit(Document):
    number: str | None = None
    kind: CreditType = "credit_note"
    customer_id: int = 0
    currency: str = ""
    amount: Decimal = ZERO
    on: date = date.min
    void: bool = False
    deleted: bool = False
    allocations: list[Allocation] = field(default_factory=list)

    @property
    def remaining(self) -> Decimal:
        if self.void or self.deleted:
            return ZERO
        return self.amount - sum((a.amount for a in self.allocations), ZERO)


@dataclass(slots=True)
class Note:
    """A history line on an invoice. `key` is the idempotency key it came with."""

    id: int
    invoice_id: int
    text: str
    at: datetime
    key: str | None = None
    kind: str = "Note"
    user: str = "System Generated"


@dataclass(slots=True)
class Company:
    """Facts about the firm whose books these are."""

    name: str
    guid: str
    realm: str
    currency: str = "GBP"
    country: str = "GB"
    zone: str = "Europe/London"
    short_code: str = "!1lqVQ"
    demo: bool = False
    closed_until: date | None = None
    own_reminders: bool = False
