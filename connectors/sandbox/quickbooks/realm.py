"""One company as QuickBooks sees it: the books, and what only this service keeps beside them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.sandbox.books import Books
from connectors.sandbox.documents import ZERO, Credit, Customer, Invoice, Payment
from connectors.sandbox.quickbooks.attachables import AttachableShelf
from connectors.sandbox.quickbooks.settlements import Settlements
from connectors.sandbox.world import World

_STALE_COPIES = 4  # of books, kept open beside the true ones


class Realm:
    """A company's books with the indexes that make answers quick; they are rebuilt when the books have changed."""

    def __init__(self, world: World, books: Books, replays: dict[str, bytes]) -> None:
        self.world = world
        self.books = books
        self.settlements = Settlements(books)
        self.attachables = AttachableShelf(books)
        self.replays = replays  # requestid -> the first answer
        self._revision = -1
        self._balances: dict[int, Decimal] | None = None
        self.balances_seen_late: dict[int, Decimal] | None = None  # while a query that lags behind is answered
        self._children: dict[int, list[int]] = {}
        self._multicurrency = False
        books.release_bumps = lambda: self.switch("payment_delete_bumps_invoice", "no") == "yes"

    @property
    def id(self) -> str:
        return self.books.company.realm

    def now(self) -> datetime:
        return self.books.clock.now()

    def switch(self, name: str, default: str) -> str:
        return self.world.switch(f"quickbooks.{name}", default)

    def query_lag(self) -> timedelta:
        """How far queries are behind what GET by id shows."""
        return timedelta(seconds=float(self.switch("query_lag_seconds", "0")))

    @property
    def multicurrency(self) -> bool:
        """Whether the company deals in more than its own currency; then rates and home amounts appear."""
        self._refresh()
        return self._multicurrency

    def invoice(self, number: int) -> Invoice | None:
        """A sales invoice that still exists: bills, drafts and deleted ones are not there."""
        invoice = self.books.invoices.get(number)
        return invoice if invoice is not None and is_shown(invoice) else None

    def customer(self, number: int) -> Customer | None:
        """A customer, active or not; one that lost a merge is gone."""
        customer = self.books.customers.get(number)
        return customer if customer is not None and customer.merged_into is None else None

    def balance(self, customer_id: int) -> Decimal:
        """What the customer owes, less what it has paid or been credited without an invoice."""
        self._refresh()
        if self.balances_seen_late is not None:
            return self.balances_seen_late.get(customer_id, ZERO)
        if self._balances is None:
            self._balances = balances(self.books.invoices.values(), self.books.loose())
        return self._balances.get(customer_id, ZERO)

    def balance_with_jobs(self, customer_id: int) -> Decimal:
        total = self.balance(customer_id)
        return total + sum((self.balance_with_jobs(job) for job in self._children.get(customer_id, ())), ZERO)

    def _refresh(self) -> None:
        if self._revision == self.books.revision:
            return
        self._revision = self.books.revision
        self._balances = None
        customers = self.books.customers.values()
        self._multicurrency = any(c.currency != self.books.company.currency for c in customers)
        self._children = {}
        for customer in customers:
            if customer.parent is not None and customer.merged_into is None:
                self._children.setdefault(customer.parent, []).append(customer.id)


class Realms:
    """The QuickBooks companies of a world: every one whose ledger name starts with 'quickbooks'."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._open: dict[Books, Realm] = {}
        self._replays: dict[str, dict[str, bytes]] = defaultdict(dict)
        for books in self._books():
            self._opened(books)

    def names(self) -> dict[str, str]:
        """Realm ids and company names, for the consent page."""
        return {books.company.realm: books.company.name for books in self._books()}

    def get(self, realm_id: str) -> Realm | None:
        for books in self._books():
            if books.company.realm == realm_id:
                return self._opened(books)
        return None

    def _opened(self, books: Books) -> Realm:
        """Books may be swapped under us (stale answers, a rebuilt world); each set has indexes of its own."""
        realm = self._open.get(books)
        if realm is None:
            while len(self._open) >= len(self.world.companies) + _STALE_COPIES:
                self._open.pop(next(iter(self._open)))
            realm = self._open[books] = Realm(self.world, books, self._replays[books.company.realm])
        return realm

    def _books(self) -> list[Books]:
        return [books for name, books in self.world.companies.items() if name.startswith("quickbooks")]


def is_shown(invoice: Invoice) -> bool:
    return invoice.state in {"open", "void"} and not invoice.bill


def balances(invoices: Iterable[Invoice], money: Iterable[Payment | Credit]) -> dict[int, Decimal]:
    """What each customer owes on `invoices`, less what no invoice has taken of `money`."""
    owed: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for invoice in invoices:
        if invoice.state == "open" and not invoice.bill:
            owed[invoice.customer_id] += invoice.due_amount
    for source in money:
        owed[source.customer_id] -= Books.rest_of(source)
    return owed
