"""What every call to somebody else's server has in common: patience, a count, and one retry policy.

The SDKs build the calls; they are never allowed to wait, retry or time out by themselves, because they do it in ways
nobody sees: a silent sleep of hours, a repeated PUT. Adapters turn whatever happened into a `LedgerError`
and wrap reads in `with_retries`; writes are never repeated here.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from requests import RequestException, Timeout
from requests.exceptions import SSLError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from urllib3.exceptions import HTTPError
from urllib3.exceptions import SSLError as TransportSSLError
from urllib3.exceptions import TimeoutError as TransportTimeout

from connectors.budget import PATIENCE, CallBudget, Purpose
from connectors.ledger import Outage, RetryLater
from state.clock import Clock

Answer = TypeVar("Answer")

USER_AGENT = "dun-connector/0.1"
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 60
ATTEMPTS = 4
_HOPELESS_LIMITS = frozenset({"day", "month"})


class CallMeter:
    """Counts one tenant's calls by operation, knows what they are for, and has the budget they come from.

    Without a budget a client keeps the limits of its own calls only. Belongs to one thread.
    """

    def __init__(self, budget: CallBudget | None = None, purpose: Purpose = "other") -> None:
        self.budget = budget
        self.purpose = purpose
        self.by_operation: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self.by_operation.total()

    def count(self, operation: str) -> None:
        self.by_operation[operation] += 1

    @contextmanager
    def calls_for(self, purpose: Purpose) -> Iterator[None]:
        """Calls inside are made for `purpose`, which decides what of the budget they may use."""
        before, self.purpose = self.purpose, purpose
        try:
            yield
        finally:
            self.purpose = before


def how_it_failed(error: RequestException | HTTPError) -> str:
    """In words that quote nothing: the error's own text can hold what was sent."""
    if isinstance(error, SSLError | TransportSSLError):
        return "its certificate is not one that this machine trusts, or it speaks no TLS"
    late = isinstance(error, Timeout | TransportTimeout)
    return "it took too long" if late else "there was no connection, or it broke off"


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
