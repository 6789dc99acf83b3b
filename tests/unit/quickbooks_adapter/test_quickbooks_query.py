"""Statements say what was meant, whatever is in the values."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.quickbooks.query import id_among, instant, quoted, select, updated_since


def read_literal(text: str) -> str:
    """What QuickBooks understands: a backslash makes the next character literal."""
    assert text[0] == text[-1] == "'"
    characters = iter(text[1:-1])
    return "".join(next(characters) if one == "\\" else one for one in characters)


@given(st.text())
def test_a_quoted_text_is_read_back_as_it_was(text: str) -> None:
    assert read_literal(quoted(text)) == text


@given(st.text())
def test_no_value_ends_its_literal_early(text: str) -> None:
    inside = quoted(text)[1:-1].replace("\\\\", "").replace("\\'", "")
    assert "'" not in inside


def test_a_naive_time_is_never_sent() -> None:
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 3, 2, 12, 0))  # noqa: DTZ001 - that is the point


zones = st.sampled_from([UTC, timezone(timedelta(hours=-8)), timezone(timedelta(hours=5.5))])


@given(st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=zones))  # noqa: DTZ001 - zones are added
def test_an_instant_is_sent_with_its_offset_and_never_later(moment: datetime) -> None:
    sent = datetime.fromisoformat(instant(moment))
    assert timedelta(0) <= moment - sent < timedelta(seconds=1)


def test_conditions_are_joined_and_pages_bounded() -> None:
    since = datetime(2026, 3, 2, tzinfo=UTC)
    statement = select("Invoice", [id_among(["1", "o'2"]), updated_since(since)], order_by="Id", position=3, limit=2)
    assert statement == (
        "SELECT * FROM Invoice WHERE Id IN ('1', 'o\\'2') AND MetaData.LastUpdatedTime >= '2026-03-02T00:00:00+00:00'"
        " ORDERBY Id STARTPOSITION 3 MAXRESULTS 2"
    )


def test_inactive_customers_are_always_included() -> None:
    assert select("Customer") == "SELECT * FROM Customer WHERE Active IN (true, false) MAXRESULTS 1000"
