"""QuickBooks answers 429 for two reasons that look alike: too many calls this minute, or this month.

Only persistence tells them apart. Whoever keeps knocking on a spent month's quota spins for weeks, so after ten
minutes of nothing but refusals the door is tried once an hour.
"""

from datetime import timedelta

from connectors.ledger import RetryLater
from state.budget_marks import Marks, Pause
from state.clock import Clock

PERSISTENT_AFTER = timedelta(minutes=10)
PROBE_EVERY = timedelta(hours=1)
_KIND = "month"


class ThrottleBreaker:
    """Remembers since when QuickBooks has done nothing but throttle the reads of an app, over all processes."""

    def __init__(self, marks: Marks, app: str, clock: Clock) -> None:
        self._marks = marks
        self._app = app
        self._clock = clock

    def check(self) -> None:
        """Raise without a call while the month's quota is believed to be spent."""
        pause = self._watched()
        if pause is None or pause.until is None:
            return
        now = self._clock.now()
        if pause.since <= now < pause.until:
            raise self._month(pause.until - now)

    def answered(self) -> None:
        """QuickBooks did what was asked, or refused it for another reason than too many calls."""
        if self._watched() is not None:
            self._marks.resume(self._app, _KIND)

    def throttled(self, error: RetryLater) -> RetryLater:
        """The error to raise for one more refusal: `error` itself, or the month's limit once they persist."""
        now = self._clock.now()
        watched = self._watched()
        since = min(watched.since, now) if watched is not None else now
        persistent = now - since >= PERSISTENT_AFTER
        self._marks.pause(self._app, _KIND, since, now + PROBE_EVERY if persistent else None)
        return self._month(PROBE_EVERY) if persistent else error

    def _watched(self) -> Pause | None:
        return next((pause for pause in self._marks.pauses(self._app) if pause.kind == _KIND), None)

    @staticmethod
    def _month(after: timedelta) -> RetryLater:
        return RetryLater(
            "QuickBooks has refused every call for ten minutes: the month's quota of the Intuit app is probably spent",
            after=after,
            limit="month",
        )
