"""What stands planned and is held since is offered nowhere, and held with its reason: at once, and after cycles."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from page_desk import HOME, PageDesk, Person, page_desk
from unit.state.examples import a_credit

from connector.page.words import Words
from state.clock import SystemClock
from state.money import Money

Row = dict[str, Any]  # of `dun approve --json`
Deed = Callable[[PageDesk, Person, Row], object]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[PageDesk]:
    with page_desk(tmp_path, customers=12) as made:
        yield made


def listed(desk: PageDesk) -> list[Row]:
    """Those in pounds first."""
    rows = json.loads(desk.dun("approve", "--json"))["reminders"]
    return sorted(rows, key=lambda each: not each["due"].endswith(" GBP"))


def send(path: str, **fields: str) -> Deed:
    """The form of the customer's page, filled in."""

    def deed(desk: PageDesk, ada: Person, row: Row) -> None:
        customer = f"{HOME}/customer/{row['customer_id']}"
        about = {"invoice": row["invoice_id"], "invoices": row["invoice_id"]}
        done = ada.post(f"{customer}/{path}", ada.get(customer).form(f"{customer}/{path}") | about | fields)
        assert done.status == 200, done.text

    return deed


HELD: dict[str, tuple[Deed, str]] = {
    "promise": (send("promise", on="2026-03-20"), "payment is promised"),
    "plan": (send("plan", parts="3", first="2026-03-20", every="month"), "payment plan"),
    "wish": (send("treat", do_not_chase="the owner calls"), "not to be chased"),
    "dispute": (send("dispute", reason="two boxes broken"), "disputed"),
}


def of_the_customer(rows: list[Row], row: Row) -> list[Row]:
    return [each for each in rows if each["customer_id"] == row["customer_id"]]


def money_of(row: Row) -> Money:
    """What is due on one in pounds."""
    return Money.of(row["due"].removesuffix(" GBP").replace(",", ""), "GBP")


def sum_of(rows: list[Row]) -> Money:
    """Of those in pounds."""
    return Money(sum(money_of(each).minor for each in rows if each["due"].endswith(" GBP")), "GBP")


def held_of(page: str, invoice: str) -> list[str]:
    """The reasons in Held under which the invoice stands."""
    section = page[page.index('<section id="held"') :]
    groups = re.findall(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", section, re.DOTALL)
    return [re.sub("<[^>]*>", "", summary).partition(" · ")[0] for summary, rows in groups if f">{invoice}<" in rows]


@pytest.mark.parametrize("kind", HELD)
@pytest.mark.parametrize("cycles", [0, 1])
def test_what_was_agreed_since_is_held_and_not_offered(desk: PageDesk, kind: str, cycles: int) -> None:
    ada, row, before = desk.person(), listed(desk)[0], listed(desk)
    deed, reason = HELD[kind]

    deed(desk, ada, row)
    for _ in range(cycles):
        desk.dun("run", "--once")

    assert row["invoice"] not in [each["invoice"] for each in listed(desk)]
    assert f">{row['invoice']}<" not in ada.get(f"{HOME}/outbox").text
    [why] = held_of(ada.get("/").text, row["invoice"])
    assert reason in why
    gone = len(of_the_customer(before, row)) if kind == "wish" else 1
    assert len(listed(desk)) == len(before) - gone


@pytest.mark.parametrize("kind", HELD)
def test_the_reason_of_what_was_agreed_since_is_the_one_that_is_decided(desk: PageDesk, kind: str) -> None:
    ada, row = desk.person(), listed(desk)[0]
    HELD[kind][0](desk, ada, row)
    at_once = held_of(ada.get("/").text, row["invoice"])
    desk.dun("run", "--once")

    assert held_of(ada.get("/").text, row["invoice"]) == at_once


def test_what_credit_covers_is_not_offered_after_the_cycle_that_held_it(desk: PageDesk) -> None:
    ada, row = desk.person(), listed(desk)[0]
    with desk.store() as store:
        minor, now = sum_of(listed(desk)).minor, SystemClock().now()
        credit = a_credit(
            contact_id=row["customer_id"], total_minor=minor, remaining_minor=minor, currency="GBP", updated_at=now
        )
        store.mirror.save_credits([credit])
    desk.dun("run", "--once")

    assert of_the_customer(listed(desk), row) == []
    assert f">{row['invoice']}<" not in ada.get(f"{HOME}/outbox").text
    assert "credit" in held_of(ada.get("/").text, row["invoice"])[0]


def test_what_was_approved_and_is_held_since_does_not_go_by_itself(desk: PageDesk) -> None:
    ada, row = desk.person(), listed(desk)[0]
    desk.dun("approve", row["invoice"])
    HELD["promise"][0](desk, ada, row)

    assert f">{row['invoice']}<" not in ada.get(f"{HOME}/outbox").text
    assert held_of(ada.get("/").text, row["invoice"])


def test_a_run_the_commands_and_the_page_count_the_same(desk: PageDesk) -> None:
    ada, row = desk.person(), listed(desk)[0]
    HELD["plan"][0](desk, ada, row)
    [run] = json.loads(desk.dun("run", "--once", "--json"))["tenants"]
    waits, page = listed(desk), ada.get("/").text

    assert run["awaiting_approval"] == len(waits)
    assert f"{len(waits)} reminders, " in page
    assert f"{HOME}/do/approve-all" in page


def test_all_that_is_held_for_a_reason_is_listed_with_what_was_agreed_since(desk: PageDesk) -> None:
    ada, row = desk.person(), listed(desk)[0]
    HELD["promise"][0](desk, ada, row)

    assert f">{row['invoice']}<" in ada.get(f"{HOME}/held?why=promised&what=wait").text
    assert ada.get(f"{HOME}/held?why=plan_kept&what=wait").status == 404


def test_what_nothing_holds_any_more_is_offered_again(desk: PageDesk) -> None:
    ada, before = desk.person(), listed(desk)
    customer = f"{HOME}/customer/{before[0]['customer_id']}"
    form = ada.get(customer).form(f"{customer}/promise")
    made = ada.post(f"{customer}/promise", form | {"invoice": before[0]["invoice_id"], "on": "2026-03-20"})
    ada.post(*made.undo)

    assert {each["invoice"] for each in listed(desk)} == {each["invoice"] for each in before}


def test_what_is_released_after_a_cycle_is_offered_at_once(desk: PageDesk) -> None:
    ada, before = desk.person(), listed(desk)
    desk.dun("hold", before[0]["invoice"])
    desk.dun("run", "--once")
    assert before[0]["invoice"] not in [each["invoice"] for each in listed(desk)]
    desk.dun("release", before[0]["invoice"])

    assert {each["invoice"] for each in listed(desk)} == {each["invoice"] for each in before}
    assert held_of(ada.get("/").text, before[0]["invoice"]) == []


def test_what_is_held_and_promised_is_held_once(desk: PageDesk) -> None:
    ada, row = desk.person(), listed(desk)[0]
    HELD["promise"][0](desk, ada, row)
    desk.dun("hold", row["invoice"])

    assert len(held_of(ada.get("/").text, row["invoice"])) == 1


def test_a_part_in_dispute_is_asked_for_nowhere(desk: PageDesk) -> None:
    ada, row = desk.person(), listed(desk)[0]
    send("dispute", reason="one box broken", amount="1.00")(desk, ada, row)
    desk.dun("run", "--once")
    rest = money_of(row) - Money.of("1", "GBP")

    [now] = [each for each in listed(desk) if each["invoice"] == row["invoice"]]
    assert now["asked"] == str(rest)
    assert Words("en").money(rest) in ada.get(f"{HOME}/outbox").text
    assert Words("en").money(sum_of(listed(desk)) - Money.of("1", "GBP")) in ada.get("/").text
