"""A firm whose connection is dead: nothing of it goes out, nothing about it is promised, and nobody is led nowhere."""

import re
from datetime import timedelta

import pytest
from page_guest import Open

from state.model import TenantSlug
from state.page_accounts import AccountRole
from state.registry import Registry

NORTH = TenantSlug("north")


@pytest.fixture
def dead(office: Open) -> Open:
    with Registry.open(office.config.data / "registry.db") as registry:
        registry.park(NORTH, "the consent was withdrawn", office.clock.now())
    return office


def going_tile(text: str) -> int:
    found = re.search(r"Going out today</h2><p class=\"big\">(\d+)", text)
    assert found
    return int(found[1])


def test_its_reminders_wait_for_the_connection_and_do_not_count_as_going_out(office: Open) -> None:
    guest = office.signed_in()
    before = going_tile(guest.get("/").text)
    with Registry.open(office.config.data / "registry.db") as registry:
        registry.park(NORTH, "the consent was withdrawn", office.clock.now())

    now = guest.get("/").text

    assert 0 < going_tile(now) < before
    assert "/t/north/do/approve-all" not in now
    assert "/t/west/do/approve-all" in now
    assert f"{before - going_tile(now)} reminders" in now
    assert "waiting for the connection" in now


def test_its_outbox_says_that_nothing_leaves(dead: Open) -> None:
    assert "Nothing leaves before the firm is connected again" in dead.signed_in().get("/t/north/outbox").text
    assert "Nothing leaves before" not in dead.signed_in("ben").get("/t/west/outbox").text


@pytest.mark.parametrize(("role", "button"), [("admin", True), ("bookkeeper", False), ("viewer", False)])
def test_only_who_may_connect_is_led_there_and_others_are_told_whom_to_ask(
    dead: Open, role: AccountRole, button: bool
) -> None:
    guest = dead.signed_in("anna", role).get("/")

    assert ('href="/connect"' in guest.text[guest.text.index('id="needs"') :]) is button
    assert ("Ask an admin to connect it again." in guest.text) is not button


def test_its_health_promises_neither_days_nor_a_next_look(dead: Open) -> None:
    guest = dead.signed_in()
    row = re.search(r'<a href="/t/north/health">.*?</tr>', guest.get("/health").text, re.DOTALL)

    assert row
    assert "it is over" in row[0]
    assert "none before it is connected again" in guest.get("/t/north/health").text
    assert "none before it is connected again" not in guest.get("/t/west/health").text


def test_a_look_whose_time_has_passed_is_not_called_the_next(office: Open) -> None:
    office.clock.at += timedelta(days=400)

    assert re.search(r"was due on [^<]*: is Dun running\?", office.signed_in().get("/t/north/health").text)
