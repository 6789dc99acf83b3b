"""One true set of books, under a clock that moves only when told.

Everything the sandbox shows, on whatever wire, is a view of this. It knows accounting (what is due, what is unapplied,
who was merged into whom) and nothing of HTTP; the faces translate. Because the connector never sees it, it can judge
the connector: what was owed when a message arrived is answered here and nowhere else.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeVar

from connectors.sandbox.documents import (
    ZERO,
    Allocation,
    Company,
    Credit,
    CreditType,
    Customer,
    Document,
    Invoice,
    Line,
    Note,
    Payment,
    Source,
)
from state.clock import Clock, aware_utc

Entity = Literal["customer", "invoice", "payment", "credit"]
Kept = TypeVar("Kept", bound=Document)
PLAIN_NUMBER = re.compile(r"[^\W_](?:[\w./#-]*[^\W_])?")  # an invoice number that stands in a text as one word


class BooksError(Exception):
    """The books do not allow this, in words an accountant would use."""


class WorldClock:
    """Virtual time, shared by every company of one sandbox. Frozen, unless it is told to run with another clock."""

    def __init__(self, start: datetime) -> None:
        self._now = aware_utc(start)
        self._machine: Clock | None = None
        self._since = self._now

    @property
    def running(self) -> bool:
        return self._machine is not None

    def now(self) -> datetime:
        if self._machine is None:
            return self._now
        return self._now + (self._machine.now() - self._since)

    def advance(self, by: timedelta) -> datetime:
        if by < timedelta(0):
            raise BooksError("time does not run backwards")
        self._now += by
        return self.now()

    def run_with(self, machine: Clock) -> None:
        """From here on time passes as it does for `machine`; it can still be advanced."""
        self._now, self._since, self._machine = self.now(), machine.now(), machine

    def freeze(self) -> None:
        self._now, self._machine = self.now(), None

    def restart(self, at: datetime) -> None:
        """Begin again, frozen, at `at`: for a world that is built anew."""
        self._now, self._machine = aware_utc(at), None


class Books:
    """The documents of one company, and the only way to change them."""

    def __init__(self, company: Company, clock: WorldClock) -> None:
        self.company = company
        self.clock = clock
        self.customers: dict[int, Customer] = {}
        self.invoices: dict[int, Invoice] = {}
        self.payments: dict[int, Payment] = {}
        self.credits: dict[int, Credit] = {}
        self.notes: list[Note] = []
        self.by_guid: dict[str, Document] = {}
        self.tombstones: list[tuple[Entity, int, datetime]] = []
        self.settlements: Counter[int] = Counter()  # invoice id -> how often nothing was due on it any more
        self.revision = 0  # moves with every change: faces cache orderings against it
        self.release_bumps: Callable[[], bool] = lambda: True  # does taking money off an invoice move its stamp?
        self._next_id = 1
        self._next_note = 1  # apart, so that notes from outside do not move the numbers of documents
        self._namespace = company.guid
        self._numbers: dict[str, list[int]] = {}
        self._odd_numbers: set[str] = set()
        self._loose: dict[int, Payment | Credit] = {}  # all that may have something unapplied
        self._loose_as_of = -1  # the revision at which all of them had

    # -- creating -----------------------------------------------------------------------------------------------

    def add_customer(self, name: str, **facts: object) -> Customer:
        """A new customer; `facts` are fields of Customer."""
        customer = Customer(*self._identity(), name=name)
        self._assign(customer, {"currency": self.company.currency, **facts})
        return self._keep(self.customers, customer)

    def add_invoice(self, customer: Customer, lines: Iterable[Line], *, issued: date, **facts: object) -> Invoice:
        """A new invoice (state 'open' unless told otherwise); due defaults to the customer's terms."""
        invoice = Invoice(*self._identity(), customer_id=customer.id, issued=issued, lines=list(lines))
        defaults = {
            "number": f"INV-{invoice.id:05d}",
            "currency": customer.currency,
            "due": issued + timedelta(days=customer.terms_days),
            "billed_to": customer.email,
        }
        self._assign(invoice, defaults | facts)
        self._index_number(invoice)
        return self._keep(self.invoices, invoice)

    def pay(
        self, customer: Customer, amount: Decimal, *, on: date, against: dict[int, Decimal] | None = None
    ) -> Payment:
        """Money in. `against` maps invoice ids to the parts they take; the rest stays unapplied."""
        self._check_open_period(on)
        if amount <= ZERO:
            raise BooksError("a payment is more than nothing")
        against = against or {}
        currency = self.invoices[next(iter(against))].currency if against else customer.currency
        payment = Payment(*self._identity(), customer_id=customer.id, currency=currency, amount=amount, on=on)
        if sum(against.values(), ZERO) > amount:
            raise BooksError("more is allocated than was paid")
        for invoice_id, part in against.items():
            self._check_allocation(payment, self.invoices[invoice_id], part)
        for invoice_id, part in against.items():
            self._allocate(payment, "payment", self.invoices[invoice_id], part, on)
        return self._keep(self.payments, payment)

    def credit(
        self,
        customer: Customer,
        amount: Decimal,
        *,
        on: date,
        kind: CreditType = "credit_note",
        **facts: object,
    ) -> Credit:
        """A credit note, overpayment or prepayment with everything still unapplied."""
        if amount <= ZERO:
            raise BooksError("a credit is more than nothing")
        document = Credit(*self._identity(), kind=kind, customer_id=customer.id, amount=amount, on=on)
        number = f"CN-{document.id:05d}" if kind == "credit_note" else None
        self._assign(document, {"currency": customer.currency, "number": number} | facts)
        return self._keep(self.credits, document)

    # -- changing -----------------------------------------------------------------------------------------------

    def apply_credit(self, credit: Credit, invoice: Invoice, amount: Decimal, *, on: date) -> Allocation:
        if amount > credit.remaining:
            raise BooksError(f"only {credit.remaining} of this credit is left")
        self._check_allocation(credit, invoice, amount)
        allocation = self._allocate(credit, credit.kind, invoice, amount, on)
        self._touch(credit)
        return allocation

    def apply_payment(self, payment: Payment, invoice: Invoice, amount: Decimal, *, on: date) -> Allocation:
        """Put an unapplied part of a payment against an invoice (QuickBooks)."""
        if amount > payment.unapplied:
            raise BooksError(f"only {payment.unapplied} of this payment is unapplied")
        self._check_allocation(payment, invoice, amount)
        allocation = self._allocate(payment, "payment", invoice, amount, on)
        self._touch(payment)
        return allocation

    def unallocate(self, source: Payment | Credit, invoice: Invoice) -> None:
        """Take every part of `source` off `invoice` again."""
        source.allocations = [a for a in source.allocations if a.invoice_id != invoice.id]
        self._forget_allocations(source, [invoice])
        self._touch(source)

    def delete_payment(self, payment: Payment) -> None:
        """A bounced or mistaken payment: its invoices are due again."""
        if payment.deleted:
            raise BooksError("this payment has been deleted already")
        touched = [self.invoices[a.invoice_id] for a in payment.allocations]
        self._forget_allocations(payment, touched)
        payment.released, payment.allocations = payment.allocations, []
        payment.deleted = True
        self._touch(payment)
        self._bury("payment", payment)

    def void_payment(self, payment: Payment) -> None:
        """QuickBooks: the payment stays with amounts zero; its invoices are due again."""
        touched = [self.invoices[a.invoice_id] for a in payment.allocations]
        self._forget_allocations(payment, touched)
        payment.released, payment.allocations = payment.allocations, []
        payment.void = True
        self._touch(payment)

    def void_invoice(self, invoice: Invoice) -> None:
        if invoice.allocations:
            raise BooksError("an invoice with payments or credits applied cannot be voided")
        invoice.state = "void"
        self._touch(invoice)

    def delete_invoice(self, invoice: Invoice) -> None:
        if invoice.allocations:
            raise BooksError("an invoice with payments or credits applied cannot be deleted")
        invoice.state = "deleted"
        self._touch(invoice)
        self._bury("invoice", invoice)

    def void_credit(self, credit: Credit) -> None:
        if credit.allocations:
            raise BooksError("a credit that has been applied cannot be voided")
        credit.void = True
        self._touch(credit)

    def write_off(self, invoice: Invoice, *, on: date, kind: CreditType = "credit_note") -> Credit:
        """Forgive what is due with a credit note, or a journal entry, applied in full."""
        customer = self.customers[invoice.customer_id]
        amount = invoice.due_amount
        if invoice.state != "open" or amount <= ZERO:
            raise BooksError(f"nothing is due on {invoice.number}")
        credit = self.credit(customer, amount, on=on, kind=kind, currency=invoice.currency)
        self.apply_credit(credit, invoice, amount, on=on)
        return credit

    def edit_customer(self, customer: Customer, *, silently: bool = False, **facts: object) -> None:
        """Change fields of a customer. `silently` moves no stamp: whether a change of groups does is not known."""
        self._assign(customer, facts)
        self._touch(customer, silently=silently)

    def edit_invoice(self, invoice: Invoice, *, silently: bool = False, **facts: object) -> None:
        """Change fields of an invoice. `silently` leaves the stamp as it was, as Xero does for part-paid ones."""
        self._assign(invoice, facts)
        if "number" in facts:
            self._index_number(invoice)
        self._touch(invoice, silently=silently)

    def merge(self, loser: Customer, winner: Customer) -> None:
        """The loser is archived; its documents move to the winner."""
        loser.archived = True
        loser.merged_into = winner.id
        for documents in (self.invoices, self.payments, self.credits):
            for document in documents.values():
                if document.customer_id == loser.id:
                    document.customer_id = winner.id
        self._touch(loser)
        self._touch(winner)

    def add_note(self, invoice: Invoice, text: str, *, key: str | None = None, user: str = "System Generated") -> Note:
        note = Note(self._next_note, invoice.id, text, self.clock.now(), key, user=user)
        self._next_note += 1
        self.notes.append(note)
        self.revision += 1
        return note

    # -- asking -------------------------------------------------------------------------------------------------

    def family(self, customer_id: int) -> set[int]:
        """The customer, its top parent, and all that parent's jobs: money of one may settle another's invoice."""
        top = customer_id
        while (parent := self.customers[top].parent) is not None:
            top = parent
        members = {top}
        grown = True
        while grown:
            grown = False
            for customer in self.customers.values():
                if customer.parent in members and customer.id not in members:
                    members.add(customer.id)
                    grown = True
        return members

    def unapplied(self, customer_id: int, currency: str) -> Decimal:
        """Money of the customer's family that no invoice has taken yet."""
        family = self.family(customer_id)
        return sum(
            (self.rest_of(s) for s in self.loose() if s.customer_id in family and s.currency == currency),
            ZERO,
        )

    def loose(self) -> list[Payment | Credit]:
        """Every payment and credit of which something is unapplied, oldest first."""
        if self._loose_as_of != self.revision:
            self._loose = {source.id: source for source in self._loose.values() if self.rest_of(source) > ZERO}
            self._loose_as_of = self.revision
        return [self._loose[number] for number in sorted(self._loose)]

    @staticmethod
    def rest_of(source: Payment | Credit) -> Decimal:
        """What no invoice has taken of `source` yet."""
        return source.unapplied if isinstance(source, Payment) else source.remaining

    def numbered(self, number: str) -> list[Invoice]:
        """The invoices that carry `number` today; numbers need not be unique."""
        candidates = (self.invoices[invoice_id] for invoice_id in self._numbers.get(number, ()))
        return [invoice for invoice in candidates if invoice.number == number]

    def mentioned_in(self, text: str) -> Iterator[Invoice]:
        """The invoices whose number stands in `text` as a word of its own."""
        words = set(PLAIN_NUMBER.findall(text))
        words |= {part for word in words for part in re.split(r"[/#]", word)}
        for word in sorted(words & self._numbers.keys()):
            yield from self.numbered(word)
        for number in sorted(self._odd_numbers):
            if re.search(rf"(?<!\w){re.escape(number)}(?!\w)", text):
                yield from self.numbered(number)

    # -- inside -------------------------------------------------------------------------------------------------

    def _identity(self) -> tuple[int, str, datetime, datetime]:
        number = self._take_id()
        guid = _guid_within(self._namespace, str(number))
        now = self.clock.now()
        return number, guid, now, now

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _keep(self, shelf: dict[int, Kept], document: Kept) -> Kept:
        shelf[document.id] = document
        self.by_guid[document.guid] = document
        self._watch_rest(document)
        self.revision += 1
        return document

    def _index_number(self, invoice: Invoice) -> None:
        self._numbers.setdefault(invoice.number, []).append(invoice.id)
        if invoice.number and not PLAIN_NUMBER.fullmatch(invoice.number):
            self._odd_numbers.add(invoice.number)

    def _watch_rest(self, document: Document) -> None:
        if isinstance(document, Payment | Credit) and self.rest_of(document) > ZERO:
            self._loose[document.id] = document

    def _assign(self, document: Document, facts: dict[str, object]) -> None:
        for name, value in facts.items():
            if not hasattr(document, name):
                raise BooksError(f"a {type(document).__name__.lower()} has no {name}")
            setattr(document, name, value)

    def _touch(self, document: Document, *, silently: bool = False) -> None:
        if not silently:
            document.updated = self.clock.now()
        document.version += 1
        self._watch_rest(document)
        self.revision += 1

    def _bury(self, entity: Entity, document: Document) -> None:
        self.tombstones.append((entity, document.id, self.clock.now()))

    def _allocate(
        self,
        source: Payment | Credit,
        kind: Source,
        invoice: Invoice,
        amount: Decimal,
        on: date,
    ) -> Allocation:
        """Put `amount`, which has been checked, against `invoice`."""
        identity = _guid_within(source.guid, f"{invoice.id}/{source.version}")  # their number falls, too
        allocation = Allocation(kind, source.id, invoice.id, amount, on, identity)
        source.allocations.append(allocation)
        invoice.allocations.append(allocation)
        if invoice.due_amount == ZERO:
            self.settlements[invoice.id] += 1
        self._touch(invoice)
        return allocation

    @staticmethod
    def _check_allocation(source: Payment | Credit, invoice: Invoice, amount: Decimal) -> None:
        if invoice.state != "open":
            raise BooksError(f"invoice {invoice.number} is {invoice.state}")
        if invoice.currency != source.currency:
            raise BooksError("a credit or payment settles invoices of its own currency only")
        if not ZERO < amount <= invoice.due_amount:
            raise BooksError(f"{amount} cannot be applied: {invoice.due_amount} is due on {invoice.number}")

    def _forget_allocations(self, source: Payment | Credit, invoices: list[Invoice]) -> None:
        for invoice in invoices:
            invoice.allocations = [a for a in invoice.allocations if a.source_id != source.id]
            if self.release_bumps():
                self._touch(invoice)

    def _check_open_period(self, on: date) -> None:
        if self.company.closed_until is not None and on <= self.company.closed_until:
            raise BooksError(f"the books are closed up to {self.company.closed_until.isoformat()}")


def _guid_within(namespace: str, name: str) -> str:
    """What `str(uuid.uuid5(UUID(namespace), name))` says, in a quarter of the time: large books need millions."""
    digest = hashlib.sha1(bytes.fromhex(namespace.replace("-", "")) + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
