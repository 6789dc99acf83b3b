"""Consent, tokens, rotation and death of a connection, over real HTTP."""

from datetime import timedelta

import pytest
import requests
from truth.quickbooks_truth import REALM, REDIRECT, Wire, consent, token_call, trade_in

ASKED = {
    "client_id": "app",
    "response_type": "code",
    "scope": "com.intuit.quickbooks.accounting",
    "redirect_uri": REDIRECT,
    "state": "opaque",
}
HARD_CAP_HEADER = {"x-include-refresh-token-hard-expires-in": "true"}


def refresh(wire: Wire, token: str) -> requests.Response:
    return token_call(wire.base, grant_type="refresh_token", refresh_token=token)


def test_the_consent_page_offers_the_company_and_both_buttons(wire: Wire) -> None:
    page = requests.get(f"{wire.base}/connect/oauth2", params=ASKED, timeout=5)
    assert page.headers["content-type"].startswith("text/html")
    for part in (f'value="{REALM}"', "Acorn Joinery", 'value="connect"', 'value="deny"', 'value="opaque"'):
        assert part in page.text


def test_the_consent_page_escapes_what_it_was_given(wire: Wire) -> None:
    page = requests.get(f"{wire.base}/connect/oauth2", params={**ASKED, "state": '"><script>'}, timeout=5)
    assert "<script>" not in page.text


def test_connect_sends_code_state_and_realm_back(wire: Wire) -> None:
    answer = consent(wire.base)
    assert list(answer) == ["code", "state", "realmId"]
    assert (answer["state"], answer["realmId"]) == ("opaque", REALM)


def test_deny_sends_access_denied_and_no_code(wire: Wire) -> None:
    assert consent(wire.base, decision="deny") == {"error": "access_denied", "state": "opaque"}


def test_a_wrong_scope_comes_back_as_invalid_scope_without_a_realm(wire: Wire) -> None:
    asked = {**ASKED, "scope": "accounting"}
    answer = requests.get(f"{wire.base}/connect/oauth2", params=asked, allow_redirects=False, timeout=5)
    assert answer.headers["location"] == f"{REDIRECT}?error=invalid_scope&state=opaque"


@pytest.mark.parametrize("target", ["http://dun.example/cb", "", "javascript:alert(1)"])
def test_the_browser_is_never_sent_to_an_unsafe_address(wire: Wire, target: str) -> None:
    answer = requests.get(f"{wire.base}/connect/oauth2", params={**ASKED, "redirect_uri": target}, timeout=5)
    assert answer.status_code == 400
    assert "redirect_uri" in answer.text


def test_a_company_that_does_not_exist_cannot_be_connected(wire: Wire) -> None:
    form = {**ASKED, "realm": "1", "decision": "connect"}
    assert requests.post(f"{wire.base}/connect/oauth2", data=form, timeout=5).status_code == 400


def test_a_code_works_once(wire: Wire) -> None:
    code = consent(wire.base)["code"]
    assert trade_in(wire.base, code).status_code == 200
    assert trade_in(wire.base, code).json()["error"] == "invalid_grant"


def test_a_code_dies_after_five_minutes(wire: Wire) -> None:
    code = consent(wire.base)["code"]
    wire.world.clock.advance(timedelta(minutes=5, seconds=1))
    assert trade_in(wire.base, code).status_code == 400


def test_a_code_belongs_to_the_redirect_it_was_made_for(wire: Wire) -> None:
    code = consent(wire.base)["code"]
    other = token_call(wire.base, grant_type="authorization_code", code=code, redirect_uri="https://other.example")
    assert other.json()["error"] == "invalid_grant"


def test_the_secret_may_come_in_the_form_but_must_come(wire: Wire) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": wire.refresh_token, "client_id": "app"}
    url = f"{wire.base}/oauth2/v1/tokens/bearer"
    assert requests.post(url, data=form, timeout=5).json() == {"error": "invalid_client"}
    assert requests.post(url, data={**form, "client_secret": "secret"}, timeout=5).status_code == 200


def test_an_unknown_grant_type_is_named(wire: Wire) -> None:
    assert token_call(wire.base, grant_type="password").json() == {"error": "unsupported_grant_type"}


def test_the_realm_is_not_in_the_token_answer(wire: Wire) -> None:
    answer = refresh(wire, wire.refresh_token).json()
    assert set(answer) == {
        "token_type", "expires_in", "refresh_token", "x_refresh_token_expires_in", "access_token",
    }  # fmt: skip


def test_within_a_day_the_same_refresh_token_comes_back(wire: Wire) -> None:
    wire.world.clock.advance(timedelta(hours=23, minutes=59))
    assert refresh(wire, wire.refresh_token).json()["refresh_token"] == wire.refresh_token


def test_after_a_day_a_new_one_comes_and_the_old_one_dies(wire: Wire) -> None:
    wire.world.clock.advance(timedelta(hours=24))
    new = refresh(wire, wire.refresh_token).json()["refresh_token"]
    assert new != wire.refresh_token
    replay = refresh(wire, wire.refresh_token)
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert refresh(wire, new).status_code == 200


def test_rotation_can_be_switched_to_every_refresh(wire: Wire) -> None:
    wire.world.switches["quickbooks.refresh_rotation"] = "0"
    assert refresh(wire, wire.refresh_token).json()["refresh_token"] != wire.refresh_token


def test_a_refresh_token_dies_after_a_hundred_silent_days(wire: Wire) -> None:
    wire.world.clock.advance(timedelta(days=100))
    assert refresh(wire, wire.refresh_token).json()["error"] == "invalid_grant"


def test_a_refresh_token_rolls_on_but_not_beyond_five_years(wire: Wire) -> None:
    token = wire.refresh_token
    for _ in range(18):
        wire.world.clock.advance(timedelta(days=99))
        token = refresh(wire, token).json()["refresh_token"]
    wire.world.clock.advance(timedelta(days=5 * 365 - 18 * 99))
    assert refresh(wire, token).json()["error"] == "invalid_grant"


def test_the_hard_end_is_told_only_to_those_who_ask(wire: Wire) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": wire.refresh_token}
    wire.world.clock.advance(timedelta(days=10))
    asked = token_call(wire.base, headers=HARD_CAP_HEADER, **form).json()
    assert asked["x_refresh_token_hard_expires_in"] == (5 * 365 - 10) * 86400
    assert "x_refresh_token_hard_expires_in" not in refresh(wire, asked["refresh_token"]).json()


def test_an_access_token_lives_an_hour_of_the_worlds_clock(wire: Wire) -> None:
    wire.world.clock.advance(timedelta(seconds=3599))
    assert wire.get("/preferences").status_code == 200
    wire.world.clock.advance(timedelta(seconds=1))
    assert wire.get("/preferences").status_code == 401


def test_revoking_ends_access_and_refresh_at_once(wire: Wire) -> None:
    url = f"{wire.base}/v2/oauth2/tokens/revoke"
    body = {"token": wire.refresh_token}
    assert requests.post(url, json=body, auth=("app", "secret"), timeout=5).status_code == 200
    assert wire.get("/preferences").status_code == 401
    assert refresh(wire, wire.refresh_token).status_code == 400
    assert requests.post(url, json=body, auth=("app", "secret"), timeout=5).status_code == 400


def test_revoking_needs_a_client_and_a_token(wire: Wire) -> None:
    url = f"{wire.base}/v2/oauth2/tokens/revoke"
    assert requests.post(url, json={"token": "x"}, timeout=5).status_code == 401
    assert requests.post(url, data="token=x", auth=("app", "secret"), timeout=5).status_code == 400
