"""Worlds, ready to be served: from a seed word to companies with a past and customers with intentions."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from connectors.sandbox.audit import Audit
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company
from connectors.sandbox.large import generate_large
from connectors.sandbox.life import Life
from connectors.sandbox.names import firm
from connectors.sandbox.seed import seed_company
from connectors.sandbox.world import Origin, World
from state.clock import aware_utc, business_day

LEDGERS = ("xero", "quickbooks")
HISTORY_DAYS = 540
SHORT_HISTORY_DAYS = 150
LARGE_HISTORY_DAYS = 1095
CUSTOMERS = 160
_NUMBERS_EACH = 10_000  # invoice numbers of each company, so that a message never seems to be about a neighbour's
_NAMESPACE = uuid.UUID("6f1d0c5e-2b7a-5c43-9e11-d0de00000001")
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def build_world(
    seed: str,
    start: datetime,
    ledgers: tuple[str, ...],
    *,
    companies: Mapping[str, int] | None = None,
    invoices: int | None = None,
    customers: int | None = None,
    same_name: bool = False,
) -> World:
    """One company for each of `ledgers`, or as many as `companies` says, as of `start` (aware).

    Each is a small firm with a long past; or with so many `customers` and a short past, where many firms are wanted;
    or with so many `invoices`. With `same_name` all companies of a ledger bear the name of its first.
    """
    counts = companies or {}
    keys = (key for ledger in ledgers for key in _company_keys(ledger, counts.get(ledger, 1)))
    world = World(WorldClock(start))
    _populate(world, Origin(seed, aware_utc(start), tuple(keys), invoices, customers, same_name))
    return world


def ledger_of(company: str) -> str:
    """Whose company this is: 'xero' for 'xero' and 'xero-2'."""
    return company.partition("-")[0]


def rebuild(world: World, seed: str | None = None) -> None:
    """Start `world` again from what it was made of, or from another seed; tokens and switches stay as they are."""
    if world.origin is None:
        raise ValueError("this world was not built from a seed, so it cannot be built again")
    origin = world.origin
    world.clock.restart(origin.start)
    world.messages.clear()
    world.faults.clear()
    world.calls.clear()
    world.lagging.clear()
    world.outside = world.outside.afresh()
    world.audit = Audit()
    _populate(world, replace(origin, seed=seed or origin.seed))


def live_one_day(world: World, day: date | None = None) -> dict[str, list[str]]:
    """Let every company live through `day` (default: today in its zone), at the clock's instant.

    Invoices named in messages of the last day may be paid sooner for it. Returns what happened, by company.
    """
    since = world.clock.now() - timedelta(days=1)
    told: dict[str, list[str]] = {}
    reminded = _reminded_since(world, since)
    for key, life in world.lives.items():
        zone = ZoneInfo(life.books.company.zone)
        told[key] = life.live_one_day(day or business_day(world.clock.now(), zone), reminded.get(key, ()))
    return told


def _reminded_since(world: World, since: datetime) -> dict[str, set[int]]:
    """The owed invoices that messages since then mentioned, by company."""
    reminded: dict[str, set[int]] = {}
    for message in reversed(world.messages):
        if message.arrived_at < since:
            break
        for mention in message.mentions:
            if mention.verdict == "owed":
                reminded.setdefault(mention.company, set()).add(mention.invoice_id)
    return reminded


def company_for(key: str, seed: str) -> Company:
    """The firm whose books are kept: invented, but always the same for the same seed."""
    draw = Random(f"{seed}/{key}/company")
    guid = str(uuid.uuid5(_NAMESPACE, f"{seed}/{key}"))
    realm = "9341453" + "".join(draw.choice("0123456789") for _ in range(9))
    short_code = "!" + "".join(draw.choice(_LETTERS) for _ in range(5))
    if ledger_of(key) == "xero":
        return Company(firm(draw, "GB", set()).name, guid, realm, short_code=short_code)
    name = firm(draw, "US", set()).name
    return Company(name, guid, realm, currency="USD", country="US", zone="America/New_York", short_code=short_code)


def _company_keys(ledger: str, count: int) -> Iterator[str]:
    if ledger not in LEDGERS:
        raise ValueError(f"there is no ledger {ledger!r}; choose from {', '.join(LEDGERS)}")
    for number in range(1, count + 1):
        yield ledger if number == 1 else f"{ledger}-{number}"


def _populate(world: World, origin: Origin) -> None:
    world.origin = origin
    world.companies.clear()
    world.lives.clear()
    for key in origin.companies:
        world.lives[key] = life = _live_history(key, origin)
        life.books.clock = world.clock
        world.companies[key] = life.books
        if origin.same_name:
            life.books.company.name = world.companies[ledger_of(key)].company.name


def _live_history(key: str, origin: Origin) -> Life:
    """The past of one company, lived on a clock of its own that ends where the world begins."""
    ledger, days = ledger_of(key), _history_days(origin)
    books = Books(company_for(key, origin.seed), WorldClock(origin.start - timedelta(days=days)))
    if origin.invoices is not None:
        return generate_large(books, origin.seed, invoices=origin.invoices, history_days=days, ledger=ledger)
    written = (int(key.partition("-")[2] or 1) - 1) * _NUMBERS_EACH
    size = origin.customers or CUSTOMERS
    return seed_company(books, origin.seed, customers=size, history_days=days, ledger=ledger, written=written)


def _history_days(origin: Origin) -> int:
    if origin.invoices is not None:
        return LARGE_HISTORY_DAYS
    return HISTORY_DAYS if origin.customers is None else SHORT_HISTORY_DAYS
