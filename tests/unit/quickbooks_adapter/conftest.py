"""A small server that says what a test tells it to, and payloads in QuickBooks' wire format."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.quickbooks.ledger import QuickBooksLedger
from connectors.transport import CallMeter
from state.clock import ManualClock

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TIME = "2026-03-02T04:00:00.512-08:00"
REALM = "9130350000001"


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: str

    @property
    def queries(self) -> list[str]:
        """Every statement in it: the body of a query, or the items of a batch."""
        if self.path.endswith("/query"):
            return [self.body]
        return [item["Query"] for item in json.loads(self.body)["BatchItemRequest"]]


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None  # promise the whole body, send this many bytes, hang up
    stall: threading.Event | None = None  # wait for this before a byte is sent


def as_json(payload: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(payload).encode(), {"Content-Type": "application/json"})


class ScriptedServer:
    """Answers from `script` in order; when it is used up, from `otherwise`."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.script: list[Answer] = []
        self.otherwise: Callable[[Seen], Answer] | None = None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def endpoints(self) -> QuickBooksEndpoints:
        return QuickBooksEndpoints(
            authorize=f"{self.address}/consent",
            token=f"{self.address}/token",
            revoke=f"{self.address}/revoke",
            api=f"{self.address}/v3",
        )

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def next_answer(self, request: Seen) -> Answer:
        self.seen.append(request)
        if self.script:
            return self.script.pop(0)
        return self.otherwise(request) if self.otherwise else Answer(599, b"the script is used up")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet per answer

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                url = urlsplit(self.path)
                params = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
                answer = server.next_answer(Seen(self.command, url.path, params, dict(self.headers), body))
                if answer.stall:
                    answer.stall.wait(10)
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):  # a test that hung up first
                    self.wfile.write(answer.body[: answer.cut_after])
                    self.wfile.flush()
                if answer.cut_after is not None:
                    self.close_connection = True

            do_POST = do_GET  # noqa: N815 - the name is http.server's

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        return Handler


class HeldTokens:
    """A token source that hands out 'first' and, after a rejection, 'second'."""

    def __init__(self) -> None:
        self.token = "first"
        self.rejected: list[str] = []

    def access_token(self) -> str:
        return self.token

    def after_rejection(self, rejected: str) -> str:
        self.rejected.append(rejected)
        self.token = "second"
        return self.token


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def tokens() -> HeldTokens:
    return HeldTokens()


@pytest.fixture
def meter() -> CallMeter:
    return CallMeter()


@pytest.fixture
def ledger(server: ScriptedServer, clock: ManualClock, tokens: HeldTokens, meter: CallMeter) -> QuickBooksLedger:
    return QuickBooksLedger(server.endpoints, REALM, tokens, clock, meter)


class Wire:
    """Payloads as QuickBooks writes them. Keyword arguments replace fields; None removes one."""

    time = TIME
    answer = Answer
    json = staticmethod(as_json)

    def record(self, identifier: str, changes: dict[str, Any], **fields: Any) -> dict[str, Any]:
        whole = {
            "domain": "QBO",
            "sparse": False,
            "Id": identifier,
            "SyncToken": "0",
            "MetaData": {
                "CreateTime": "2026-01-15T09:30:00-08:00",
                "LastUpdatedTime": "2026-01-15T09:30:00-08:00",
            },
            **fields,
            **changes,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def invoice(self, identifier: str = "130", **changes: Any) -> dict[str, Any]:
        return self.record(
            identifier,
            changes,
            DocNumber=f"INV-{identifier}",
            TxnDate="2026-01-15",
            DueDate="2026-02-14",
            CurrencyRef={"value": "USD", "name": "United States Dollar"},
            CustomerRef={"value": "7", "name": "Harbour Kiosk"},
            LinkedTxn=[],
            Line=[{"Id": "1", "LineNum": 1, "Amount": 362.07, "DetailType": "SalesItemLineDetail"}],
            TotalAmt=362.07,
            Balance=239.00,
            EmailStatus="NotSet",
        )

    def payment(self, identifier: str = "210", **changes: Any) -> dict[str, Any]:
        return self.record(
            identifier,
            changes,
            TxnDate="2026-02-20",
            CurrencyRef={"value": "USD"},
            CustomerRef={"value": "7"},
            TotalAmt=123.07,
            UnappliedAmt=0,
            Line=[self.line("123.07", Invoice="130")],
        )

    def line(self, amount: str, **links: str) -> dict[str, Any]:
        linked = [{"TxnId": identifier, "TxnType": kind} for kind, identifier in links.items()]
        return {"Amount": float(amount), "LinkedTxn": linked}

    def credit_memo(self, identifier: str = "310", **changes: Any) -> dict[str, Any]:
        return self.record(
            identifier,
            changes,
            DocNumber=f"CM-{identifier}",
            TxnDate="2026-02-01",
            CurrencyRef={"value": "USD"},
            CustomerRef={"value": "7"},
            TotalAmt=100.00,
            RemainingCredit=40.00,
            Balance=40.00,
        )

    def customer(self, identifier: str = "7", **changes: Any) -> dict[str, Any]:
        return self.record(
            identifier,
            changes,
            DisplayName="Harbour Kiosk",
            FullyQualifiedName="Harbour Kiosk",
            GivenName="Rosa",
            Active=True,
            Job=False,
            PrimaryEmailAddr={"Address": "rosa@harbour.example"},
            BillAddr={"Id": "8", "City": "Bayview", "Country": "USA"},
        )

    def tombstone(self, identifier: str) -> dict[str, Any]:
        stamp = {"LastUpdatedTime": "2026-03-01T08:00:00-08:00"}
        return {"domain": "QBO", "status": "Deleted", "Id": identifier, "MetaData": stamp}

    def rows(self, **entities: list[Any]) -> dict[str, Any]:
        count = max((len(rows) for rows in entities.values()), default=0)
        return {**entities, "startPosition": 1, "maxResults": count} if count else {}

    def query(self, **entities: list[Any]) -> dict[str, Any]:
        return {"QueryResponse": self.rows(**entities), "time": TIME}

    def changes(self, **entities: list[Any]) -> dict[str, Any]:
        parts = [self.rows(**{entity: rows}) for entity, rows in entities.items()] or [{}]
        return {"CDCResponse": [{"QueryResponse": parts}], "time": TIME}

    def batch(self, *items: dict[str, Any]) -> dict[str, Any]:
        """Items are QueryResponse contents, or {'Fault': …}; they are numbered as Dun numbers its questions."""
        answers = [item if "Fault" in item else {"QueryResponse": item} for item in items]
        return {
            "BatchItemResponse": [{**answer, "bId": f"q{number}"} for number, answer in enumerate(answers)],
            "time": TIME,
        }

    def fault(self, code: str, detail: str = "", kind: str = "ValidationFault") -> dict[str, Any]:
        error = {"Message": "Something", "Detail": detail, "code": code, "element": ""}
        return {"Fault": {"Error": [error], "type": kind}, "time": TIME}

    def company(self, *, several_currencies: bool = False) -> dict[str, Any]:
        info = self.record("1", {}, CompanyName="Bayview Supplies", Country="US")
        prefs = {"MultiCurrencyEnabled": several_currencies, "HomeCurrency": {"value": "USD"}}
        return self.batch(
            self.rows(CompanyInfo=[info]), self.rows(Preferences=[self.record("1", {}, CurrencyPrefs=prefs)])
        )


@pytest.fixture
def wire() -> Wire:
    return Wire()
