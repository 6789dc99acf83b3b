"""A connection's tokens: asked for with patience, read with care, never shown."""

import base64
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from connectors.ledger import BadData, Forbidden, Outage, Reauthorise, Refused, RetryLater
from connectors.quickbooks.oauth import QuickBooksApp, QuickBooksOAuth
from connectors.transport import ATTEMPTS
from state.clock import ManualClock
from state.model import TokenSet

APP = QuickBooksApp("client", "hush", "http://localhost:8400/callback")
GRANT = {
    "token_type": "bearer",
    "expires_in": 3600,
    "refresh_token": "refresh-2",
    "x_refresh_token_expires_in": 8726400,
    "access_token": "access-2",
}


@pytest.fixture
def oauth(server: Any, clock: ManualClock) -> QuickBooksOAuth:
    return QuickBooksOAuth(APP, server.endpoints, clock, timeout=(1, 0.1))


@pytest.fixture
def held(clock: ManualClock) -> TokenSet:
    return TokenSet(access_token="access-1", refresh_token="refresh-1", expires_at=clock.now())


def test_the_consent_page_gets_scope_state_and_address(oauth: QuickBooksOAuth) -> None:
    parameters = {name: value for name, (value,) in parse_qs(urlsplit(oauth.authorization_url("s3cret")).query).items()}
    assert parameters == {
        "client_id": "client",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": "http://localhost:8400/callback",
        "state": "s3cret",
    }


def test_a_code_becomes_tokens(oauth: QuickBooksOAuth, server: Any, clock: ManualClock, wire: Any) -> None:
    server.script = [wire.json(GRANT)]
    tokens = oauth.exchange("the-code")
    assert (tokens.access_token, tokens.refresh_token) == ("access-2", "refresh-2")
    assert tokens.expires_at == clock.now() + timedelta(hours=1)
    assert tokens.refresh_expires_at == clock.now() + timedelta(days=100)
    (request,) = server.seen
    assert parse_qs(request.body)["grant_type"] == ["authorization_code"]
    assert parse_qs(request.body)["redirect_uri"] == [APP.redirect_uri]
    assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"client:hush"


def test_a_refresh_brings_the_rotated_token(oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any) -> None:
    server.script = [wire.json(GRANT)]
    assert oauth.refresh(held).refresh_token == "refresh-2"
    assert parse_qs(server.seen[0].body) == {"grant_type": ["refresh_token"], "refresh_token": ["refresh-1"]}


def test_an_answer_without_a_refresh_token_keeps_the_old_one(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any
) -> None:
    server.script = [wire.json({**GRANT, "refresh_token": None})]
    assert oauth.refresh(held).refresh_token == "refresh-1"


@pytest.mark.parametrize("odd", [0, -1, 10**12, 1e300, None, "soon", True, [], "3600"], ids=str)
def test_odd_figures_do_not_cost_the_rotated_token(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, clock: ManualClock, wire: Any, odd: object
) -> None:
    figures = ("expires_in", "x_refresh_token_expires_in", "x_refresh_token_hard_expires_in")
    server.script = [wire.json({**GRANT, **dict.fromkeys(figures, odd)})]
    tokens = oauth.refresh(held)
    assert tokens.refresh_token == "refresh-2"
    assert tokens.expires_at == clock.now() + timedelta(hours=1)
    assert tokens.ends_at == tokens.refresh_expires_at == clock.now() + timedelta(days=100)


def test_the_hundred_days_and_the_five_years_are_kept_apart(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, clock: ManualClock, wire: Any
) -> None:
    server.script = [wire.json({**GRANT, "x_refresh_token_hard_expires_in": 86400})]
    tokens = oauth.refresh(held)
    assert tokens.refresh_expires_at == clock.now() + timedelta(days=100)
    assert tokens.consent_expires_at == tokens.ends_at == clock.now() + timedelta(days=1)
    assert server.seen[0].headers["x-include-refresh-token-hard-expires-in"] == "true"


def test_an_answer_that_does_not_repeat_the_five_years_leaves_them_as_they_were(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, clock: ManualClock, wire: Any
) -> None:
    server.script = [wire.json(GRANT)]
    end = clock.now() + timedelta(days=700)
    assert oauth.refresh(replace(held, consent_expires_at=end)).consent_expires_at == end


@pytest.mark.parametrize(
    ("status", "body", "family"),
    [
        (400, b'{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}', Reauthorise),
        (400, b'{"error":"invalid_grant"}', Reauthorise),
        (400, b'{"error":"invalid_request"}', Refused),
        (400, b"[]", Refused),
        (401, b'{"error":"invalid_client"}', Forbidden),
        (401, b"", Forbidden),
        (200, b'{"expires_in":3600}', BadData),
        (200, b'{"access_token":"","expires_in":3600}', BadData),
    ],
)
def test_every_refusal_of_tokens_says_what_to_do(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any, status: int, body: bytes, family: Any
) -> None:
    server.script = [wire.answer(status, body)]
    with pytest.raises(family) as caught:
        oauth.refresh(held)
    assert len(server.seen) == 1, "what asking again cannot help is asked once"
    assert "refresh-1" not in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "family"),
    [
        (429, b"", RetryLater),
        (503, b"<html>no</html>", Outage),
        (302, b"", Outage),
        (404, b"<html>no</html>", Outage),
        (200, b"<html>Sign in</html>", Outage),
        (200, b"", Outage),
        (200, b'{"access_token":"a', Outage),
    ],
)
def test_what_may_pass_by_itself_is_asked_again_with_the_same_token(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any, status: int, body: bytes, family: Any
) -> None:
    server.otherwise = lambda _: wire.answer(status, body)
    with pytest.raises(family):
        oauth.refresh(held)
    assert [parse_qs(seen.body)["refresh_token"] for seen in server.seen] == [["refresh-1"]] * ATTEMPTS


def test_a_refresh_whose_answer_was_cut_off_still_brings_tokens(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any
) -> None:
    server.script = [wire.answer(200, b'{"access_token":"a'), wire.json(GRANT)]
    assert oauth.refresh(held).refresh_token == "refresh-2"


def test_a_lost_answer_is_not_blamed_on_the_consent(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any
) -> None:
    server.script = [wire.answer(200, b'{"access_'), wire.answer(400, b'{"error":"invalid_grant"}')]
    with pytest.raises(Reauthorise, match="was lost on its way"):
        oauth.refresh(held)


def test_a_code_that_is_spent_or_stale_is_said_to_be(oauth: QuickBooksOAuth, server: Any, wire: Any) -> None:
    server.script = [wire.answer(400, b'{"error":"invalid_grant"}')]
    with pytest.raises(Reauthorise, match="used already, or is older than five minutes"):
        oauth.exchange("code-1")


def test_a_code_is_never_sent_twice(oauth: QuickBooksOAuth, server: Any, wire: Any) -> None:
    server.otherwise = lambda _: wire.answer(503)
    with pytest.raises(Outage):
        oauth.exchange("code-1")
    assert len(server.seen) == 1


def test_a_silent_token_service_is_an_outage(oauth: QuickBooksOAuth, server: Any, wire: Any) -> None:
    for_ever = threading.Event()
    server.script = [wire.answer(200, b"{}", stall=for_ever)]
    with pytest.raises(Outage):
        oauth.exchange("code-1")
    for_ever.set()


def test_without_a_refresh_token_only_a_person_can_help(
    oauth: QuickBooksOAuth, server: Any, clock: ManualClock
) -> None:
    with pytest.raises(Reauthorise):
        oauth.refresh(TokenSet(access_token="a", refresh_token=None, expires_at=clock.now()))
    assert server.seen == []


@pytest.mark.parametrize("status", [200, 400])
def test_revoking_ends_the_connection_even_a_dead_one(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any, status: int
) -> None:
    server.script = [wire.answer(status)]
    oauth.revoke(held)
    assert server.seen[0].path == "/revoke"
    assert server.seen[0].body == '{"token": "refresh-1"}'


def test_a_failed_revocation_is_told(oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any) -> None:
    server.script = [wire.answer(503)]
    with pytest.raises(Outage):
        oauth.revoke(held)


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(APP)
