"""On which days, and between which hours, this firm writes to its customers.

A reminder that arrives on a Sunday night says more about the sender than about the debt.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from state.countries import alpha2

_SATURDAY = 5
Holidays = Callable[[str, date], bool]


def no_holidays(region: str, day: date) -> bool:  # noqa: ARG001 - as Holidays is called
    """Of a firm that keeps none, or names them itself among the closed days."""
    return False


def _of_year(day: date) -> tuple[int, int]:
    return day.month, day.day


def shift(day: date, days: int) -> date:
    """`day` plus `days`, stopping at the ends of the calendar: ledgers do hold due dates like 9999-12-31."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


class Spell(Struct, frozen=True):
    """A quiet time from the first to the last day; with `yearly`, of every year and perhaps over its end."""

    first: date
    last: date
    yearly: bool = False

    def contains(self, day: date) -> bool:
        if not self.yearly:
            return self.first <= day <= self.last
        first, last, this = (_of_year(one) for one in (self.first, self.last, day))
        return first <= this <= last if first <= last else this >= first or this <= last


class Calendar(Struct, frozen=True):
    """The days on which nothing is sent: weekends unless `weekends` is true, `closed_days`, quiet times, holidays.

    `public_holidays` answers for a country or region (GB-ENG, DE-BY) and a day; `region` is the tenant's. A calendar
    `of_customer` also keeps the holidays of the customer's country.
    """

    weekends: bool = False
    closed_days: frozenset[date] = frozenset()
    quiet: tuple[Spell, ...] = ()
    region: str = ""
    customers_too: bool = False
    public_holidays: Holidays = no_holidays
    country: str | None = None  # the customer's

    def is_open(self, day: date) -> bool:
        return (
            (self.weekends or day.weekday() < _SATURDAY)
            and day not in self.closed_days
            and not any(spell.contains(day) for spell in self.quiet)
            and not (self.region and self.public_holidays(self.region, day))
            and not (self.country and self.public_holidays(self.country, day))
        )

    def of_customer(self, country: str | None) -> "Calendar":
        """With the holidays of a customer's `country` (as the ledger writes it) where those count."""
        code = alpha2(country) if self.customers_too else None
        return self if code is None else replace(self, country=code)

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


def may_send(
    instant: datetime, zone: tzinfo, calendar: Calendar, window: SendingWindow, clocks: Iterable[tzinfo] = ()
) -> bool:
    """Whether a message may leave at `instant` (aware), judged by the clock on the tenant's wall.

    With `clocks` the hours are those on all of these, where the customer may be; the business day stays the tenant's.
    """
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    local = instant.astimezone(zone)
    there = [instant.astimezone(each) for each in clocks] or [local]
    days = {local.date(), *(theirs.date() for theirs in there)}
    return all(map(calendar.is_open, days)) and all(window.contains(theirs.time()) for theirs in there)


def whole_hours(window: SendingWindow, day: date, zone: tzinfo, theirs: tzinfo) -> tuple[int, ...]:
    """The hours of `day` by the clock `theirs` that lie within the window, which is by the clock of `zone`."""
    return tuple(hour for hour in range(24) if _holds(window, datetime.combine(day, time(hour), theirs), zone))


def _holds(window: SendingWindow, begins: datetime, zone: tzinfo) -> bool:
    """Whether the hour that begins then lies within the window."""
    first, last = (
        instant.astimezone(zone) for instant in (begins, begins.astimezone(UTC) + timedelta(minutes=59, seconds=59))
    )
    return (
        first.date() == last.date() == begins.date() and window.contains(first.time()) and window.contains(last.time())
    )


def own_minute(customer: str, day: date, spread_minutes: int) -> int:
    """How many minutes after the window opens this customer's message leaves: always the same on one day.

    A firm whose letters all leave in one minute is a machine; and a mail server may think the same.
    """
    return crc32(f"{customer} {day.isoformat()}".encode()) % (spread_minutes + 1)
