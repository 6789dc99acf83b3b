"""A balance divided to the cent, on days that exist."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.dunning.calendar import Calendar
from connector.dunning.instalments import Rhythm, due_days, equal_instalments, months_later

EVERY_DAY = Calendar(weekends=True)
DAYS = [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


def test_what_does_not_divide_is_in_the_last_instalment() -> None:
    assert [part.amount_minor for part in equal_instalments(100_00, DAYS)] == [33_33, 33_33, 33_34]


def test_what_does_not_divide_may_be_in_the_first() -> None:
    assert [part.amount_minor for part in equal_instalments(100_01, DAYS, odd="first")] == [33_35, 33_33, 33_33]


def test_instalments_are_numbered_from_one_by_day() -> None:
    assert [(part.number, part.due_on) for part in equal_instalments(3, DAYS)] == list(enumerate(DAYS, start=1))


@pytest.mark.parametrize(("total", "days"), [(2, DAYS), (5, []), (0, DAYS), (-5, DAYS)])
def test_nothing_is_divided_into_less_than_a_cent(total: int, days: list[date]) -> None:
    with pytest.raises(ValueError, match="instalments"):
        equal_instalments(total, days)


def test_the_last_of_a_month_stays_the_last() -> None:
    days = due_days(date(2026, 1, 31), 4, "month", EVERY_DAY)

    assert days == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_months_go_on_in_the_next_year() -> None:
    assert months_later(date(2026, 11, 30), 3) == date(2027, 2, 28)


@pytest.mark.parametrize(("every", "gap"), [("week", 7), ("2weeks", 14)])
def test_weeks_are_weeks(every: Rhythm, gap: int) -> None:
    assert due_days(date(2026, 3, 2), 3, every, EVERY_DAY) == [
        date(2026, 3, 2) + timedelta(days=gap * step) for step in range(3)
    ]


def test_a_day_on_which_the_firm_does_not_work_is_moved_to_the_next_that_is_open() -> None:
    easter = Calendar(closed_days=frozenset({date(2026, 4, 6)}))

    assert due_days(date(2026, 4, 4), 1, "month", easter) == [date(2026, 4, 7)]


def test_two_instalments_never_fall_on_the_same_day() -> None:
    closed = Calendar(closed_days=frozenset(date(2026, 3, 2) + timedelta(days=step) for step in range(12)))
    days = due_days(date(2026, 3, 2), 3, "week", closed)

    assert days == [date(2026, 3, 16), date(2026, 3, 17), date(2026, 3, 18)]


def test_beyond_the_end_of_the_calendar_there_are_no_days() -> None:
    with pytest.raises(ValueError, match="such days"):
        due_days(date(9999, 11, 30), 5, "month", EVERY_DAY)


@given(
    st.integers(1, 10**9),
    st.integers(1, 60),
    st.dates(date(2000, 1, 1), date(2090, 12, 31)),
    st.sampled_from(["month", "week", "2weeks"]),
    st.sampled_from(["first", "last"]),
    st.booleans(),
)
def test_instalments_sum_to_the_balance_on_rising_open_days(total, count, first, every, odd, weekends) -> None:
    total += count
    calendar = Calendar(weekends=weekends)
    parts = equal_instalments(total, due_days(first, count, every, calendar), odd)

    assert sum(part.amount_minor for part in parts) == total
    assert all(part.amount_minor > 0 and calendar.is_open(part.due_on) for part in parts)
    assert all(before.due_on < after.due_on for before, after in pairwise(parts))
    assert len(parts) == count
