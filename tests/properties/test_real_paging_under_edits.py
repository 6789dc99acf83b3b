"""While a first synchronisation pages through real answers, people go on working: nothing may be missing afterwards.

The real adapters, over real HTTP, from the sandbox that speaks both wires. The paging tests of each adapter are faster
and crueller; this one proves that nothing between the books and the mirror undoes what they prove.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tenant_bench import BenchClock

from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.ledger import Ledger, Page
from connectors.quickbooks.ledger import QuickBooksLedger
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Customer, Line
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World
from connectors.transport import CallMeter
from connectors.xero import ledger as xero_ledger
from state.clock import Clock
from state.model import InvoiceId, InvoiceStatus
from state.store import TenantStore
from sync.pull import pull

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = date(2026, 3, 20)
Connected = Callable[[int], Ledger]  # page size -> a ledger


class WhilePeopleWork:
    """A ledger whose books are edited after each page it delivers."""

    def __init__(self, ledger: Ledger, edit: Callable[[], None]) -> None:
        self._ledger = ledger
        self._edit = edit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def changes(self, stream: str, since: str | None) -> Iterator[Page]:
        for page in self._ledger.changes(stream, since):
            self._edit()
            yield page


@dataclass
class Office:
    """One company's books, served, and a connection to them."""

    name: str
    world: World
    connected: Connected

    @property
    def books(self) -> Books:
        return self.world.companies[self.name]

    @property
    def clock(self) -> Clock:
        return BenchClock(self.world.clock)

    def begin_anew(self, gaps: list[int]) -> None:
        """Nothing but invoices, written `gaps` seconds one after the other; some share a second."""
        self.world.companies[self.name] = Books(self.books.company, self.world.clock)
        customers = [self._customer() for _ in range(3)]
        for position, gap in enumerate(gaps):
            self.world.clock.advance(timedelta(seconds=gap))
            self._invoice(customers[position % 3])
        self.world.clock.advance(timedelta(minutes=20))

    def edit(self, draw: Random) -> None:
        """One thing that people do on an ordinary day."""
        with self.world.lock:
            self.world.clock.advance(timedelta(milliseconds=draw.randrange(1_500)))
            draw.choice([self._pay, self._annotate, self._annotate, self._write_invoice, self._rename, self._credit])(
                draw
            )

    def _pay(self, draw: Random) -> None:
        owed = [invoice for invoice in self.books.invoices.values() if invoice.due_amount > 0]
        if owed:
            invoice = draw.choice(owed)
            owner, part = self.books.customers[invoice.customer_id], invoice.due_amount / draw.choice([1, 2])
            self.books.pay(owner, part, on=DUE, against={invoice.id: part})

    def _annotate(self, draw: Random) -> None:
        if self.books.invoices:
            self.books.edit_invoice(
                draw.choice(list(self.books.invoices.values())), due=DUE + timedelta(draw.randrange(9))
            )

    def _write_invoice(self, draw: Random) -> None:
        self._invoice(draw.choice(list(self.books.customers.values())))

    def _rename(self, draw: Random) -> None:
        customer = draw.choice(list(self.books.customers.values()))
        self.books.edit_customer(customer, email=f"pay{draw.randrange(10**6)}@customer.example")

    def _credit(self, draw: Random) -> None:
        customer = draw.choice(list(self.books.customers.values()))
        self.books.credit(customer, Decimal(draw.randrange(1, 99)), on=DUE)

    def _customer(self) -> Customer:
        return self.books.add_customer(f"Customer {self.books._next_id}", email="pay@customer.example")

    def _invoice(self, customer: Customer) -> None:
        self.books.add_invoice(customer, [Line("Work", Decimal(1), Decimal(64))], issued=date(2026, 3, 1), due=DUE)

    def identity(self, document: Any) -> str:
        return document.guid if self.name == "xero" else str(document.id)


@contextmanager
def served(name: str) -> Iterator[Office]:
    world = World(WorldClock(START), rate_limits=False)
    company = Company("Harbour Test Works", "7b6a0f52-3f0e-4a51-9a3c-1d2f3a4b5c6d", "9341453000000001")
    world.companies[name] = Books(company, world.clock)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = stack.enter_context(RunningSandbox(world))
        write_sandbox_config(folder / "config.toml", sandbox.url)
        installation = stack.enter_context(Installation(load(folder / "config.toml"), BenchClock(world.clock)))
        [tenant] = installation.config.tenants.values()
        connect(installation, tenant, agree, lambda found: found[0])
        connected = xero(installation) if name == "xero" else quickbooks(installation)
        yield Office(name, world, connected)


def xero(installation: Installation) -> Connected:
    [tenant] = installation.config.tenants.values()

    def connected(page_size: int) -> Ledger:
        xero_ledger._PAGE = page_size  # the adapter always asks for the most; the wire allows any
        return installation.ledger(tenant, CallMeter())

    return connected


def quickbooks(installation: Installation) -> Connected:
    [tenant] = installation.config.tenants.values()
    known = installation.registry.tenant(tenant.slug)
    assert known is not None
    realm, config = known.external_id, installation.config

    def connected(page_size: int) -> Ledger:
        tokens = installation.tokens(tenant.slug, installation.quickbooks_oauth(tenant).refresh)
        meter = CallMeter()
        endpoints = config.quickbooks_endpoints
        return QuickBooksLedger(endpoints, realm, tokens, installation.clock, meter, page_size=page_size)

    return connected


@pytest.fixture(scope="module")
def xero_office() -> Iterator[Office]:
    usual = xero_ledger._PAGE
    with served("xero") as office:
        yield office
    xero_ledger._PAGE = usual


@pytest.fixture(scope="module")
def quickbooks_office() -> Iterator[Office]:
    with served("quickbooks") as office:
        yield office


gaps = st.lists(st.sampled_from([0, 0, 0, 1, 2, 40, 400]), max_size=30)
page_sizes = st.one_of(st.integers(2, 7), st.sampled_from([25, 1000]))
edits_per_page = st.integers(0, 5)
draws = st.integers(0, 2**32).map(Random)
over_http = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@over_http
@given(gaps=gaps, page_size=page_sizes, edits=edits_per_page, draw=draws)
def test_nothing_is_missing_from_xero(
    xero_office: Office, gaps: list[int], page_size: int, edits: int, draw: Random
) -> None:
    nothing_is_missing(xero_office, gaps, page_size, edits, draw)


@over_http
@given(gaps=gaps, page_size=page_sizes, edits=edits_per_page, draw=draws)
def test_nothing_is_missing_from_quickbooks(
    quickbooks_office: Office, gaps: list[int], page_size: int, edits: int, draw: Random
) -> None:
    nothing_is_missing(quickbooks_office, gaps, page_size, edits, draw)


def nothing_is_missing(office: Office, gaps: list[int], page_size: int, edits: int, draw: Random) -> None:
    """After a first pull during which people work, and one more in peace, the mirror is what the books are."""
    office.begin_anew(gaps)
    ledger = office.connected(page_size)

    def people_work() -> None:
        for _ in range(edits):
            office.edit(draw)

    with tempfile.TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        pull(WhilePeopleWork(ledger, people_work), store, office.clock, everything=True)
        office.world.clock.advance(timedelta(hours=2))
        pull(ledger, store, office.clock, everything=True)
        assert mirrored_invoices(office, store) == invoices_in_the_books(office)
        assert mirrored_addresses(office, store) == addresses_in_the_books(office)
        assert sorted(store.mirror.known_credit_ids()[0]) == credits_in_the_books(office)


def invoices_in_the_books(office: Office) -> dict[str, tuple[bool, int, date | None]]:
    """Whether each is open, what is due in minor units, and when."""
    return {
        office.identity(one): (one.due_amount > 0, int(one.due_amount * 100), one.due)
        for one in office.books.invoices.values()
    }


def mirrored_invoices(office: Office, store: TenantStore) -> dict[str, tuple[bool, int, date | None]]:
    found = (store.mirror.invoice(InvoiceId(office.identity(one))) for one in office.books.invoices.values())
    return {one.id: (one.status is InvoiceStatus.OPEN, one.due_minor, one.due_on) for one in found if one}


def addresses_in_the_books(office: Office) -> dict[str, str | None]:
    return {office.identity(one): one.email for one in office.books.customers.values()}


def mirrored_addresses(office: Office, store: TenantStore) -> dict[str, str | None]:
    contacts = store.mirror.contacts([office.identity(one) for one in office.books.customers.values()])
    return {key: contact.email for key, contact in contacts.items()}


def credits_in_the_books(office: Office) -> list[str]:
    return sorted(office.identity(one) for one in office.books.credits.values() if one.remaining > 0)
