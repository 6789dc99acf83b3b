"""How a connection to QuickBooks begins, lives and ends: consent, tokens, refresh, revocation.

intuitlib's AuthClient is not used: it calls a discovery document at construction, has no timeout anywhere and keeps
tokens in mutable attributes, where a rotated refresh token gets lost. Only its name for the scope is taken. Which
company was chosen is told in the callback alone (`realmId`), never by the token endpoint.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
import requests
from intuitlib.enums import Scopes
from msgspec import Meta, Struct
from urllib3.exceptions import HTTPError

from connectors.bounds import ShortAnswer, ask_briefly
from connectors.ledger import BadData, Forbidden, LedgerError, Outage, Reauthorise, Refused, RetryLater
from connectors.quickbooks.endpoints import QuickBooksEndpoints
from connectors.tokens import access_life, text_or_none
from connectors.transport import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    USER_AGENT,
    how_it_failed,
    with_retries,
)
from connectors.unreadable import NOT_JSON
from state.clock import Clock
from state.model import TokenSet

SCOPE: str = Scopes.ACCOUNTING.value
_NO_SUCH_CODE = "Intuit does not accept its own answer: the code was used already, or is older than five minutes"
_NO_LONGER_ACCEPTED = "Intuit no longer accepts this consent"
_LOST_ON_ITS_WAY = (
    "an answer of Intuit's with new tokens was lost on its way, and the earlier ones are not accepted any more"
)
_IDLE_LIFETIME = timedelta(days=100)  # answers usually say 101
_LONGEST_LIFE = 50 * 365 * 86_400  # seconds; what claims to live longer says nothing
_ACCESS_LIFETIME = timedelta(hours=1)
_HARD_EXPIRY = {"x-include-refresh-token-hard-expires-in": "true"}  # else the five-year limit stays invisible


class QuickBooksApp(Struct, frozen=True):
    """The operator's own app at Intuit. `redirect_uri` must be registered there, letter by letter."""

    client_id: str
    client_secret: str
    redirect_uri: str = ""  # only a consent needs one

    def __repr__(self) -> str:
        return f"QuickBooksApp(client_id={self.client_id!r})"


class _Tokens(Struct):
    access_token: Annotated[str, Meta(min_length=1)]
    expires_in: object = None
    refresh_token: object = None
    x_refresh_token_expires_in: object = None
    x_refresh_token_hard_expires_in: object = None


class QuickBooksOAuth:
    """Intuit's OAuth 2.0 for one app. Nothing is stored here. Everything raised is a LedgerError, free of secrets."""

    def __init__(
        self,
        app: QuickBooksApp,
        endpoints: QuickBooksEndpoints,
        clock: Clock,
        *,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
    ) -> None:
        self._app = app
        self._endpoints = endpoints
        self._clock = clock
        self._timeout = timeout

    def authorization_url(self, state: str) -> str:
        """Where the person gives consent. `state` is the caller's secret for this journey."""
        parameters = {
            "client_id": self._app.client_id,
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": self._app.redirect_uri,
            "state": state,
        }
        return f"{self._endpoints.authorize}?{urlencode(parameters)}"

    def exchange(self, code: str) -> TokenSet:
        """The first tokens of a connection, once per code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._app.redirect_uri}
        return self._tokens(form, previous=None, dead=_NO_SUCH_CODE)

    def refresh(self, tokens: TokenSet) -> TokenSet:
        """New tokens. Store them before use: the refresh token may have been rotated, and the old one dies.

        Repeated after an outage: Intuit gives the same value back for about a day, and lets a rotated one live on for
        as long, so that a lost answer is no lost connection.
        """
        if tokens.refresh_token is None:
            raise Reauthorise("this connection has no refresh token")
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        lost = False

        def ask() -> TokenSet:
            nonlocal lost
            try:
                return self._tokens(form, previous=tokens, dead=_LOST_ON_ITS_WAY if lost else _NO_LONGER_ACCEPTED)
            except Outage:
                lost = True
                raise

        return with_retries(ask, self._clock)

    def revoke(self, tokens: TokenSet) -> None:
        """End the connection at Intuit. A token that is already dead counts as revoked."""
        answer = self._post(self._endpoints.revoke, json={"token": tokens.refresh_token or tokens.access_token})
        if answer.status not in {200, 400}:
            raise _refusal(answer, _NO_LONGER_ACCEPTED)

    def _tokens(self, form: Mapping[str, str], previous: TokenSet | None, dead: str) -> TokenSet:
        """`dead` is what to say if Intuit refuses the grant itself."""
        asked_at = self._clock.now()
        told = self._post(self._endpoints.token, data=dict(form), headers=_HARD_EXPIRY)
        if told.status != 200:
            raise _refusal(told, dead)
        answer = _decoded(told.body)
        hard = _life(answer.x_refresh_token_hard_expires_in)
        return TokenSet(
            access_token=answer.access_token,
            refresh_token=text_or_none(answer.refresh_token) or (previous.refresh_token if previous else None),
            expires_at=asked_at + access_life(answer.expires_in, _ACCESS_LIFETIME),
            refresh_expires_at=asked_at
            + min(_life(answer.x_refresh_token_expires_in) or _IDLE_LIFETIME, _IDLE_LIFETIME),
            consent_expires_at=asked_at + hard if hard else (previous.consent_expires_at if previous else None),
            scope=SCOPE,
        )

    def _post(self, url: str, headers: Mapping[str, str] | None = None, **body: Any) -> ShortAnswer:
        try:
            return ask_briefly(
                "POST",
                url,
                "the answer of Intuit's token service",
                self._timeout,
                auth=(self._app.client_id, self._app.client_secret),
                headers={"Accept": "application/json", "User-Agent": USER_AGENT, **(headers or {})},
                **body,
            )
        except (requests.RequestException, HTTPError) as error:
            raise Outage(f"no usable answer from Intuit's token service: {how_it_failed(error)}") from None


def _decoded(body: bytes) -> _Tokens:
    try:
        return msgspec.json.decode(body, type=_Tokens)
    except (msgspec.ValidationError, RecursionError):
        raise BadData("Intuit's token service claims success, but its answer holds no tokens") from None
    except NOT_JSON:
        raise Outage("the answer of Intuit's token service is not JSON, or ends too early") from None


def _life(told: object) -> timedelta | None:
    """What an answer says in seconds; None if it says nothing that can be meant."""
    if isinstance(told, bool) or not isinstance(told, int) or not 0 < told <= _LONGEST_LIFE:
        return None
    return timedelta(seconds=told)


def _refusal(answer: ShortAnswer, dead: str) -> LedgerError:
    status, error = answer.status, _error_code(answer.body)
    if status == 429:
        return RetryLater("Intuit's token service asks for a pause", after=timedelta(seconds=60), limit="minute")
    if status >= 500 or (not error and status not in {400, 401}):
        return Outage(f"Intuit's token service failed (HTTP {status})")
    if error == "invalid_grant":
        return Reauthorise(dead)
    if error == "invalid_client" or status == 401:
        return Forbidden("Intuit does not accept the app's id and secret; check client_id and client_secret")
    return Refused(f"Intuit's token service refused the request (HTTP {status})")


def _error_code(body: bytes) -> str:
    try:
        answer = msgspec.json.decode(body)
    except NOT_JSON:
        return ""
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, str) else ""
