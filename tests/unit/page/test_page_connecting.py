"""The consent journey in the browser: the command's own, with a page where the command has a terminal."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from page_guest import Guest, Open, open_page

from connector.config.settings import load
from connector.demo.consent import agree
from connector.sandbox_config import write_sandbox_config
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from state.registry import Registry

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
PATIENCE_SECONDS = 20


@contextmanager
def unconnected(folder: Path, *ledgers: str, each: int = 1) -> Iterator[Open]:
    """So many companies of each ledger, none of them connected."""
    world = build_world("page", START, ledgers, companies=dict.fromkeys(ledgers, each), customers=10)
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(folder / "config.toml", sandbox.url)
        with open_page(folder) as opened:
            opened.site.reload = lambda: _reload(opened, folder)
            yield opened


def _reload(opened: Open, folder: Path) -> None:
    config = load(folder / "config.toml")
    opened.site.config = lambda: config


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Open]:
    with unconnected(tmp_path, "xero", "quickbooks") as opened:
        yield opened


def begin(guest: Guest, tenant: str) -> str:
    """Press Connect; the address of the consent page."""
    guest.get("/connect").press("/connect", f'value="{tenant}"')
    return guest.text.split('class="press" href="')[1].split('"')[0].replace("&amp;", "&")


def until(guest: Guest, words: str) -> Guest:
    """Look again until the page says so."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while words not in guest.text:
        assert time.monotonic() < ends_at, guest.text
        time.sleep(0.05)
        guest.get(guest.path)
    return guest


def connected(opened: Open) -> set[str]:
    with Registry.open(opened.config.data / "registry.db") as registry:
        return {tenant.slug for tenant in registry.tenants()}


@pytest.mark.parametrize("tenant", ["north", "west"])
def test_an_allowed_consent_connects_the_firm(office: Open, tenant: str) -> None:
    guest = office.signed_in()
    agree(begin(guest, tenant))

    until(guest, f"Connected {tenant}")
    assert connected(office) == {tenant}
    assert "connected" in guest.get("/connect").text


def test_an_address_that_was_pasted_does_it_as_well(office: Open) -> None:
    guest = office.signed_in()
    address = begin(guest, "north")
    consent = requests.get(address, timeout=5)
    fields = re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', consent.text)
    form = dict(reversed(fields))  # of two buttons of one name the first is meant
    answer = requests.post(address.partition("?")[0], data=form, timeout=5, allow_redirects=False)
    guest.get(guest.path).press("/connect/north/paste", address=answer.headers["location"])

    until(guest, "Connected north")


@pytest.mark.parametrize("wrong", [{"tenant": "East Ltd"}, {"zone": "Moon/Base"}])
def test_a_form_that_cannot_be_is_shown_again_as_it_was_filled_in(office: Open, wrong: dict[str, str]) -> None:
    filled = {"tenant": "east", "ledger": "quickbooks", "zone": "Europe/London", "read_only": "on"} | wrong
    guest = office.signed_in().get("/connect")
    guest.post("/connect", {"token": guest.form("/connect").fields["token"]} | filled)

    assert guest.status == 422
    assert "othing was done" in guest.text
    form = guest.text.partition('<form class="card"')[2]
    assert f'name="tenant" value="{filled["tenant"]}"' in form
    assert f'name="zone" value="{filled["zone"]}"' in form
    assert '<option value="quickbooks" selected>' in form
    assert 'name="read_only" type="checkbox" checked' in form


def test_a_denied_consent_stores_nothing_and_says_so(office: Open) -> None:
    guest = office.signed_in()
    address = begin(guest, "north")
    state = requests.utils.unquote(address.split("state=")[1].split("&")[0])
    back = requests.utils.unquote(address.split("redirect_uri=")[1].split("&")[0])
    requests.get(back, params={"state": state, "error": "access_denied"}, timeout=5)

    until(guest, "access_denied")
    assert connected(office) == set()


def test_only_one_journey_is_under_way_at_a_time(office: Open) -> None:
    guest = office.signed_in()
    address = begin(guest, "north")
    guest.get("/connect").press("/connect", 'value="west"')
    assert "another connection is being made" in guest.text

    agree(address)
    until(guest.get("/connect/north"), "Connected north")


def test_a_connection_that_was_abandoned_is_given_up_and_the_next_can_begin(office: Open) -> None:
    guest = office.signed_in()
    begin(guest, "north")

    guest.get("/connect/north").press("/connect/north/cancel")

    assert "given up; nothing was stored" in guest.text
    assert connected(office) == set()
    begin(guest, "west")


def test_a_new_client_is_written_into_the_configuration_once_it_is_connected(office: Open, tmp_path: Path) -> None:
    guest = office.signed_in().get("/connect")
    guest.press("/connect", 'id="zone"', tenant="newcomer", ledger="quickbooks", zone="Europe/Paris")
    agree(guest.text.split('class="press" href="')[1].split('"')[0].replace("&amp;", "&"))

    until(guest, "Connected newcomer")
    assert "newcomer" in load(tmp_path / "config.toml").tenants
    assert "newcomer" in guest.get("/connect").text


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"tenant": "Not A Name", "ledger": "xero", "zone": "Europe/Paris"}, "A short name has"),
        ({"tenant": "new", "ledger": "sage", "zone": "Europe/Paris"}, "A short name has"),
        ({"tenant": "new", "ledger": "xero", "zone": "Mars/Base"}, "not a time zone"),
    ],
)
def test_what_cannot_be_connected_is_told_before_anything_begins(office: Open, tmp_path: Path, wish, told) -> None:
    before = (tmp_path / "config.toml").read_text()
    guest = office.signed_in().get("/connect").press("/connect", 'id="zone"', **wish)

    assert told in guest.said
    assert (tmp_path / "config.toml").read_text() == before


def test_of_several_organisations_the_page_asks_for_one(tmp_path: Path) -> None:
    with unconnected(tmp_path, "xero", each=2) as opened:
        guest = opened.signed_in()
        address = begin(guest, "north")
        page = requests.get(address, timeout=5)
        companies = [part.split('"')[0] for part in page.text.split('value="')[1:] if part[8:9] == "-"]
        agree(address, companies=companies)
        until(guest, "Which organisation?")
        form = guest.form("/connect/north/choose")
        guest.post(form.action, form.fields | {"company": companies[-1]})

        until(guest, "Connected north")


def test_an_address_of_another_request_connects_nothing(office: Open) -> None:
    guest = office.signed_in()
    begin(guest, "west")
    form = guest.form("/connect/west/paste")
    guest.post(form.action, form.fields | {"address": "http://localhost/callback?code=none&state=another"})

    until(guest, 'class="notice bad"')
    assert connected(office) == set()


def test_nobody_but_an_admin_leads_a_journey(office: Open) -> None:
    guest = office.signed_in("ben", "bookkeeper")
    token = guest.get("/own").form("/own/preference").fields["token"]

    assert guest.post("/connect", {"token": token, "tenant": "north"}).status == 403
    assert guest.get("/connect/north").status == 403
