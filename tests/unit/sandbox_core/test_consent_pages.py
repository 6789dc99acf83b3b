"""The pages on which a person lets an app in: several organisations in Xero, one company in QuickBooks."""

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from connector.demo.consent import agree
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World

BACK = "http://localhost:8484/callback"
XERO = {
    "response_type": "code",
    "client_id": "sandbox-xero-app",
    "redirect_uri": BACK,
    "scope": "offline_access accounting.invoices",
    "state": "s-1",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
QUICKBOOKS = {
    "response_type": "code",
    "client_id": "sandbox-quickbooks-app",
    "redirect_uri": BACK,
    "scope": "com.intuit.quickbooks.accounting",
    "state": "s-1",
}


@pytest.fixture
def pages(peopled: RunningSandbox) -> str:
    return peopled.url


def guids(world: World) -> list[str]:
    return [books.company.guid for key, books in world.companies.items() if key.startswith("xero")]


def decide(url: str, path: str, **form: Any) -> requests.Response:
    return requests.post(f"{url}{path}", data=form, allow_redirects=False, timeout=10)


def tick(url: str, *tenants: str, decision: str = "allow", **asked: str) -> requests.Response:
    return decide(url, "/identity/connect/authorize", **XERO | asked, tenantId=list(tenants), decision=decision)


def returned(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def connections_of(url: str, answer: requests.Response) -> list[str]:
    form = {"grant_type": "authorization_code", "code": returned(answer)["code"], "code_verifier": VERIFIER}
    form |= {"client_id": XERO["client_id"], "redirect_uri": BACK}
    access = requests.post(f"{url}/connect/token", data=form, timeout=10).json()["access_token"]
    shown = requests.get(f"{url}/connections", headers={"Authorization": f"Bearer {access}"}, timeout=10)
    return [connection["tenantId"] for connection in shown.json()]


def test_every_organisation_has_a_box_and_a_label_that_says_its_name(pages: str, firms: World) -> None:
    page = requests.get(f"{pages}/identity/connect/authorize", params=XERO, timeout=10).text
    boxes = re.findall(r'type="checkbox" id="([^"]+)" name="tenantId" value="([^"]+)"( checked)?', page)
    assert boxes == [(f"organisation-{n}", guid, "") for n, guid in enumerate(guids(firms), 1)]
    for number, books in enumerate(list(firms.companies.values())[:3], 1):
        assert f'<label for="organisation-{number}">{books.company.name}</label>' in page


def test_a_single_organisation_is_ticked_already(sandbox: RunningSandbox) -> None:
    page = requests.get(f"{sandbox.url}/identity/connect/authorize", params=XERO, timeout=10).text
    assert len(re.findall(r'type="checkbox"[^>]* checked>', page)) == 1


def test_two_of_three_organisations_can_be_connected_at_once(pages: str, firms: World) -> None:
    first, _, third = guids(firms)
    assert connections_of(pages, tick(pages, first, third)) == [first, third]


def test_without_a_tick_the_page_asks_again_and_nothing_is_connected(pages: str) -> None:
    answer = tick(pages)
    assert (answer.status_code, "Select at least one organisation" in answer.text) == (400, True)
    assert 'id="allow"' in answer.text


def test_denying_needs_no_tick(pages: str) -> None:
    assert returned(tick(pages, decision="deny")) == {"error": "access_denied", "state": "s-1"}


def test_quickbooks_connects_the_one_company_that_was_chosen(pages: str, firms: World) -> None:
    page = requests.get(f"{pages}/connect/oauth2", params=QUICKBOOKS, timeout=10).text
    for part in ('<label for="company">', 'id="company" name="realm"', 'id="connect"', 'id="deny"'):
        assert part in page
    second = firms.companies["quickbooks-2"].company.realm
    assert (
        returned(decide(pages, "/connect/oauth2", **QUICKBOOKS, realm=second, decision="connect"))["realmId"] == second
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_script_can_agree_for_a_company_of_its_choice(pages: str, firms: World, number: int) -> None:
    anywhere = f"http://localhost:{urlsplit(pages).port}/_books/clock"
    query = urlencode(XERO | {"redirect_uri": anywhere})
    agree(f"{pages}/identity/connect/authorize?{query}", companies=[guids(firms)[number]])
    connected = firms.grants["xero"].end_connection(list(firms.companies.values())[number].company)
    assert connected == 1


def test_a_script_cannot_agree_for_a_company_that_is_not_offered(pages: str) -> None:
    with pytest.raises(ValueError, match="offers none of"):
        agree(f"{pages}/identity/connect/authorize?{urlencode(XERO)}", companies=["nobody"])


@pytest.mark.parametrize(
    ("registered", "asked", "allowed"),
    [
        (BACK, BACK, True),
        (f"https://dun.example/callback {BACK}", BACK, True),
        (BACK, BACK + "/", False),
        (BACK, "http://localhost:8485/callback", False),
        (BACK, "https://dun.example/callback", False),
        ("http://127.0.0.1:8484/callback", "http://127.0.0.1:8484/callback", False),
    ],
)
def test_xero_knows_registered_redirects_to_the_letter(
    pages: str, firms: World, registered: str, asked: str, allowed: bool
) -> None:
    firms.switches["xero.redirect_uris"] = registered
    query = XERO | {"redirect_uri": asked}
    page = requests.get(f"{pages}/identity/connect/authorize", params=query, allow_redirects=False, timeout=10)
    assert (page.status_code == 200, "Invalid redirect_uri" in page.text) == (allowed, not allowed)


@pytest.mark.parametrize(
    ("registered", "keys", "asked", "allowed"),
    [
        (BACK, "development", BACK, True),
        (BACK, "development", "http://localhost:8485/callback", False),
        ("", "production", BACK, False),
        (BACK, "production", BACK, False),
        ("", "production", "https://dun.example/callback", True),
        ("https://dun.example/callback", "production", "https://dun.example/other", False),
    ],
)
def test_intuit_wants_https_for_production_keys_and_registered_redirects_to_the_letter(
    pages: str, firms: World, registered: str, keys: str, asked: str, allowed: bool
) -> None:
    firms.switches |= {"quickbooks.redirect_uris": registered, "quickbooks.keys": keys}
    query = QUICKBOOKS | {"redirect_uri": asked}
    page = requests.get(f"{pages}/connect/oauth2", params=query, allow_redirects=False, timeout=10)
    assert (page.status_code == 200, "redirect_uri query parameter" in page.text) == (allowed, not allowed)


def test_intuit_refuses_an_app_it_does_not_know(pages: str, firms: World) -> None:
    firms.switches["quickbooks.client_id"] = "the-right-app"
    page = requests.get(f"{pages}/connect/oauth2", params=QUICKBOOKS, timeout=10)
    assert (page.status_code, "client_id" in page.text) == (400, True)


def test_xero_refuses_an_app_it_does_not_know_before_anybody_consents(pages: str, firms: World) -> None:
    firms.switches["xero.client_id"] = "the-right-app"
    page = requests.get(f"{pages}/identity/connect/authorize", params=XERO, timeout=10)
    assert (page.status_code, "unauthorized_client" in page.text) == (400, True)


@pytest.mark.parametrize("wrong", [("another", "right"), ("app", "wrong")])
def test_intuit_says_invalid_client_to_a_wrong_id_or_secret(pages: str, firms: World, wrong: tuple[str, str]) -> None:
    firms.switches |= {"quickbooks.client_id": "app", "quickbooks.client_secret": "right"}
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    url = f"{pages}/oauth2/v1/tokens/bearer"
    refused = requests.post(url, data=form, auth=wrong, timeout=10)
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})
    assert requests.post(url, data=form, auth=("app", "right"), timeout=10).json()["error"] == "invalid_grant"
