"""The journey from consent to tokens, and every way it can fail."""

import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from connectors.ledger import BadData, Forbidden, NotConnected, Outage, Reauthorise, Refused, RetryLater
from connectors.xero.oauth import READING, READING_AND_NOTES, Pkce, XeroApp
from state.model import TokenSet
from state.plain_text import LONGEST_TEXT

TOKENS = {
    "id_token": "id",
    "access_token": "access-2",
    "expires_in": 1800,
    "token_type": "Bearer",
    "refresh_token": "refresh-2",
    "scope": "offline_access accounting.invoices",
    "session_state": "a member the SDK stumbles over",
}


@pytest.fixture
def old(clock):
    return TokenSet(access_token="access-1", refresh_token="refresh-1", expires_at=clock.now())


def form(seen):
    return {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}


def test_consent_is_asked_for_with_state_and_scopes(xero, oauth) -> None:
    address = urlsplit(oauth(client_secret="s").authorization_url("state-1"))
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{xero.url}/authorize"
    assert asked == {
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": "http://localhost:9/callback",
        "scope": " ".join(READING_AND_NOTES),
        "state": "state-1",
    }


def test_a_public_app_shows_the_challenge_of_a_verifier(oauth) -> None:
    pkce = Pkce.create()
    asked = parse_qs(urlsplit(oauth().authorization_url("state-1", pkce)).query)
    digest = base64.urlsafe_b64encode(hashlib.sha256(pkce.verifier.encode()).digest()).rstrip(b"=").decode()
    assert asked["code_challenge"] == [digest]
    assert asked["code_challenge_method"] == ["S256"]
    assert 43 <= len(pkce.verifier) <= 128
    assert pkce != Pkce.create()


def test_reading_only_asks_for_no_right_to_write() -> None:
    assert all(scope == "offline_access" or scope.endswith(".read") for scope in READING)
    assert set(READING_AND_NOTES) - set(READING) == {"accounting.invoices"}


def test_a_code_becomes_tokens_with_the_secret_in_the_header(xero, oauth, clock) -> None:
    xero.says(TOKENS)
    tokens = oauth(client_secret="s3cret").exchange("code-1")
    (asked,) = xero.seen
    assert (asked.method, asked.path) == ("POST", "/token")
    assert form(asked) == {
        "grant_type": "authorization_code",
        "code": "code-1",
        "redirect_uri": "http://localhost:9/callback",
    }
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"app:s3cret").decode()
    assert (tokens.access_token, tokens.refresh_token) == ("access-2", "refresh-2")
    assert tokens.expires_at == clock.now() + timedelta(minutes=30)
    assert tokens.refresh_expires_at == clock.now() + timedelta(days=60)
    assert tokens.scope == "offline_access accounting.invoices"


def test_a_public_app_proves_itself_with_the_verifier(xero, oauth) -> None:
    xero.says(TOKENS)
    pkce = Pkce.create()
    oauth().exchange("code-1", pkce)
    (asked,) = xero.seen
    assert form(asked)["code_verifier"] == pkce.verifier
    assert form(asked)["client_id"] == "app"
    assert "authorization" not in asked.headers


def test_a_public_app_refreshes_without_a_secret(xero, oauth, old) -> None:
    xero.says(TOKENS)
    assert oauth().refresh(old).refresh_token == "refresh-2"
    assert form(xero.seen[0]) == {"grant_type": "refresh_token", "refresh_token": "refresh-1", "client_id": "app"}


def test_a_refresh_without_a_new_refresh_token_keeps_the_old(xero, oauth, old) -> None:
    xero.says({name: value for name, value in TOKENS.items() if name != "refresh_token"})
    assert oauth().refresh(old).refresh_token == "refresh-1"


@pytest.mark.parametrize("odd", [0, -1, 10**12, 1e300, None, "soon", True, [], "1800"], ids=str)
def test_odd_figures_do_not_cost_the_rotated_token(xero, oauth, old, clock, odd) -> None:
    xero.says({**TOKENS, "expires_in": odd, "scope": odd if odd != "soon" else None})
    tokens = oauth().refresh(old)
    assert (tokens.refresh_token, tokens.expires_at) == ("refresh-2", clock.now() + timedelta(minutes=30))


def test_a_life_too_short_to_be_used_is_taken_for_five_minutes(xero, oauth, old, clock) -> None:
    xero.says({**TOKENS, "expires_in": 60})
    assert oauth().refresh(old).expires_at == clock.now() + timedelta(minutes=5)


def test_a_refresh_that_grants_less_is_remembered_so(xero, oauth, old) -> None:
    xero.says({**TOKENS, "scope": "offline_access accounting.invoices.read"})
    assert oauth().refresh(old).scope == "offline_access accounting.invoices.read"


def test_a_refresh_whose_answer_was_lost_is_repeated_with_the_same_token(xero, oauth, old, documents) -> None:
    xero.replies_with(documents.reply(fault="drop")).says(TOKENS)
    assert oauth().refresh(old).access_token == "access-2"
    assert [form(seen)["refresh_token"] for seen in xero.seen] == ["refresh-1", "refresh-1"]


def test_a_code_is_never_sent_twice(xero, oauth, documents) -> None:
    xero.always(documents.reply(fault="drop"))
    with pytest.raises(Outage):
        oauth().exchange("code-1")
    assert len(xero.seen) == 1


def test_a_connection_without_a_refresh_token_needs_a_person(xero, oauth, clock) -> None:
    with pytest.raises(Reauthorise):
        oauth().refresh(TokenSet(access_token="a", refresh_token=None, expires_at=clock.now()))
    assert xero.seen == []


@pytest.mark.parametrize(
    ("status", "body", "family"),
    [
        (400, b'{"error":"invalid_grant"}', Reauthorise),
        (400, b'{"error":"invalid_client"}', Forbidden),
        (401, b'{"error":"invalid_client"}', Forbidden),
        (400, b'{"error":"unauthorized_client"}', Forbidden),
        (400, b'{"error":"invalid_scope"}', Forbidden),
        (400, b'{"error":"something_new"}', Refused),
        (400, b"<html>", Refused),
        (400, b"[]", Refused),
        (302, b"", Refused),
        (429, b"", RetryLater),
        (500, b"", Outage),
        (503, b"<html>", Outage),
        (200, b"<html>", Outage),
        (200, b'{"access_token": "a"', Outage),
        (200, b"{}", BadData),
        (200, b'{"access_token": null, "expires_in": 1800}', BadData),
    ],
)
def test_a_refused_refresh_says_what_to_do(xero, oauth, old, documents, status, body, family) -> None:
    xero.always(documents.reply(body, status=status))
    with pytest.raises(family):
        oauth(client_secret="s").refresh(old)


def test_a_dead_grant_is_asked_about_once(xero, oauth, old, documents) -> None:
    xero.always(documents.reply(b'{"error":"invalid_grant"}', status=400))
    with pytest.raises(Reauthorise):
        oauth().refresh(old)
    assert len(xero.seen) == 1


def test_a_server_that_never_answers_is_an_outage(xero, oauth, documents) -> None:
    xero.always(documents.reply(fault="hang"))
    with pytest.raises(Outage):
        oauth().exchange("code-1")


def test_no_text_shows_secrets_codes_or_tokens(xero, oauth, old, documents) -> None:
    xero.always(documents.reply(b'{"error":"invalid_grant","refresh_token":"refresh-1"}', status=400))
    with pytest.raises(Reauthorise) as caught:
        oauth(client_secret="s3cret").refresh(old)
    app = XeroApp(client_id="app", client_secret="s3cret", redirect_uri="http://localhost:9/callback")
    told = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r} {app!r} {Pkce('v', 'c')!r}"
    assert not any(secret in told for secret in ("refresh-1", "s3cret", "'v'"))


def test_giving_back_a_grant_posts_its_refresh_token(xero, oauth, old, documents) -> None:
    xero.replies_with(documents.reply())
    oauth().revoke(old)
    assert xero.seen[0].path == "/revoke"
    assert form(xero.seen[0]) == {"token": "refresh-1", "client_id": "app"}


def test_connections_tell_which_companies_can_be_opened(xero, oauth) -> None:
    connection = {
        "id": "c-1",
        "authEventId": "e-1",
        "tenantId": "t-1",
        "tenantType": "ORGANISATION",
        "tenantName": "A firm",
        "createdDateUtc": "2026-04-20T11:47:10.3365440",
    }
    xero.says([connection, {"id": "c-2", "tenantId": "t-2", "tenantType": "PRACTICE"}])
    first, second = oauth().connections("access-1")
    assert (first.id, first.tenant_id, first.tenant_name) == ("c-1", "t-1", "A firm")
    assert (second.tenant_type, second.tenant_name) == ("PRACTICE", None)
    assert xero.seen[0].headers["authorization"] == "Bearer access-1"


def test_of_an_organisation_s_name_of_a_megabyte_the_beginning_is_shown(xero, oauth) -> None:
    xero.says([{"id": "c", "tenantId": "t", "tenantType": "ORGANISATION", "tenantName": "B" * 1_000_000}])
    [connection] = oauth().connections("access-1")
    assert connection.tenant_name == "B" * LONGEST_TEXT + "…"


def test_connections_of_another_shape_are_bad_data(xero, oauth) -> None:
    xero.says({"connections": []})
    with pytest.raises(BadData):
        oauth().connections("access-1")


def test_the_connections_of_one_consent_are_asked_for_by_its_id(xero, oauth) -> None:
    claims = base64.urlsafe_b64encode(b'{"authentication_event_id":"e-1"}').rstrip(b"=").decode()
    xero.says([])
    oauth().connections(f"head.{claims}.signature", of_this_consent=True)
    assert xero.seen[0].query == {"authEventId": "e-1"}


@pytest.mark.parametrize("token", ["access-1", "a.b.c", "a.e30.c", "a.\u00e9.c", "a.W10.c"])
def test_a_token_that_names_no_consent_lists_all_connections(xero, oauth, token) -> None:
    xero.says([])
    oauth().connections(token, of_this_consent=True)
    assert xero.seen[0].query == {}


@pytest.mark.parametrize("status", [204, 404])
def test_one_organisation_is_disconnected_even_if_it_is_gone(xero, oauth, documents, status) -> None:
    xero.replies_with(documents.reply(status=status))
    oauth().end_connection("access-1", "c-1")
    assert (xero.seen[0].method, xero.seen[0].path) == ("DELETE", "/connections/c-1")
    assert xero.seen[0].headers["authorization"] == "Bearer access-1"


def test_a_failed_disconnection_is_told(xero, oauth, documents) -> None:
    xero.replies_with(documents.reply(status=503))
    with pytest.raises(Outage):
        oauth().end_connection("access-1", "c-1")


def test_a_custom_connection_asks_with_its_secret_and_for_no_refresh_token(xero, oauth, clock) -> None:
    xero.says({"access_token": "a-1", "expires_in": 1800, "token_type": "Bearer"})
    tokens = oauth(client_secret="s3cret", custom_connection=True).custom_tokens()
    assert form(xero.seen[0]) == {
        "grant_type": "client_credentials",
        "scope": " ".join(scope for scope in READING_AND_NOTES if scope != "offline_access"),
    }
    assert (tokens.refresh_token, tokens.ends_at) == (None, None)
    assert tokens.expires_at == clock.now() + timedelta(minutes=30)


def test_a_custom_connection_whose_token_has_expired_asks_for_a_new_one(xero, oauth, clock) -> None:
    xero.says({"access_token": "a-2", "expires_in": 1800})
    spent = TokenSet(access_token="a-1", refresh_token=None, expires_at=clock.now())
    assert oauth(client_secret="s", custom_connection=True).refresh(spent).access_token == "a-2"


def connection_to(tenant: str) -> list[dict[str, str]]:
    return [{"id": "c-1", "tenantId": tenant, "tenantType": "ORGANISATION", "tenantName": "A firm"}]


def test_a_newer_token_of_a_custom_connection_must_open_the_same_organisation(xero, oauth, old) -> None:
    xero.says({"access_token": "a-2", "expires_in": 1800})
    xero.says(connection_to("0A-OTHER"))
    xero.says({"access_token": "a-3", "expires_in": 1800})
    xero.says(connection_to("0A-OURS"))
    refresh = oauth(client_secret="s", custom_connection=True).refresh_for("0a-ours")

    with pytest.raises(NotConnected, match="another organisation"):
        refresh(old)
    assert refresh(old).access_token == "a-3"
    assert xero.seen[1].headers["authorization"] == "Bearer a-2"


def test_other_apps_name_the_organisation_in_every_call_and_need_no_look(xero, oauth, old) -> None:
    xero.says(TOKENS)

    assert oauth(client_secret="s").refresh_for("0a-ours")(old).access_token == "access-2"
    assert len(xero.seen) == 1


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        (READING_AND_NOTES, ()),
        (READING, ("accounting.invoices",)),
        (READING_AND_NOTES[:-1], ("accounting.settings.read",)),
    ],
)
def test_a_scope_that_was_not_granted_is_named(oauth, old, granted, missing) -> None:
    assert oauth().missing_scopes(replace(old, scope=" ".join(granted))) == missing


def test_the_right_to_write_includes_that_to_read(oauth, old) -> None:
    assert oauth(scopes=READING).missing_scopes(replace(old, scope=" ".join(READING_AND_NOTES))) == ()


def test_a_consent_without_refresh_token_lacks_a_scope(oauth, old) -> None:
    tokens = replace(old, refresh_token=None, scope=" ".join(READING[1:]))
    assert oauth(scopes=READING).missing_scopes(tokens) == ("offline_access",)


def test_a_code_that_is_spent_or_stale_is_said_to_be(xero, oauth, documents) -> None:
    xero.replies_with(documents.reply(b'{"error":"invalid_grant"}', status=400))
    with pytest.raises(Reauthorise, match="used already, or is older than five minutes"):
        oauth().exchange("code-1")
