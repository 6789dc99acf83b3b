"""Invoices at the ends of the calendar and of money, in both ledgers over HTTP: treated right, or held with a reason.

The firms live through two months of cycles; no cycle may break on any of them.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conformance import WorldTime
from tenant_bench import COMPANY, MONDAY

from connector.cli import main
from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.report import CycleReport
from connector.rounds import run_tenant
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Line
from connectors.sandbox.judge import verdict
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World

DAYS = (0, 9, 14, 14, 28)  # between the cycles, each on a weekday
FIRMS = {"north": "xero", "west": "quickbooks"}
FOUR_ZEROS = ("chased_paid", "duplicates", "wrong_amounts", "reminders_without_note", "chased_on_hold")
YESTERDAY = MONDAY.date() - timedelta(days=1)
EVERY_STAGE = ["soft", "firm", "final"]
LARGEST = "90071992547409.91"  # 2**53 - 1 pence


@dataclass(frozen=True)
class Odd:
    """An invoice, which stages it goes through, and what Dun says about it on the first day."""

    number: str
    reason: str
    stages: list[str] = field(default_factory=list)
    amount: str = "120.00"
    issued: date = YESTERDAY
    due: date | None = YESTERDAY
    expected: date | None = None
    currency: str = "GBP"


ODD = (
    Odd("FIRST-YEAR", "end_of_sequence", EVERY_STAGE, issued=date.min, due=date.min),
    Odd("LAST-YEAR", "stage_not_due", issued=date(9999, 12, 1), due=date.max),
    Odd("LAST-DUE", "stage_not_due", due=date.max),
    Odd("NEVER-DUE", "no_due_date", due=None),
    Odd("ISSUED-FIRST", "end_of_sequence", EVERY_STAGE, issued=date.min),
    Odd("PENNY", "below_tolerance", amount="0.01"),
    Odd("TEN-TRILLION", "end_of_sequence", EVERY_STAGE, amount="10000000000000.00"),
    Odd("LARGEST", "end_of_sequence", EVERY_STAGE, amount=LARGEST),
    Odd("YEN", "end_of_sequence", EVERY_STAGE, amount="12000.00", currency="JPY"),
    Odd("DINAR", "end_of_sequence", EVERY_STAGE, amount="120.25", currency="KWD"),
)
PROMISED = (
    Odd("PROMISED-LAST", "promised", expected=date.max),
    Odd("PROMISED-FIRST", "end_of_sequence", EVERY_STAGE, expected=date.min),
)
UNREADABLE = {
    "TOO-LARGE": ("90071992547409.92", "GBP"),
    "FAR-TOO-LARGE": ("9" * 25 + ".00", "GBP"),
    "HALF-A-YEN": ("0.50", "JPY"),
    "NO-CURRENCY": ("120.00", "XXX"),
}


@dataclass
class Office:
    folder: Path
    world: World
    reports: list[CycleReport]

    def told(self, *arguments: str) -> Any:
        result = CliRunner().invoke(main, ["--config", str(self.folder / "config.toml"), *arguments, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def story(self, slug: str, number: str) -> Any:
        [story] = self.told("why", number, "--tenant", slug)["found"]
        return story


def chased(slug: str) -> tuple[Odd, ...]:
    """QuickBooks knows no day on which a payment is expected."""
    return (*ODD, *PROMISED) if FIRMS[slug] == "xero" else ODD


def _populate(books: Books, slug: str) -> None:
    for odd in chased(slug):
        customer = books.add_customer(odd.number, email=f"{odd.number}@{slug}.example", currency=odd.currency)
        books.add_invoice(
            customer,
            [Line("Work", Decimal(1), Decimal(odd.amount))],
            issued=odd.issued,
            due=odd.due,
            number=odd.number,
            expected=odd.expected,
        )
    for number, (amount, currency) in UNREADABLE.items():
        customer = books.add_customer(number, email=f"{number}@{slug}.example", currency=currency)
        lines = [Line("Work", Decimal(1), Decimal(amount))]
        books.add_invoice(customer, lines, issued=YESTERDAY, due=YESTERDAY, number=number)
    customer = books.add_customer("NOTHING", email=f"nothing@{slug}.example")
    nothing = [Line("Work", Decimal(1), Decimal("-0.00"))]
    books.add_invoice(customer, nothing, issued=YESTERDAY, due=YESTERDAY, number="NOTHING")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("odd")
    world = World(WorldClock(MONDAY + timedelta(hours=5)))
    for slug, firm in FIRMS.items():
        world.companies[firm] = Books(replace(COMPANY), world.clock)
        _populate(world.companies[firm], slug)
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(folder / "config.toml", sandbox.url, smtp_port=sandbox.smtp_port)
        with Installation(load(folder / "config.toml"), WorldTime(world)) as installation:
            for settings in installation.config.tenants.values():
                connect(installation, settings, agree, lambda found: found[0])
            reports = []
            for days in DAYS:
                world.clock.advance(timedelta(days=days))
                reports += [run_tenant(installation, slug) for slug in installation.config.tenants]
        yield Office(folder, world, reports)


def test_no_cycle_breaks_on_any_of_them(office: Office) -> None:
    assert [problem for report in office.reports for problem in report.problems] == []
    assert {report.failed + report.unknown for report in office.reports} == {0}


def test_what_is_asked_for_is_what_the_books_say(office: Office) -> None:
    counts = verdict(office.world)

    assert counts["messages"] == sum(len(odd.stages) for slug in FIRMS for odd in chased(slug))
    assert {name: counts[name] for name in FOUR_ZEROS} == dict.fromkeys(FOUR_ZEROS, 0)
    asked = {
        message.recipients[0]: re.findall("Amount to pay: (.*[0-9])", message.text) for message in office.world.messages
    }
    assert asked["LARGEST@north.example"] == ["£90,071,992,547,409.91"]
    assert asked["TEN-TRILLION@west.example"] == ["£10,000,000,000,000.00"]
    assert asked["YEN@north.example"] == ["JP¥12,000"]
    assert asked["DINAR@west.example"] == ["KWD\u00a0120.250"]


@pytest.mark.parametrize("slug", FIRMS)
def test_each_goes_through_its_stages_or_waits_for_its_reason(office: Office, slug: str) -> None:
    stories = {odd.number: office.story(slug, odd.number) for odd in chased(slug)}

    assert {number: [step["stage"] for step in story["reminders"]] for number, story in stories.items()} == {
        odd.number: odd.stages for odd in chased(slug)
    }
    assert {number: story["reasons"] for number, story in stories.items()} == {
        odd.number: [odd.reason] for odd in chased(slug)
    }


def test_the_day_behind_the_last_of_the_calendar_is_the_last(office: Office) -> None:
    """Nothing comes after 9999-12-31: what waits for that day's morrow waits for the day itself."""
    assert office.story("north", "PROMISED-LAST")["next"] == "it is looked at again on 9999-12-31"
    assert office.story("west", "LAST-YEAR")["next"] == "the friendly reminder on 9999-12-28"


def test_a_final_notice_gives_a_week_however_old_the_debt(office: Office) -> None:
    [notice] = [
        m.text for m in office.world.messages if (m.stage, *m.recipients) == ("final", "FIRST-YEAR@north.example")
    ]

    assert "by 1 April 2026" in notice
    assert f"Due date: 1 January 1 ({(date(2026, 3, 25) - date.min).days} days overdue)" in notice


@pytest.mark.parametrize("slug", FIRMS)
def test_what_cannot_be_an_amount_is_held_with_its_reason(office: Office, slug: str) -> None:
    [look] = office.told("preview", "--days", "366", "--tenant", slug)["tenants"]

    assert sum(line.startswith("invoice ") for line in look["unreadable"]) == len(UNREADABLE)
    for reason in ("too large to be true", "finer than the minor unit of JPY", "unknown currency 'XXX'"):
        assert any(reason in line for line in look["unreadable"])


@pytest.mark.parametrize("slug", FIRMS)
def test_minus_nothing_is_nothing(office: Office, slug: str) -> None:
    assert office.story(slug, "NOTHING")["status"] == "paid"


def test_the_views_count_days_to_both_ends_of_the_calendar(office: Office) -> None:
    with closing(sqlite3.connect(office.folder / "data" / "tenants" / "north" / "dun.db")) as file:
        rows = file.execute("SELECT number, due, days_overdue, as_of FROM open_invoices")
        seen = {number: (due, days, date.fromisoformat(as_of)) for number, due, days, as_of in rows}

    [today] = {as_of for *_, as_of in seen.values()}
    assert seen["FIRST-YEAR"] == ("120.00", (today - date.min).days, today)
    assert seen["LAST-YEAR"] == ("120.00", (today - date.max).days, today)
    assert (seen["LARGEST"][0], seen["DINAR"][0], seen["YEN"][0]) == (LARGEST, "120.250", "12000")


def test_a_hold_may_last_for_years(office: Office) -> None:
    office.told("hold", "DINAR", "--tenant", "north", "--until", "2034-12-31")
    story = office.story("north", "DINAR")
    office.told("release", "DINAR", "--tenant", "north")

    assert (story["action"], story["reasons"][0]) == ("wait", "held")


def test_a_hold_to_the_end_of_the_calendar_is_refused(office: Office) -> None:
    hold = ["--config", str(office.folder / "config.toml"), "hold", "DINAR", "--tenant", "north"]
    result = CliRunner().invoke(main, [*hold, "--until", "9999-12-31"])

    assert (result.exit_code, "more than ten years away" in result.stderr) == (2, True)
