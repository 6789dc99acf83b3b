"""Consent, tokens and connections, by plain HTTP.

The SDK is not used here: it cannot refresh a token that was obtained with PKCE, refreshes several times at once, and
stumbles over members of an answer that it does not know. All three kinds of registered app work: public ones (PKCE),
whose proof is the verifier alone; those with a secret; and custom connections, which have no consent page and no
refresh token, but ask for a new token whenever the old one has expired.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Annotated, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import requests
from msgspec import Meta, Struct
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import HTTPError

from connectors.bounds import ask_briefly
from connectors.ledger import BadData, Forbidden, LedgerError, NotConnected, NotFound, Outage, Reauthorise
from connectors.tokens import access_life, text_or_none
from connectors.transport import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    USER_AGENT,
    how_it_failed,
    with_retries,
)
from connectors.unreadable import NOT_JSON
from connectors.xero.answers import Answer, classify
from connectors.xero.endpoints import XeroEndpoints
from state.clock import Clock
from state.model import TokenSet
from state.plain_text import bounded

_REFRESHING = "offline_access"  # without it there is no refresh token
READING = (
    _REFRESHING,
    "accounting.invoices.read",
    "accounting.payments.read",
    "accounting.contacts.read",
    "accounting.settings.read",
)
NOTES = "accounting.invoices"  # the right to write; there is no narrower one
READING_AND_NOTES = tuple(NOTES if scope == f"{NOTES}.read" else scope for scope in READING)

_REFRESH_LIFETIME = timedelta(days=60)
_ACCESS_LIFETIME = timedelta(minutes=30)
_DEAD_GRANT = "invalid_grant"
_NO_SUCH_CODE = "Xero does not accept its own answer: the code was used already, or is older than five minutes"
_NO_LONGER_HONOURED = "Xero no longer honours this authorisation"
_MISCONFIGURED = {
    "invalid_client": "check client_id and client_secret",
    "unauthorized_client": "the app may not use this kind of authorisation; check its type and its scopes",
    "invalid_scope": "the app may not ask for these scopes",
    "invalid_request": "check the redirect address",
}

Shape = TypeVar("Shape")
Authenticate = Callable[[requests.PreparedRequest], requests.PreparedRequest]


class XeroApp(Struct, frozen=True, kw_only=True):
    """The app as it is registered with Xero. Without a secret it is a public client, which must use PKCE."""

    client_id: str
    client_secret: str | None = None
    redirect_uri: str = ""  # only a consent needs one
    scopes: tuple[str, ...] = READING_AND_NOTES
    custom_connection: bool = False  # belongs to one organisation, which granted it inside Xero

    def __repr__(self) -> str:
        return f"XeroApp(client_id={self.client_id!r})"


class Pkce(Struct, frozen=True):
    """The secret of one authorisation (`verifier`) and what may be shown of it (`challenge`)."""

    verifier: str
    challenge: str

    @classmethod
    def create(cls) -> "Pkce":
        verifier = secrets.token_urlsafe(64)
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        return cls(verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"))

    def __repr__(self) -> str:
        return "Pkce()"


class Connection(Struct, frozen=True, kw_only=True):
    """One organisation that the user has connected with the app. `tenant_id` is what the ledger is opened with."""

    id: str
    tenant_id: str
    tenant_type: str
    tenant_name: str | None = None  # Xero did not always tell it


class _Tokens(Struct, kw_only=True):
    access_token: Annotated[str, Meta(min_length=1)]
    expires_in: object = None
    refresh_token: object = None
    scope: object = None


class _Claims(Struct):
    """The part of an access token that says which consent it stems from."""

    authentication_event_id: str | None = None


class _WireConnection(Struct, kw_only=True, rename="camel"):
    id: str
    tenant_id: str
    tenant_type: str
    tenant_name: str | None = None


class XeroOAuth:
    """The OAuth 2.0 journey of one app. Everything raised is a LedgerError, free of codes and tokens."""

    def __init__(
        self,
        app: XeroApp,
        endpoints: XeroEndpoints,
        clock: Clock,
        *,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
    ) -> None:
        self._app = app
        self._endpoints = endpoints
        self._clock = clock
        self._timeout = timeout

    def authorization_url(self, state: str, pkce: Pkce | None = None) -> str:
        """Where the user grants access. `pkce` is required for an app without a secret and welcome for others."""
        parameters = {
            "response_type": "code",
            "client_id": self._app.client_id,
            "redirect_uri": self._app.redirect_uri,
            "scope": " ".join(self._app.scopes),
            "state": state,
        }
        if pkce is not None:
            parameters |= {"code_challenge": pkce.challenge, "code_challenge_method": "S256"}
        return f"{self._endpoints.authorize}?{urlencode(parameters)}"

    def exchange(self, code: str, pkce: Pkce | None = None) -> TokenSet:
        """The first tokens for an authorisation code (single use, five minutes). Never sent twice."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._app.redirect_uri}
        if pkce is not None:
            form["code_verifier"] = pkce.verifier
        return self._tokens(form, dead=_NO_SUCH_CODE)

    def custom_tokens(self) -> TokenSet:
        """Tokens of a custom connection, which belong to its one organisation. They live for half an hour."""
        scopes = [scope for scope in self._app.scopes if scope != _REFRESHING]
        form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        return with_retries(lambda: self._tokens(form), self._clock)

    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Newer tokens; the refresh token is replaced as well. Reauthorise if Xero no longer honours the old one.

        Repeated after an outage: Xero accepts the previous refresh token for 30 minutes, so that a lost answer is no
        lost connection. A custom connection has none and asks anew.
        """
        if self._app.custom_connection:
            return self.custom_tokens()
        if tokens.refresh_token is None:
            raise Reauthorise("this connection has no refresh token")
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        return with_retries(lambda: self._tokens(form, previous=tokens), self._clock)

    def refresh_for(self, tenant_id: str) -> Callable[[TokenSet], TokenSet]:
        """`refresh` for one organisation; NotConnected if the newer token of a custom connection opens another.

        That token alone may say whose books answer, whatever a call asks for, and it can be granted anew inside Xero.
        """

        def refresh(tokens: TokenSet) -> TokenSet:
            newer = self.refresh(tokens)
            if self._app.custom_connection and not self._opens(newer, tenant_id):
                raise NotConnected("this custom connection now belongs to another organisation, or to none")
            return newer

        return refresh

    def revoke(self, tokens: TokenSet) -> None:
        """Give the grant back: all connections this user has made with the app end."""
        self._post(self._endpoints.revoke, {"token": tokens.refresh_token or tokens.access_token}, "revocation")

    def missing_scopes(self, tokens: TokenSet) -> tuple[str, ...]:
        """What was asked for and not granted."""
        renewable = tokens.refresh_token is not None or self._app.custom_connection
        return lacking(self._app.scopes, f"{tokens.scope} {_REFRESHING}" if renewable else tokens.scope)

    def connections(self, access_token: str, *, of_this_consent: bool = False) -> tuple[Connection, ...]:
        """The organisations this user has connected with the app: all, or those of the consent behind the token."""
        event = _consent_behind(access_token) if of_this_consent else None
        asked = f"?{urlencode({'authEventId': event})}" if event else ""
        return with_retries(lambda: self._connections(access_token, asked), self._clock)

    def end_connection(self, access_token: str, connection_id: str) -> None:
        """Disconnect one organisation from the app and leave the user's others alone. One that is gone is fine."""
        address = f"{self._endpoints.connections}/{quote(connection_id, safe='')}"
        answer = self._send("disconnection", "DELETE", address, _bearer(access_token), None)
        error = classify(answer, "disconnection")
        if error is not None and not isinstance(error, NotFound):
            raise error

    def _opens(self, tokens: TokenSet, tenant_id: str) -> bool:
        return any(known.tenant_id.lower() == tenant_id.lower() for known in self.connections(tokens.access_token))

    def _connections(self, access_token: str, asked: str) -> tuple[Connection, ...]:
        answer = self._send("connections", "GET", self._endpoints.connections + asked, _bearer(access_token), None)
        error = classify(answer, "connections")
        if error is not None:
            raise error
        wire = _decoded(answer, list[_WireConnection], "list of connections")
        return tuple(
            Connection(
                id=one.id,
                tenant_id=one.tenant_id,
                tenant_type=one.tenant_type,
                tenant_name=one.tenant_name and bounded(one.tenant_name),
            )
            for one in wire
        )

    def _tokens(
        self, form: dict[str, str], *, previous: TokenSet | None = None, dead: str = _NO_LONGER_HONOURED
    ) -> TokenSet:
        """What the answer leaves unsaid stays as it was or was asked; `dead` is what to say of a refused grant."""
        asked_at = self._clock.now()
        answer = self._post(self._endpoints.token, form, "token request", dead)
        wire = _decoded(answer, _Tokens, "set of tokens")
        renewed = text_or_none(wire.refresh_token) or (previous.refresh_token if previous else None)
        asked = previous.scope if previous else " ".join(self._app.scopes)
        return TokenSet(
            access_token=wire.access_token,
            refresh_token=renewed,
            expires_at=asked_at + access_life(wire.expires_in, _ACCESS_LIFETIME),
            refresh_expires_at=None if renewed is None else asked_at + _REFRESH_LIFETIME,
            scope=text_or_none(wire.scope) or asked,
        )

    def _post(self, url: str, form: dict[str, str], operation: str, dead: str = _NO_LONGER_HONOURED) -> Answer:
        secret = self._app.client_secret
        if secret is None:
            form = {**form, "client_id": self._app.client_id}
        authenticate = _unchanged if secret is None else HTTPBasicAuth(self._app.client_id, secret)
        answer = self._send(operation, "POST", url, authenticate, form)
        error = _grant_error(answer, dead) or classify(answer, operation)
        if error is not None:
            raise error
        return answer

    def _send(
        self, operation: str, method: str, url: str, authenticate: Authenticate, form: dict[str, str] | None
    ) -> Answer:
        try:
            answer = ask_briefly(
                method,
                url,
                f"Xero's answer to the {operation}",
                self._timeout,
                data=form,
                auth=authenticate,
                headers={"Accept": "application/json", "User-Agent": USER_AGENT},
            )
        except (requests.RequestException, HTTPError) as error:  # its text can hold the form
            raise Outage(f"no usable answer from Xero to the {operation}: {how_it_failed(error)}") from None
        return Answer.of(answer.status, answer.headers, answer.body)


def lacking(wanted: Iterable[str], scope: str) -> tuple[str, ...]:
    """Those of the `wanted` scopes that `scope`, as a token answer lists them, does not hold.

    A right to write includes that to read.
    """
    granted = set(scope.split())
    granted |= {f"{right}.read" for right in granted}
    return tuple(right for right in wanted if right not in granted)


def _grant_error(answer: Answer, dead: str) -> LedgerError | None:
    """The error that a refused token request names (RFC 6749, section 5.2); None if it names none."""
    if answer.status not in (400, 401):
        return None
    try:
        word = msgspec.json.decode(answer.body, type=dict[str, object]).get("error")
    except NOT_JSON:
        return None
    if word == _DEAD_GRANT:
        return Reauthorise(dead)
    if isinstance(word, str) and word in _MISCONFIGURED:
        return Forbidden(f"Xero refuses this app ({word}): {_MISCONFIGURED[word]}")
    return None


def _decoded(answer: Answer, shape: type[Shape], what: str) -> Shape:
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.ValidationError, RecursionError):
        raise BadData(f"Xero's answer claims success but is no {what}") from None
    except NOT_JSON:
        raise Outage("Xero's answer is not JSON, or ends too early") from None


def _consent_behind(access_token: str) -> str | None:
    """The id of the consent in an access token (a JWT, which only its issuer has to verify); None if it has none."""
    _, _, rest = access_token.partition(".")
    claims = rest.partition(".")[0]
    try:
        decoded = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
        return msgspec.json.decode(decoded, type=_Claims).authentication_event_id
    except (ValueError, *NOT_JSON):
        return None


def _bearer(access_token: str) -> Authenticate:
    """An authentication of our own, because without one `requests` may take another from a netrc file."""

    def authenticate(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {access_token}"
        return request

    return authenticate


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
