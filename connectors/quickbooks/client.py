"""One company's QuickBooks over HTTP: python-quickbooks builds the requests, everything that can go wrong is ours.

Left alone the SDK has no timeouts, hides headers, parses floats, keeps an old bearer and turns most failures into one
class. So it gets a session of ours and its `make_request` is replaced: raw bytes come back, or a `LedgerError`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
import requests
from msgspec import Struct
from quickbooks.client import QuickBooks
from urllib3.exceptions import HTTPError

from connectors.bounds import DOCUMENT_BYTES, REFUSAL_BYTES, UnledSession, read_within, understood
from connectors.budget import CallBudget
from connectors.ledger import LedgerError, Outage, RetryLater
from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.quickbooks.faults import classify, read_fault
from connectors.quickbooks.query import Entity, instant
from connectors.quickbooks.throttle import ThrottleBreaker
from connectors.tokens import TokenSource
from connectors.transport import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    USER_AGENT,
    CallMeter,
    with_retries,
)
from state.budgets import Budgets, Lane
from state.clock import Clock

MINOR_VERSION = 75
CALLS_PER_SECOND = 8  # Intuit allows 10 per company and second,
CALLS_PER_MINUTE = 400  # 500 per company and minute,
BATCHES_PER_MINUTE = 30  # and 40 batches, 120 over all apps
BATCH_ITEMS = 30
Answer = TypeVar("Answer")

JSON, PDF = "application/json", "application/pdf"
_AMOUNTS = msgspec.json.Encoder(decimal_format="number")


class QuickBooksClient:
    """Calls for one company. Reads are repeated after outages and throttles, writes never.

    Reads take the function that decodes their answer and return what it makes of it; they raise `LedgerError`.
    """

    def __init__(
        self,
        endpoints: QuickBooksEndpoints,
        realm: str,
        tokens: TokenSource,
        clock: Clock,
        meter: CallMeter,
        *,
        timeouts: tuple[float, float] = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
    ) -> None:
        self._sdk = _RequestBuilder(company_id=realm, minorversion=MINOR_VERSION, send=self._exchange)
        self._sdk.api_url_v3 = endpoints.api
        self._session = UnledSession()
        self._environment = self._session.merge_environment_settings(endpoints.api, {}, True, None, None)
        self._session.trust_env = False  # asked once instead of per call; and no .netrc replaces our token
        self._tokens = tokens
        self._clock = clock
        self._meter = meter
        self._timeouts = timeouts
        self._budget = meter.budget or CallBudget(
            Budgets.in_memory(), clock, owner=f"quickbooks:{realm}", app="quickbooks-app:"
        )
        self._breaker = ThrottleBreaker(self._budget.budgets.marks, self._budget.app, clock)

    def close(self) -> None:
        self._session.close()

    def query(self, statement: str, decode: Callable[[bytes], Answer]) -> Answer:
        return self._read(lambda: self._sdk.query(statement), decode)

    def changed(self, entities: Sequence[Entity], since: datetime, decode: Callable[[bytes], Answer]) -> Answer:
        """The change feed. It cannot page: what is beyond its cap is simply not there."""
        return self._read(lambda: self._sdk.change_data_capture(",".join(entities), instant(since)), decode)

    def batch(self, statements: Mapping[str, str], decode: Callable[[bytes], Answer]) -> Answer:
        """Up to 30 queries in one call, by item id. Each item of the answer may hold a fault of its own."""
        items = [{"bId": item, "Query": statement} for item, statement in statements.items()]
        body = json.dumps({"BatchItemRequest": items})
        return self._read(lambda: self._sdk.batch_operation(body), decode)

    def one(self, entity: Entity, identifier: str, decode: Callable[[bytes], Answer]) -> Answer:
        """One document at its own address, which does not lag behind the books as queries do. NotFound: it is gone."""
        return self._read(lambda: self._sdk.get_single_object(entity, _segment(identifier)), decode)

    def invoice_with_link(self, invoice_id: str, decode: Callable[[bytes], Answer]) -> Answer:
        wanted = {"include": "invoiceLink"}
        return self._read(lambda: self._sdk.get_single_object("Invoice", _segment(invoice_id), wanted), decode)

    def invoice_pdf(self, invoice_id: str) -> bytes:
        url = f"{self._sdk.api_url}/company/{self._sdk.company_id}/invoice/{_segment(invoice_id)}/pdf"
        params = {"minorversion": MINOR_VERSION}
        return self._read(lambda: self._exchange("GET", url, params=params, accept=PDF), bytes)

    def create_attachable(self, attachable: Mapping[str, object], request_id: str) -> bytes:
        """A write: one attempt. The same `request_id` replays the first answer instead of writing again."""
        answer: bytes = self._sdk.create_object("Attachable", json.dumps(attachable), request_id=request_id)
        return answer

    def create(self, entity: Entity, document: Mapping[str, object], request_id: str) -> bytes:
        """As `create_attachable`, of a document with amounts, which are `Decimal` and travel as JSON numbers."""
        body = _AMOUNTS.encode(document).decode()
        answer: bytes = self._sdk.create_object(entity, body, request_id=request_id)
        return answer

    def create_invoice(self, invoice: str, request_id: str) -> bytes:
        """A write, as `create_attachable`; `invoice` is JSON."""
        answer: bytes = self._sdk.create_object("Invoice", invoice, request_id=request_id)
        return answer

    def _read(self, call: Callable[[], bytes], decode: Callable[[bytes], Answer]) -> Answer:
        """Decoding is part of the attempt: an answer that turns out to be cut off is asked for again."""
        return with_retries(lambda: understood(decode, call(), "QuickBooks' answer"), self._clock)

    def _exchange(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, object],
        body: bytes = b"",
        content_type: str = JSON,
        accept: str = JSON,
    ) -> bytes:
        request = requests.Request(
            method,
            url,
            params=dict(params),
            data=body,
            headers={"Accept": accept, "Content-Type": content_type, "User-Agent": USER_AGENT},
        )
        token = self._tokens.access_token()
        answer = self._send(request, token)
        if answer.status == 401:
            answer = self._send(request, self._tokens.after_rejection(token))
        error = _failure(answer, accept)
        if isinstance(error, RetryLater):
            self._budget.refused(error)
            raise self._breaker.throttled(error) if _is_metered(request) else error
        if not isinstance(error, Outage) and _is_metered(request):
            self._breaker.answered()
        if error is not None:
            raise error
        return answer.body

    def _send(self, request: requests.Request, token: str) -> "_Answer":
        operation, metered = _operation(request), _is_metered(request)
        if metered:
            self._breaker.check()
        self._budget.admit(self._meter.purpose, _lanes(self._budget.owner, operation), metered=metered)
        self._meter.count(operation)
        request.headers["Authorization"] = f"Bearer {token}"
        prepared = self._session.prepare_request(request)
        try:
            response = self._session.send(prepared, timeout=self._timeouts, allow_redirects=False, **self._environment)
            body = read_within(response.raw, DOCUMENT_BYTES, f"QuickBooks' answer to {operation}")
            return _Answer(response.status_code, response.headers, body)
        except (requests.RequestException, HTTPError) as error:
            raise Outage(f"no usable answer from QuickBooks: {type(error).__name__}") from None


class _RequestBuilder(QuickBooks):  # type: ignore[misc]  # the SDK has no types
    """The SDK reduced to what it is good at: addresses, parameters and bodies."""

    def __init__(self, *, company_id: str, minorversion: int, send: Callable[..., bytes]) -> None:
        self.company_id = company_id
        self.minorversion = minorversion
        self._send = send

    def make_request(
        self,
        request_type: str,
        url: str,
        request_body: str | Mapping[str, object] | None = None,
        content_type: str = JSON,
        params: Mapping[str, object] | None = None,
        request_id: str | None = None,
        **_unused: Any,
    ) -> bytes:
        wanted = {**(params or {}), "minorversion": self.minorversion}
        if request_id:
            wanted["requestid"] = request_id
        body = request_body.encode() if isinstance(request_body, str) else b""
        return self._send(request_type, url, params=wanted, body=body, content_type=content_type)


class _Answer(Struct):
    status: int
    headers: Mapping[str, str]
    body: bytes


def _failure(answer: _Answer, accept: str) -> LedgerError | None:
    """What went wrong with an answer, or None. Faults are looked for before the status is believed."""
    body = answer.body
    if 200 <= answer.status < 300 and _looks_right(body, accept):
        fault = read_fault(body) if accept == JSON and _may_hold_fault(body) else None
        if fault is None:  # the word may have stood deeper: in an item of a batch, which is judged by itself
            return None
    else:
        fault = read_fault(body) if len(body) < REFUSAL_BYTES else None
    tid = answer.headers.get("Intuit-Tid") or answer.headers.get("intuit_tid")
    return classify(answer.status, fault, tid=tid, pause=_pause(answer))


def _looks_right(body: bytes, accept: str) -> bool:
    return body.startswith(b"%PDF") if accept == PDF else _is_whole_object(body)


def _is_whole_object(body: bytes) -> bool:
    """Cheap sign that JSON arrived and was not cut off; decoding proves it later."""
    return body.startswith(b"{") and body.rstrip().endswith(b"}")


def _may_hold_fault(body: bytes) -> bool:
    """Only small answers are searched: whoever delivers rows by the hundred has not failed."""
    return len(body) < REFUSAL_BYTES and (b'"Fault"' in body or b'"fault"' in body)


def _pause(answer: _Answer) -> timedelta | None:
    """Retry-After in seconds, if it is there: QuickBooks is not known to send it, proxies may."""
    seconds = answer.headers.get("Retry-After", "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() and len(seconds) < 7 else None


def _segment(identifier: str) -> str:
    """An id as one segment of a path, whatever is in it."""
    return quote(identifier, safe="")


def _operation(request: requests.Request) -> str:
    """The part of the address after the company, ids left out: query, cdc, batch, invoice, invoice/pdf, attachable."""
    path = request.url.split("/company/", 1)[-1].split("/")[1:]
    return "/".join(part for part in path if not part.isdecimal())


def _is_metered(request: requests.Request) -> bool:
    """Reads count against the month, and a batch or a query is one however it is sent; writes are free."""
    return request.method == "GET" or _operation(request) in {"query", "batch"}


def _lanes(owner: str, operation: str) -> tuple[Lane, ...]:
    usual = (
        Lane(owner, CALLS_PER_SECOND, timedelta(seconds=1)),
        Lane(owner, CALLS_PER_MINUTE, timedelta(minutes=1)),
    )
    if operation != "batch":
        return usual
    return (*usual, Lane(f"{owner}/batch", BATCHES_PER_MINUTE, timedelta(minutes=1)))
