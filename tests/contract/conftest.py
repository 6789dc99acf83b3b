"""The three ledgers under test, each over a company of its own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from conformance import START, Bench, WorldTime
from memory_ledger import MemoryLedger

from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.ledger import Ledger
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World
from connectors.transport import CallMeter
from state.model import InvoiceId

COMPANY = "Harbour Test Works"
GUID = "7b6a0f52-3f0e-4a51-9a3c-1d2f3a4b5c6d"


@pytest.fixture(params=["memory", "xero", "quickbooks"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    makers: dict[str, Callable[[Path], AbstractContextManager[Bench]]] = {
        "memory": lambda _: _memory(),
        "xero": lambda folder: _served("xero", folder, InvoiceId("00000000-0000-4000-8000-000000000000")),
        "quickbooks": lambda folder: _served("quickbooks", folder, InvoiceId("987654321")),
    }
    with makers[request.param](tmp_path) as made:
        yield made


def _world(ledger: str) -> tuple[World, Books]:
    world = World(WorldClock(START - timedelta(days=30)))
    books = Books(Company(COMPANY, GUID, "9341453000000001", currency="GBP"), world.clock)
    world.companies[ledger] = books
    return world, books


def _bench(world: World, books: Books, ledger: Ledger, unknown_id: InvoiceId) -> Bench:
    customer = books.add_customer("Quayside Stores", email="accounts@quayside.example", first_name="Alex")
    world.clock.advance(START - world.clock.now())
    return Bench(world, books, ledger, customer, unknown_id)


@contextmanager
def _memory() -> Iterator[Bench]:
    world, books = _world("xero")
    yield _bench(world, books, MemoryLedger(books), InvoiceId("unknown"))


@contextmanager
def _served(name: str, folder: Path, unknown_id: InvoiceId) -> Iterator[Bench]:
    world, books = _world(name)
    config = folder / "config.toml"
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(config, sandbox.url)
        with Installation(load(config), WorldTime(world)) as installation:
            [settings] = installation.config.tenants.values()
            connect(installation, settings, agree, lambda found: found[0])
            yield _bench(world, books, installation.ledger(settings, CallMeter()), unknown_id)
