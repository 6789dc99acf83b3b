"""What Dun needs of a ledger, and the words it uses when a ledger fails.

Everything above this line speaks `Ledger`; Xero, QuickBooks and the in-memory ledger of the tests sit below it and pass
one conformance suite (`tests/contract`). Errors are grouped by what the caller has to do, not by who raised them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar, Protocol

from msgspec import Struct

from state.model import (
    Contact,
    ContactId,
    Credit,
    CreditId,
    Gone,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    LedgerName,
    Note,
    Organisation,
    Payment,
    PaymentId,
    Rejected,
)


class Stream(Struct, frozen=True):
    """A feed of changes with a cursor of its own. `every` is how often it is worth a call."""

    name: str
    every: timedelta


class Page(Struct, kw_only=True):
    """One answer of a ledger, decoded. Rejected records never take their page with them.

    `cursor` is set on the last page of a walk only: commit it together with that page, never before.
    `ledger_time` is the ledger's own clock when it answered.
    """

    invoices: list[Invoice] = []
    contacts: list[Contact] = []
    payments: list[Payment] = []
    credits: list[Credit] = []
    gone: list[Gone] = []
    rejected: list[Rejected] = []
    cursor: str | None = None
    ledger_time: datetime | None = None


class InvoiceReading(Struct, frozen=True):
    """A live read. An id in neither mapping is proof that the ledger does not return it."""

    found: Mapping[InvoiceId, Invoice]
    rejected: tuple[Rejected, ...]
    read_at: datetime


class ContactReading(Struct, frozen=True):
    found: Mapping[ContactId, Contact]
    rejected: tuple[Rejected, ...]
    read_at: datetime


class CreditReading(Struct, frozen=True):
    """Every credit with something remaining, of the whole company, as of now.

    A known one that is in neither list has certainly nothing left, unless a rejected record has no id.
    """

    credits: tuple[Credit, ...]
    rejected: tuple[Rejected, ...]
    read_at: datetime


class KnownCredits(Struct, frozen=True):
    """What the mirror believes, for ledgers that cannot be asked for open credit outright.

    QuickBooks cannot filter payments by what is unapplied: it is asked again for the payments known to have a rest
    (`payment_ids`) and for every payment touched after `since` (the cursor of the last pull; None: for all payments).
    """

    payment_ids: Collection[PaymentId] = ()
    credit_ids: Collection[CreditId] = ()
    since: str | None = None


class WriteOffOrder(Struct, frozen=True, kw_only=True):
    """A debt that is given up, to be booked as a credit note against the invoice.

    `key` is twelve letters and digits and marks the document in the ledger; the same key is one write-off for ever.
    """

    key: str
    invoice_id: InvoiceId
    contact_id: ContactId
    currency: str
    amount_minor: int  # exactly what is due on the invoice
    day: date  # on which it is booked
    words: str
    account: str  # Xero: code of the account; QuickBooks: id of the product or service whose account takes it

    @property
    def number(self) -> str:
        """The number of the document, by which it is found again."""
        return f"WO-{self.key}"


class ChargeLine(Struct, frozen=True):
    """One line of an invoice over charges; minor units of its currency."""

    text: str
    amount_minor: int


class NewCharge(Struct, frozen=True, kw_only=True):
    """Charges for paying late, to be asked for in a document of their own. Repeated, it must be the same to the byte.

    `mark` stands on the document and is looked for; `account` is Xero's account code, QuickBooks' product or service.
    """

    mark: str
    key: str
    contact_id: ContactId
    currency: str
    day: date  # its date, where the tenant lives
    lines: tuple[ChargeLine, ...]
    account: str


class Ledger(Protocol):
    """One connected company. Not thread-safe: one instance per tenant and thread."""

    @property
    def name(self) -> LedgerName: ...

    @property
    def streams(self) -> tuple[Stream, ...]: ...

    def organisation(self) -> Organisation:
        """Facts about the company."""
        ...

    def changes(self, stream: str, since: str | None) -> Iterator[Page]:
        """Everything that changed after cursor `since`, or everything (None). Overlaps on purpose; rows may repeat."""
        ...

    def open_invoices(self) -> Iterator[Page]:
        """Every invoice with something due, for the nightly comparison. Pages carry no cursor."""
        ...

    def read_invoices(self, ids: Sequence[InvoiceId]) -> InvoiceReading:
        """Read these invoices live, in as few calls as the service allows."""
        ...

    def read_contacts(self, ids: Sequence[ContactId]) -> ContactReading: ...

    def open_credits(self, known: KnownCredits) -> CreditReading: ...

    def notes(self, invoice_id: InvoiceId) -> tuple[Note, ...]:
        """The invoice's history, newest first."""
        ...

    def write_note(self, invoice_id: InvoiceId, text: str, key: str) -> None:
        """Add one note. The same `key` never writes twice while the service remembers it (Xero: 6 minutes)."""
        ...

    def write_off(self, order: WriteOffOrder, *, tried: bool) -> str:
        """Book `order`, so that nothing is due on its invoice any more; the id of the credit document.

        With `tried` an earlier attempt may have come half-way: what stands is looked for first and completed. Refused
        if the invoice does not owe exactly the amount, or the service says no.
        """
        ...

    def raise_charge(self, charge: NewCharge) -> InvoiceId:
        """Ask for charges: a draft in Xero, an issued invoice in QuickBooks, which has no drafts. The document's id.

        One that bears the mark already is not written again. Outage: it may or may not be there; call again.
        """
        ...

    def online_invoice_url(self, invoice_id: InvoiceId) -> str | None:
        """Where the customer can see and pay the invoice; None if the ledger offers nothing."""
        ...

    def invoice_pdf(self, invoice_id: InvoiceId) -> bytes | None: ...

    def deep_link(self, invoice_id: InvoiceId) -> str | None:
        """Where the bookkeeper sees the invoice; no call is made."""
        ...

    def close(self) -> None:
        """Hang up. Left to chance, a long-lived process would keep the lines of hundreds of cycles open."""
        ...


def check_owed(reading: InvoiceReading, order: WriteOffOrder) -> None:
    """Refused unless the invoice owes, live, exactly what is to be written off."""
    invoice = reading.found.get(order.invoice_id)
    if invoice is None:
        raise Refused("the ledger does not return the invoice; nothing was written off")
    if invoice.status is not InvoiceStatus.OPEN or invoice.currency != order.currency:
        raise Refused(f"the invoice is {invoice.status} in the ledger; nothing was written off")
    if invoice.due_minor != order.amount_minor:
        raise Refused("another amount is due than was approved; nothing was written off, propose it again")


AHEAD = timedelta(minutes=15)
"""How far a stamp may be ahead of the answer it came in: the servers of one service differ by minutes."""


def in_the_future(stamp: datetime, answered_at: datetime | None) -> bool:
    """Whether a record claims to be younger than the answer it came in.

    Believed once, it would outrank every true version of itself until that day, and a walk that follows stamps would
    end there and miss all the others.
    """
    return answered_at is not None and stamp - answered_at > AHEAD


class LedgerError(Exception):
    """The ledger did not do what was asked. `str()` is fit for a person and free of secrets and addresses.

    `code` names the family in reports and `--json`; it never changes.
    """

    code: ClassVar[str] = "ledger_error"


class RetryLater(LedgerError):
    """A limit is reached. Nothing is broken; ask again after `after` (None: unknown, a minute is customary).

    `limit` is what ran out: 'minute', 'concurrent', 'day', 'app', 'month' or 'unknown'.
    """

    code = "retry_later"

    def __init__(self, message: str, *, after: timedelta | None, limit: str) -> None:
        super().__init__(message)
        self.after = after
        self.limit = limit


class Outage(LedgerError):
    """No usable answer: connection, timeout, 5xx, HTML, truncated body. A write may or may not have arrived."""

    code = "outage"


class Reauthorise(LedgerError):
    """The connection is dead and only a person can revive it.

    The words say what has happened. Whoever knows the client's name adds the mend: `dun reconnect NAME`.
    """

    code = "reauthorise"


class Forbidden(LedgerError):
    """The connection lives but may not do this: scope, plan, role, or another company. The message says which."""

    code = "forbidden"


class NotConnected(Forbidden):
    """The tokens live, but this company is not among those they open: it was disconnected, or never was connected."""

    code = "not_connected"


class NotFound(LedgerError):
    """The ledger says that this document does not exist."""

    code = "not_found"


class Refused(LedgerError):
    """The ledger understood and said no (validation, closed period). Asking again will not help."""

    code = "refused"


class HalfWritten(Refused):
    """Of two writes that belong together the first stands and the second was refused; a person must look."""

    code = "half_written"


class BadData(LedgerError):
    """A whole answer we cannot understand although it claims success."""

    code = "bad_data"
