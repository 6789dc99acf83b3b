"""Access tokens for mailboxes and mail servers that take no passwords: Microsoft 365 and Google Workspace.

Neither grant rotates anything, so nothing has to be kept: a token lives in memory until its time is up or a server
refuses it. Sources: Microsoft, "Authenticate an IMAP, POP or SMTP connection using OAuth" (client credentials flow);
Google, "Using OAuth 2.0 for web server applications" (refreshing) and "XOAUTH2 mechanism".
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from requests import RequestException
from urllib3.exceptions import HTTPError

from connectors.bounds import ShortAnswer, ask_briefly, understood
from connectors.ledger import LedgerError
from connectors.loopback import is_this_machine
from connectors.tokens import access_life
from connectors.transport import USER_AGENT, how_it_failed
from connectors.unreadable import NOT_JSON
from state.clock import Clock

MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
MICROSOFT_LOGIN = "https://login.microsoftonline.com"
GOOGLE_TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_USUAL_LIFE = timedelta(hours=1)
_MARGIN = timedelta(minutes=2)  # a token about to expire would die on its way
_TIMEOUT_SECONDS = (5.0, 20.0)
_GRANT_AT_FAULT = frozenset({400, 401, 403, 404})  # the grant or the address is wrong, and will be so next time


class NoToken(Exception):
    """There is no access token. `str()` says what to do, and quotes no secret."""


class TokenRefused(NoToken):
    """The service does not accept the app or its grant: a person must look."""


class TokenUnreachable(NoToken):
    """The service did not answer, or not with a token: later it may."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What is traded for an access token, and where."""

    url: str
    form: dict[str, str] = field(repr=False)

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if address.scheme != "https" and not is_this_machine(address.hostname or ""):
            raise ValueError("secrets would travel unencrypted; the token address must begin with https://")


def microsoft_grant(directory: str, client_id: str, client_secret: str, url: str = "") -> Grant:
    """Of an app with IMAP.AccessAsApp and SMTP.SendAsApp in `directory` (the tenant's id or domain)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
        "scope": MICROSOFT_SCOPE,
    }
    return Grant(url or f"{MICROSOFT_LOGIN}/{directory}/oauth2/v2.0/token", form)


def google_grant(client_id: str, client_secret: str, refresh_token: str, url: str = "") -> Grant:
    """Of a person who once agreed to the scope https://mail.google.com/; the refresh token stays the same."""
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
    }
    return Grant(url or GOOGLE_TOKEN, form)


class MailTokens(Protocol):
    """What a mail server's client sees."""

    def access_token(self) -> str:
        """A token that should be accepted now. Raises NoToken."""
        ...

    def rejected(self, token: str) -> None:
        """A server has refused this one; the next call of `access_token` gets another."""
        ...


class GrantedTokens:
    """Tokens for one grant, each used until shortly before its end. Belongs to one thread."""

    def __init__(self, grant: Grant, clock: Clock) -> None:
        self._grant = grant
        self._clock = clock
        self._token = ""
        self._ends_at = clock.now()

    def access_token(self) -> str:
        if not self._token or self._ends_at - _MARGIN <= self._clock.now():
            answer = _trade(self._grant)
            self._token = answer.access_token
            self._ends_at = self._clock.now() + access_life(answer.expires_in, _USUAL_LIFE)
        return self._token

    def rejected(self, token: str) -> None:
        if token == self._token:
            self._token = ""


class _Answer(Struct):
    access_token: str
    expires_in: object = None


class _Complaint(Struct):
    error: str = ""


def _trade(grant: Grant) -> _Answer:
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
    try:
        answer = ask_briefly(
            "POST", grant.url, "the token service's answer", _TIMEOUT_SECONDS, data=grant.form, headers=headers
        )
    except (RequestException, HTTPError) as error:
        raise TokenUnreachable(f"the service that issues mail tokens did not answer: {how_it_failed(error)}") from None
    except LedgerError as error:  # too large, or without end
        raise TokenUnreachable(f"the service that issues mail tokens is not understood: {error}") from None
    if answer.status != 200:
        raise _refusal(answer)
    return _token_in(answer)


def _token_in(answer: ShortAnswer) -> _Answer:
    try:
        told = understood(msgspec.json.Decoder(_Answer).decode, answer.body, "the token service's answer")
    except (*NOT_JSON, msgspec.MsgspecError, LedgerError):
        raise TokenUnreachable("the service that issues mail tokens gave an answer without a token") from None
    if not told.access_token or not told.access_token.isascii() or not told.access_token.isprintable():
        raise TokenUnreachable("the service that issues mail tokens gave an answer without a usable token")
    return told


def _refusal(answer: ShortAnswer) -> NoToken:
    """Of the answer only the OAuth error code is repeated: descriptions name accounts."""
    code = _error_code(answer.body)
    if answer.status in _GRANT_AT_FAULT:
        return TokenRefused(
            f"no mail token is issued ({code or answer.status}); check client id, secret, directory or refresh token,"
            " and whether consent was withdrawn"
        )
    return TokenUnreachable(f"the service that issues mail tokens answered {answer.status}; it may work later")


def _error_code(body: bytes) -> str:
    try:
        code = msgspec.json.decode(body, type=_Complaint).error
    except (*NOT_JSON, msgspec.MsgspecError):
        return ""
    return code if code.replace("_", "").isalnum() and code.isascii() and len(code) < 60 else ""
