"""When the firm writes: open days and the hours of the tenant's zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from connector.config.public_holidays import is_public_holiday
from connector.dunning.calendar import Calendar, SendingWindow, Spell, may_send, own_minute, shift

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


def test_quiet_times_close_their_days_in_their_year_alone() -> None:
    calendar = Calendar(quiet=(Spell(date(2026, 8, 3), date(2026, 8, 14)),))

    assert [calendar.is_open(date(2026, 8, day)) for day in (3, 14, 17)] == [False, False, True]
    assert calendar.is_open(date(2027, 8, 3))


def test_a_yearly_quiet_time_may_go_over_the_end_of_the_year() -> None:
    calendar = Calendar(weekends=True, quiet=(Spell(date(2000, 12, 24), date(2000, 1, 2), yearly=True),))

    assert [calendar.is_open(day) for day in (date(2026, 12, 23), date(2026, 12, 24), date(2027, 1, 2))] == [
        True,
        False,
        False,
    ]
    assert calendar.next_open(date(2026, 12, 25)) == date(2027, 1, 3)


def test_public_holidays_are_the_regions() -> None:
    scotland = Calendar(region="GB-SCT", public_holidays=is_public_holiday)
    england = Calendar(region="GB-ENG", public_holidays=is_public_holiday)
    second_of_january = date(2026, 1, 2)

    assert (scotland.is_open(second_of_january), england.is_open(second_of_january)) == (False, True)


def test_the_customers_holidays_count_where_the_firm_says_so() -> None:
    unity_day = date(2025, 10, 3)
    firm = Calendar(region="GB-ENG", public_holidays=is_public_holiday)

    assert firm.of_customer("Germany").is_open(unity_day)
    assert not replace(firm, customers_too=True).of_customer("Germany").is_open(unity_day)
    assert replace(firm, customers_too=True).of_customer("Atlantis").is_open(unity_day)


def test_hours_may_be_the_customers() -> None:
    ten_in_london = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    assert may_send(ten_in_london, LONDON, Calendar(), OFFICE_HOURS)
    assert not may_send(ten_in_london, LONDON, Calendar(), OFFICE_HOURS, [AUCKLAND])


def test_nobody_is_written_to_on_a_weekend_of_their_own() -> None:
    friday_evening = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)  # Saturday morning in Auckland

    assert not may_send(friday_evening, ZoneInfo("UTC"), Calendar(), SendingWindow(time(9), time(23)), [AUCKLAND])


@given(customer=st.text(max_size=40), day=st.dates(), spread=st.integers(0, 480))
def test_a_customers_minute_is_the_same_all_day_and_within_the_spread(customer, day, spread) -> None:
    assert own_minute(customer, day, spread) == own_minute(customer, day, spread)
    assert 0 <= own_minute(customer, day, spread) <= spread


def test_messages_of_a_day_are_spread() -> None:
    minutes = {own_minute(f"customer {number}", date(2026, 3, 2), 60) for number in range(200)}

    assert len(minutes) > 50
