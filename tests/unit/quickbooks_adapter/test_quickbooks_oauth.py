"""A connection's tokens: asked for with patience, read with care, never shown."""

import base64
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.ledger import BadData, Forbidden, Outage, Reauthorise, Refused, RetryLater
from connectors.quickbooks.oauth import QuickBooksApp, QuickBooksOAuth
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
    return QuickBooksOAuth(APP, server.endpoints, clock, timeouts=(1, 0.1))


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
    assert tokens.refresh_expires_at == clock.now() + timedelta(days=101)
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


def test_the_five_year_limit_is_asked_for_and_kept(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, clock: ManualClock, wire: Any
) -> None:
    server.script = [wire.json({**GRANT, "x_refresh_token_hard_expires_in": 86400})]
    assert oauth.refresh(held).refresh_expires_at == clock.now() + timedelta(days=1)
    assert server.seen[0].headers["x-include-refresh-token-hard-expires-in"] == "true"


@pytest.mark.parametrize(
    ("status", "body", "family"),
    [
        (400, b'{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}', Reauthorise),
        (400, b'{"error":"invalid_grant"}', Reauthorise),
        (400, b'{"error":"invalid_request"}', Refused),
        (400, b"[]", Refused),
        (401, b'{"error":"invalid_client"}', Forbidden),
        (401, b"", Forbidden),
        (429, b"", RetryLater),
        (503, b"<html>no</html>", Outage),
        (302, b"", Outage),
        (404, b"<html>no</html>", Outage),
        (200, b"<html>Sign in</html>", BadData),
        (200, b'{"access_token":"a"}', BadData),
    ],
)
def test_every_refusal_of_tokens_says_what_to_do(
    oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any, status: int, body: bytes, family: Any
) -> None:
    server.script = [wire.answer(status, body)]
    with pytest.raises(family) as caught:
        oauth.refresh(held)
    assert len(server.seen) == 1, "a refresh is never repeated by itself"
    assert "refresh-1" not in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_silent_token_service_is_an_outage(oauth: QuickBooksOAuth, server: Any, held: TokenSet, wire: Any) -> None:
    for_ever = threading.Event()
    server.script = [wire.answer(200, b"{}", stall=for_ever)]
    with pytest.raises(Outage):
        oauth.refresh(held)
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
