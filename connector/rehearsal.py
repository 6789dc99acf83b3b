"""A clock that lives in the sandbox, so that a rehearsal's months pass in minutes for both sides alike.

Only a configuration with `[rehearsal] clock = ...` uses it, and only a loopback address is accepted: a production
installation that asked another machine for the time would send on whatever day that machine liked.
"""

from datetime import datetime
from urllib.parse import urlsplit

import requests

from connectors.loopback import is_this_machine
from state.clock import aware_utc

_TIMEOUT_SECONDS = 10


class RehearsalError(Exception):
    """The rehearsal's clock cannot be used; `str()` says why."""


class RehearsalClock:
    """Asks the sandbox for the time, and lets its time pass instead of waiting."""

    def __init__(self, url: str) -> None:
        if not is_this_machine(urlsplit(url).hostname or ""):
            raise RehearsalError(f"the rehearsal clock must be on this machine, not at {url}")
        self._url = url
        self._session = requests.Session()

    def now(self) -> datetime:
        return self._ask("GET", None)

    def sleep(self, seconds: float) -> None:
        self._ask("POST", {"advance_seconds": seconds})

    def _ask(self, method: str, wish: dict[str, float] | None) -> datetime:
        try:
            answer = self._session.request(method, self._url, json=wish, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
            return aware_utc(datetime.fromisoformat(answer.json()["now"]))
        except requests.ConnectionError as error:
            raise RehearsalError(f"no sandbox answers at {self._url}; start it again with `dun sandbox`") from error
        except (requests.RequestException, KeyError, TypeError, ValueError) as error:
            raise RehearsalError(f"what answers at {self._url} does not tell the time as a sandbox does") from error
