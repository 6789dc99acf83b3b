"""The identity server: what it hands out, to whom, and for how long."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from truth.xero_truth import (
    CALLBACK,
    SCOPES,
    VERIFIER,
    Tenant,
    authorize_query,
    connected,
    peopled_world,
    press,
    press_allow,
    redeem,
)

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Company


@pytest.fixture
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


def ask(xero: Tenant, **form: str) -> requests.Response:
    return requests.post(f"{xero.url}/connect/token", data=form, timeout=10)


def refresh(xero: Tenant, token: str, **more: str) -> requests.Response:
    return ask(xero, grant_type="refresh_token", refresh_token=token, **({"client_id": "app-1"} | more))


def refresh_token(xero: Tenant, scopes: str = SCOPES) -> str:
    token: str = redeem(xero.url, press_allow(xero.url, scopes)).json()["refresh_token"]
    return token


def assert_refused(answer: requests.Response, error: str) -> None:
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_consent_comes_back_with_a_code_and_the_state(xero: Tenant) -> None:
    answer = press(xero.url, "allow", authorize_query())
    assert (answer["state"], answer["scope"]) == ("s-1", SCOPES)
    assert answer["code"]


def test_a_person_may_deny(xero: Tenant) -> None:
    assert press(xero.url, "deny", authorize_query()) == {"error": "access_denied", "state": "s-1"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "http://127.0.0.1:9/callback"},
        {"redirect_uri": "http://elsewhere.example/callback"},
        {"redirect_uri": "not a url"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"scope": "accounting.everything"},
        {"scope": "accounting.transactions.read"},
        {"scope": ""},
        {"client_id": ""},
    ],
)
def test_a_wrong_request_for_consent_ends_on_an_error_page(xero: Tenant, wrong: dict[str, str]) -> None:
    asked = authorize_query() | wrong
    answer = requests.get(f"{xero.url}/identity/connect/authorize", params=asked, allow_redirects=False, timeout=10)
    assert answer.status_code == 400
    assert "<form" not in answer.text


def test_what_an_app_calls_itself_cannot_inject_a_page(xero: Tenant) -> None:
    asked = authorize_query(client_id="<script>alert(1)</script>")
    page = requests.get(f"{xero.url}/identity/connect/authorize", params=asked, timeout=10).text
    assert "<script>" not in page


def test_an_old_app_may_still_ask_for_broad_scopes() -> None:
    with connected(peopled_world(scopes="broad"), "accounting.transactions.read") as xero:
        assert xero.get("Payments?page=1")["Payments"]


def test_a_code_is_good_once(xero: Tenant) -> None:
    code = press_allow(xero.url)
    assert redeem(xero.url, code).status_code == 200
    assert_refused(redeem(xero.url, code), "invalid_grant")


def test_a_code_is_good_for_five_minutes(xero: Tenant) -> None:
    code = press_allow(xero.url)
    xero.world.clock.advance(timedelta(minutes=5, seconds=1))
    assert_refused(redeem(xero.url, code), "invalid_grant")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"redirect_uri": CALLBACK + "/other"}, "invalid_grant"),
        ({"client_id": "app-2"}, "invalid_grant"),
        ({"client_id": ""}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_refused_to_anyone_else(xero: Tenant, wrong: dict[str, str], error: str) -> None:
    assert_refused(redeem(xero.url, press_allow(xero.url), **wrong), error)


def test_a_code_without_a_challenge_needs_the_secret(xero: Tenant) -> None:
    plain = {"code_challenge": None, "code_challenge_method": None}
    assert_refused(redeem(xero.url, press_allow(xero.url, **plain)), "invalid_client")
    code = press_allow(xero.url, **plain)
    assert redeem(xero.url, code, client_secret="shh").status_code == 200


def test_the_secret_may_come_in_a_basic_header(xero: Tenant) -> None:
    code = press_allow(xero.url, code_challenge=None, code_challenge_method=None)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    answer = requests.post(f"{xero.url}/connect/token", data=form, auth=("app-1", "shh"), timeout=10)
    assert answer.status_code == 200


def test_an_app_that_has_shown_a_secret_must_show_it_again(xero: Tenant) -> None:
    first = redeem(xero.url, press_allow(xero.url), client_secret="shh").json()["refresh_token"]
    assert_refused(refresh(xero, first), "invalid_client")
    assert_refused(refresh(xero, first, client_secret="wrong"), "invalid_client")
    assert refresh(xero, first, client_secret="shh").status_code == 200


def test_without_offline_access_there_is_no_refresh_token(xero: Tenant) -> None:
    answer = redeem(xero.url, press_allow(xero.url, "accounting.settings", client_id="app-3"), client_id="app-3")
    assert "refresh_token" not in answer.json()


def test_a_refresh_token_rotates_and_the_old_one_has_half_an_hour_of_grace(xero: Tenant) -> None:
    first = refresh_token(xero)
    second = refresh(xero, first).json()["refresh_token"]
    assert second != first
    xero.world.clock.advance(timedelta(minutes=30))
    assert refresh(xero, first).status_code == 200
    xero.world.clock.advance(timedelta(seconds=1))
    assert_refused(refresh(xero, first), "invalid_grant")
    assert refresh(xero, second).status_code == 200


def test_a_refresh_token_dies_after_sixty_idle_days(xero: Tenant) -> None:
    token = refresh_token(xero)
    xero.world.clock.advance(timedelta(days=60, seconds=1))
    assert_refused(refresh(xero, token), "invalid_grant")


def test_a_refresh_token_belongs_to_its_app(xero: Tenant) -> None:
    assert_refused(refresh(xero, refresh_token(xero), client_id="app-2"), "invalid_grant")


def test_an_access_token_lives_half_an_hour_of_virtual_time(xero: Tenant) -> None:
    xero.world.clock.advance(timedelta(minutes=29))
    assert xero.send("GET", "Organisation").status_code == 200
    xero.world.clock.advance(timedelta(minutes=1))
    assert xero.send("GET", "Organisation").json()["Detail"].startswith("TokenExpired")


def test_an_access_token_names_the_consent_it_stems_from(xero: Tenant) -> None:
    claims = json.loads(base64.urlsafe_b64decode(xero.access.split(".")[1] + "=="))
    url = f"{xero.url}/connections"
    mine = requests.get(
        url, params={"authEventId": claims["authentication_event_id"]}, headers=xero.headers, timeout=10
    )
    assert [one["tenantId"] for one in mine.json()] == [xero.tenant]
    other = requests.get(url, params={"authEventId": "someone-else"}, headers=xero.headers, timeout=10)
    assert other.json() == []


def test_a_forged_token_is_refused(xero: Tenant) -> None:
    header, claims, signature = xero.access.split(".")
    forged = f"{header}.{claims}.{signature[::-1]}"
    answer = xero.send("GET", "Organisation", headers={"Authorization": f"Bearer {forged}"})
    assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthenticationUnsuccessful")


def test_revoking_takes_tokens_and_connections_away(xero: Tenant) -> None:
    token = refresh_token(xero)
    form = {"token": token, "client_id": "app-1"}
    answer = requests.post(f"{xero.url}/connect/revocation", data=form, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert_refused(refresh(xero, token), "invalid_grant")
    assert xero.send("GET", "Organisation").status_code == 401


def test_disconnecting_closes_the_organisation_and_leaves_the_token(xero: Tenant) -> None:
    url = f"{xero.url}/connections"
    identity = requests.get(url, headers=xero.headers, timeout=10).json()[0]["id"]
    assert requests.delete(f"{url}/{identity}", headers=xero.headers, timeout=10).status_code == 204
    assert requests.delete(f"{url}/{identity}", headers=xero.headers, timeout=10).status_code == 404
    assert requests.get(url, headers=xero.headers, timeout=10).json() == []
    assert xero.send("GET", "Organisation").status_code == 403


def test_a_scope_that_was_not_granted_is_refused_without_asking_to_refresh() -> None:
    with connected(peopled_world(), "accounting.invoices.read") as xero:
        assert xero.get("Invoices?page=1")["Invoices"]
        invoice = next(iter(xero.books.invoices.values())).guid
        for method, path in [("GET", "Contacts"), ("GET", "Payments"), ("PUT", f"Invoices/{invoice}/History")]:
            answer = xero.send(method, path, json={} if method == "PUT" else None)
            assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthorizationUnsuccessful")


def test_consents_of_an_app_add_up(xero: Tenant) -> None:
    answer = redeem(xero.url, press_allow(xero.url, "accounting.attachments"))
    assert set(answer.json()["scope"].split()) == set(SCOPES.split()) | {"accounting.attachments"}


def test_a_custom_connection_needs_no_tenant_header_and_gets_no_refresh_token(xero: Tenant) -> None:
    form = {"grant_type": "client_credentials", "scope": "accounting.settings"}
    answer = requests.post(f"{xero.url}/connect/token", data=form, auth=("custom", "shh"), timeout=10)
    assert "refresh_token" not in answer.json()
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}", "Accept": "application/json"}
    url = f"{xero.url}/api.xro/2.0/Organisation"
    assert requests.get(url, headers=headers, timeout=10).status_code == 200


def test_a_custom_connection_is_for_one_organisation_even_after_a_change(xero: Tenant) -> None:
    other = Company("Another Ltd", "0a1b2c3d-0000-4000-8000-000000000009", "9130009")
    xero.world.companies["xero-2"] = Books(other, xero.world.clock)
    form = {"grant_type": "client_credentials", "scope": "accounting.settings"}

    def connected_to() -> list[str]:
        answer = requests.post(f"{xero.url}/connect/token", data=form, auth=("custom", "shh"), timeout=10)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        listed = requests.get(f"{xero.url}/connections", headers=headers, timeout=10).json()
        return [connection["tenantName"] for connection in listed]

    before = connected_to()
    xero.world.switches["xero.custom_connections"] = "custom=xero-2"
    assert [before, connected_to()] == [[xero.books.company.name], ["Another Ltd"]]


def test_a_custom_connection_is_a_kind_of_app_of_its_own(xero: Tenant) -> None:
    form = {"grant_type": "client_credentials", "scope": "accounting.settings", "client_id": "app-1"}
    assert_refused(ask(xero, **form), "invalid_client")
    assert_refused(ask(xero, **form, client_secret="shh"), "unauthorized_client")
    form |= {"client_id": "custom", "client_secret": "shh", "scope": "accounting.transactions"}
    assert_refused(ask(xero, **form), "invalid_scope")


def test_a_fixed_client_id_shuts_everybody_else_out() -> None:
    with connected(peopled_world(client_id="app-1", client_secret="right")) as xero:
        asked = authorize_query(client_id="app-2")
        page = requests.get(f"{xero.url}/identity/connect/authorize", params=asked, timeout=10)
        assert page.status_code == 400
        code = press_allow(xero.url)
        assert_refused(redeem(xero.url, code, client_secret="wrong"), "invalid_client")
        assert redeem(xero.url, press_allow(xero.url), client_secret="right", code_verifier=VERIFIER).status_code == 200
