"""How long somebody could have written: nights and Sundays do not make a reminder late."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from connector.dunning.calendar import Calendar, SendingWindow

_LOOKED_BACK = timedelta(days=90)  # what has waited longer has waited long enough


class SendingTime(Struct, frozen=True):
    """Time between two instants: on days on which messages may leave, and within their windows."""

    on_open_days: timedelta
    in_window: timedelta


def sending_time(
    since: datetime, until: datetime, zone: tzinfo, calendar: Calendar, window: SendingWindow
) -> SendingTime:
    """Both instants are aware; only the last 90 days before `until` are counted."""
    since = max(since, until - _LOOKED_BACK)
    on_open_days, in_window = timedelta(0), timedelta(0)
    for day in _days(since.astimezone(zone).date(), until.astimezone(zone).date()):
        if calendar.is_open(day):
            midnights = _at(day, time(0), zone), _at(day + timedelta(days=1), time(0), zone)
            on_open_days += _overlap((since, until), midnights)
            in_window += _overlap((since, until), (_at(day, window.opens, zone), _at(day, window.closes, zone)))
    return SendingTime(on_open_days, in_window)


def one_window(window: SendingWindow) -> timedelta:
    """How long a window is."""
    any_day = date(2000, 1, 1)
    return _at(any_day, window.closes, UTC) - _at(any_day, window.opens, UTC)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _at(day: date, hour: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)  # else a day of 23 hours would count as 24


def _overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> timedelta:
    return max(min(one[1], other[1]) - max(one[0], other[0]), timedelta(0))
