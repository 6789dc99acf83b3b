"""How often somebody may try to sign in: a few times, then ever more rarely, by account and by where it comes from.

Whoever guesses at one account is slowed down, whoever guesses at many from one place as well. What is remembered has a
bound, so that guessing fills no memory: the oldest are forgotten first.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable

FREE = 5  # failures that cost nothing
FREE_BY_PLACE = 20  # an office has one address
FORGOTTEN_AFTER = 900.0  # seconds without a failure
_LONGEST_WAIT = 300.0
_REMEMBERED = 4096


class Attempts:
    """`seconds` tells a time that never goes back. May be used from any thread."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and when the last one was

    def wait(self, name: str, place: str) -> float:
        """Seconds until the next attempt is heard; 0.0 if it is at once."""
        with self._lock:
            return max(self._rest(_by_name(name), FREE), self._rest(_by_place(place), FREE_BY_PLACE))

    def failed(self, name: str, place: str) -> None:
        with self._lock:
            for key in (_by_name(name), _by_place(place)):
                self._failures[key] = (self._count(key) + 1, self._seconds())
                self._failures.move_to_end(key)
            while len(self._failures) > _REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """The account begins anew; the place does not: an own account must not buy guesses at others."""
        with self._lock:
            self._failures.pop(_by_name(name), None)

    def _count(self, key: str) -> int:
        count, last = self._failures.get(key, (0, 0.0))
        return count if self._seconds() - last < FORGOTTEN_AFTER else 0

    def _rest(self, key: str, free: int) -> float:
        over = self._count(key) - free
        if over < 0:
            return 0.0
        pause = min(_LONGEST_WAIT, 2.0 ** min(over, 16))
        return max(0.0, self._failures[key][1] + pause - self._seconds())


def _by_name(name: str) -> str:
    return f"name {name[:64].lower()}"


def _by_place(place: str) -> str:
    return f"place {place}"
