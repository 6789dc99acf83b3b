"""A QuickBooks Online company as a `Ledger`."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from msgspec import Struct

from connectors.ledger import (
    BadData,
    ContactReading,
    CreditReading,
    InvoiceReading,
    KnownCredits,
    NewCharge,
    NotFound,
    Page,
    Stream,
    WriteOffOrder,
)
from connectors.quickbooks import charges, notes, write_offs
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.customer_types import CustomerTypes
from connectors.quickbooks.decode import envelope
from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.quickbooks.organisation import Company
from connectors.quickbooks.poll import Poll
from connectors.quickbooks.query import MAXIMUM_ROWS, has_balance
from connectors.quickbooks.readings import LiveReader
from connectors.quickbooks.walk import Slice, Walker
from connectors.quickbooks.wire import InvoiceRow
from connectors.tokens import TokenSource
from connectors.transport import CallMeter
from state.clock import Clock
from state.model import Contact, ContactId, Invoice, InvoiceId, LedgerName, Note, Organisation

A_HANDFUL = 30  # customers of one live read, with those they were merged into
_CHANGES = Stream("changes", timedelta(0))
_CUSTOMERS = Stream("customers", timedelta(days=1))  # all of them: a type that is renamed changes no customer

IDS_PER_QUERY = 200  # no limit of IN lists is documented; 200 ids keep a statement near 2 kB


class _OneInvoice(Struct, rename="pascal"):
    invoice: InvoiceRow


class QuickBooksLedger:
    """One company, identified by its realm; `tokens` must come from the consent that named this realm.

    `page_size` is 2 to 1,000 rows: a page must be able to hold a row of the page before it and a new one.
    """

    name: LedgerName = "quickbooks"
    streams = (_CHANGES, _CUSTOMERS)

    def __init__(
        self,
        endpoints: QuickBooksEndpoints,
        realm: str,
        tokens: TokenSource,
        clock: Clock,
        meter: CallMeter,
        *,
        page_size: int = MAXIMUM_ROWS,
        ids_per_query: int = IDS_PER_QUERY,
    ) -> None:
        if not 2 <= page_size <= MAXIMUM_ROWS:
            raise ValueError(f"page_size must be 2 to {MAXIMUM_ROWS:,}, not {page_size:,}")
        self._client = QuickBooksClient(endpoints, realm, tokens, clock, meter)
        self._clock = clock
        self._page_size = page_size
        self._company = Company(self._client, realm)
        self._types = CustomerTypes(self._client)
        self._poll = Poll(self._client, self._company.home_currency, clock, self._walker)
        self._live = LiveReader(
            self._client, self._company.home_currency, self._thorough_walker, ids_per_query=ids_per_query
        )

    def organisation(self) -> Organisation:
        return self._company.organisation()

    def changes(self, stream: str, since: str | None) -> Iterator[Page]:
        """What changed after cursor `since`, or everything (None); of the stream "customers" every one each time."""
        if stream == _CHANGES.name:
            return self._types.name_pages(self._poll.changes(since))
        if stream == _CUSTOMERS.name:
            return self._types.name_pages(self._poll.customers())
        raise ValueError(f"QuickBooks has no stream {stream!r}")

    def open_invoices(self) -> Iterator[Page]:
        return self._thorough_walker().pages(Slice("Invoice", conditions=(has_balance(),)))

    def read_invoices(self, ids: Sequence[InvoiceId]) -> InvoiceReading:
        read_at = self._clock.now()
        found = self._live.by_ids("Invoice", ids)
        invoices = {one.id: one for one in found.records.values() if isinstance(one, Invoice)}
        return InvoiceReading(invoices, tuple(found.rejected), read_at)

    def read_contacts(self, ids: Sequence[ContactId]) -> ContactReading:
        """A handful are read each at its own address: what they owe in all is then what the books say, not a query."""
        read_at = self._clock.now()
        read = self._live.at_addresses if len(ids) <= A_HANDFUL else self._live.by_ids
        found = read("Customer", ids)
        contacts = {one.id: self._types.named(one) for one in found.records.values() if isinstance(one, Contact)}
        return ContactReading(contacts, tuple(found.rejected), read_at)

    def open_credits(self, known: KnownCredits) -> CreditReading:
        read_at = self._clock.now()
        credits, rejected = self._live.credits(known)
        return CreditReading(tuple(credits), tuple(rejected), read_at)

    def notes(self, invoice_id: InvoiceId) -> tuple[Note, ...]:
        return notes.read_notes(self._client, invoice_id)

    def write_note(self, invoice_id: InvoiceId, text: str, key: str) -> None:
        """At most 2,000 characters. After an `Outage` repeat it with the same `key`; QuickBooks writes it once."""
        notes.write_note(self._client, invoice_id, text, key)

    def write_off(self, order: WriteOffOrder, *, tried: bool) -> str:
        """As a credit memo over one item, put against the invoice; see connectors.quickbooks.write_offs."""
        return write_offs.write_off(self._client, order, self.read_invoices, tried=tried)

    def raise_charge(self, charge: NewCharge) -> InvoiceId:
        """An invoice that counts at once, unless one of that customer and day bears the mark already."""
        return charges.raise_charge(self._client, charge, self._company.country())

    def online_invoice_url(self, invoice_id: InvoiceId) -> str | None:
        """QuickBooks has a link only if online payment is on and the invoice carries an e-mail address."""
        answer = self._client.invoice_with_link(invoice_id, lambda body: envelope(body, _OneInvoice))
        if answer.invoice.id != invoice_id:
            raise BadData("QuickBooks answered with another invoice")
        return answer.invoice.invoice_link or None

    def invoice_pdf(self, invoice_id: InvoiceId) -> bytes | None:
        try:
            return self._client.invoice_pdf(invoice_id)
        except NotFound:
            return None

    def deep_link(self, invoice_id: InvoiceId) -> str | None:
        return f"https://app.qbo.intuit.com/app/invoice?txnId={invoice_id}"

    def close(self) -> None:
        self._client.close()

    def _walker(self) -> Walker:
        return self._new_walker(to_the_end=False)

    def _thorough_walker(self) -> Walker:
        return self._new_walker(to_the_end=True)

    def _new_walker(self, *, to_the_end: bool) -> Walker:
        home_currency = self._company.home_currency
        return Walker(self._client, home_currency, self._clock, page_size=self._page_size, to_the_end=to_the_end)
