"""The ways of connecting a client, renewing the connection and giving it up."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connector.config.settings import load
from connector.connecting.callback import ConsentError
from connector.connecting.connect import connect
from connector.rounds import run_tenant
from connector.wiring import Installation, missing_secrets
from connectors.ledger import Forbidden
from connectors.quickbooks.discovery import LIFETIME
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.world import Fault
from connectors.transport import CallMeter
from state.model import InvoiceId, TenantSlug

NORTH, WEST = TenantSlug("north"), TenantSlug("west")
LEDGERS = pytest.mark.parametrize(("ledger", "tenant"), [("xero", "north"), ("quickbooks", "west")])


def organisation(office: Any, name: str) -> str:
    return str(office.world.companies[name].company.guid)


def custom_connection(office: Any) -> None:
    """north with an app of its own, which is a custom connection."""
    (office.folder / "custom-secret").write_text("s3cret")
    office.edit(
        '[tenants.north]\nledger = "xero"\n',
        '[tenants.north]\nledger = "xero"\nclient_id = "custom"\nclient_secret = "file:custom-secret"\n'
        "custom_connection = true\n",
    )


def test_an_app_with_a_secret_shows_it_and_proves_the_consent_besides(office: Any) -> None:
    (office.folder / "xero-secret").write_text("s3cret")
    office.edit('client_id = "sandbox-xero-app"', 'client_id = "web-app"\nclient_secret = "file:xero-secret"')
    office.world.switches["xero.client_secret"] = "s3cret"

    assert "Connected north" in office.told("connect", "xero", "--tenant", "north")
    assert "code_challenge=" in office.visitor.pages[0].url
    office.told("sync", "--tenant", "north")


def test_a_custom_connection_needs_no_consent_page_and_lives_without_refresh_token(office: Any) -> None:
    custom_connection(office)
    office.told("connect", "xero", "--tenant", "north")
    office.world.clock.advance(timedelta(hours=5))
    office.told("sync", "--tenant", "north")
    [north] = [each for each in json.loads(office.told("tenants", "--json"))["tenants"] if each["slug"] == "north"]

    assert office.visitor.pages == []
    assert (north["custom_connection"], north["rights"]) == (True, "reading and notes")
    assert north["idle_ends_at"] is north["consent_ends_at"] is None


def test_the_secret_of_a_clients_own_app_is_missed_before_it_is_needed(office: Any) -> None:
    custom_connection(office)
    (office.folder / "custom-secret").unlink()

    assert any("custom-secret" in problem for problem in missing_secrets(load(office.config)))


@pytest.fixture
def quiet_about_renewals(office: Any) -> None:
    """A Xero in which an organisation goes on belonging to the consent that connected it first."""
    office.told("connect", "xero", "--tenant", "north", "--organisation", "Harbour Works")
    held = office.world.grants["xero"].connections
    first = {key: known.event_id for key, known in held.items()}

    def renew(url: str) -> str:
        for key, event in first.items():
            held[key].event_id = event
        return url

    office.visitor.answers = renew


@pytest.fixture
def two_ticked(office: Any) -> None:
    office.visitor.choices = [organisation(office, name) for name in ("xero", "xero-2")]


@pytest.mark.usefixtures("two_ticked", "quiet_about_renewals")
def test_what_an_earlier_consent_covered_can_become_a_client_of_its_own(office: Any) -> None:
    office.visitor.choices = [organisation(office, "xero-2")]

    told = office.told("connect", "xero", "--tenant", "north-2", "--organisation", "Quay Works")
    assert "Connected north-2: Quay Works" in told
    assert "also covers" not in told
    office.told("sync")


@pytest.mark.usefixtures("two_ticked", "quiet_about_renewals")
def test_what_an_earlier_consent_covered_is_never_taken_without_asking(office: Any) -> None:
    result = office.dun("connect", "xero", "--tenant", "north-2")

    assert "say which with --organisation" in result.stderr
    assert office.stored() == [("north", True)]


@pytest.mark.usefixtures("two_ticked", "quiet_about_renewals")
def test_a_client_of_an_earlier_consent_is_connected_again(office: Any) -> None:
    office.told("reconnect", "north")
    office.told("sync", "--tenant", "north")


def test_two_clients_with_apps_of_their_own_do_not_meet(office: Any) -> None:
    custom_connection(office)
    office.told("connect", "xero", "--tenant", "north")
    office.visitor.choices = [organisation(office, "xero-2")]
    office.told("connect", "xero", "--tenant", "north-2")

    assert office.world.switches == {}
    office.told("sync")


def test_with_production_keys_the_answer_is_pasted(office: Any, paste: tuple[int, Callable[[str], None]]) -> None:
    descriptor, write = paste
    office.world.switches["quickbooks.keys"] = "production"
    office.edit('client_id = "sandbox-quickbooks-app"', 'client_id = "k"\nredirect_url = "https://example.com/dun"')
    office.visitor.answers = write
    with office.open() as installation:
        settings = installation.config.tenant("west")
        made = connect(installation, settings, office.visitor, lambda found: found[0], terminal=descriptor)

    assert made.organisation.name == "Bay Corp"
    assert office.visitor.led_to[0].startswith("https://example.com/dun?code=")


def test_a_pasted_answer_of_another_request_is_refused(office: Any, paste: tuple[int, Callable[[str], None]]) -> None:
    descriptor, write = paste
    office.visitor.answers = lambda url: write(url.replace("state=", "state=x"))
    with office.open() as installation, pytest.raises(ConsentError, match="state differs"):
        connect(installation, installation.config.tenant("west"), office.visitor, lambda f: f[0], terminal=descriptor)
    assert office.stored() == []


def test_where_intuit_is_may_be_found_out_and_is_kept(office: Any) -> None:
    url = office.sandbox.url
    text = office.config.read_text()
    head, _, tail = text.partition("[quickbooks.endpoints]\n")
    rest = "\n[tenants." + tail.partition("[tenants.")[2]
    well_known = f"{url}/.well-known/openid_configuration"
    office.config.write_text(f'{head}[quickbooks.endpoints]\ndiscovery = "{well_known}"\napi = "{url}/v3"\n{rest}')
    office.told("connect", "quickbooks", "--tenant", "west")
    office.world.calls.clear()
    office.world.clock.advance(LIFETIME * 2)
    office.told("sync", "--tenant", "west")

    kept = json.loads((office.folder / "data" / "intuit-discovery.json").read_text())
    assert kept["document"]["token_endpoint"] == f"{url}/oauth2/v1/tokens/bearer"
    assert not [call for call in office.world.calls["quickbooks"] if "well-known" in call]


@LEDGERS
def test_reconnecting_keeps_the_settings_and_the_mirror(office: Any, ledger: str, tenant: str) -> None:
    office.told("connect", ledger, "--tenant", tenant)
    office.told("sync", "--tenant", tenant)
    before = office.config.read_text()
    with office.open() as installation:
        old = installation.vault.load(TenantSlug(tenant))
    office.told("reconnect", tenant)
    with office.open() as installation:
        new = installation.vault.load(TenantSlug(tenant))

    assert office.config.read_text() == before
    assert (old is not None, new is not None, old != new) == (True, True, True)
    office.told("sync", "--tenant", tenant)


@pytest.mark.parametrize("kind", ["drop_after", "truncated", "empty"])
@LEDGERS
def test_an_answer_with_new_tokens_that_got_lost_loses_nothing(
    office: Any, ledger: str, tenant: str, kind: str
) -> None:
    office.world.switches |= {"quickbooks.refresh_rotation": "0", "quickbooks.refresh_grace": "86400"}
    office.told("connect", ledger, "--tenant", tenant)
    office.world.clock.advance(timedelta(hours=2))
    path = "/connect/token" if ledger == "xero" else "/tokens/bearer"
    raise_fault(office.world, Fault(ledger, kind, path=path, times=1))

    office.told("sync", "--tenant", tenant)


@pytest.mark.parametrize("step", ["add_tenant", "revive"])
@LEDGERS
def test_whatever_interrupts_the_storing_leaves_the_old_connection(
    office: Any, ledger: str, tenant: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        """Nothing catches it."""

    def cut(*_: object) -> None:
        raise PowerCut

    slug = TenantSlug(tenant)
    office.told("connect", ledger, "--tenant", tenant)
    with office.open() as installation:
        old = installation.vault.load(slug)
        monkeypatch.setattr(installation.registry, step, cut)
        with pytest.raises(PowerCut):
            connect(installation, installation.config.tenant(slug), office.visitor, lambda found: found[0])
        assert installation.vault.load(slug) == old

    office.told("sync", "--tenant", tenant)


def test_whatever_interrupts_a_first_storing_leaves_no_connection(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with office.open() as installation:
        monkeypatch.setattr(installation.registry, "revive", cut)
        with pytest.raises(KeyboardInterrupt):
            connect(installation, installation.config.tenant("west"), office.visitor, lambda found: found[0])

    assert office.stored() == []


def test_a_read_only_client_is_asked_for_no_right_to_write(office: Any) -> None:
    office.told("connect", "xero", "--tenant", "acme", "--zone", "Europe/London", "--read-only")
    asked = office.visitor.pages[0].text

    assert "accounting.invoices.read" in asked
    assert "<li>accounting.invoices</li>" not in asked
    assert load(office.config).tenant("acme").read_only
    assert "reading only" in office.told("tenants")
    assert "acme is read-only" in office.told("preview", "--tenant", "acme")
    assert "nothing sent, read-only" in office.told("run", "--once", "--tenant", "acme")


@LEDGERS
def test_nothing_is_written_for_a_read_only_client_whatever_the_tokens_allow(
    office: Any, ledger: str, tenant: str
) -> None:
    office.told("connect", ledger, "--tenant", tenant)
    office.edit(f"[tenants.{tenant}]\n", f"[tenants.{tenant}]\nread_only = true\n")
    with office.open() as installation:
        settings = installation.config.tenant(tenant)
        ledger_of_it = installation.ledger(settings, CallMeter())
        with pytest.raises(Forbidden, match="read-only"):
            ledger_of_it.write_note(InvoiceId("1"), "text", "key")
        with installation.tenant(settings.slug) as opened:
            assert opened.channel.name == "dry"
        assert ledger_of_it.organisation().name == office.world.companies[ledger].company.name
        assert run_tenant(installation, settings.slug).read_only


def test_a_read_only_connection_that_shall_write_says_how(office: Any) -> None:
    office.edit("[tenants.north]\n", "[tenants.north]\nread_only = true\n")
    office.told("connect", "xero", "--tenant", "north")
    office.edit("read_only = true\n", "")
    [north, *_] = json.loads(office.told("tenants", "--json"))["tenants"]

    assert "dun reconnect north" in north["rights"]


def test_right_after_connecting_all_the_days_of_the_service_are_left(office: Any) -> None:
    office.told("connect", "xero", "--tenant", "north")
    office.world.clock.advance(timedelta(seconds=5))

    assert "60 days" in office.told("tenants")


def test_days_left_are_those_of_the_service(office: Any) -> None:
    for ledger, tenant in (("xero", "north"), ("quickbooks", "west")):
        office.told("connect", ledger, "--tenant", tenant)
    office.world.clock.advance(timedelta(days=10, hours=1))
    tenants = {each["slug"]: each for each in json.loads(office.told("tenants", "--json"))["tenants"]}

    assert "50 days" in office.told("tenants")
    assert tenants["north"]["idle_ends_at"].startswith("2026-05-01")
    assert tenants["west"]["idle_ends_at"].startswith("2026-06-10")
    assert tenants["west"]["consent_ends_at"].startswith("2031-03-01")


def test_problems_of_the_last_cycle_stand_beside_connected(office: Any) -> None:
    office.told("connect", "xero", "--tenant", "north")
    raise_fault(office.world, Fault("xero", "401_scope", times=1))
    office.dun("run", "--once", "--tenant", "north")
    [north, *_] = json.loads(office.told("tenants", "--json"))["tenants"]

    assert north["state"] == "connected; problems in the last cycle: forbidden"
    assert north["last_problems"] == ["forbidden"]


def test_leaving_ends_one_organisation_and_lets_the_others_be(office: Any) -> None:
    office.told("connect", "xero", "--tenant", "north")
    office.visitor.choices = [organisation(office, "xero-2")]
    office.told("connect", "xero", "--tenant", "north-2")
    told = office.told("disconnect", "--tenant", "north")

    assert "1 more of this user keep theirs" in told
    assert office.stored() == [("north", False), ("north-2", True)]
    assert office.xero_connections() == 1
    office.told("sync", "--tenant", "north-2")


def test_the_last_organisation_takes_the_apps_access_with_it(office: Any) -> None:
    office.told("connect", "xero", "--tenant", "north")
    with office.open() as installation:
        tokens = installation.vault.load(NORTH)
        settings = installation.config.tenant(NORTH)
    told = office.told("disconnect", "--tenant", "north")

    assert "the last one of this user" in told
    assert str(office.folder / "data" / "tenants" / "north" / "dun.db") in told
    with Installation(load(office.config)) as installation, pytest.raises(Exception, match="no longer honours"):
        installation.xero_oauth(settings).refresh(tokens)


def test_leaving_quickbooks_ends_that_company(office: Any) -> None:
    office.told("connect", "quickbooks", "--tenant", "west")
    office.told("disconnect", "--tenant", "west")

    assert office.stored() == [("west", False)]
    assert "reconnect" in office.dun("sync", "--tenant", "west").output
    office.told("reconnect", "west")
    office.told("sync", "--tenant", "west")


@LEDGERS
def test_a_service_that_cannot_be_told_does_not_keep_the_tokens(office: Any, ledger: str, tenant: str) -> None:
    office.told("connect", ledger, "--tenant", tenant)
    path = "/connections" if ledger == "xero" else "/revoke"
    raise_fault(office.world, Fault(ledger, "503", path=path, times=99))
    result = office.dun("disconnect", "--tenant", tenant)

    assert result.exit_code == 1
    assert "did not confirm" in result.stdout
    assert office.stored() == [(tenant, False)]


@LEDGERS
def test_leaving_what_was_revoked_already_is_no_trouble(office: Any, ledger: str, tenant: str) -> None:
    office.told("connect", ledger, "--tenant", tenant)
    with office.open() as installation:
        tokens, settings = installation.vault.load(TenantSlug(tenant)), installation.config.tenant(tenant)
        of = installation.xero_oauth if ledger == "xero" else installation.quickbooks_oauth
        of(settings).revoke(tokens)
    office.told("disconnect", "--tenant", tenant)

    assert office.stored() == [(tenant, False)]
