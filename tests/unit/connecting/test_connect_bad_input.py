"""What can be wrong while a client is connected: one sentence with the mend each, and nothing half-stored."""

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from connectors.sandbox.access import REVOKED, cut_off
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.world import Fault

LEDGERS = pytest.mark.parametrize(("ledger", "tenant"), [("xero", "north"), ("quickbooks", "west")])


@pytest.fixture(autouse=True)
def nothing_is_half_stored(office: Any) -> Any:
    """Whatever was refused: no tenant without tokens, no tokens without tenant, and the configuration as it was."""
    before = office.config.read_text()
    yield
    assert all(has_tokens for _, has_tokens in office.stored())
    assert office.config.read_text() == before


@LEDGERS
@pytest.mark.usefixtures("impatient")
def test_a_wrong_client_id_shows_the_services_page_and_is_named_here(office: Any, ledger: str, tenant: str) -> None:
    office.world.switches[f"{ledger}.client_id"] = "the-right-one"

    assert "compare the app's client id" in office.refused("connect", ledger, "--tenant", tenant)
    assert office.visitor.pages[0].status_code == 400
    assert office.stored() == []


@LEDGERS
@pytest.mark.usefixtures("impatient")
def test_a_redirect_address_that_is_not_registered_is_named(office: Any, ledger: str, tenant: str) -> None:
    office.world.switches[f"{ledger}.redirect_uris"] = "http://localhost:1/callback"

    assert "its redirect address http://localhost:" in office.refused("connect", ledger, "--tenant", tenant)
    assert office.stored() == []


@LEDGERS
def test_a_wrong_secret_is_told(office: Any, ledger: str, tenant: str) -> None:
    if ledger == "xero":
        office.edit('client_id = "sandbox-xero-app"', 'client_id = "a"\nclient_secret = "file:sandbox-sendgrid-key"')
    office.world.switches[f"{ledger}.client_secret"] = "the-right-one"
    told = office.refused("connect", ledger, "--tenant", tenant)
    if ledger == "xero":
        office.edit('client_id = "a"\nclient_secret = "file:sandbox-sendgrid-key"', 'client_id = "sandbox-xero-app"')

    assert "check client_id and client_secret" in told
    assert office.stored() == []


@LEDGERS
def test_a_consent_that_was_denied_is_told_with_the_way_on(office: Any, ledger: str, tenant: str) -> None:
    office.visitor.decision = "deny"

    assert "access_denied" in office.refused("connect", ledger, "--tenant", tenant)
    assert office.stored() == []


@LEDGERS
def test_a_code_that_was_left_lying_is_told_to_be_too_old(office: Any, ledger: str, tenant: str) -> None:
    def dawdle(url: str) -> str:
        office.world.clock.advance(timedelta(minutes=6))
        return url

    office.visitor.answers = dawdle

    assert "older than five minutes" in office.refused("connect", ledger, "--tenant", tenant)
    assert office.stored() == []


@LEDGERS
def test_a_code_that_somebody_else_has_used_is_told(office: Any, ledger: str, tenant: str) -> None:
    token = "connect/token" if ledger == "xero" else "oauth2/v1/tokens/bearer"

    def steal(url: str) -> str:
        code = url.partition("code=")[2].partition("&")[0]
        form = {"grant_type": "authorization_code", "code": code}
        requests.post(f"{office.sandbox.url}/{token}", data=form, auth=(f"sandbox-{ledger}-app", "x"), timeout=5)
        return url

    office.visitor.answers = steal

    assert "used already" in office.refused("connect", ledger, "--tenant", tenant)


@LEDGERS
@pytest.mark.usefixtures("impatient")
def test_an_answer_with_another_state_is_ignored_and_told(office: Any, ledger: str, tenant: str) -> None:
    office.visitor.answers = lambda url: url.replace("state=", "state=x")

    assert "were ignored: 1" in office.refused("connect", ledger, "--tenant", tenant)
    assert office.stored() == []


@pytest.mark.parametrize("scope", ["accounting.settings.read", "accounting.invoices", "offline_access"])
def test_a_scope_that_xero_did_not_grant_is_named(office: Any, scope: str) -> None:
    office.visitor.asks = lambda url: url.replace(scope, "openid")
    told = office.refused("connect", "xero", "--tenant", "north")

    assert f"did not grant {scope}, " in told
    assert office.stored() == []


def test_a_scope_that_intuit_does_not_know_is_told(office: Any) -> None:
    office.visitor.asks = lambda url: url.replace("quickbooks.accounting", "quickbooks.accountin")

    assert "invalid_scope" in office.refused("connect", "quickbooks", "--tenant", "west")


def test_a_callback_without_company_is_told(office: Any) -> None:
    office.visitor.answers = lambda url: url.partition("&realmId")[0]

    assert "realmId" in office.refused("connect", "quickbooks", "--tenant", "west")
    assert office.stored() == []


def test_two_organisations_of_one_name_are_told_apart_by_id(office: Any) -> None:
    books, other = office.world.companies["xero"], office.world.companies["xero-2"]
    other.company.name = books.company.name
    office.visitor.choices = [books.company.guid, other.company.guid]
    told = office.refused("connect", "xero", "--tenant", "north-2", "--organisation", books.company.name)

    assert books.company.guid in told
    assert other.company.guid in told
    made = office.told("connect", "xero", "--tenant", "north-2", "--organisation", other.company.guid)
    assert f"also covers {books.company.name} ({books.company.guid})" in made


def test_an_organisation_that_the_consent_does_not_cover_is_told(office: Any) -> None:
    told = office.refused("connect", "xero", "--tenant", "north", "--organisation", "Quay Works")

    assert "covers Harbour Works, but not 'Quay Works'" in told
    assert office.stored() == []


def test_several_organisations_and_nobody_to_ask_is_told(office: Any) -> None:
    office.visitor.choices = [b.company.guid for n, b in office.world.companies.items() if n.startswith("xero")]

    assert "say which with --organisation" in office.refused("connect", "xero", "--tenant", "north")


def test_only_organisations_of_this_consent_are_offered(office: Any) -> None:
    office.told("connect", "xero", "--tenant", "north")
    office.visitor.choices = [office.world.companies["xero-2"].company.guid]

    assert "Connected north-2: Quay Works" in office.told("connect", "xero", "--tenant", "north-2")


def test_a_company_that_another_tenant_has_is_refused(office: Any) -> None:
    office.told("connect", "quickbooks", "--tenant", "west")

    assert "already connected as tenant 'west'" in office.refused("connect", "quickbooks", "-t", "west-2")


@LEDGERS
def test_another_company_on_reconnecting_is_refused_with_both_names(office: Any, ledger: str, tenant: str) -> None:
    office.told("connect", ledger, "--tenant", tenant)
    first, second = office.world.companies[ledger].company, office.world.companies[f"{ledger}-2"].company
    office.visitor.choices = [second.guid if ledger == "xero" else second.realm]
    told = office.refused("reconnect", tenant)
    ids = (first.guid, second.guid) if ledger == "xero" else (first.realm, second.realm)

    assert f"belongs to {first.name} ({ids[0]})" in told
    assert told.count(ids[1]) == 1
    assert "a tenant name of its own" in told
    assert office.stored() == [(tenant, True)]


@LEDGERS
def test_another_company_that_is_a_client_already_is_refused_with_that_clients_name(
    office: Any, ledger: str, tenant: str
) -> None:
    second = office.world.companies[f"{ledger}-2"].company
    office.told("connect", ledger, "--tenant", tenant)
    office.visitor.choices = [second.guid if ledger == "xero" else second.realm]
    office.told("connect", ledger, "--tenant", f"{tenant}-2")
    told = office.refused("reconnect", tenant)

    assert f"is tenant '{tenant}-2': `dun reconnect {tenant}-2`" in told
    assert "name of its own" not in told


def test_two_organisations_of_one_name_are_told_apart_when_the_wrong_one_is_refused(office: Any) -> None:
    first, second = office.world.companies["xero"].company, office.world.companies["xero-2"].company
    second.name = first.name
    office.told("connect", "xero", "--tenant", "north", "--organisation", first.guid)
    office.visitor.choices = [second.guid]
    told = office.refused("reconnect", "north")

    assert f"belongs to {first.name} ({first.guid}), but the consent is for {second.name} ({second.guid})" in told
    assert f"choose {first.name} ({first.guid})" in told


def test_a_known_client_and_an_organisation_that_the_consent_does_not_cover_is_told(office: Any) -> None:
    office.told("connect", "xero", "--tenant", "north")
    told = office.refused("connect", "xero", "--tenant", "north", "--organisation", "Nonesuch")

    assert "covers Harbour Works, but not 'Nonesuch'" in told
    assert "leads to" not in told


@pytest.mark.parametrize("kind", ["drop_after", "truncated", "500"])
@LEDGERS
def test_an_answer_with_the_first_tokens_that_got_lost_is_told_with_the_way_on(
    office: Any, ledger: str, tenant: str, kind: str
) -> None:
    path = "/connect/token" if ledger == "xero" else "/tokens/bearer"
    raise_fault(office.world, Fault(ledger, kind, path=path, times=9))
    told = office.refused("connect", ledger, "--tenant", tenant)

    assert told.count("nothing was stored, begin again") == 1
    assert "ChunkedEncodingError" not in told
    assert "ConnectionError" not in told
    assert office.stored() == []


def test_without_a_browser_the_person_is_told_what_may_be_pasted(
    office: Any, paste: tuple[int, Callable[[str], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor, write = paste
    monkeypatch.setattr("connector.commands.connect._standard_input", lambda: descriptor)
    write("nonsense")
    told = office.dun("connect", "xero", "--tenant", "north", "--no-browser").stderr

    assert "paste that address here" in told


def test_a_company_of_another_cluster_names_the_environment(office: Any) -> None:
    office.world.switches["quickbooks.wrong_cluster"] = "all"
    told = office.refused("connect", "quickbooks", "--tenant", "west")

    assert "environment" in told
    assert office.stored() == []


@LEDGERS
def test_an_app_that_was_revoked_parks_the_client_until_it_is_connected_again(
    office: Any, ledger: str, tenant: str
) -> None:
    office.told("connect", ledger, "--tenant", tenant)
    cut_off(office.world, ledger, REVOKED)
    told = office.dun("sync", "--tenant", tenant)

    assert told.exit_code == 1
    assert "dun reconnect" in told.output
    office.told("reconnect", tenant)
    office.told("sync", "--tenant", tenant)


@LEDGERS
def test_a_ledger_that_does_not_answer_to_the_new_tokens_leaves_nothing_behind(
    office: Any, ledger: str, tenant: str
) -> None:
    path = "/Organisation" if ledger == "xero" else "/v3/company"
    raise_fault(office.world, Fault(ledger, "401_scope" if ledger == "xero" else "120", path=path, times=9))
    office.refused("connect", ledger, "--tenant", tenant)

    assert office.stored() == []


def test_a_new_client_is_written_into_the_configuration_only_if_it_is_connected(office: Any) -> None:
    office.visitor.decision = "deny"
    office.refused("connect", "xero", "--tenant", "acme", "--zone", "Europe/London")
    before = office.config.read_text()
    office.visitor.decision = "allow"
    office.told("connect", "xero", "--tenant", "acme", "--zone", "Europe/London")

    entry = '\n[tenants.acme]\nledger = "xero"\nzone = "Europe/London"\n'
    assert office.config.read_text() == before + entry
    office.config.write_text(before)  # what the other tests compare with


def test_a_client_that_was_never_connected_is_not_reconnected(office: Any) -> None:
    assert "dun connect xero --tenant north" in office.refused("reconnect", "north", code=2)


def test_an_existing_client_is_not_made_read_only_on_the_side(office: Any) -> None:
    assert "read_only = true" in office.refused("connect", "xero", "--tenant", "north", "--read-only", code=2)


def test_a_taken_port_is_named_before_a_browser_opens(office: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = office.config.read_text()
        office.config.write_text(text.replace("redirect_port = 0", f"redirect_port = {port}"))
        told = office.refused("connect", "xero", "--tenant", "north")
        office.config.write_text(text)

    assert f"port {port} is taken" in told
    assert office.visitor.pages == []


@pytest.mark.parametrize("answer", ["", "y", "https://localhost/?state=x&code=y"])
def test_nonsense_that_is_pasted_is_told(
    office: Any, paste: tuple[int, Callable[[str], None]], answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor, write = paste
    monkeypatch.setattr("connector.commands.connect._standard_input", lambda: descriptor)
    monkeypatch.setattr("connector.connecting.connect.PATIENCE_SECONDS", 0.2)
    write(answer)
    told = office.refused("connect", "xero", "--tenant", "north", "--no-browser")

    assert "begin again" in told
    assert office.visitor.pages == []
