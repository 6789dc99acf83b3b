"""A day of a thousand calls: what it is spent on when 250 reminders are due, as the sandbox counts it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from click.testing import CliRunner
from conformance import WorldTime

from connector.budget.allowance import poll_interval
from connector.budget.reserve import POSTPONED, SPENT
from connector.cli import main
from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.rounds import run_tenant
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.audit_report import audit_report
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Line
from connectors.sandbox.judge import verdict
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World
from state.model import ReminderState, TenantSlug
from state.store import TenantStore

NORTH = TenantSlug("north")
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday; nobody is written to before nine
ONE_DAY = timedelta(days=1)
EVERY = timedelta(minutes=5)


@dataclass
class Office:
    """A tenant in a world whose limits are on: a thousand calls a day, sixty a minute."""

    folder: Path
    world: World
    installation: Installation
    polls: list[datetime] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    @property
    def noted(self) -> int:
        """Reminders that were sent and stand in the ledger."""
        with TenantStore.open(self.installation.tenant_file(NORTH)) as store:
            return store.reminders.count_by_state()[ReminderState.NOTED]

    @property
    def refused(self) -> int:
        totals: dict[str, int] = audit_report(self.world)["totals"]
        return totals["overruns"]

    @property
    def interval(self) -> timedelta:
        return poll_interval(self.installation, self.installation.config.tenant(NORTH))

    def cycle(self) -> None:
        codes = {problem.code for problem in run_tenant(self.installation, NORTH).problems}
        self.problems += sorted(codes)
        if POSTPONED not in codes:
            self.polls.append(self.now)

    def live_one_day(self) -> None:
        """Until midnight, as the daemon does."""
        while self.now < MIDNIGHT + ONE_DAY:
            self.cycle()
            self.world.clock.advance(self.interval)

    def told(self, *arguments: str) -> str:
        result = CliRunner().invoke(main, ["-c", str(self.folder / "config.toml"), *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout


@contextmanager
def office(folder: Path, *, due: int, attach_pdf: bool = False) -> Iterator[Office]:
    """At midnight, with so many customers whose invoice fell due yesterday."""
    world = World(WorldClock(MIDNIGHT - timedelta(days=60)))
    guid = "00000000-3f0e-4a51-9a3c-1d2f3a4b5c6d"  # the sandbox lets such a company's day begin at midnight
    books = world.companies["xero"] = Books(Company("Harbour Test Works", guid, "1", currency="GBP"), world.clock)
    for number in range(due):
        customer = books.add_customer(f"Customer {number}", email=f"pay{number}@customer.example")
        lines = [Line("Work", Decimal(1), Decimal("120.00"))]
        books.add_invoice(customer, lines, issued=date(2026, 1, 30), due=date(2026, 3, 1))
    world.clock.advance(MIDNIGHT - world.clock.now())
    config = folder / "config.toml"
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(config, sandbox.url)
        tenant = f"poll_minutes = 5\ndaily_cap = 1000\nattach_pdf = {str(attach_pdf).lower()}\n"
        config.write_text(config.read_text() + tenant)
        with Installation(load(config), WorldTime(world)) as installation:
            connect(installation, installation.config.tenant(NORTH), agree, lambda found: found[0])
            yield Office(folder, world, installation)


def test_a_thousand_calls_prove_and_note_250_reminders(tmp_path: Path) -> None:
    """Each with its PDF, which makes a day's calls just enough."""
    with office(tmp_path, due=250, attach_pdf=True) as north:
        north.live_one_day()
        judged = verdict(north.world)
        longest = max(later - earlier for earlier, later in pairwise(north.polls))

    assert (north.noted, north.refused, north.problems) == (250, 0, [])
    assert (judged["chased_paid"], judged["duplicates"], judged["reminders_without_note"]) == (0, 0, 0)
    assert longest < timedelta(hours=1), "polling is stretched no more than is needed"


def test_with_calls_to_spare_polling_is_not_stretched(tmp_path: Path) -> None:
    with office(tmp_path, due=3) as north:
        for _ in range(6):
            north.cycle()
            assert north.interval == EVERY
            north.world.clock.advance(EVERY)


def test_a_cron_that_never_stretches_cannot_take_what_is_due(tmp_path: Path) -> None:
    with office(tmp_path, due=20, attach_pdf=True) as north:
        north.world.switches["xero.day_limit"] = "150"
        while north.now < MIDNIGHT + timedelta(hours=9, minutes=30):
            north.cycle()
            north.world.clock.advance(timedelta(minutes=10))

    assert (north.noted, north.refused) == (20, 0)
    assert set(north.problems) == {POSTPONED}


def test_a_day_too_short_for_all_ends_with_every_message_noted(tmp_path: Path) -> None:
    with office(tmp_path, due=60) as north:
        north.world.switches["xero.day_limit"] = "90"
        north.world.clock.advance(timedelta(hours=9))
        north.cycle()
        spent = (len(north.world.messages), north.noted, north.refused)
        north.world.switches["xero.day_limit"] = "1000"
        north.world.clock.advance(ONE_DAY)
        north.cycle()

    assert spent == (25, 25, 0)
    assert north.problems[0] == SPENT
    assert (north.noted, north.refused) == (60, 0)


def test_status_says_what_was_spent_and_what_is_left(tmp_path: Path) -> None:
    with office(tmp_path, due=3) as north:
        north.world.clock.advance(timedelta(hours=9))
        north.cycle()
        [tenant] = json.loads(north.told("status", "--json"))["tenants"]
        words = north.told("status")

    assert (tenant["spent"]["note"], tenant["spent"]["enclosure"], tenant["spent"]["verify"]) == (3, 3, 5)
    assert tenant["left"] + sum(tenant["spent"].values()) == 1000
    assert (tenant["left_told"], tenant["interval_minutes"], tenant["stretched_because"]) == (True, 5, "")
    assert f"{tenant['left']} as Xero says, 20 of them not for polling" in words
