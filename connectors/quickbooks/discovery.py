"""Where Intuit's consent and token services are, as its discovery document says, without ever depending on it.

Asked for while a person connects a company, and kept for a week; what a running daemon uses is the kept answer or the
built-in one. A document that is late, odd, or points to less safe an address than its own is as good as none.
"""

import contextlib
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import requests
from msgspec import Struct
from urllib3.exceptions import HTTPError

from connectors.bounds import ask_briefly
from connectors.ledger import LedgerError
from connectors.transport import CONNECT_TIMEOUT_SECONDS, USER_AGENT
from connectors.unreadable import NOT_JSON
from state.clock import Clock

PRODUCTION = "https://developer.intuit.com/.well-known/openid_configuration/"
DEVELOPMENT = "https://developer.intuit.com/.well-known/openid_sandbox_configuration/"
LIFETIME = timedelta(days=7)
_READ_TIMEOUT_SECONDS = 5  # a person is waiting, and there is another answer


class Discovered(Struct, frozen=True, kw_only=True):
    """The addresses Dun needs of the document."""

    authorize: str = msgspec.field(name="authorization_endpoint")
    token: str = msgspec.field(name="token_endpoint")
    revoke: str = msgspec.field(name="revocation_endpoint")


class _Kept(Struct, frozen=True):
    source: str
    fetched_at: datetime
    document: Discovered


class Discovery:
    """The document at `source`, kept in the file `kept_in`."""

    def __init__(
        self,
        source: str,
        kept_in: Path,
        clock: Clock,
        *,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT_SECONDS, _READ_TIMEOUT_SECONDS),
    ) -> None:
        self._source = source
        self._kept_in = kept_in
        self._clock = clock
        self._timeout = timeout

    def known(self) -> Discovered | None:
        """What was kept, however old; None if nothing was. Calls nobody."""
        kept = self._read()
        return kept.document if kept else None

    def current(self) -> Discovered | None:
        """What was kept within the last week, else what Intuit says now, else what was kept earlier."""
        kept, now = self._read(), self._clock.now()
        if kept and timedelta(0) <= now - kept.fetched_at < LIFETIME:
            return kept.document
        found = self._ask()
        if found is None:
            return kept.document if kept else None
        self._keep(_Kept(self._source, now, found))
        return found

    def _read(self) -> _Kept | None:
        try:
            kept = msgspec.json.decode(self._kept_in.read_bytes(), type=_Kept)
        except (OSError, *NOT_JSON):
            return None
        return kept if kept.source == self._source and kept.fetched_at.tzinfo is not None else None

    def _ask(self) -> Discovered | None:
        try:
            headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
            answer = ask_briefly("GET", self._source, "Intuit's discovery document", self._timeout, headers=headers)
            found = msgspec.json.decode(answer.body, type=Discovered) if answer.status == 200 else None
        except (requests.RequestException, HTTPError, LedgerError, *NOT_JSON):
            return None
        return found if found and self._is_safe(found) else None

    def _is_safe(self, found: Discovered) -> bool:
        """Secrets go to these addresses: https, or plain http only where the document itself came that way."""
        allowed = {"https", urlsplit(self._source).scheme}
        try:
            parts = [urlsplit(address) for address in (found.authorize, found.token, found.revoke)]
        except ValueError:
            return False
        return all(part.scheme in allowed and part.hostname for part in parts)

    def _keep(self, kept: _Kept) -> None:
        """Whole or not at all. A copy that cannot be written is fetched again next time."""
        draft = self._kept_in.with_name(f"{self._kept_in.name}.{secrets.token_hex(8)}")
        with contextlib.suppress(OSError):
            draft.write_bytes(msgspec.json.encode(kept))
            draft.replace(self._kept_in)
