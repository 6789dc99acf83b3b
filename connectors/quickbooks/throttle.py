"""QuickBooks answers 429 for two reasons that look alike: too many calls this minute, or this month.

Only persistence tells them apart. Whoever keeps knocking on a spent month's quota spins for weeks, so after ten
minutes of nothing but refusals the door is tried once an hour.
"""

from datetime import datetime, timedelta

from connectors.ledger import RetryLater
from state.clock import Clock

PERSISTENT_AFTER = timedelta(minutes=10)
PROBE_EVERY = timedelta(hours=1)


class ThrottleBreaker:
    """Remembers since when QuickBooks has done nothing but throttle."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: datetime | None = None
        self._closed_until: datetime | None = None

    def check(self) -> None:
        """Raise without a call while the month's quota is believed to be spent."""
        if self._closed_until is not None and self._clock.now() < self._closed_until:
            raise self._month(self._closed_until - self._clock.now())

    def answered(self) -> None:
        """QuickBooks did what was asked, or refused it for another reason than too many calls."""
        self._since = self._closed_until = None

    def throttled(self, error: RetryLater) -> RetryLater:
        """The error to raise for one more refusal: `error` itself, or the month's limit once they persist."""
        now = self._clock.now()
        self._since = self._since or now
        if now - self._since < PERSISTENT_AFTER:
            return error
        self._closed_until = now + PROBE_EVERY
        return self._month(PROBE_EVERY)

    @staticmethod
    def _month(after: timedelta) -> RetryLater:
        return RetryLater(
            "QuickBooks has refused every call for ten minutes: the month's quota of the Intuit app is probably spent",
            after=after,
            limit="month",
        )
