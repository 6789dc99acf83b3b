"""On which days, and between which hours, this firm writes to its customers.

A reminder that arrives on a Sunday night says more about the sender than about the debt.
"""

from datetime import date, datetime, time, timedelta, tzinfo

from msgspec import Struct

_SATURDAY = 5


def shift(day: date, days: int) -> date:
    """`day` plus `days`, stopping at the ends of the calendar: ledgers do hold due dates like 9999-12-31."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


class Calendar(Struct, frozen=True):
    """The days on which nothing is sent: weekends unless `weekends` is true, and the dates in `closed_days`."""

    weekends: bool = False
    closed_days: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        return (self.weekends or day.weekday() < _SATURDAY) and day not in self.closed_days

    def next_open(self, day: date) -> date:
        """`day` itself if it is open, else the first open day after it."""
        while not self.is_open(day) and day < date.max:
            day = shift(day, 1)
        return day

    def previous_open(self, day: date) -> date:
        """The last open day before `day`."""
        day = shift(day, -1)
        while not self.is_open(day) and day > date.min:
            day = shift(day, -1)
        return day


class SendingWindow(Struct, frozen=True):
    """The hours of a business day in the tenant's zone; `closes` itself is outside."""

    opens: time = time(9)
    closes: time = time(17)

    def contains(self, at: time) -> bool:
        return self.opens <= at < self.closes


def may_send(instant: datetime, zone: tzinfo, calendar: Calendar, window: SendingWindow) -> bool:
    """Whether a message may leave at `instant` (aware), judged by the clock on the tenant's wall."""
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    local = instant.astimezone(zone)
    return calendar.is_open(local.date()) and window.contains(local.time())
