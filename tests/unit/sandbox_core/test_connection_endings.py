"""How a connection ends, each by itself: by the app, by the company's user, by silence, by age."""

from datetime import timedelta

import pytest
import requests
from sandbox_apps import QuickBooksApp, XeroApp

from connectors.sandbox.documents import Company
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World


@pytest.fixture
def companies(firms: World) -> dict[str, Company]:
    return {key: books.company for key, books in firms.companies.items()}


def control(sandbox: RunningSandbox, path: str) -> int:
    answer = requests.post(f"{sandbox.url}/_books/{path}", timeout=10)
    assert answer.status_code == 200, answer.text
    ended: int = answer.json()["ended"]
    return ended


def test_an_organisation_disconnected_in_xero_is_closed_and_its_neighbour_is_not(
    peopled: RunningSandbox, companies: dict[str, Company]
) -> None:
    app = XeroApp.connected(peopled.url, companies["xero"], companies["xero-2"])
    assert control(peopled, "xero/disconnect") == 1
    closed = app.call(0)
    assert (closed.status_code, closed.json()["Detail"]) == (403, "AuthenticationUnsuccessful")
    assert app.call(1).status_code == 200
    assert [connection["tenantId"] for connection in app.connections()] == [companies["xero-2"].guid]
    app.keep(app.refresh())
    assert app.call(0).status_code == 403


def test_deleting_one_connection_leaves_the_others(peopled: RunningSandbox, companies: dict[str, Company]) -> None:
    app = XeroApp.connected(peopled.url, companies["xero"], companies["xero-2"])
    other = XeroApp.connected(peopled.url, companies["xero-3"])
    mine = next(one["id"] for one in app.connections() if one["tenantId"] == companies["xero"].guid)
    deleted = requests.delete(f"{peopled.url}/connections/{mine}", headers=app.headers, timeout=10)
    assert deleted.status_code == 204
    assert [app.call(0).status_code, app.call(1).status_code, other.call().status_code] == [403, 200, 200]
    again = requests.delete(f"{peopled.url}/connections/{mine}", headers=app.headers, timeout=10)
    assert again.status_code == 404


def test_revoking_at_xero_ends_everything_the_user_gave_the_app(
    peopled: RunningSandbox, companies: dict[str, Company]
) -> None:
    app = XeroApp.connected(peopled.url, companies["xero"])
    other = XeroApp.connected(peopled.url, companies["xero-2"])
    form = {"token": app.token, "client_id": "app"}
    assert requests.post(f"{peopled.url}/connect/revocation", data=form, timeout=10).status_code == 200
    assert other.refresh().json() == {"error": "invalid_grant"}
    assert other.call().status_code == 401


def test_a_withdrawn_consent_is_dead_and_a_neighbours_consent_lives(
    peopled: RunningSandbox, companies: dict[str, Company]
) -> None:
    app = XeroApp.connected(peopled.url, companies["xero"])
    other = XeroApp.connected(peopled.url, companies["xero-2"])
    assert control(peopled, "xero/withdraw") == 1
    assert app.refresh().json() == {"error": "invalid_grant"}
    assert (app.call().status_code, app.call().json()["Detail"]) == (401, "AuthenticationUnsuccessful")
    assert [other.refresh().status_code, other.call().status_code] == [200, 200]
    assert XeroApp.connected(peopled.url, companies["xero"]).call().status_code == 200


@pytest.mark.parametrize("how", ["disconnect", "withdraw"])
def test_a_company_that_disconnects_in_quickbooks_takes_its_tokens_along(
    peopled: RunningSandbox, companies: dict[str, Company], how: str
) -> None:
    app = QuickBooksApp.connected(peopled.url, companies["quickbooks"])
    other = QuickBooksApp.connected(peopled.url, companies["quickbooks-2"])
    assert control(peopled, f"quickbooks/{how}") == 1
    assert app.refresh().json()["error"] == "invalid_grant"
    assert [app.call().status_code, other.call().status_code, other.refresh().status_code] == [401, 200, 200]


@pytest.mark.parametrize("which", ["access", "token"])
def test_quickbooks_takes_either_token_to_end_its_connection(
    peopled: RunningSandbox, companies: dict[str, Company], which: str
) -> None:
    app = QuickBooksApp.connected(peopled.url, companies["quickbooks"])
    other = QuickBooksApp.connected(peopled.url, companies["quickbooks-2"])
    assert app.revoke(getattr(app, which)).status_code == 200
    assert [app.refresh().status_code, app.call().status_code, other.call().status_code] == [400, 401, 200]


def test_silence_ends_one_connection_and_use_keeps_the_other(
    peopled: RunningSandbox, firms: World, companies: dict[str, Company]
) -> None:
    silent, used = (XeroApp.connected(peopled.url, companies[key]) for key in ("xero", "xero-2"))
    quiet, busy = (QuickBooksApp.connected(peopled.url, companies[key]) for key in ("quickbooks", "quickbooks-2"))
    for _ in range(2):
        firms.clock.advance(timedelta(days=50, hours=1))
        used.keep(used.refresh())
        busy.keep(busy.refresh())
    assert [silent.refresh().status_code, quiet.refresh().status_code] == [400, 400]
    assert [used.call().status_code, busy.call().status_code] == [200, 200]


def test_five_years_end_a_quickbooks_connection_that_is_in_daily_use(
    peopled: RunningSandbox, firms: World, companies: dict[str, Company]
) -> None:
    app = QuickBooksApp.connected(peopled.url, companies["quickbooks"])
    for _ in range(20):
        firms.clock.advance(timedelta(days=91))
        app.keep(app.refresh())
    firms.clock.advance(timedelta(days=6))
    assert app.refresh().json()["error"] == "invalid_grant"


def test_a_company_in_another_cluster_says_so_in_xml(
    peopled: RunningSandbox, firms: World, companies: dict[str, Company]
) -> None:
    app = QuickBooksApp.connected(peopled.url, companies["quickbooks"])
    other = QuickBooksApp.connected(peopled.url, companies["quickbooks-2"])
    firms.switches["quickbooks.wrong_cluster"] = companies["quickbooks"].realm
    answer = app.call()
    assert (answer.status_code, answer.headers["content-type"], 'code="130"' in answer.text) == (
        401,
        "application/xml",
        True,
    )
    assert other.call().status_code == 200


def test_access_lives_as_long_as_the_switch_says(
    peopled: RunningSandbox, firms: World, companies: dict[str, Company]
) -> None:
    firms.switches |= {"xero.access_seconds": "60", "quickbooks.access_seconds": "120"}
    xero = XeroApp.connected(peopled.url, companies["xero"])
    quickbooks = QuickBooksApp.connected(peopled.url, companies["quickbooks"])
    assert [app.refresh().json()["expires_in"] for app in (xero, quickbooks)] == [60, 120]
    firms.clock.advance(timedelta(seconds=60))
    assert [xero.call().status_code, quickbooks.call().status_code] == [401, 200]
    firms.clock.advance(timedelta(seconds=60))
    assert quickbooks.call().status_code == 401


def test_xeros_own_reminders_can_be_switched_on(
    peopled: RunningSandbox, firms: World, companies: dict[str, Company]
) -> None:
    app = XeroApp.connected(peopled.url, companies["xero"])
    before = app.call(path="InvoiceReminders/Settings").json()["InvoiceReminders"]
    firms.switches["xero.own_reminders"] = "on"
    after = app.call(path="InvoiceReminders/Settings").json()["InvoiceReminders"]
    assert (before, after) == ([{"Enabled": False}], [{"Enabled": True}])


def test_a_custom_connection_is_for_the_company_its_app_was_made_for(
    peopled: RunningSandbox, firms: World, companies: dict[str, Company]
) -> None:
    firms.switches["xero.custom_connections"] = "second=xero-2 nobodys=xero-9"
    form = {"grant_type": "client_credentials", "scope": "accounting.settings.read"}

    def tokens(app: str) -> dict[str, str]:
        answer = requests.post(f"{peopled.url}/connect/token", data=form, auth=(app, "secret"), timeout=10)
        said: dict[str, str] = answer.json()
        return said

    for app, key in (("first", "xero"), ("second", "xero-2")):
        seen = XeroApp(peopled.url, [""], access=tokens(app)["access_token"]).call().json()["Organisations"][0]
        assert seen["OrganisationID"] == companies[key].guid
    assert tokens("nobodys") == {"error": "unauthorized_client"}
