"""A small world whose every document a test has put there itself, served over real HTTP and SMTP."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Customer, Invoice, Line
from connectors.sandbox.life import Life
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TODAY = START.date()


@pytest.fixture
def world() -> World:
    """One empty company on each ledger."""
    clock = WorldClock(START)
    companies = {
        "xero": Company("Harbourgate Print Ltd", "0a1b2c3d-0000-4000-8000-000000000001", "9341453000000001"),
        "quickbooks": Company(
            "Maplemere Foods Inc",
            "0a1b2c3d-0000-4000-8000-000000000002",
            "9341453000000002",
            currency="USD",
            country="US",
            zone="America/New_York",
        ),
    }
    made = World(clock)
    made.companies = {ledger: Books(company, clock) for ledger, company in companies.items()}
    made.lives = {ledger: Life(books, ledger, "test") for ledger, books in made.companies.items()}
    return made


@pytest.fixture
def firms() -> World:
    """Three organisations in Xero and two companies in QuickBooks, all empty, those of a ledger under one name."""
    clock, made = WorldClock(START), {}
    for number, key in enumerate(("xero", "xero-2", "xero-3", "quickbooks", "quickbooks-2"), 1):
        name = "Twin Oaks Ltd" if key.startswith("xero") else "Twin Pines Inc"
        company = Company(name, f"{number}a1b2c3d-0000-4000-8000-00000000000{number}", f"934145300000000{number}")
        made[key] = Books(company, clock)
    return World(clock, made)


@pytest.fixture
def peopled(firms: World) -> Iterator[RunningSandbox]:
    """`firms`, served."""
    with RunningSandbox(firms) as running:
        yield running


@pytest.fixture
def books(world: World) -> Books:
    return world.companies["xero"]


@pytest.fixture
def customer(books: Books) -> Customer:
    return books.add_customer("Fernbridge Joinery Ltd", email="accounts@fernbridge-joinery.example")


@pytest.fixture
def invoice_for(books: Books) -> Callable[..., Invoice]:
    """Write an invoice: `invoice_for(customer, "120.00", number=...)`."""

    def write(customer: Customer, amount: str, *, issued: date = TODAY, **facts: object) -> Invoice:
        return books.add_invoice(customer, [Line("Services", Decimal(1), Decimal(amount))], issued=issued, **facts)

    return write


@pytest.fixture
def sandbox(world: World) -> Iterator[RunningSandbox]:
    with RunningSandbox(world) as running:
        yield running


class Control:
    """The control API as a script would use it."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/_books"
        self.session = requests.Session()

    def get(self, path: str, **query: str) -> Any:
        return self._answer(self.session.get(f"{self.url}/{path}", params=query, timeout=10))

    def post(self, path: str, **body: Any) -> Any:
        return self._answer(self.session.post(f"{self.url}/{path}", json=body, timeout=10))

    def delete(self, path: str) -> Any:
        return self._answer(self.session.delete(f"{self.url}/{path}", timeout=10))

    def refusal(self, path: str, **body: Any) -> tuple[int, str]:
        answer = self.session.post(f"{self.url}/{path}", json=body, timeout=10)
        return answer.status_code, answer.json()["error"]

    def _answer(self, answer: requests.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def control(sandbox: RunningSandbox) -> Iterator[Control]:
    client = Control(sandbox.url)
    yield client
    client.session.close()
