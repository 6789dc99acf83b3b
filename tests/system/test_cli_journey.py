"""A new bookkeeper's first days, command by command, against a sandbox: what is promised on the way and at the end.

The journey is made once, in order, by the installed command; each test asks one thing about it.
"""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.cells import cell_len

FOUR_ZEROS = ("chased_paid", "duplicates", "reminders_without_note", "notes_without_reminder")
DAYS = 2

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first test waits for the whole journey


@dataclass
class Journey:
    """What the commands printed, by name, and what the books had seen at that moment."""

    terminal: Any
    books: Any
    told: dict[str, str] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)

    def step(self, name: str, *arguments: str) -> None:
        self.told[name] = self.terminal.told(*arguments)
        self.received[name] = len(self.books.get("messages"))

    def look(self, name: str, *arguments: str) -> None:
        self.told[name] = self.terminal.read(*arguments)

    def data(self, name: str) -> Any:
        return json.loads(self.told[name])


@pytest.fixture(scope="module")
def journey(books: Any, tmp_path_factory: pytest.TempPathFactory, terminal_in: Any) -> Journey:
    made = Journey(terminal_in(tmp_path_factory.mktemp("office")), books)
    _first_look(made)
    _approve_and_send(made)
    _some_days(made)
    return made


def _first_look(made: Journey) -> None:
    made.step("init", "init", "--sandbox", made.books.url)
    made.told["connected"] = made.terminal.connect("xero", "north")
    made.terminal.connect("quickbooks", "west")
    made.step("sync", "sync")
    made.step("tenants", "tenants")
    made.step("preview", "preview", "--days", "7")
    made.look("preview json", "preview", "--days", "7", "--json")
    made.step("dry run", "run", "--once", "--dry-run", "--json")


def _approve_and_send(made: Journey) -> None:
    made.step("first run", "run", "--once", "--json")
    made.step("waiting", "approve")
    made.look("waiting json", "approve", "--json")
    first, second, *_ = made.data("waiting json")["reminders"]
    made.step("approve one", "approve", first["invoice"], "--json")
    made.step("hold", "hold", second["invoice"], "--until", "2026-03-31", "--reason", "promise", "--note", "has rung")
    made.look("why held", "why", second["invoice"])
    made.step("approve all", "approve", "--all")
    made.step("sending", "run", "--once", "--json")
    made.step("release", "release", second["invoice"])
    made.look("why sent", "why", first["invoice"])
    made.step("history", "history", "--limit", "20")


def _some_days(made: Journey) -> None:
    config = made.terminal.folder / "config.toml"
    config.write_text(config.read_text().replace('mode = "approve"', 'mode = "auto"'))
    for day in range(DAYS):
        made.books.post("live", days=1)
        made.step(f"day {day}", "run", "--once")
    made.books.post("clock", advance_seconds=60)  # notes that met the minute's limit
    made.step("last run", "run", "--once")


def test_a_connected_client_is_named_with_the_next_step(journey: Journey) -> None:
    [company] = [c["name"] for c in journey.books.get("companies") if c["company"] == "xero"]

    assert f"Connected north: {company} (GBP)." in journey.told["connected"]
    assert "Next: dun sync" in journey.told["connected"]


@pytest.mark.parametrize("name", ["tenants", "preview", "waiting", "history"])
def test_tables_fit_into_eighty_columns_and_cut_nothing_off(journey: Journey, name: str) -> None:
    lines = journey.told[name].splitlines()
    rules = [line for line in lines if line.startswith("──")]

    assert rules
    assert max(map(cell_len, rules)) <= 80
    assert not any("…" in line for line in lines)


def test_the_preview_names_every_invoice_with_its_reason(journey: Journey) -> None:
    held = [held for tenant in journey.data("preview json")["tenants"] for held in tenant["held"]]

    assert held
    assert all(each["invoice"] in journey.told["preview"] and each["next"] in journey.told["preview"] for each in held)


def test_a_dry_run_plans_nothing_and_sends_nothing(journey: Journey) -> None:
    tenants = journey.data("dry run")["tenants"]

    assert sum(tenant["would_send"] for tenant in tenants) > 0
    assert [tenant["planned"] for tenant in tenants] == [0, 0]
    assert journey.received["dry run"] == 0


def test_nothing_leaves_before_somebody_has_approved(journey: Journey) -> None:
    assert sum(tenant["awaiting_approval"] for tenant in journey.data("first run")["tenants"]) > 0
    assert journey.received["first run"] == 0


def test_what_waits_is_listed_with_the_next_step(journey: Journey) -> None:
    assert all(each["invoice"] in journey.told["waiting"] for each in journey.data("waiting json")["reminders"])
    assert "dun approve --all" in journey.told["waiting"]


def test_one_invoice_is_approved_by_its_number(journey: Journey) -> None:
    waiting = len(journey.data("waiting json")["reminders"])

    assert journey.data("approve one") | {"reminders": []} == {
        "approved": 1,
        "waiting": waiting - 1,
        "reminders": [],
    }


def test_a_held_invoice_says_who_holds_it_until_when(journey: Journey) -> None:
    assert "on hold (promise) up to and including 2026-03-31" in journey.told["why held"]


def test_approved_reminders_leave_except_what_is_held(journey: Journey) -> None:
    waiting = {each["invoice"] for each in journey.data("waiting json")["reminders"]}
    held = journey.data("waiting json")["reminders"][1]["invoice"]
    mentioned = {mention["invoice"] for message in journey.books.get("messages") for mention in message["mentions"]}
    sent = journey.data("sending")["tenants"]

    assert journey.received["sending"] == sum(tenant["messages"] for tenant in sent) > 0
    assert waiting - {held} <= mentioned


def test_a_sent_invoice_tells_its_story(journey: Journey) -> None:
    assert "Today: not chased: the" in journey.told["why sent"]
    assert "Next: the" in journey.told["why sent"]


def test_the_history_has_an_outcome_for_every_message(journey: Journey) -> None:
    assert "outcome" in journey.told["history"]
    assert "noted" in journey.told["history"]


def test_after_some_days_the_books_count_four_zeros(journey: Journey) -> None:
    truth = journey.books.get("truth")

    assert truth["mentions"] > 0
    assert {name: truth[name] for name in FOUR_ZEROS} == dict.fromkeys(FOUR_ZEROS, 0)


def test_the_database_opens_in_any_browser(journey: Journey) -> None:
    path = journey.terminal.folder / "data" / "tenants" / "north" / "dun.db"
    with sqlite3.connect(path) as database:
        [[events]] = database.execute("SELECT count(*) FROM reminder_history WHERE to_state = 'noted'")

    assert events > 0
