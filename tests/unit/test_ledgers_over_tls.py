"""Somebody on the network path who answers in a ledger's name, with a certificate of his own, is told nothing."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from self_signed import Certificate, self_signed

from connectors.ledger import LedgerError
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.discovery import Discovery
from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.quickbooks.oauth import QuickBooksApp, QuickBooksOAuth
from connectors.transport import CallMeter
from connectors.xero.client import XeroClient
from connectors.xero.endpoints import XeroEndpoints
from connectors.xero.oauth import XeroApp, XeroOAuth
from state.clock import ManualClock
from state.model import TokenSet

CLOCK = ManualClock(datetime(2026, 3, 12, 9, 30, tzinfo=UTC))
HELD = TokenSet(access_token="access-1", refresh_token="refresh-1", expires_at=CLOCK.now())
WAITS = (1.0, 1.0)


class Tokens:
    def access_token(self) -> str:
        return HELD.access_token

    def after_rejection(self, rejected: str) -> str:
        raise AssertionError(f"{rejected} was refused by somebody who should not have seen it")


class Impostor(ThreadingHTTPServer):
    """Writes down who asked for what, after the handshake."""

    def __init__(self, certificate: Certificate) -> None:
        super().__init__(("127.0.0.1", 0), _Ear)
        self.heard: list[str] = []
        self.socket = certificate.server_context().wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A handshake that the other side broke off is what the tests want."""


class _Ear(BaseHTTPRequestHandler):
    server: Impostor

    def hear(self) -> None:
        self.server.heard.append(f"{self.command} {self.path}")
        self.send_response(400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = hear  # noqa: N815 - the names are http.server's

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def impostor(certificate: Certificate) -> Iterator[Impostor]:
    with Impostor(certificate) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def xero_call(url: str) -> None:
    XeroClient(f"{url}/api.xro/2.0", "company", Tokens(), CLOCK, CallMeter(), timeout=WAITS).call("invoices", page=1)


def xero_refresh(url: str) -> None:
    endpoints = XeroEndpoints(authorize=url, token=f"{url}/token", revoke=url, connections=url, api=url)
    XeroOAuth(XeroApp(client_id="app", client_secret="hush"), endpoints, CLOCK, timeout=WAITS).refresh(HELD)


def quickbooks_call(url: str) -> None:
    client = QuickBooksClient(quickbooks(url), "9130350000001", Tokens(), CLOCK, CallMeter(), timeouts=WAITS)
    client.query("SELECT * FROM Invoice", bytes)


def quickbooks_refresh(url: str) -> None:
    QuickBooksOAuth(QuickBooksApp("app", "hush"), quickbooks(url), CLOCK, timeout=WAITS).refresh(HELD)


def quickbooks(url: str) -> QuickBooksEndpoints:
    return QuickBooksEndpoints(authorize=url, token=f"{url}/token", revoke=url, api=f"{url}/v3")


CALLS = [xero_call, xero_refresh, quickbooks_call, quickbooks_refresh]


@pytest.mark.parametrize("call", CALLS)
def test_a_ledger_that_cannot_prove_its_name_is_told_nothing(call: Callable[[str], None], impostor: Impostor) -> None:
    with pytest.raises(LedgerError, match=r"SSL|certificate"):
        call(impostor.url)

    assert impostor.heard == []


def test_a_signpost_that_cannot_prove_its_name_is_not_believed(impostor: Impostor, tmp_path: Path) -> None:
    assert Discovery(f"{impostor.url}/document", tmp_path / "kept", CLOCK, timeout=WAITS).current() is None
    assert impostor.heard == []


@pytest.mark.parametrize("call", CALLS[1:])  # the SDK of Xero takes its list of authorities from nobody
def test_the_same_server_is_spoken_to_where_it_is_trusted(
    call: Callable[[str], None], impostor: Impostor, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.file))

    with pytest.raises(LedgerError):
        call(impostor.url)

    assert impostor.heard != []
