"""Several small firms on one ledger: each a company of its own, none in its neighbour's way."""

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from connector.commands.sandbox import sandbox as sandbox_command
from connector.config.settings import load
from connector.sandbox_config import sandbox_config, write_sandbox_config
from connectors.sandbox.judge import receive
from connectors.sandbox.mailbox import ReceivedMessage, addresses_in
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world, live_one_day
from connectors.sandbox.world import World

START = datetime(2026, 3, 2, 7, tzinfo=UTC)
COUNTS = {"xero": 3, "quickbooks": 2}
KEYS = ["xero", "xero-2", "xero-3", "quickbooks", "quickbooks-2"]


@pytest.fixture(scope="module")
def world() -> World:
    return build_world("several", START, ("xero", "quickbooks"), companies=COUNTS, customers=40)


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[RunningSandbox]:
    with RunningSandbox(world) as running:
        yield running


def test_each_company_is_a_firm_of_its_own(world: World) -> None:
    assert list(world.companies) == KEYS
    for facts in ("name", "guid", "realm"):
        assert len({getattr(books.company, facts) for books in world.companies.values()}) == len(KEYS)
    assert all(books.invoices for books in world.companies.values())


def test_the_first_company_is_the_one_it_would_be_alone() -> None:
    alone = build_world("several", START, ("xero",), customers=40)
    among_others = build_world("several", START, ("xero",), companies={"xero": 2}, customers=40)
    assert repr(alone.companies["xero"].invoices) == repr(among_others.companies["xero"].invoices)


def test_no_invoice_number_is_used_by_two_companies(world: World) -> None:
    numbers = [{i.number for i in books.invoices.values() if not i.bill} for books in world.companies.values()]
    assert len(set().union(*numbers)) == sum(len(of_one) for of_one in numbers)


def test_companies_of_one_name_stay_two_organisations() -> None:
    twins = build_world("twins", START, ("xero",), companies={"xero": 2}, customers=20, same_name=True)
    first, second = (books.company for books in twins.companies.values())
    assert first.name == second.name
    assert first.guid != second.guid


def test_every_company_lives_its_own_days() -> None:
    world = build_world("days", START, ("xero", "quickbooks"), companies=COUNTS, customers=40)
    told: dict[str, list[str]] = {key: [] for key in KEYS}
    for _ in range(5):
        world.clock.advance(timedelta(days=1))
        for key, lines in live_one_day(world).items():
            told[key] += lines
    assert all(told.values())
    assert len({tuple(lines) for lines in told.values()}) == len(KEYS)


def test_a_message_is_judged_by_the_books_of_the_company_it_is_about(world: World) -> None:
    books = world.companies["xero-2"]
    people = books.customers
    owed = next(i for i in books.invoices.values() if i.due_amount > 0 and addresses_in(people[i.customer_id].email))
    recipients = tuple(addresses_in(people[owed.customer_id].email))
    message = ReceivedMessage("m-1", "smtp", START, "us@example.com", recipients, "", f"Invoice {owed.number}", "")
    receive(world, message)
    assert [mention.company for mention in message.mentions] == ["xero-2"]


def test_the_control_api_reaches_every_company(served: RunningSandbox) -> None:
    for key in KEYS:
        assert requests.get(f"{served.url}/_books/{key}/customers?limit=1", timeout=10).json()


def test_a_rehearsal_has_a_tenant_for_every_company(served: RunningSandbox) -> None:
    tenants = tomllib.loads(sandbox_config(served.url, smtp_port=None, mode="auto"))["tenants"]
    assert list(tenants) == ["north", "north-2", "north-3", "west", "west-2"]
    assert [tenant["ledger"] for tenant in tenants.values()] == ["xero"] * 3 + ["quickbooks"] * 2


@pytest.mark.parametrize("letters", ["folder", "lob"])
def test_a_rehearsal_reaches_telephones_letter_boxes_and_mailboxes(
    served: RunningSandbox, tmp_path: Path, letters: Any
) -> None:
    write_sandbox_config(tmp_path / "config.toml", served.url, imap_port=served.imap_port, letters=letters)
    tenants = load(tmp_path / "config.toml").tenants
    assert {slug: bool(tenant.letterhead.country) for slug, tenant in tenants.items()} == {
        slug: letters == "folder" or slug.startswith("west") for slug in tenants
    }
    assert all(tenant.phone.text_from and tenant.phone.call_from for tenant in tenants.values())
    assert len({tenant.mailbox.username for tenant in tenants.values()}) == len(tenants)


@pytest.mark.parametrize("counts", ["xero", "sage=2", "xero=0", "xero=many", "xero=3;quickbooks=2"])
def test_counts_that_make_no_sense_are_refused_in_words(counts: str) -> None:
    result = CliRunner().invoke(sandbox_command, ["--companies", counts])
    assert (result.exit_code, "xero=3,quickbooks=2" in result.output) == (2, True)


def test_a_reset_brings_the_same_companies_back() -> None:
    world = build_world("again", START, ("xero",), companies={"xero": 2}, customers=20)
    with RunningSandbox(world) as running:
        before = requests.get(f"{running.url}/_books/companies", timeout=10).json()
        requests.post(f"{running.url}/_books/live", json={"days": 3}, timeout=20)
        again = requests.post(f"{running.url}/_books/reset", timeout=20).json()["companies"]
    assert json.dumps(again) == json.dumps(before)
