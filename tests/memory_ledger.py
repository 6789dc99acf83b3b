"""The third ledger: the sandbox's books seen without a wire.

It passes the same conformance suite as Xero and QuickBooks, so tests of everything above `Ledger` can use it and be
fast. Failures are queued with `fail_next`, and `before_read` lets money come in at the last moment.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from connectors.ledger import (
    ContactReading,
    CreditReading,
    InvoiceReading,
    KnownCredits,
    LedgerError,
    NewCharge,
    NotFound,
    Page,
    Stream,
    WriteOffOrder,
    check_owed,
)
from connectors.sandbox.books import Books
from connectors.sandbox.documents import Credit as BooksCredit
from connectors.sandbox.documents import Customer, Line
from connectors.sandbox.documents import Invoice as BooksInvoice
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
    LedgerName,
    Note,
    Organisation,
    PostalAddress,
)
from state.money import Money, to_minor

OVERLAP = timedelta(minutes=5)


class MemoryLedger:
    """Reads one company's books directly."""

    def __init__(self, books: Books, page_size: int = 100) -> None:
        self.books = books
        self.page_size = page_size
        self.calls: Counter[str] = Counter()
        self.before_read: Callable[[], None] = lambda: None
        self._failures: dict[str, deque[LedgerError]] = {}

    name: LedgerName = "xero"
    streams = (Stream("changes", timedelta(0)),)

    def fail_next(self, operation: str, error: LedgerError) -> None:
        self._failures.setdefault(operation, deque()).append(error)

    def organisation(self) -> Organisation:
        self._call("organisation")
        company = self.books.company
        return Organisation(
            ledger=self.name,
            id=company.guid,
            name=company.name,
            currency=company.currency,
            zone=company.zone,
            country=company.country,
            own_reminders_on=company.own_reminders,
        )

    def changes(self, stream: str, since: str | None) -> Iterator[Page]:
        started = self.books.clock.now()
        after = datetime.fromisoformat(since) - OVERLAP if since else datetime.min.replace(tzinfo=UTC)
        self._call("changes")
        invoices = [self._invoice(i) for i in self.books.invoices.values() if not i.bill and i.updated >= after]
        contacts = [self._contact(c) for c in self.books.customers.values() if c.updated >= after]
        credits = [self._credit(c) for c in self.books.credits.values() if c.updated >= after]
        for start in range(0, len(invoices), self.page_size):
            yield Page(invoices=invoices[start : start + self.page_size], ledger_time=started)
            self._call("changes")
        yield Page(contacts=contacts, credits=credits, cursor=started.isoformat(), ledger_time=started)

    def open_invoices(self) -> Iterator[Page]:
        self._call("open_invoices")
        still_open = [i for i in self.books.invoices.values() if not i.bill and i.state == "open" and i.due_amount > 0]
        yield Page(invoices=[self._invoice(i) for i in still_open])

    def read_invoices(self, ids: Sequence[InvoiceId]) -> InvoiceReading:
        self.before_read()
        self._call("read_invoices")
        known = (self.books.by_guid.get(i) for i in ids)
        found = {InvoiceId(i.guid): self._invoice(i) for i in known if isinstance(i, BooksInvoice)}
        return InvoiceReading(found, (), self.books.clock.now())

    def read_contacts(self, ids: Sequence[ContactId]) -> ContactReading:
        self._call("read_contacts")
        known = (self.books.by_guid.get(i) for i in ids)
        found = {ContactId(c.guid): self._contact(c) for c in known if isinstance(c, Customer)}
        return ContactReading(found, (), self.books.clock.now())

    def open_credits(self, known: KnownCredits) -> CreditReading:
        self.before_read()
        self._call("open_credits")
        credits = tuple(self._credit(c) for c in self.books.credits.values() if c.remaining > 0)
        return CreditReading(credits, (), self.books.clock.now())

    def notes(self, invoice_id: InvoiceId) -> tuple[Note, ...]:
        self._call("notes")
        invoice = self._known_invoice(invoice_id)
        mine = [n for n in self.books.notes if n.invoice_id == invoice.id]
        return tuple(Note(n.text, n.at, str(n.id)) for n in reversed(mine))

    def write_note(self, invoice_id: InvoiceId, text: str, key: str) -> None:
        invoice = self._known_invoice(invoice_id)
        self._call("write_note")
        if not any(n.key == key for n in self.books.notes):
            self.books.add_note(invoice, text, key=key)
        self._fail("write_note_answer")

    def write_off(self, order: WriteOffOrder, *, tried: bool) -> str:
        """Like Xero: a credit note, then its allocation, each of which may fail before or after it was done."""
        self._call("write_off")
        note = next((c for c in self.books.credits.values() if c.number == order.number), None) if tried else None
        amount = Money(order.amount_minor, order.currency).amount
        if note is None:
            check_owed(self.read_invoices([order.invoice_id]), order)
        invoice = self._known_invoice(order.invoice_id)
        if note is None:
            owner = self.books.customers[invoice.customer_id]
            note = self.books.credit(owner, amount, on=order.day, currency=order.currency, number=order.number)
        self._fail("write_off_allocation")
        if note.remaining > 0:
            self.books.apply_credit(note, invoice, amount, on=order.day)
        self._fail("write_off_answer")
        return note.guid

    def raise_charge(self, charge: NewCharge) -> InvoiceId:
        self._call("raise_charge")
        known = next((i for i in self.books.invoices.values() if i.reference == charge.mark), None)
        customer = self.books.by_guid.get(charge.contact_id)
        if not isinstance(customer, Customer):
            raise NotFound("the ledger has no such customer")
        lines = [Line(each.text, Decimal(1), Money(each.amount_minor, charge.currency).amount) for each in charge.lines]
        facts = {"reference": charge.mark, "currency": charge.currency, "due": None}
        made = known or self.books.add_invoice(customer, lines, issued=charge.day, state="draft", **facts)
        self._fail("raise_charge_answer")
        return InvoiceId(made.guid)

    def online_invoice_url(self, invoice_id: InvoiceId) -> str | None:
        self._call("online_invoice_url")
        return f"https://pay.example/{invoice_id}"

    def invoice_pdf(self, invoice_id: InvoiceId) -> bytes | None:
        self._call("invoice_pdf")
        return b"%PDF-1.4 invoice"

    def deep_link(self, invoice_id: InvoiceId) -> str | None:
        return None

    def close(self) -> None:
        pass

    def _call(self, operation: str) -> None:
        self.calls[operation] += 1
        self._fail(operation)

    def _fail(self, operation: str) -> None:
        if self._failures.get(operation):
            raise self._failures[operation].popleft()

    def _known_invoice(self, invoice_id: InvoiceId) -> BooksInvoice:
        invoice = self.books.by_guid.get(invoice_id)
        if not isinstance(invoice, BooksInvoice):
            raise NotFound("the ledger has no such invoice")
        return invoice

    def _invoice(self, invoice: BooksInvoice) -> Invoice:
        def minor(amount: object) -> int:
            return to_minor(amount, invoice.currency)  # type: ignore[arg-type]

        return Invoice(
            id=InvoiceId(invoice.guid),
            number=invoice.number,
            contact_id=ContactId(self.books.customers[invoice.customer_id].guid),
            status=_status(invoice),
            currency=invoice.currency,
            total_minor=minor(invoice.total),
            due_minor=minor(invoice.due_amount),
            issued_on=invoice.issued,
            due_on=invoice.due,
            expected_on=invoice.expected,
            payment_scheduled=invoice.scheduled_payment,
            disputed=invoice.disputed,
            updated_at=invoice.updated,
            version=str(invoice.version),
            allocations=tuple(
                Allocation(a.source, str(a.source_id), InvoiceId(invoice.guid), minor(a.amount), a.on)
                for a in invoice.allocations
            ),
        )

    def _contact(self, customer: Customer) -> Contact:
        winner = self.books.customers.get(customer.merged_into or 0)
        parent = self.books.customers.get(customer.parent or 0)
        return Contact(
            id=ContactId(customer.guid),
            name=customer.name,
            status=ContactStatus.ARCHIVED if customer.archived else ContactStatus.ACTIVE,
            email=customer.email,
            cc=customer.cc,
            first_name=customer.first_name,
            country=customer.country,
            phones=tuple(filter(None, (customer.mobile, customer.phone))),
            postal=_postal(customer),
            groups=customer.groups,
            parent_id=ContactId(parent.guid) if parent else None,
            merged_into=ContactId(winner.guid) if winner else None,
            updated_at=customer.updated,
            version=str(customer.version),
        )

    def _credit(self, credit: BooksCredit) -> Credit:
        ended = DocumentStatus.VOID if credit.void else DocumentStatus.VALID
        return Credit(
            id=CreditId(credit.guid),
            kind=CreditKind(credit.kind),
            contact_id=ContactId(self.books.customers[credit.customer_id].guid),
            number=credit.number,
            status=DocumentStatus.DELETED if credit.deleted else ended,
            currency=credit.currency,
            total_minor=to_minor(credit.amount, credit.currency),
            remaining_minor=to_minor(credit.remaining, credit.currency),
            dated_on=credit.on,
            updated_at=credit.updated,
            version=str(credit.version),
        )


def _postal(customer: Customer) -> PostalAddress | None:
    if not customer.street:
        return None
    return PostalAddress(
        lines=tuple(customer.street.splitlines()),
        city=customer.city,
        postcode=customer.postcode,
        region=customer.region,
        country=customer.country,
    )


def _status(invoice: BooksInvoice) -> InvoiceStatus:
    if invoice.settled:
        return InvoiceStatus.PAID
    return InvoiceStatus(invoice.state)
