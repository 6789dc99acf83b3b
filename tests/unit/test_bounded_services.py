"""Whichever service answers without end: it is asked once, and read no further than the limit."""

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from torrents import TorrentServer, on_the_way

from connectors.bounds import DOCUMENT_BYTES, TOKEN_BYTES
from connectors.ledger import BadData, ChargeLine, KnownCredits, Ledger, LedgerError, NewCharge
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.discovery import Discovery
from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.quickbooks.ledger import QuickBooksLedger
from connectors.quickbooks.oauth import QuickBooksApp, QuickBooksOAuth
from connectors.transport import CallMeter
from connectors.xero.client import XeroClient
from connectors.xero.endpoints import XeroEndpoints
from connectors.xero.ledger import XeroLedger
from connectors.xero.oauth import XeroApp, XeroOAuth
from state.clock import ManualClock
from state.model import ContactId, InvoiceId, TokenSet

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOCK = ManualClock(NOW)
TOKENS = TokenSet(access_token="access", refresh_token="refresh", expires_at=NOW)
ON_THE_WAY = on_the_way()
TORRENTS = ("endless", "chunked", "announced", "bomb")


class HeldTokens:
    def access_token(self) -> str:
        return "token"

    def after_rejection(self, rejected: str) -> str:
        return rejected


def xero(url: str) -> XeroClient:
    return XeroClient(url, "tenant", HeldTokens(), CLOCK, CallMeter())


def quickbooks(url: str) -> QuickBooksClient:
    places = QuickBooksEndpoints(authorize=url, token=url, revoke=url, api=url)
    return QuickBooksClient(places, "1", HeldTokens(), CLOCK, CallMeter())


def xero_oauth(url: str) -> XeroOAuth:
    places = XeroEndpoints(authorize=url, token=url, revoke=url, connections=url, api=url)
    return XeroOAuth(XeroApp(client_id="app", client_secret="s"), places, CLOCK)


def intuit_oauth(url: str) -> QuickBooksOAuth:
    places = QuickBooksEndpoints(authorize=url, token=url, revoke=url, api=url)
    return QuickBooksOAuth(QuickBooksApp("app", "s"), places, CLOCK)


Ask = Callable[[str], object]
BOOKS: dict[str, Ask] = {
    "Xero's answer to invoices": lambda url: xero(url).read("invoices", bytes, page=1),
    "Xero's answer to note": lambda url: xero(url).call("note", invoice_id="1", history_records={}),
    "QuickBooks' answer to query": lambda url: quickbooks(url).query("select * from Invoice", bytes),
    "QuickBooks' answer to attachable": lambda url: quickbooks(url).create_attachable({}, "id"),
    "QuickBooks' answer to invoice/pdf": lambda url: quickbooks(url).invoice_pdf("1"),
}
CONSENT: dict[str, Ask] = {
    "Xero's answer to the token request": lambda url: xero_oauth(url).refresh(TOKENS),
    "Xero's answer to the connections": lambda url: xero_oauth(url).connections("access"),
    "Xero's answer to the disconnection": lambda url: xero_oauth(url).end_connection("access", "1"),
    "Xero's answer to the revocation": lambda url: xero_oauth(url).revoke(TOKENS),
    "the answer of Intuit's token service": lambda url: intuit_oauth(url).refresh(TOKENS),
}


@pytest.mark.parametrize("torrent", TORRENTS)
@pytest.mark.parametrize("whose", BOOKS)
def test_an_answer_about_the_books_is_read_up_to_64_megabytes_and_not_asked_for_again(whose, torrent) -> None:
    with TorrentServer(torrent) as server:
        with pytest.raises(BadData, match=f"^{whose} is larger than 64 MB"):
            BOOKS[whose](server.url)

        assert server.calls == 1
        assert server.sent < DOCUMENT_BYTES + ON_THE_WAY


@pytest.mark.parametrize("torrent", TORRENTS)
@pytest.mark.parametrize("whose", CONSENT)
def test_an_answer_about_tokens_is_read_up_to_a_megabyte_and_not_asked_for_again(whose, torrent) -> None:
    with TorrentServer(torrent) as server:
        with pytest.raises(BadData, match=f"^{whose} is larger than 1 MB"):
            CONSENT[whose](server.url)

        assert server.calls == 1
        assert server.sent < TOKEN_BYTES + ON_THE_WAY


@pytest.mark.parametrize("status", [302, 401, 429, 500])
@pytest.mark.parametrize("whose", ["Xero's answer to invoices", "QuickBooks' answer to query"])
def test_a_refusal_is_read_no_further_than_a_success(whose, status) -> None:
    with TorrentServer("endless", status, Location="/elsewhere") as server:
        with pytest.raises(LedgerError):
            BOOKS[whose](server.url)

        assert server.sent < DOCUMENT_BYTES + ON_THE_WAY


@pytest.mark.parametrize("whose", CONSENT)
def test_a_redirect_is_read_no_further_than_an_answer(whose) -> None:
    with TorrentServer("endless", 302, Location="/elsewhere") as server:
        with pytest.raises(BadData):
            CONSENT[whose](server.url)

        assert server.sent < TOKEN_BYTES + ON_THE_WAY


def test_a_discovery_document_without_end_is_as_good_as_none(tmp_path: Path) -> None:
    with TorrentServer("endless") as server:
        assert Discovery(server.url, tmp_path / "kept.json", CLOCK).current() is None
        assert server.sent < TOKEN_BYTES + ON_THE_WAY


def xero_ledger(url: str) -> XeroLedger:
    return XeroLedger(XeroEndpoints(api=url), "tenant", HeldTokens(), CLOCK, CallMeter())


def quickbooks_ledger(url: str) -> QuickBooksLedger:
    places = QuickBooksEndpoints(authorize=url, token=url, revoke=url, api=url)
    return QuickBooksLedger(places, "1", HeldTokens(), CLOCK, CallMeter())


CHARGE = NewCharge(
    mark="[mark]",
    key="key",
    contact_id=ContactId("1"),
    currency="USD",
    day=date(2026, 3, 2),
    lines=(ChargeLine("Interest", 1),),
    account="1",
)
QUESTIONS: dict[str, Callable[[Ledger], object]] = {
    "organisation": lambda ledger: ledger.organisation(),
    "changes": lambda ledger: list(ledger.changes(ledger.streams[0].name, None)),
    "open_invoices": lambda ledger: list(ledger.open_invoices()),
    "read_invoices": lambda ledger: ledger.read_invoices([InvoiceId("1")]),
    "read_contacts": lambda ledger: ledger.read_contacts([ContactId("1")]),
    "open_credits": lambda ledger: ledger.open_credits(KnownCredits()),
    "notes": lambda ledger: ledger.notes(InvoiceId("1")),
    "write_note": lambda ledger: ledger.write_note(InvoiceId("1"), "text", "key"),
    "raise_charge": lambda ledger: ledger.raise_charge(CHARGE),
}


@pytest.fixture(autouse=True)
def nothing_left_to_collect() -> Iterator[None]:
    """What other tests have left must not be cleared away at the bottom of a recursion, where nothing can be called."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("status", [200, 400, 401, 403, 503])
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("ledger", [xero_ledger, quickbooks_ledger])
def test_an_answer_of_bottomless_depth_is_an_error_in_words(ledger, question, status) -> None:
    with TorrentServer("deep", status) as server, pytest.raises(LedgerError):
        QUESTIONS[question](ledger(server.url))


@pytest.mark.parametrize("status", [200, 400, 401, 403, 503])
@pytest.mark.parametrize("whose", [*list(CONSENT)[:2], *list(CONSENT)[4:]])
def test_an_answer_of_bottomless_depth_about_tokens_is_an_error_in_words(whose, status) -> None:
    with TorrentServer("deep", status) as server, pytest.raises(LedgerError):
        CONSENT[whose](server.url)


def test_a_discovery_document_of_bottomless_depth_is_as_good_as_none(tmp_path: Path) -> None:
    with TorrentServer("deep") as server:
        assert Discovery(server.url, tmp_path / "kept.json", CLOCK).current() is None
