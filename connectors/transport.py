"""What every call to somebody else's server has in common: patience, pacing, a count, and one retry policy.

The SDKs build the calls; they are never allowed to wait, retry or time out by themselves, because they do it in ways
nobody sees: a silent sleep of hours, a repeated PUT. Adapters turn whatever happened into a `LedgerError`
and wrap reads in `with_retries`; writes are never repeated here.
"""

from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from connectors.ledger import Outage, RetryLater
from state.clock import Clock

Answer = TypeVar("Answer")

USER_AGENT = "dun-connector/0.1"
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 60
ATTEMPTS = 4
PATIENCE = timedelta(seconds=90)  # longer waits belong to the caller, who can do something else meanwhile
_HOPELESS_LIMITS = frozenset({"day", "month"})


class CallMeter:
    """Counts calls by operation and remembers what the service says is left today."""

    def __init__(self) -> None:
        self.by_operation: Counter[str] = Counter()
        self.left_today: int | None = None

    @property
    def total(self) -> int:
        return self.by_operation.total()

    def count(self, operation: str) -> None:
        self.by_operation[operation] += 1


class Pacer:
    """Keeps below `limit` calls in any `window` by waiting on the injected clock before the call, not after a 429.

    No wait is longer than the window: calls that seem to lie ahead, because the clock was set back, count as made now.
    """

    def __init__(self, clock: Clock, *, limit: int, window: timedelta) -> None:
        self._clock = clock
        self._limit = limit
        self._window = window
        self._recent: deque[datetime] = deque()

    def wait_for_turn(self) -> None:
        now = self._clock.now()
        self._recent = deque(min(call, now) for call in self._recent)
        self._forget_before(now - self._window)
        if len(self._recent) >= self._limit:
            wait = self._recent[0] + self._window - now
            self._clock.sleep(max(wait.total_seconds(), 0))
            self._forget_before(self._clock.now() - self._window)
        self._recent.append(self._clock.now())

    def _forget_before(self, instant: datetime) -> None:
        while self._recent and self._recent[0] <= instant:
            self._recent.popleft()


def with_retries(read: Callable[[], Answer], clock: Clock) -> Answer:
    """Run an idempotent read, again after a throttle or an outage, at most `ATTEMPTS` times in all.

    Waits what the service asked for, if that is within `PATIENCE`; otherwise the error reaches the caller at once.
    """
    return Retrying(
        retry=retry_if_exception(_worth_another_try),
        stop=stop_after_attempt(ATTEMPTS),
        wait=_pause,
        sleep=clock.sleep,
        reraise=True,
    )(read)


def _worth_another_try(error: BaseException) -> bool:
    if isinstance(error, RetryLater):
        return error.limit not in _HOPELESS_LIMITS and (error.after is None or error.after <= PATIENCE)
    return isinstance(error, Outage)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RetryLater):
        return (error.after or timedelta(seconds=5)).total_seconds() + 1  # services count whole seconds
    return float(2**state.attempt_number)
