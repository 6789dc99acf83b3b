"""Twilio's REST API over `requests`: one attempt per call, and certainty about what became of it.

Twilio keeps no idempotency keys for messages and calls, so a second attempt could be a second text: there is none.
Answers to a POST decide by `twilio_faults`; a GET that fails is NoAnswer and harms nobody. Source: Twilio, "Twilio API
requests", api.twilio.com/2010-04-01, HTTP basic authentication by account SID and auth token, or by API key.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import msgspec
import requests
from msgspec import Struct
from urllib3.exceptions import HTTPError

from connectors.bounds import TOKEN_BYTES, ShortAnswer, read_within
from connectors.channels.channel import NotSent, Unsure
from connectors.channels.dialling import DiallingSession
from connectors.channels.twilio_faults import verdict
from connectors.channels.twilio_host import HOST
from connectors.ledger import LedgerError
from connectors.transport import CONNECT_TIMEOUT_SECONDS, USER_AGENT, how_it_failed
from connectors.unreadable import NOT_JSON

_VERSION = "2010-04-01"
_READ_TIMEOUT_SECONDS = 20.0
_CREATED = 201
_FINE = 200
_NOT_THERE = 404


class NoAnswer(Exception):
    """This could not be learnt from Twilio; asking again later is safe. `str()` says why."""


class Silent(NoAnswer):
    """Nothing can be learnt from Twilio just now, whatever is asked: no line, no entry, too many questions."""


class TwilioAccount(Struct, frozen=True):
    """Whose account, and how to get in: `user` is the account's SID with the auth token, or an API key with its secret.

    `host` is a base URL, of a region or a sandbox too, such as https://api.dublin.ie1.twilio.com.
    """

    sid: str
    user: str
    secret: str
    host: str = HOST

    def __repr__(self) -> str:
        return f"TwilioAccount(host={self.host!r})"


class _Created(Struct):
    sid: str


class TwilioRest:
    """Calls of one account. `timeouts` are those of connecting and of each wait for bytes, in seconds."""

    def __init__(
        self,
        account: TwilioAccount,
        timeouts: tuple[float, float] = (CONNECT_TIMEOUT_SECONDS, _READ_TIMEOUT_SECONDS),
    ) -> None:
        for name in (account.sid, account.user, account.secret):
            if not name.isascii() or not name.isalnum():
                raise ValueError("a Twilio SID, token or key is empty or has characters that none of them has")
        if urlsplit(account.host).scheme not in {"http", "https"} or not urlsplit(account.host).hostname:
            raise ValueError(f"the Twilio host must be a base URL such as {HOST}")
        self._account = account
        self._timeouts = timeouts
        self._base = f"{account.host.rstrip('/')}/{_VERSION}/Accounts/{account.sid}"

    def create(self, resource: str, form: Mapping[str, str]) -> str:
        """POST one message or call; its SID. Raises NotSent, RefusedMessage or Unsure; never tries again."""
        try:
            answer = self._ask("POST", f"{self._base}/{resource}.json", data=dict(form))
        except (requests.RequestException, HTTPError, LedgerError) as error:
            raise Unsure(f"Twilio did not answer ({type(error).__name__}); the message may have left") from None
        if answer.status != _CREATED:
            raise verdict(answer.status, answer.body)
        try:
            return msgspec.json.decode(answer.body, type=_Created).sid
        except NOT_JSON:
            raise Unsure("Twilio answered 201 without the message's SID; the message may have left") from None

    def fetch(self, resource: str, sid: str) -> bytes:
        """GET one message or call as JSON. Raises NoAnswer."""
        return self._read(f"{self._base}/{resource}/{quote(sid, safe='')}.json")

    def page(self, resource: str, wanted: Mapping[str, str]) -> bytes:
        """GET the first page of a list as JSON. Raises NoAnswer."""
        return self._read(f"{self._base}/{resource}.json", wanted)

    def next_page(self, path: str) -> bytes:
        """GET what `next_page_uri` names: a path on this very host, whatever else it may say. Raises NoAnswer."""
        own = f"/{_VERSION}/Accounts/{self._account.sid}/"
        if not path.startswith(own) or ".." in urlsplit(path).path:
            raise NoAnswer("Twilio named a next page that is not this account's")
        return self._read(f"{self._account.host.rstrip('/')}{path}")

    def check(self) -> None:
        """Ask, without sending anything, whether the account lets us in; NotSent says why not."""
        try:
            self._read(f"{self._base}.json")
        except NoAnswer as error:
            raise NotSent(str(error)) from None

    def _read(self, url: str, wanted: Mapping[str, str] | None = None) -> bytes:
        try:
            answer = self._ask("GET", url, params=dict(wanted or {}))
        except NotSent as error:
            raise Silent(f"Twilio was not asked: {error}") from None
        except (requests.RequestException, HTTPError) as error:
            raise Silent(f"Twilio did not answer: {how_it_failed(error)}") from None
        except LedgerError as error:
            raise NoAnswer(str(error)) from None
        if answer.status == _NOT_THERE:
            raise NoAnswer(f"Twilio knows nothing of this ({answer.status}); check [phone] host and account_sid")
        if answer.status != _FINE:
            raise Silent(str(verdict(answer.status, answer.body)).replace("the message", "the question"))
        return answer.body

    def _ask(self, method: str, url: str, **request: dict[str, str]) -> ShortAnswer:
        with (
            DiallingSession() as session,
            session.request(
                method,
                url,
                auth=(self._account.user, self._account.secret),
                headers={"Accept": "application/json", "User-Agent": USER_AGENT},
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
                **request,  # type: ignore[arg-type]  # data or params
            ) as response,
        ):
            return ShortAnswer(
                response.status_code, response.headers, read_within(response.raw, TOKEN_BYTES, "Twilio's answer")
            )
