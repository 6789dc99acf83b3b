"""Texts in columns: comparing them compares what they mean."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.columns import day_text, ids_text, instant_text, list_text, read_day, read_instant, read_list

NAIVE = st.datetimes(datetime(1970, 1, 1), datetime(9998, 1, 1))  # noqa: DTZ001 - hypothesis wants them without
instants = st.builds(lambda naive: naive.replace(tzinfo=UTC), NAIVE)
anywhere = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())  # noqa: DTZ001
MILLISECOND = timedelta(milliseconds=1)


@given(instants)
def test_an_instant_survives_to_the_millisecond(instant: datetime) -> None:
    text = instant_text(instant)

    assert len(text) == 24
    assert timedelta(0) <= instant - read_instant(text) < MILLISECOND


@given(instants, instants)
def test_texts_are_ordered_as_instants_are(one: datetime, other: datetime) -> None:
    if abs(one - other) >= MILLISECOND:
        assert (instant_text(one) < instant_text(other)) == (one < other)


@given(anywhere)
def test_the_zone_an_instant_comes_in_does_not_matter(instant: datetime) -> None:
    assert instant_text(instant) == instant_text(instant.astimezone(UTC))


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        instant_text(datetime(2026, 3, 1))  # noqa: DTZ001


@given(st.none() | st.dates())
def test_a_day_survives(day: date | None) -> None:
    assert read_day(day_text(day)) == day


@given(st.lists(st.text()).map(tuple))
def test_a_list_survives(values: tuple[str, ...]) -> None:
    assert read_list(list_text(values)) == values


def test_an_id_is_named_once() -> None:
    assert ids_text(["b", "a", "b"]) == '["b","a"]'
