"""Amounts and dates look the way the customer writes them, and every digit survives."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.messages.formats import format_day, format_money, speak_money, spell
from state.money import Money, exponent

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        ("1234.50", "GBP", "en_GB", "£1,234.50"),
        ("1234.50", "USD", "en_GB", "US$1,234.50"),
        ("1234.50", "USD", "en_US", "$1,234.50"),
        ("1234.50", "EUR", "de_DE", f"1.234,50{NBSP}€"),
        ("1234.50", "EUR", "fr_FR", f"1{NARROW}234,50{NBSP}€"),
        ("1234", "JPY", "ja_JP", "￥1,234"),
        ("1234", "JPY", "en_GB", "JP¥1,234"),
        ("1234.567", "KWD", "en_GB", f"KWD{NBSP}1,234.567"),
        ("123456.00", "INR", "en_IN", "₹1,23,456.00"),
        ("0.05", "GBP", "en_GB", "£0.05"),
    ],
)
def test_an_amount_is_written_as_its_reader_would(amount, currency, locale, written) -> None:
    assert format_money(Money.of(amount, currency), locale) == written


@pytest.mark.parametrize(
    ("currency", "amount"), [("IQD", "10.001"), ("ALL", "10.01"), ("ISK", "10"), ("CLF", "1.0001")]
)
def test_digits_that_custom_drops_are_still_written(currency, amount) -> None:
    assert format_money(Money.of(amount, currency), "en_GB").endswith(amount)


@given(
    minor=st.integers(1, 10**18),
    currency=st.sampled_from(["GBP", "JPY", "KWD", "CLF", "IQD", "HUF"]),
    locale=st.sampled_from(["en_GB", "de_DE", "ja_JP", "fr_CH", "ar_EG", "hi_IN", "fa_IR", "sv_SE"]),
)
def test_no_locale_loses_a_digit(minor, currency, locale) -> None:
    written = format_money(Money(minor, currency), locale)
    digits = "".join(character for character in written if character.isascii() and character.isdigit())
    assert Decimal(int(digits)).scaleb(-exponent(currency)) == Money(minor, currency).amount


@pytest.mark.parametrize(
    ("locale", "written"),
    [("en_GB", "12 March 2026"), ("de_DE", "12. März 2026"), ("ja_JP", "2026年3月12日"), ("fr_FR", "12 mars 2026")],
)
def test_a_day_is_written_as_its_reader_would(locale, written) -> None:
    assert format_day(date(2026, 3, 12), locale) == written


@pytest.mark.parametrize("locale", ["en-GB", "", "xx_YY", "nonsense!", "en_GB_", "../etc"])
def test_a_locale_nobody_knows_is_read_as_british_english(locale) -> None:
    assert format_money(Money.of("1234.50", "GBP"), locale) == "£1,234.50"


@pytest.mark.parametrize(
    ("locale", "written"), [("fr_FR", "1er avril 2026"), ("fr_CA", "1er avril 2026"), ("de_DE", "1. April 2026")]
)
def test_the_first_of_a_month_is_written_as_its_reader_would(locale, written) -> None:
    assert format_day(date(2026, 4, 1), locale) == written


def test_the_eleventh_is_not_taken_for_the_first() -> None:
    assert format_day(date(2026, 4, 11), "fr_FR") == "11 avril 2026"


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "said"),
    [
        ("1234.50", "GBP", "en_GB", "1234.50 British pounds"),
        ("1.00", "EUR", "en_GB", "1 euro"),
        ("99.00", "EUR", "de_DE", "99 Euro"),
        ("1234.50", "EUR", "fr_FR", "1234,50 euros"),
        ("1234.50", "EUR", "es_ES", "1234,50 euros"),
        ("0.05", "EUR", "nl_NL", "0,05 euro"),
        ("1234.567", "KWD", "en_GB", "1234.567 Kuwaiti dinars"),
    ],
)
def test_an_amount_is_said_without_marks_that_a_voice_stumbles_over(amount, currency, locale, said) -> None:
    assert speak_money(Money.of(amount, currency), locale) == said


@pytest.mark.parametrize(
    ("number", "said"), [("INV-1041", "I N V, 1 0 4 1"), ("7", "7"), ("a/b_1", "a, b, 1"), ("-", "")]
)
def test_a_number_is_read_out_character_by_character(number, said) -> None:
    assert spell(number) == said
