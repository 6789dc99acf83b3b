"""What the conformance suite needs of a ledger under test: books to change, and the ledger that should notice."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from connectors.ledger import Ledger, Page
from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice, Line, Payment
from connectors.sandbox.world import World
from state.model import Contact, ContactId, InvoiceId, InvoiceStatus
from state.model import Invoice as ReadInvoice

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ISSUED = date(2026, 2, 2)


class WorldTime:
    """The books' clock as a connector's clock."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.clock.now()

    def sleep(self, seconds: float) -> None:
        self._world.clock.advance(timedelta(seconds=seconds))


@dataclass
class Bench:
    """One company with one customer, and a ledger connected to it."""

    world: World
    books: Books
    ledger: Ledger
    customer: Customer
    unknown_id: InvoiceId
    cursors: dict[str, str | None] = field(default_factory=dict)
    ended: set[InvoiceId] = field(default_factory=set)

    def invoice(self, amount: str) -> Invoice:
        """An open invoice over `amount`, due in the customer's terms."""
        return self.books.add_invoice(self.customer, [Line("Work", Decimal(1), Decimal(amount))], issued=ISSUED)

    def pay(self, invoice: Invoice, amount: str) -> Payment:
        part = Decimal(amount)
        return self.books.pay(self.customer, part, on=date(2026, 3, 2), against={invoice.id: part})

    def let_pass(self, time: timedelta) -> None:
        self.world.clock.advance(time)

    def pages(self) -> Iterator[Page]:
        """Everything that changed since the last call, on every stream."""
        for stream in self.ledger.streams:
            for page in self.ledger.changes(stream.name, self.cursors.get(stream.name)):
                if page.cursor is not None:
                    self.cursors[stream.name] = page.cursor
                yield page

    def pull(self) -> dict[str | None, ReadInvoice]:
        """Changed invoices by number; deletions are kept in `ended`."""
        changed: dict[str | None, ReadInvoice] = {}
        for page in self.pages():
            changed |= {invoice.number: invoice for invoice in page.invoices}
            self.ended |= {InvoiceId(gone.id) for gone in page.gone if gone.entity == "invoice"}
            self.ended |= {invoice.id for invoice in page.invoices if invoice.status is InvoiceStatus.DELETED}
        return changed

    def pulled(self, amount: str) -> InvoiceId:
        """The id, in the ledger, of a new invoice over `amount`."""
        document = self.invoice(amount)
        return self.pull()[document.number].id

    def pull_ended(self) -> set[InvoiceId]:
        """Invoices that the ledger says were deleted, by tombstone or by status."""
        self.pull()
        return self.ended

    def contacts(self) -> dict[ContactId, Contact]:
        """Every customer, from a pull of everything."""
        self.cursors.clear()
        return {contact.id: contact for page in self.pages() for contact in page.contacts}
