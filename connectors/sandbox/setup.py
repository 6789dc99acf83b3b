"""Worlds, ready to be served: from a seed word to companies with a past and customers with intentions."""

import uuid
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

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
LARGE_HISTORY_DAYS = 1095
_NAMESPACE = uuid.UUID("6f1d0c5e-2b7a-5c43-9e11-d0de00000001")
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def build_world(seed: str, start: datetime, ledgers: tuple[str, ...], *, invoices: int | None = None) -> World:
    """One company for each of `ledgers`, as of `start` (aware): a small firm, or one with so many `invoices`."""
    world = World(WorldClock(start))
    _populate(world, Origin(seed, aware_utc(start), tuple(ledgers), invoices))
    return world


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
    _populate(world, Origin(seed or origin.seed, origin.start, origin.ledgers, origin.invoices))


def live_one_day(world: World, day: date | None = None) -> dict[str, list[str]]:
    """Let every company live through `day` (default: today in its zone), at the clock's instant.

    Invoices named in messages of the last day may be paid sooner for it. Returns what happened, by ledger.
    """
    since = world.clock.now() - timedelta(days=1)
    told: dict[str, list[str]] = {}
    for ledger, life in world.lives.items():
        zone = ZoneInfo(life.books.company.zone)
        recent = (m for message in world.messages if message.arrived_at >= since for m in message.mentions)
        reminded = {m.invoice_id for m in recent if m.company == ledger and m.verdict == "owed"}
        told[ledger] = life.live_one_day(day or business_day(world.clock.now(), zone), reminded)
    return told


def company_for(ledger: str, seed: str) -> Company:
    """The firm whose books are kept: invented, but always the same for the same seed."""
    draw = Random(f"{seed}/{ledger}/company")
    guid = str(uuid.uuid5(_NAMESPACE, f"{seed}/{ledger}"))
    realm = "9341453" + "".join(draw.choice("0123456789") for _ in range(9))
    short_code = "!" + "".join(draw.choice(_LETTERS) for _ in range(5))
    if ledger == "xero":
        return Company(firm(draw, "GB", set()).name, guid, realm, short_code=short_code)
    name = firm(draw, "US", set()).name
    return Company(name, guid, realm, currency="USD", country="US", zone="America/New_York", short_code=short_code)


def _populate(world: World, origin: Origin) -> None:
    world.origin = origin
    world.companies.clear()
    world.lives.clear()
    for ledger in origin.ledgers:
        world.lives[ledger] = life = _live_history(ledger, origin)
        life.books.clock = world.clock
        world.companies[ledger] = life.books


def _live_history(ledger: str, origin: Origin) -> Life:
    """The past of one company, lived on a clock of its own that ends where the world begins."""
    if ledger not in LEDGERS:
        raise ValueError(f"there is no ledger {ledger!r}; choose from {', '.join(LEDGERS)}")
    days = HISTORY_DAYS if origin.invoices is None else LARGE_HISTORY_DAYS
    books = Books(company_for(ledger, origin.seed), WorldClock(origin.start - timedelta(days=days)))
    if origin.invoices is None:
        return seed_company(books, origin.seed, history_days=days, ledger=ledger)
    return generate_large(books, origin.seed, invoices=origin.invoices, history_days=days, ledger=ledger)
