"""Tokens are asked for as the providers want it, used until shortly before their end, and never shown."""

import pytest
from torrents import TorrentServer

from connectors.mail_tokens import (
    GOOGLE_TOKEN,
    MICROSOFT_SCOPE,
    GrantedTokens,
    NoToken,
    TokenRefused,
    TokenUnreachable,
    google_grant,
    microsoft_grant,
)

SECRET = "never-shown"


def test_microsoft_is_asked_for_an_app_of_the_directory(token_service, clock) -> None:
    grant = microsoft_grant("dir-1", "app-1", SECRET, token_service.url)

    assert GrantedTokens(grant, clock).access_token() == "token-1"
    assert token_service.forms == [
        {"grant_type": "client_credentials", "client_id": "app-1", "client_secret": SECRET, "scope": MICROSOFT_SCOPE}
    ]


def test_google_is_asked_with_the_refresh_token_of_a_consent(token_service, clock) -> None:
    GrantedTokens(google_grant("app-1", SECRET, "refresh-1", token_service.url), clock).access_token()

    assert token_service.forms == [
        {
            "grant_type": "refresh_token",
            "client_id": "app-1",
            "client_secret": SECRET,
            "refresh_token": "refresh-1",
        }
    ]


def test_the_usual_addresses_are_the_providers() -> None:
    assert microsoft_grant("d", "a", "s").url == "https://login.microsoftonline.com/d/oauth2/v2.0/token"
    assert google_grant("a", "s", "r").url == GOOGLE_TOKEN


def test_a_token_is_used_until_shortly_before_its_end(token_service, clock) -> None:
    tokens = GrantedTokens(google_grant("a", "s", "r", token_service.url), clock)

    first = tokens.access_token()
    clock.sleep(3600 - 121)
    assert tokens.access_token() == first
    clock.sleep(2)
    assert tokens.access_token() == "token-2"


def test_a_refused_token_is_replaced_and_a_newer_one_kept(token_service, clock) -> None:
    tokens = GrantedTokens(google_grant("a", "s", "r", token_service.url), clock)
    first = tokens.access_token()

    tokens.rejected(first)
    assert tokens.access_token() == "token-2"
    tokens.rejected(first)
    assert tokens.access_token() == "token-2"


@pytest.mark.parametrize("life", ['"3599"', "null", "-5", '"soon"', "1e30", "true"])
def test_odd_figures_about_its_life_do_not_spoil_a_token(token_service, clock, life) -> None:
    token_service.life = life
    tokens = GrantedTokens(google_grant("a", "s", "r", token_service.url), clock)

    assert tokens.access_token() == tokens.access_token() == "token-1"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_app_needs_a_person(token_service, clock, status) -> None:
    token_service.status = status
    token_service.body = b'{"error":"invalid_client","error_description":"app never-shown of ann@buyer.example"}'

    with pytest.raises(TokenRefused, match="invalid_client") as caught:
        GrantedTokens(google_grant("a", SECRET, "r", token_service.url), clock).access_token()
    assert "buyer.example" not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"{}"),
        (200, b'{"access_token":""}'),
        (200, b'{"access_token":"a\\r\\nb"}'),
        (200, b'{"access_token":5}'),
        (200, b"\xff"),
        (200, b"[" * 5000),
        (429, b""),
        (503, b"{}"),
        (302, b""),
    ],
)
def test_an_answer_without_a_token_may_be_better_later(token_service, clock, status, body) -> None:
    token_service.status, token_service.body = status, body

    with pytest.raises(TokenUnreachable):
        GrantedTokens(google_grant("a", SECRET, "r", token_service.url), clock).access_token()


@pytest.mark.parametrize("torrent", ["endless", "announced", "bomb"])
def test_an_answer_without_end_is_not_read(clock, torrent) -> None:
    with TorrentServer(torrent) as server, pytest.raises(NoToken):
        GrantedTokens(google_grant("a", SECRET, "r", server.url), clock).access_token()


def test_a_service_that_is_not_there_is_unreachable(clock) -> None:
    with pytest.raises(TokenUnreachable):
        GrantedTokens(google_grant("a", SECRET, "r", "http://127.0.0.1:1/token"), clock).access_token()


def test_secrets_do_not_travel_unencrypted() -> None:
    with pytest.raises(ValueError, match="https"):
        google_grant("a", SECRET, "r", "http://tokens.example/token")


def test_a_grant_does_not_show_its_secrets() -> None:
    assert SECRET not in repr(microsoft_grant("d", "a", SECRET))
