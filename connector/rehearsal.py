"""A clock that lives in the sandbox, so that a rehearsal's months pass in minutes for both sides alike.

Only a configuration with `[rehearsal] clock = ...` uses it, and only a loopback address is accepted: a production
installation that asked another machine for the time would send on whatever day that machine liked.
"""

import threading
import time
from datetime import datetime
from urllib.parse import urlsplit

import requests

from connectors.loopback import is_this_machine
from state.clock import aware_utc

_TIMEOUT_SECONDS = 10
_MOMENT_SECONDS = 0.03


class RehearsalError(Exception):
    """The rehearsal's clock cannot be used; `str()` says why."""


class RehearsalClock:
    """Asks the sandbox for the time, and lets its time pass instead of waiting.

    An answer counts for a moment of the machine's time: a cycle asks a hundred times, the sandbox jumps rarely. May be
    shared by threads.
    """

    def __init__(self, url: str) -> None:
        if not is_this_machine(urlsplit(url).hostname or ""):
            raise RehearsalError(f"the rehearsal clock must be on this machine, not at {url}")
        self._url = url
        self._session = requests.Session()
        self._told: datetime | None = None
        self._told_at = 0.0  # of the machine, which is never set back
        self._one_at_a_time = threading.Lock()

    def now(self) -> datetime:
        with self._one_at_a_time:
            if self._told is None or time.monotonic() - self._told_at > _MOMENT_SECONDS:
                return self._hear("GET", None)
            return self._told

    def sleep(self, seconds: float) -> None:
        with self._one_at_a_time:
            self._hear("POST", {"advance_seconds": seconds})

    def _hear(self, method: str, wish: dict[str, float] | None) -> datetime:
        asked_at = time.monotonic()
        self._told = self._ask(method, wish)
        self._told_at = asked_at
        return self._told

    def _ask(self, method: str, wish: dict[str, float] | None) -> datetime:
        try:
            answer = self._session.request(method, self._url, json=wish, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
            return aware_utc(datetime.fromisoformat(answer.json()["now"]))
        except requests.ConnectionError as error:
            raise RehearsalError(f"no sandbox answers at {self._url}; start it again with `dun sandbox`") from error
        except (requests.RequestException, KeyError, TypeError, ValueError) as error:
            raise RehearsalError(f"what answers at {self._url} does not tell the time as a sandbox does") from error
