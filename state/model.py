"""The words of the product as records: what a ledger told us, and what we mean to do about it.

Records are frozen and know nothing of wires, tables or clocks. Amounts are integers of minor units next to their
currency; business days are `date` in the tenant's zone; instants are aware UTC. `None` always means *unknown*, and
unknown never permits a send. msgspec structs are used because a first synchronisation builds them by the 100,000; those
are spared the garbage collector's rounds (gc=False), since frozen records cannot form a cycle.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from state.agreed import DiscountOffer, Dispute, Plan, Preference, Promise
from state.habits import EarlyHabit, OwnTime
from state.ids import ContactId as ContactId
from state.ids import CreditId as CreditId
from state.ids import InvoiceId as InvoiceId
from state.ids import MessageId as MessageId
from state.ids import PaymentId as PaymentId
from state.ids import ReminderId as ReminderId
from state.ids import TenantSlug as TenantSlug
from state.money import Money
from state.stage_names import attempt_name

LedgerName = Literal["xero", "quickbooks"]


class InvoiceStatus(StrEnum):
    """Where a sales invoice stands in its ledger. Only OPEN can be owed."""

    DRAFT = "draft"  # not issued: Xero DRAFT and SUBMITTED
    OPEN = "open"  # issued, something due
    PAID = "paid"  # nothing due
    VOID = "void"
    DELETED = "deleted"
    GONE = "gone"  # the ledger no longer returns it and gave no reason


class ContactStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"  # also: inactive, merged away, erased on request


class CreditKind(StrEnum):
    """Money of the customer that the ledger holds and no invoice has taken yet."""

    CREDIT_NOTE = "credit_note"  # Xero credit note, QuickBooks credit memo
    OVERPAYMENT = "overpayment"
    PREPAYMENT = "prepayment"
    UNAPPLIED_PAYMENT = "unapplied_payment"  # QuickBooks Payment.UnappliedAmt


class DocumentStatus(StrEnum):
    """Of payments and credits."""

    VALID = "valid"
    VOID = "void"
    DELETED = "deleted"


class Allocation(Struct, frozen=True, gc=False):
    """Part of a payment or credit that has been put against one invoice, in the invoice's currency."""

    source: Literal["payment", "credit_note", "overpayment", "prepayment"]
    source_id: str
    invoice_id: InvoiceId
    amount_minor: int
    applied_on: date | None = None


class Invoice(Struct, frozen=True, kw_only=True, gc=False):
    """A sales invoice as last read."""

    id: InvoiceId
    number: str | None
    contact_id: ContactId
    status: InvoiceStatus
    currency: str
    total_minor: int
    due_minor: int  # what the ledger says is still due on this document, before unapplied credit
    issued_on: date | None
    due_on: date | None
    expected_on: date | None = None  # promise to pay recorded in the ledger
    payment_scheduled: bool = False  # the ledger has a payment under way
    disputed: bool = False  # the ledger says so
    reference: str | None = None
    billed_to: tuple[str, ...] = ()  # addresses on the invoice itself
    updated_at: datetime  # the ledger's stamp
    version: str  # changes whenever the document does: stamp or SyncToken
    allocations: tuple[Allocation, ...] | None = None  # None: this ledger tells them elsewhere
    rate: Decimal | None = None  # as the ledger states it on the document; None: it states none

    @property
    def due(self) -> Money:
        return Money(self.due_minor, self.currency)


class PostalAddress(Struct, frozen=True, kw_only=True, gc=False):
    """Where letters go, as the ledger holds it: `lines` are street and the like, without the customer's name."""

    lines: tuple[str, ...]
    city: str | None = None
    postcode: str | None = None
    region: str | None = None
    country: str | None = None  # as written in the ledger: a code, a name, anything


class Contact(Struct, frozen=True, kw_only=True, gc=False):
    """A customer as last read."""

    id: ContactId
    name: str
    status: ContactStatus
    email: str | None
    cc: tuple[str, ...] = ()  # further persons who are included in e-mails
    first_name: str | None = None
    country: str | None = None
    phones: tuple[str, ...] = ()  # as written in the ledger, mobiles first
    postal: PostalAddress | None = None
    groups: tuple[str, ...] = ()  # Xero contact groups; QuickBooks customer type
    parent_id: ContactId | None = None  # QuickBooks: a job's customer
    merged_into: ContactId | None = None
    owes_minor: int | None = None  # by the ledger's own reckoning, less what it has in hand; just read, never stored
    currency: str | None = None  # of what it owes
    updated_at: datetime
    version: str


class Payment(Struct, frozen=True, kw_only=True, gc=False):
    """Money received. `unapplied_minor` is the part no invoice has taken (QuickBooks only).

    `entered_at` is when the ledger's entry was made, whatever has become of it since; None where it is not told.
    """

    id: PaymentId
    contact_id: ContactId | None
    status: DocumentStatus
    currency: str
    amount_minor: int
    unapplied_minor: int = 0
    paid_on: date | None
    entered_at: datetime | None = None
    updated_at: datetime
    version: str
    allocations: tuple[Allocation, ...] | None = None


class Credit(Struct, frozen=True, kw_only=True, gc=False):
    """A credit document of a customer and what remains of it."""

    id: CreditId
    kind: CreditKind
    contact_id: ContactId
    number: str | None
    status: DocumentStatus
    currency: str
    total_minor: int
    remaining_minor: int
    dated_on: date | None
    updated_at: datetime
    version: str

    @property
    def remaining(self) -> Money:
        return Money(self.remaining_minor, self.currency)


EntityKind = Literal["invoice", "contact", "payment", "credit"]


class Gone(Struct, frozen=True):
    """A tombstone: the ledger says that this document exists no more."""

    entity: EntityKind
    id: str
    at: datetime | None = None


class Rejected(Struct, frozen=True):
    """A record we could not understand. It is quarantined and listed; its customer is not written to meanwhile."""

    entity: EntityKind
    id: str | None
    contact_id: ContactId | None
    reason: str
    payload: str  # first 2,000 characters of the record as it came; never logged
    name: str | None = None  # what people call it, if that can be read: a document's number, a contact's name


class Organisation(Struct, frozen=True, kw_only=True):
    """The company behind a connection."""

    ledger: LedgerName
    id: str  # Xero tenant id, QuickBooks realm id
    name: str
    currency: str
    zone: str | None  # IANA; None: the ledger does not say, ask the operator
    country: str | None
    short_code: str | None = None
    demo: bool = False
    own_reminders_on: bool | None = None  # the ledger itself reminds customers


class Note(Struct, frozen=True):
    """A line in an invoice's history in the ledger."""

    text: str
    written_at: datetime | None
    id: str | None = None


class ReminderState(StrEnum):
    """See docs/design.md; the legal moves are enforced by the schema."""

    PLANNED = "planned"
    VERIFIED = "verified"
    SENDING = "sending"
    SENT = "sent"
    NOTED = "noted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Reminder(Struct, frozen=True, kw_only=True):
    """One stage of one invoice's sequence. UNIQUE (invoice, stage, round)."""

    id: ReminderId
    invoice_id: InvoiceId
    contact_id: ContactId
    stage: str
    round: int
    state: ReminderState
    planned_for: date
    approved: bool
    reason: str | None = None  # why it stands where it stands
    channel: str = "email"
    message_id: MessageId | None = None
    proof: str | None = None  # JSON: balance, source version, instant of the live read
    sent_at: datetime | None = None


class Hold(Struct, frozen=True, kw_only=True):
    """Somebody or something says: not now. Ends at `until`, or when released; without an end it has an owner."""

    id: int
    scope: Literal["invoice", "contact", "tenant"]
    target: str  # invoice id, contact id, or '*'
    reason: str  # dispute, promise, manual, suspicious ...
    until: date | None
    note: str | None
    placed_at: datetime
    owner: str | None = None  # who has to see to it


class TokenSet(Struct, frozen=True, kw_only=True):
    """OAuth tokens of one connection. Never printed, never logged."""

    access_token: str
    refresh_token: str | None
    expires_at: datetime
    refresh_expires_at: datetime | None = None  # if it is not used before; None: there is none, or nobody said
    consent_expires_at: datetime | None = None  # whatever is done: QuickBooks' five years; None: no such end is known
    scope: str = ""

    @property
    def ends_at(self) -> datetime | None:
        """When the connection dies if nobody touches it; None if no end is known."""
        return min(filter(None, (self.refresh_expires_at, self.consent_expires_at)), default=None)

    def __repr__(self) -> str:
        return f"TokenSet(expires_at={self.expires_at.isoformat()})"


class Missed(Struct, frozen=True):
    """Of a message that reached none of its recipients: to whom it went, and whether a person has dealt with it."""

    to: tuple[str, ...]  # in lower case
    settled: bool  # its delivery task is done


class StageProgress(Struct, frozen=True):
    """How far one stage of an invoice's current round has come, in one attempt at it."""

    stage: str
    state: ReminderState
    sent_on: date | None  # tenant's zone; set once the state is sent or noted
    template: str | None = None  # of the message that carried it, which may be that of a later stage
    carrier: str | None = None  # of that message, such as smtp or dry
    attempt: int = 1
    missed: Missed | None = None  # None: it has reached the customer, as far as anybody says

    @property
    def name(self) -> str:
        """What its reminder is called."""
        return attempt_name(self.stage, self.attempt)


class Receivable(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the decision pass: an open invoice and where its sequence stands."""

    invoice_id: InvoiceId
    contact_id: ContactId
    number: str | None
    currency: str
    due_minor: int
    due_on: date | None
    expected_on: date | None = None
    payment_scheduled: bool = False
    disputed: bool = False
    unreadable: bool = False  # its newest version is in quarantine
    calls_pending: tuple[str, ...] = ()  # stages whose call nobody has written down yet
    round: int = 1  # counts how often the invoice was settled and came back
    progress: tuple[StageProgress, ...] = ()
    holds: tuple[Hold, ...] = ()
    promise: Promise | None = None  # the last one of this round: open or broken
    dispute: Dispute | None = None  # open
    disputed_minor: int = 0  # how much of what is due it contests
    discount: DiscountOffer | None = None  # on offer today
    past_discount: DiscountOffer | None = None  # was on offer; what it asked may have come in time
    last_letter: bool = False  # its sequence is through, and a person wants one letter more

    @property
    def asked_minor(self) -> int:
        """The undisputed rest of what is due."""
        return max(self.due_minor - max(self.disputed_minor, 0), 0)


class PayerHistory(Struct, frozen=True, kw_only=True, gc=False):
    """How a customer has paid what payments alone have settled, as far as days are known; see `payer_history`."""

    paid: int  # invoices the figures rest on
    late: int  # of these, settled after their due date
    mean_days_late: Decimal | None  # to a tenth; below zero: early. None: nothing is known
    last_paid_on: date | None = None
    first_invoiced_on: date | None = None


TEXTS_STOPPED = "texts_stopped"  # mark among closed channels: the customer answered STOP, and only its START ends that


NO_TEXTS = "invalid"  # why a number takes no texts; it may be called


class RefusedMail(Struct, frozen=True, gc=False):
    """Why the address or number of a customer who is left without any is not used, and since when."""

    why: str  # bounced | invalid | complaint; of a number that takes no texts: invalid
    since: date  # tenant's zone


class Account(Struct, frozen=True, kw_only=True, gc=False):
    """One customer in the decision pass. A QuickBooks family of parent and jobs shares `credits` but not addresses."""

    contact_id: ContactId
    family: str = ""  # the contact at the head of the family; empty: it has none
    name: str
    status: ContactStatus
    addresses: tuple[str, ...]  # where to write; empty: the ledger has no usable address, or none that takes mail
    refused_mail: RefusedMail | None = None  # there are usable addresses, and none takes mail: of the first of them
    country: str | None = None  # as written in the ledger
    phones: tuple[str, ...] = ()  # as written in the ledger, mobiles first, without those that are not in use
    refused_phone: RefusedMail | None = None  # of the first number that is not used, or takes no texts
    postal: PostalAddress | None = None
    groups: tuple[str, ...] = ()  # Xero contact groups; QuickBooks customer type
    history: PayerHistory | None = None  # None: it has never been invoiced, as far as is known
    grade: str | None = None  # A to F; None: too little is known, or the policy does not ask
    early: EarlyHabit | None = None  # None: nothing is known, or the policy does not ask
    own_time: OwnTime | None = None  # as above
    closed_channels: frozenset[str] = frozenset()  # by the customer's wish or its STOP, with the latter's mark
    unreadable: bool = False  # the contact, or any document of it, is in quarantine
    credits: dict[str, int] = {}  # unapplied credit of the whole family: currency -> minor units
    last_contacted_on: date | None = None
    holds: tuple[Hold, ...] = ()
    receivables: tuple[Receivable, ...] = ()
    plans: tuple[Plan, ...] = ()  # active ones, and broken ones that no newer plan has replaced
    preference: Preference | None = None

    @property
    def reachable(self) -> bool:
        return bool(self.addresses)


class DecisionRow(Struct, frozen=True, gc=False):
    """A decision as it is stored: what was decided for one invoice, and why, in machine-readable form."""

    invoice_id: InvoiceId
    action: str  # send | wait | skip | stop | ask_person
    stage: str | None
    reasons: str  # JSON array of [code, {parameter: value}]
    next_on: date | None
