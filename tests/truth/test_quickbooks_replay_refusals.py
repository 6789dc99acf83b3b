"""QuickBooks' recorded refusals and token answers, through SDK and client: each stops what it has to stop."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from truth.quickbooks_replaying import (
    DOTNET,
    NOW,
    RUBY,
    VCR,
)
from truth.replaying import always, body_of, needs_truth, quickbooks, taped

from connectors.ledger import Forbidden, LedgerError, Outage, Reauthorise, Refused, RetryLater
from connectors.quickbooks.discovery import Discovery
from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.quickbooks.oauth import QuickBooksApp, QuickBooksOAuth
from drill.fuzzing.loopback import Reply, speaking
from state.clock import ManualClock
from state.model import (
    InvoiceId,
    TokenSet,
)

pytestmark = needs_truth


def refusal(reply: Reply) -> type[LedgerError]:
    with quickbooks(always(reply), NOW) as ledger, pytest.raises(LedgerError) as error:
        ledger.read_invoices([InvoiceId("130")])
    return type(error.value)


@pytest.mark.parametrize(
    ("name", "turn", "family"),
    [
        ("error/401.yml", 0, Reauthorise),
        ("error/400_json.yml", 0, Refused),
        ("error/validation.yml", 0, Refused),
        ("error/500.yml", 0, Refused),
        ("error/500.yml", 1, Refused),
    ],
)
def test_recorded_errors_stop_a_live_reading(name: str, turn: int, family: type[LedgerError]) -> None:
    assert refusal(taped(f"{VCR}/{name}")[turn]) is family


@pytest.mark.parametrize(
    ("path", "status", "family"),
    [
        (f"{RUBY}/throttle_exceeded_error.xml", 403, RetryLater),
        (f"{RUBY}/too_many_requests_error.xml", 429, RetryLater),
        (f"{RUBY}/generic_error.xml", 500, Outage),
        (f"{RUBY}/query_validation_error.xml", 400, Refused),
        (f"{RUBY}/customer_duplicate_error.xml", 400, Refused),
        (f"{RUBY}/fault.xml", 400, Refused),
        (f"{RUBY}/json/tax_service_error_dup.json", 400, Refused),
        ("quickbooks/minimul-qbo_api/fixtures/no_detail.xml", 401, Reauthorise),
    ],
)
def test_recorded_fault_bodies_stop_a_live_reading(path: str, status: int, family: type[LedgerError]) -> None:
    kind = "application/json" if path.endswith("json") else "text/xml"
    assert refusal(Reply(body_of(path), status, {"Content-Type": kind})) is family


@pytest.mark.parametrize("path", [f"{RUBY}/batch_response.xml", f"{RUBY}/invoices.xml"])
def test_xml_that_claims_success_is_no_usable_answer(path: str) -> None:
    assert refusal(Reply(body_of(path), headers={"Content-Type": "text/xml"})) is not Reauthorise


QUOTED = [Reauthorise, Forbidden, Outage, Forbidden, Reauthorise, LedgerError, Refused, RetryLater, Outage]


def test_errors_quoted_in_public_threads_stop_a_live_reading() -> None:
    _of_the_token_endpoint, *quoted = json.loads(body_of("quickbooks/errors-from-issues.json"))
    for one, family in zip(quoted, QUOTED, strict=True):
        body = one["body"] if isinstance(one["body"], str) else json.dumps(one["body"])
        assert issubclass(refusal(Reply(body.encode(), one["http"])), family), one["where"]


OLD = TokenSet(access_token="old", refresh_token="old-refresh", expires_at=NOW)


def consent(address: str) -> QuickBooksOAuth:
    app = QuickBooksApp(client_id="app", client_secret="secret", redirect_uri="http://localhost:9/callback")
    return QuickBooksOAuth(
        app, QuickBooksEndpoints(token=f"{address}/token", revoke=f"{address}/revoke"), ManualClock(NOW)
    )


@pytest.mark.parametrize(
    ("name", "access", "refresh"),
    [
        ("success_token_response.json", "access_token", "refresh_token"),
        ("success_refreshtoken_response.json", "REDACTED-JWE", "REDACTED"),
    ],
)
def test_recorded_token_answers_become_these_tokens(name: str, access: str, refresh: str) -> None:
    with speaking(always(body_of(f"{DOTNET}/{name}").removeprefix(b"\xef\xbb\xbf"))) as address:
        tokens = consent(address).refresh(OLD)
    assert (tokens.access_token, tokens.refresh_token) == (access, refresh)
    assert (tokens.expires_at, tokens.refresh_expires_at) == (NOW + timedelta(hours=1), NOW + timedelta(days=100))


def test_the_recorded_invalid_grant_asks_for_a_person() -> None:
    entry, *_ = json.loads(body_of("quickbooks/errors-from-issues.json"))
    with speaking(always(Reply(json.dumps(entry["body"]).encode(), 400))) as address, pytest.raises(Reauthorise):
        consent(address).refresh(OLD)


@pytest.mark.parametrize("name", ["failure_token_response.json", "failure_token_revocation_response.json"])
def test_a_token_service_that_says_error_is_obeyed(name: str) -> None:
    body = body_of(f"{DOTNET}/{name}").removeprefix(b"\xef\xbb\xbf")
    with speaking(always(Reply(body, 400))) as address, pytest.raises(Refused):
        consent(address).refresh(OLD)


def test_the_recorded_revocation_is_done() -> None:
    body = body_of(f"{DOTNET}/success_revoketoken_response.json")
    with speaking(always(body)) as address:
        consent(address).revoke(OLD)


def test_the_recorded_discovery_names_intuits_addresses(tmp_path: Path) -> None:
    body = body_of(f"{DOTNET}/discovery.json").removeprefix(b"\xef\xbb\xbf")
    with speaking(always(body)) as address:
        found = Discovery(f"{address}/d", tmp_path / "kept.json", ManualClock(NOW)).current()
    assert found is not None
    assert (found.authorize, found.token, found.revoke) == (
        "https://appcenter.intuit.com/connect/oauth2",
        "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    )
