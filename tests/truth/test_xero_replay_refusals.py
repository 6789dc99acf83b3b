"""Xero's recorded refusals, token answers and connections, through SDK and client: each stops what it has to stop."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from truth.replaying import always, body_of, needs_truth, taped, xero

from connectors.ledger import (
    Forbidden,
    KnownCredits,
    LedgerError,
    NotConnected,
    NotFound,
    Outage,
    Reauthorise,
    Refused,
    RetryLater,
)
from connectors.xero.endpoints import XeroEndpoints
from connectors.xero.oauth import XeroApp, XeroOAuth
from drill.fuzzing.loopback import Reply, speaking
from state.clock import ManualClock
from state.model import (
    InvoiceId,
    TokenSet,
)

pytestmark = needs_truth
NOW = datetime(2019, 3, 14, tzinfo=UTC)
SAMPLES = "xero/samples"

XML_LISTS = [
    ("xeroizer/invoice.xml", lambda ledger: ledger.read_invoices(["0032f627-3156-4d30-9b1c-4d3b994dc921"])),
    (
        "xeroizer/contact_with_details.xml",
        lambda ledger: ledger.read_contacts(["bd2270c3-8706-4c11-9cfb-000b551c3f51"]),
    ),
    ("pyxero/unicode_content_text.xml", lambda ledger: ledger.read_contacts(["755f1475-d255-43a8-bedc-5ea7fd26c71f"])),
    ("xeroizer/credit_note.xml", lambda ledger: ledger.open_credits(KnownCredits())),
    ("xeroizer/prepayments.xml", lambda ledger: ledger.open_credits(KnownCredits())),
    ("xeroizer/payments.xml", lambda ledger: list(ledger.changes("invoices", None))),
]


@pytest.mark.parametrize(("name", "ask"), XML_LISTS)
def test_a_list_in_xml_is_no_answer_and_never_an_empty_one(name: str, ask: Any) -> None:
    reply = Reply(body_of(f"{SAMPLES}/{name}"), headers={"Content-Type": "text/xml; charset=utf-8"})
    with xero(always(reply), NOW) as ledger, pytest.raises(Outage):
        ask(ledger)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("xpm_ruby/bad_token.yml", Reauthorise),
        ("xpm_ruby/bad_tenant.yml", NotConnected),
        ("xpm_ruby/rate_limit_exceeded.yml", RetryLater),
    ],
)
def test_the_gateways_recorded_refusals_have_their_family(name: str, family: type[LedgerError]) -> None:
    (reply,) = taped(f"{SAMPLES}/{name}")
    with xero(always(reply), NOW) as ledger, pytest.raises(LedgerError) as refusal:
        ledger.read_invoices([InvoiceId("i")])
    assert type(refusal.value) is family


def test_the_recorded_limit_asks_for_22_seconds_of_the_minute() -> None:
    (reply,) = taped(f"{SAMPLES}/xpm_ruby/rate_limit_exceeded.yml")
    with xero(always(reply), NOW) as ledger, pytest.raises(RetryLater) as limit:
        ledger.write_note(InvoiceId("i"), "once", "key")
    assert (limit.value.limit, limit.value.after) == ("minute", timedelta(seconds=22))


@pytest.mark.parametrize(
    ("name", "status", "family"),
    [
        ("xeroizer/expired_oauth2_token.json", 401, Reauthorise),
        ("xeroizer/invalid_oauth2_request_token.json", 401, Reauthorise),
        ("xeroizer/invalid_tenant_header.json", 403, NotConnected),
        ("xeroizer/rate_limit_exceeded", 503, RetryLater),
        ("xeroizer/api_exception.xml", 400, Refused),
        ("pyxero/bad_request_text.xml", 400, Refused),
        ("pyxero/not_implemented_text.xml", 501, Refused),
    ],
)
def test_recorded_error_bodies_stop_a_live_reading(name: str, status: int, family: type[LedgerError]) -> None:
    with xero(always(Reply(body_of(f"{SAMPLES}/{name}"), status)), NOW) as ledger, pytest.raises(LedgerError) as error:
        ledger.read_invoices([InvoiceId("i")])
    assert type(error.value) is family


FAMILIES = {400: Refused, 401: Reauthorise, 403: Forbidden, 404: NotFound, 429: RetryLater, 500: Outage, 501: Refused}


def test_errors_collected_by_others_stop_a_live_reading() -> None:
    for case in json.loads(body_of(f"{SAMPLES}/pyxero/error_bodies.json")):
        limited = "rate%20limit" in case["body"]
        reply = Reply(case["body"].encode(), case["status"], {"Content-Type": case["content_type"]})
        with xero(always(reply), NOW) as ledger, pytest.raises(LedgerError) as error:
            ledger.read_invoices([InvoiceId("i")])
        assert type(error.value) is (RetryLater if limited else FAMILIES.get(case["status"], Outage)), case["test"]


def consent(address: str) -> XeroOAuth:
    endpoints = XeroEndpoints(token=f"{address}/token", connections=f"{address}/connections")
    return XeroOAuth(XeroApp(client_id="app", client_secret="secret"), endpoints, ManualClock(NOW))


OLD = TokenSet(access_token="old", refresh_token="old-refresh", expires_at=NOW)


def test_the_recorded_refresh_becomes_these_tokens() -> None:
    (reply,) = taped(f"{SAMPLES}/xero-python/test_token_api_refresh_token.yaml")
    with speaking(always(reply)) as address:
        tokens = consent(address).refresh(OLD)
    assert (tokens.access_token, tokens.refresh_token) == ("xero-access-token", "xero-refresh-token")
    assert tokens.expires_at == NOW + timedelta(seconds=1800)


@pytest.mark.parametrize("name", ["xero-node/tokenSet.json", "xero-node/refreshedTokenSet.json"])
def test_tokens_that_do_not_say_how_long_they_live_are_kept_for_xeros_half_hour(name: str) -> None:
    with speaking(always(body_of(f"{SAMPLES}/{name}"))) as address:
        tokens = consent(address).refresh(OLD)
    assert (tokens.access_token, tokens.refresh_token) == ("eyJxxx.yyy.zzz", "xxxyyyyzzz")
    assert tokens.expires_at == NOW + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "xeroizer/connections.json",
            ["7f5fabdd-9565-416a-9b62-d53d852bb2a3", "b4aca7b2-6fab-4ee7-a969-477f9128f636"],
        ),
        ("xero-node/connectionsResponse.json", ["1234", "1234"]),
        ("xero-python/test_get_connections.yaml", ["a46fcb6f-2773-40c4-a119-8aa08bca1e8e"]),
    ],
)
def test_recorded_connections_open_these_tenants(name: str, expected: list[str]) -> None:
    path = f"{SAMPLES}/{name}"
    reply = taped(path)[0] if Path(name).suffix == ".yaml" else body_of(path)
    with speaking(always(reply)) as address:
        found = consent(address).connections("token")
    assert [one.tenant_id for one in found] == expected
