"""Instants are aware, days belong to a place, and tests hold the clock."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.clock import ManualClock, SystemClock, aware_utc, business_day, latest_daily, next_daily, wall_instant

FIRST, LAST = datetime(1990, 1, 1), datetime(2090, 1, 1)  # noqa: DTZ001 - Hypothesis wants bounds without a zone
instants = st.datetimes(FIRST, LAST, timezones=st.timezones())


@given(instants)
def test_an_instant_stays_the_same_instant_in_utc(instant: datetime) -> None:
    assert aware_utc(instant).tzinfo is UTC
    assert aware_utc(instant).timestamp() == instant.timestamp()


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        aware_utc(datetime(2026, 3, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Pacific/Auckland", date(2026, 3, 1)), ("UTC", date(2026, 2, 28)), ("America/Los_Angeles", date(2026, 2, 28))],
)
def test_the_business_day_is_the_date_where_the_tenant_lives(zone: str, day: date) -> None:
    assert business_day(datetime(2026, 2, 28, 23, 30, tzinfo=UTC), ZoneInfo(zone)) == day


def test_a_day_of_23_hours_is_still_one_business_day() -> None:
    london = ZoneInfo("Europe/London")
    first, last = datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 3, 29, 22, 59, tzinfo=UTC)

    assert business_day(first, london) == business_day(last, london) == date(2026, 3, 29)
    assert business_day(last + timedelta(minutes=1), london) == date(2026, 3, 30)


def test_a_manual_clock_moves_only_when_told_to() -> None:
    clock = ManualClock(datetime(2028, 2, 28, 23, 59, tzinfo=timezone(timedelta(hours=1))))
    before = clock.now()

    assert clock.now() == before == datetime(2028, 2, 28, 22, 59, tzinfo=UTC)

    clock.sleep(3600)
    assert clock.now() == before + timedelta(hours=1)

    clock.set(datetime(2028, 2, 29, tzinfo=UTC))
    assert clock.now().date() == date(2028, 2, 29)


def test_a_manual_clock_refuses_to_guess_a_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        ManualClock(datetime(2026, 3, 1))  # noqa: DTZ001


def test_the_system_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC


@given(instants, st.times(), st.timezones())
def test_every_instant_lies_between_the_latest_and_the_next_of_a_daily_time(
    instant: datetime, at: time, zone: ZoneInfo
) -> None:
    now = aware_utc(instant)

    latest, following = latest_daily(now, at, zone), next_daily(now, at, zone)

    assert latest <= now < following
    assert next_daily(latest, at, zone) == following


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.times(), st.timezones())
def test_a_later_day_never_has_its_time_of_day_earlier(day: date, at: time, zone: ZoneInfo) -> None:
    assert wall_instant(day, at, zone) <= wall_instant(day + timedelta(days=1), at, zone)
