"""The one door to time. Nothing in Dun asks the machine what time it is; it asks the clock it was given.

That is what lets sixty days pass in two minutes, and what lets a test stand at midnight of a leap day.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from time import sleep
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
        sleep(seconds)


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


def has_passed(span: timedelta, since: datetime | None, now: datetime) -> bool:
    """True also for what happened in the future: the clock was ahead then, and must not delay us until it is right."""
    return since is None or not timedelta(0) <= now - since < span


def business_day(instant: datetime, zone: tzinfo) -> date:
    """The calendar date at `instant` where the tenant lives."""
    return aware_utc(instant).astimezone(zone).date()


_ONE_DAY = timedelta(days=1)


def wall_instant(day: date, at: time, zone: tzinfo) -> datetime:
    """The one instant, in UTC, that stands for `at` on `day` where the tenant lives.

    A time of day that the clocks skip is taken as late as they skip, one they repeat as the first of the two: every
    day has exactly one such instant, and a later day never an earlier one.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)


def latest_daily(now: datetime, at: time, zone: tzinfo) -> datetime:
    """The last instant up to `now` at which a day's `at` has come."""
    tomorrow = business_day(now, zone) + _ONE_DAY
    instants = (wall_instant(tomorrow - days * _ONE_DAY, at, zone) for days in range(4))
    return next(instant for instant in instants if instant <= now)


def next_daily(after: datetime, at: time, zone: tzinfo) -> datetime:
    """The first instant later than `after` at which a day's `at` comes."""
    yesterday = business_day(after, zone) - _ONE_DAY
    instants = (wall_instant(yesterday + days * _ONE_DAY, at, zone) for days in range(4))
    return next(instant for instant in instants if instant > after)
