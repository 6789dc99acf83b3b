"""When the firm writes: open days and the hours of the tenant's zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from connector.dunning.calendar import Calendar, SendingWindow, may_send, shift

LONDON = ZoneInfo("Europe/London")
AUCKLAND = ZoneInfo("Pacific/Auckland")
OFFICE_HOURS = SendingWindow(time(9), time(17))


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 3, 2, 8, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 2, 9, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 2, 16, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 2, 17, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 8, 0, tzinfo=UTC), True),  # summer time: nine in London
        (datetime(2026, 3, 7, 12, 0, tzinfo=UTC), False),  # a Saturday
    ],
)
def test_messages_leave_in_office_hours_of_the_tenants_zone(instant, expected) -> None:
    assert may_send(instant, LONDON, Calendar(), OFFICE_HOURS) is expected


def test_the_business_day_is_the_tenants_and_not_the_servers() -> None:
    sunday_evening_utc = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)  # Monday, 11:00 in Auckland

    assert may_send(sunday_evening_utc, AUCKLAND, Calendar(), OFFICE_HOURS)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 3, 2, 12, 0)  # noqa: DTZ001

    with pytest.raises(ValueError, match="no time zone"):
        may_send(naive, LONDON, Calendar(), OFFICE_HOURS)


def test_closed_days_join_up_with_weekends() -> None:
    easter = Calendar(closed_days=frozenset((date(2026, 4, 3), date(2026, 4, 6))))

    assert easter.next_open(date(2026, 4, 3)) == date(2026, 4, 7)
    assert easter.previous_open(date(2026, 4, 7)) == date(2026, 4, 2)


def test_a_firm_that_works_weekends_writes_on_weekends() -> None:
    assert Calendar(weekends=True).is_open(date(2026, 3, 7))


def test_shifting_stops_at_the_ends_of_the_calendar() -> None:
    assert shift(date.max, 1) == date.max
    assert shift(date.min, -1) == date.min
