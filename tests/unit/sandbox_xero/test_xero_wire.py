"""Xero's JSON and where language, for any input."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.xero.errors import ApiProblem
from connectors.sandbox.xero.where import Field, compile_where
from connectors.sandbox.xero.wire import calendar_date, instant, money, pretty, second_string

TREES = st.recursive(
    st.text() | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(st.from_regex(r"[A-Za-z]{1,12}", fullmatch=True), inner),
    max_leaves=20,
)
FIELDS = {
    "type": Field("String", str),
    "amountdue": Field("Decimal", lambda row: Decimal(len(row))),
    "duedate": Field("DateTime", lambda row: row or None),
    "invoiceid": Field("Guid", str),
}
PIECES = (
    'Type AmountDue DueDate InvoiceID == != > <= ( ) AND || "ACCREC" 5 null DateTime(2026,2,30) DateTime(2026,2,1)'
    ' guid("x") true \' " , guid( DateTime() DateTime(1,2,3,4,5,6,7) - é'
).split()


@given(TREES)
def test_any_tree_is_json_that_means_the_same(tree: Any) -> None:
    assert json.loads(pretty(tree)) == tree


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=2))
def test_an_amount_keeps_its_value_and_two_digits(amount: Decimal) -> None:
    text = money(amount)
    assert json.loads(text, parse_float=Decimal) == amount
    assert len(text.partition(".")[2]) == 2


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_an_amount_is_never_rounded(amount: Decimal) -> None:
    assert Decimal(money(amount)) == amount


@given(st.dates(min_value=date(1900, 1, 1)))
def test_a_date_is_midnight_utc(day: date) -> None:
    milliseconds = int(calendar_date(day).removeprefix('"\\/Date(').partition("+")[0])
    assert milliseconds == int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_stamp_is_cut_to_the_millisecond_and_its_twin_to_the_second(moment: datetime) -> None:
    milliseconds = int(instant(moment).removeprefix('"\\/Date(').partition("+")[0])
    assert milliseconds == int(moment.replace(microsecond=0).timestamp()) * 1_000 + moment.microsecond // 1_000
    assert second_string(moment) == moment.strftime("%Y-%m-%dT%H:%M:%S").zfill(19)


def filters(text: str) -> bool:
    """Whether the text is a filter; the only way for it not to be one is Xero's own refusal."""
    try:
        accepts = compile_where(text, "Invoice", FIELDS)
    except ApiProblem:
        return False
    return accepts("") in {True, False}  # type: ignore[arg-type]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join) | st.text(max_size=30))
def test_any_filter_either_filters_or_is_refused(text: str) -> None:
    assert filters(text) in {True, False}
