"""A Xero that says exactly what a test tells it to say, over real HTTP, and remembers what it was asked."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.transport import CallMeter
from connectors.xero.client import XeroClient
from connectors.xero.endpoints import XeroEndpoints
from connectors.xero.ledger import XeroLedger
from connectors.xero.oauth import XeroApp, XeroOAuth
from state.clock import ManualClock

TENANT = "5d0f6cbb-0000-4000-8000-00000000c0de"
NOW = datetime(2026, 4, 24, 12, 5, tzinfo=UTC)
Json = dict[str, Any]


def wire_date(moment: datetime, *, offset: str = "+0000") -> str:
    return f"/Date({int(moment.timestamp() * 1000)}{offset})/"


def wire(document: object) -> bytes:
    """Pretty-printed, CRLF, slashes escaped: as Xero writes."""
    return json.dumps(document, indent=2).replace("/", "\\/").replace("\n", "\r\n").encode()


def guid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json; charset=utf-8"})
    fault: str | None = None  # drop: no answer at all; hang: never; truncate: less than announced


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class ScriptedXero:
    """Gives its replies in the order they were added; `always` or `answers_by` speak when none is left."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.replies: list[Reply] = []
        self.fallback: Callable[[Seen], Reply] | None = None
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def endpoints(self) -> XeroEndpoints:
        return XeroEndpoints(
            authorize=f"{self.url}/authorize",
            token=f"{self.url}/token",
            revoke=f"{self.url}/revoke",
            connections=f"{self.url}/connections",
            api=f"{self.url}/api.xro/2.0",
        )

    def says(self, document: object, **headers: str) -> "ScriptedXero":
        return self.replies_with(Reply(wire(document), headers={"Content-Type": "application/json", **headers}))

    def replies_with(self, *replies: Reply) -> "ScriptedXero":
        self.replies += replies
        return self

    def always(self, reply: Reply) -> None:
        self.fallback = lambda _: reply

    def answers_by(self, reply_to: Callable[[Seen], Reply]) -> None:
        self.fallback = reply_to

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply_to(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        if self.replies:
            return self.replies.pop(0)
        return self.fallback(seen) if self.fallback else Reply(b"nothing scripted", status=599)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one packet

            def answer(self) -> None:
                address = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(address.query).items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.give(script.reply_to(Seen(self.command, address.path, query, headers, body)))

            def give(self, reply: Reply) -> None:
                if reply.fault == "hang":
                    script.released.wait(20)
                if reply.fault in ("drop", "hang"):
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                missing = 10 if reply.fault == "truncate" else 0
                self.send_header("Content-Length", str(len(reply.body) + missing))
                self.end_headers()
                self.wfile.write(reply.body)
                self.close_connection = bool(missing)

            do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *args: object) -> None:
                """Quiet."""

        return Handler


class Tokens:
    """A token source that hands out numbered tokens and counts rejections."""

    def __init__(self) -> None:
        self.number = 1
        self.rejected: list[str] = []

    def access_token(self) -> str:
        return f"token-{self.number}"

    def after_rejection(self, rejected: str) -> str:
        self.rejected.append(rejected)
        self.number += 1
        return self.access_token()


class Documents:
    """Documents as Xero writes them, with every key it sends, and the answers that hold them."""

    guid = staticmethod(guid)
    wire = staticmethod(wire)
    date = staticmethod(wire_date)
    reply = Reply
    tenant = TENANT
    now = NOW

    def answer(self, key: str, rows: list[Any], *, at: datetime = NOW, **pagination: int) -> Json:
        paging = {"page": 1, "pageSize": 1000, "pageCount": 1, "itemCount": len(rows)} | pagination
        return {
            "Id": guid(1),
            "Status": "OK",
            "ProviderName": "A provider",
            "DateTimeUTC": wire_date(at, offset=""),
            "pagination": paging,
            key: rows,
        }

    def invoice(self, number: int = 1, **changed: Any) -> Json:
        row = {
            "Type": "ACCREC",
            "InvoiceID": guid(number),
            "InvoiceNumber": f"INV-{number:04d}",
            "Reference": "",
            "Payments": [
                {
                    "PaymentID": guid(900 + number),
                    "Date": wire_date(datetime(2026, 3, 2, tzinfo=UTC)),
                    "Amount": 8.25,
                    "CurrencyRate": 1.0,
                    "HasAccount": False,
                    "HasValidationErrors": False,
                }
            ],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "AmountDue": 100.0,
            "AmountPaid": 8.25,
            "AmountCredited": 0.0,
            "CurrencyRate": 1.0,
            "HasErrors": False,
            "IsDiscounted": False,
            "HasAttachments": False,
            "Contact": {"ContactID": guid(500 + number), "Name": "A customer", "Addresses": [], "Phones": []},
            "DateString": "2026-02-16T00:00:00",
            "Date": wire_date(datetime(2026, 2, 16, tzinfo=UTC)),
            "DueDateString": "2026-03-01T00:00:00",
            "DueDate": wire_date(datetime(2026, 3, 1, tzinfo=UTC)),
            "Status": "AUTHORISED",
            "LineAmountTypes": "Exclusive",
            "LineItems": [{"Description": "Work", "UnitAmount": 108.25, "Quantity": 1.0, "Tracking": []}],
            "SubTotal": 108.25,
            "TotalTax": 0.0,
            "Total": 108.25,
            "UpdatedDateUTC": wire_date(NOW.replace(minute=0, second=number % 60, microsecond=663000)),
            "CurrencyCode": "NZD",
        }
        return _changed(row, changed)

    def contact(self, number: int = 1, **changed: Any) -> Json:
        row = {
            "ContactID": guid(500 + number),
            "ContactStatus": "ACTIVE",
            "Name": "A customer",
            "FirstName": "Ada",
            "EmailAddress": "accounts@customer.example",
            "Addresses": [
                {"AddressType": "STREET", "City": "", "Country": "New Zealand"},
                {"AddressType": "POBOX", "City": "", "Country": ""},
            ],
            "Phones": [],
            "UpdatedDateUTC": wire_date(NOW.replace(minute=0, second=number % 60)),
            "ContactGroups": [],
            "IsSupplier": False,
            "IsCustomer": True,
            "ContactPersons": [
                {"FirstName": "Bo", "EmailAddress": "bo@customer.example", "IncludeInEmails": True},
                {"FirstName": "Cy", "EmailAddress": "cy@customer.example", "IncludeInEmails": False},
            ],
            "HasAttachments": False,
            "HasValidationErrors": False,
        }
        return _changed(row, changed)

    def credit_note(self, number: int = 1, **changed: Any) -> Json:
        row = {
            "CreditNoteID": guid(number),
            "CreditNoteNumber": f"CN-{number:04d}",
            "ID": guid(number),
            **self._credit("ACCRECCREDIT", number),
        }
        return _changed(row, changed)

    def overpayment(self, number: int = 1, **changed: Any) -> Json:
        row = {"OverpaymentID": guid(number), "ID": guid(number), **self._credit("RECEIVE-OVERPAYMENT", number)}
        return _changed(row, changed)

    def prepayment(self, number: int = 1, **changed: Any) -> Json:
        row = {"PrepaymentID": guid(number), "ID": guid(number), **self._credit("RECEIVE-PREPAYMENT", number)}
        return _changed(row, changed)

    def organisation(self, **changed: Any) -> Json:
        row = {
            "Name": "A firm",
            "BaseCurrency": "NZD",
            "CountryCode": "NZ",
            "IsDemoCompany": False,
            "Timezone": "NEWZEALANDSTANDARDTIME",
            "ShortCode": "!aBcDe",
            "OrganisationID": TENANT,
        }
        return {"Status": "OK", "Organisations": [_changed(row, changed)]}

    def _credit(self, kind: str, number: int) -> Json:
        return {
            "Type": kind,
            "RemainingCredit": 32.5,
            "Allocations": [],
            "HasAttachments": False,
            "Contact": {"ContactID": guid(500 + number), "Name": "A customer"},
            "Date": wire_date(datetime(2026, 3, 5, tzinfo=UTC)),
            "Status": "AUTHORISED",
            "LineItems": [],
            "Total": 34.5,
            "UpdatedDateUTC": wire_date(NOW.replace(minute=0, second=number % 60)),
            "CurrencyCode": "NZD",
        }


def _changed(row: Json, changed: Json) -> Json:
    """`row` with members replaced; `...` takes one away."""
    return {key: value for key, value in (row | changed).items() if value is not ...}


@pytest.fixture
def documents() -> Documents:
    return Documents()


@pytest.fixture
def xero() -> Iterator[ScriptedXero]:
    script = ScriptedXero()
    yield script
    script.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def meter() -> CallMeter:
    return CallMeter()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def client(xero: ScriptedXero, tokens: Tokens, clock: ManualClock, meter: CallMeter) -> XeroClient:
    return XeroClient(xero.endpoints.api, TENANT, tokens, clock, meter, timeout=(1, 0.2))


@pytest.fixture
def ledger(xero: ScriptedXero, tokens: Tokens, clock: ManualClock, meter: CallMeter) -> XeroLedger:
    return XeroLedger(xero.endpoints, TENANT, tokens, clock, meter, timeout=(2, 5))


@pytest.fixture
def oauth(xero: ScriptedXero, clock: ManualClock) -> Callable[..., XeroOAuth]:
    def build(**app: Any) -> XeroOAuth:
        registered = XeroApp(**({"client_id": "app", "redirect_uri": "http://localhost:9/callback"} | app))
        return XeroOAuth(registered, xero.endpoints, clock, timeout=(1, 0.2))

    return build


@pytest.fixture
def gzipped() -> Callable[[bytes], Reply]:
    return lambda body: Reply(
        gzip.compress(body), headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )
