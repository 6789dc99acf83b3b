"""The one door to time. Nothing in Dun asks the machine what time it is; it asks the clock it was given.

That is what lets sixty days pass in two minutes, and what lets a test stand at midnight of a leap day.
"""

import time
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Protocol


class Clock(Protocol):
    """Where now comes from and how waiting is done."""

    def now(self) -> datetime:
        """This instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to: tests, rehearsals, replays."""

    def __init__(self, start: datetime) -> None:
        self._now = aware_utc(start)

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        self._now = aware_utc(instant)


def aware_utc(instant: datetime) -> datetime:
    """`instant` in UTC; a naive datetime is refused, because its zone could only be guessed."""
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.astimezone(UTC)


def business_day(instant: datetime, zone: tzinfo) -> date:
    """The calendar date at `instant` where the tenant lives."""
    return aware_utc(instant).astimezone(zone).date()
