"""Calls to Xero's Accounting API: the SDK builds them, Dun owns everything that can go wrong.

Left to itself the SDK waits without limit, sleeps for hours on a 429, repeats a PUT whose answer was lost, refreshes
tokens on its own, rejects a whole page for one odd record and reads refusals to their end, however far that is. So its
retries are off, every call has a timeout and a token of ours, and bodies are read raw and within a limit.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import urllib3
from urllib3.exceptions import HTTPError
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.rest import RESTClientObject

from connectors.bounds import DOCUMENT_BYTES, read_within, understood
from connectors.budget import CallBudget
from connectors.ledger import Outage, RetryLater
from connectors.tokens import TokenSource
from connectors.transport import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    USER_AGENT,
    CallMeter,
    with_retries,
)
from connectors.xero.answers import Answer, classify, token_refused
from state.budgets import Budgets, Lane
from state.clock import Clock

Meant = TypeVar("Meant")

TIMEOUT = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)  # seconds to connect, seconds between two bytes
_MINUTE = timedelta(minutes=1)
_CALLS_A_MINUTE = 55  # Xero allows 60; the rest is for whatever else uses this connection
_APP_CALLS_A_MINUTE = 9_000  # Xero allows an app 10,000 over all its organisations

_METHODS = {
    "invoices": "get_invoices",
    "contacts": "get_contacts",
    "credit_notes": "get_credit_notes",
    "overpayments": "get_overpayments",
    "prepayments": "get_prepayments",
    "organisation": "get_organisations",
    "reminder_settings": "get_invoice_reminders",
    "history": "get_invoice_history",
    "note": "create_invoice_history",
    "charge": "create_invoices",
    "online_invoice": "get_online_invoice",
    "pdf": "get_invoice_as_pdf",
    "credit_note": "create_credit_notes",
    "allocation": "create_credit_note_allocation",
}


class XeroClient:
    """One organisation's Accounting API. Everything raised is a LedgerError. Not thread-safe."""

    def __init__(
        self,
        api: str,
        tenant_id: str,
        tokens: TokenSource,
        clock: Clock,
        meter: CallMeter,
        *,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self._tenant_id = tenant_id
        self._tokens = tokens
        self._clock = clock
        self._meter = meter
        self._timeout = timeout
        self._budget = meter.budget or CallBudget(
            Budgets.in_memory(), clock, owner=f"xero:{tenant_id}", app="xero-app:"
        )
        self._lanes = (
            Lane(self._budget.owner, _CALLS_A_MINUTE, _MINUTE),
            Lane(self._budget.app, _APP_CALLS_A_MINUTE, _MINUTE),
        )
        self._token = ""
        self._api = AccountingApi(_sdk_client(lambda: self._token), base_url=api.rstrip("/"))

    def read(self, operation: str, decode: Callable[[bytes], Meant], **arguments: object) -> Meant:
        """Ask, decode, and ask again after a throttle or an outage. For calls that change nothing."""
        whose = _whose(operation)
        return with_retries(lambda: understood(decode, self.call(operation, **arguments), whose), self._clock)

    def call(self, operation: str, **arguments: object) -> bytes:
        """Ask once; a second time only if the access token was refused, for then nothing has been done yet."""
        token = self._tokens.access_token()
        answer = self._exchange(operation, token, arguments)
        if token_refused(answer):
            answer = self._exchange(operation, self._tokens.after_rejection(token), arguments)
        error = classify(answer, operation)
        if isinstance(error, RetryLater):
            self._budget.refused(error)
        if error is not None:
            raise error
        return answer.body

    def close(self) -> None:
        """Hang up now: `clear` of the pools would leave that to the garbage collector."""
        pools = self._api.api_client.rest_client.pool_manager.pools
        for key in pools.keys():  # noqa: SIM118 - it cannot be iterated over
            pools[key].close()

    def _exchange(self, operation: str, token: str, arguments: dict[str, object]) -> Answer:
        at = self._budget.admit(self._meter.purpose, self._lanes)
        self._meter.count(operation)
        self._token = token
        with self._budget.place():
            answer = self._send(operation, arguments)
        self._budget.told(
            at,
            day=answer.number("x-daylimit-remaining"),
            minute=answer.number("x-minlimit-remaining"),
            app_minute=answer.number("x-appminlimit-remaining"),
        )
        return answer

    def _send(self, operation: str, arguments: dict[str, object]) -> Answer:
        method = getattr(self._api, _METHODS[operation])
        try:
            response = method(self._tenant_id, **arguments, _preload_content=False, _request_timeout=self._timeout)
            body = read_within(response, DOCUMENT_BYTES, _whose(operation))
        except HTTPError as error:
            cause = getattr(error, "reason", None) or error
            raise Outage(f"no usable answer from Xero to {operation}: {type(cause).__name__}") from None
        if response.get_redirect_location():
            raise Outage(f"no usable answer from Xero to {operation}: it points elsewhere ({response.status})")
        return Answer.of(response.status, response.headers, body)


def _whose(operation: str) -> str:
    return f"Xero's answer to {operation}"


class _Lines(RESTClientObject):  # type: ignore[misc]  # the SDK has no types
    """The SDK's connections. A refusal is an answer like any other, and its body is still to be read."""

    def request(
        self,
        method: str,
        url: str,
        query_params: Any = None,
        headers: Any = None,
        body: Any = None,
        _request_timeout: tuple[float, float] = TIMEOUT,
        **_unused: Any,
    ) -> urllib3.BaseHTTPResponse:
        connect, read = _request_timeout
        headers = {"Content-Type": "application/json", **headers}
        answer: urllib3.BaseHTTPResponse = self.pool_manager.request(
            method,
            url,
            fields=query_params,
            body=None if body is None else json.dumps(body),
            headers=headers,
            timeout=urllib3.Timeout(connect=connect, read=read),
            redirect=False,
            preload_content=False,
        )
        return answer


def _sdk_client(token: Callable[[], str]) -> Any:
    """The SDK's transport without retries, redirects and token handling."""
    configuration = Configuration()  # a copy of a process-wide default: the token holder must be our own
    configuration.oauth2_token = OAuth2Token()
    client = ApiClient(
        configuration,
        oauth2_token_getter=lambda: {
            "access_token": token(),
            "scope": [],
            "expires_in": None,  # without an expiry the SDK never refreshes
            "token_type": "Bearer",
        },
    )
    client.rest_client = _Lines(configuration)
    client.rest_client.pool_manager.connection_pool_kw["retries"] = urllib3.Retry(
        total=0, redirect=0, respect_retry_after_header=False
    )
    client.set_default_header("Accept-Encoding", "gzip")
    client.user_agent = USER_AGENT
    return client
