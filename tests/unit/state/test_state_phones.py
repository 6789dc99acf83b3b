"""Phone numbers out of whatever people type into a ledger: the right one, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.phones import callable_of, is_e164, mobile_of


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("07911 123456", "GB", "+447911123456"),
        ("07911 123456", "United Kingdom", "+447911123456"),
        ("07911 123456", "uk", "+447911123456"),
        ("+44 (0)7911 123456", None, "+447911123456"),
        ("0044 7911-123456", "GB", "+447911123456"),
        ("0171/2345678", "Germany", "+491712345678"),
        ("+49 171 234 56 78", "GB", "+491712345678"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("\u00a0+41 79 123\u201145\u201167 ", None, "+41791234567"),
        ("+447700900123", None, "+447700900123"),
    ],
)
def test_a_mobile_is_found_however_it_is_written(text, country, number) -> None:
    assert mobile_of([text], country) == number


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("020 7946 0000", "GB"),
        ("+49 30 123456", "DE"),
        ("0800 1234567", "GB"),
        ("07911 123456", None),
        ("07911 123456", "Narnia"),
        ("07911 123456", "DE"),
    ],
)
def test_what_is_no_mobile_of_that_country_is_not_texted(text, country) -> None:
    assert mobile_of([text], country) is None


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("020 7946 0000", "GB", "+442079460000"),
        ("0800 1234567", "GB", "+448001234567"),
        ("07911 123456", "GB", "+447911123456"),
        ("030 123456", "DE", "+4930123456"),
    ],
)
def test_landlines_can_be_called(text, country, number) -> None:
    assert callable_of([text], country) == number


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("0909 8790000", "GB"),
        ("0845 46 47", "GB"),
        ("0180 5 123456", "DE"),
        ("07012345678", "GB"),
        ("999", "GB"),
        ("116 117", "DE"),
        ("911", "US"),
    ],
)
def test_dear_and_short_numbers_are_never_called(text, country) -> None:
    assert callable_of([text], country) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "07911 123456 / 07911 123457",
        "07911 123456 ext. 5",
        "07911 123456;ext=5",
        "0800 FLOWERS",
        "call 07911 123456",
        "07911 123456\n",
        "07911\x00123456",
        "07911\u202e123456",
        "٠٧٩١١١٢٣٤٥٦",
        "+44;phone-context=7911123456",
        "tel:+447911123456",
        "++447911123456",
        "44 7911 123456 +",
        "0" * 10_000,
    ],
)
def test_what_is_not_one_whole_number_is_none(text) -> None:
    assert callable_of([text], "GB") is None


def test_the_first_usable_number_counts() -> None:
    assert mobile_of(["none", "020 7946 0000", "07911 123456", "07911 123457"], "GB") == "+447911123456"
    assert mobile_of([], "GB") is None


@given(st.lists(st.text(max_size=60), max_size=3), st.none() | st.text(max_size=30))
def test_any_text_gives_a_number_that_can_be_dialled_or_none(texts, country) -> None:
    for found in (mobile_of(texts, country), callable_of(texts, country)):
        assert found is None or is_e164(found)


@given(st.text(alphabet="0123456789+ ()-./", max_size=40), st.sampled_from(["GB", "DE", "US", "FR", None]))
def test_whoever_can_be_texted_can_be_called(text, country) -> None:
    mobile = mobile_of([text], country)
    assert mobile is None or callable_of([text], country) == mobile


@pytest.mark.parametrize("text", ["", "447911123456", "+0447911123456", "+44 7911", "+123", "+" + "1" * 16, "+4479\n"])
def test_what_is_no_international_form_is_told(text) -> None:
    assert not is_e164(text)
