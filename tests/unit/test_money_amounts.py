"""Amounts: exact, with their currency, or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.money import CurrencyMismatch, Money, MoneyError, exponent, to_minor, totals

CURRENCIES = ("EUR", "GBP", "USD", "JPY", "ISK", "KWD", "TND", "CLF")
currencies = st.sampled_from(CURRENCIES)
minors = st.integers(min_value=-(10**15), max_value=10**15)
monies = st.builds(Money, minors, currencies)


@given(minors, currencies)
def test_minor_units_survive_the_way_to_a_decimal_and_back(minor: int, currency: str) -> None:
    assert to_minor(Money(minor, currency).amount, currency) == minor


@given(minors, currencies)
def test_an_amount_is_written_with_exactly_the_digits_of_its_currency(minor: int, currency: str) -> None:
    assert -Money(minor, currency).amount.as_tuple().exponent == exponent(currency)


@given(minors, currencies)
def test_trailing_zeros_do_not_change_an_amount(minor: int, currency: str) -> None:
    amount = Money(minor, currency).amount

    assert to_minor(Decimal(f"{amount}{'' if '.' in str(amount) else '.'}000"), currency) == minor


@given(minors, currencies, st.integers(min_value=1, max_value=9))
def test_a_fraction_of_a_minor_unit_is_refused_not_rounded(minor: int, currency: str, fraction: int) -> None:
    amount = Decimal(minor * 10 + fraction).scaleb(-exponent(currency) - 1)

    with pytest.raises(MoneyError, match="finer than the minor unit"):
        to_minor(amount, currency)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_not_a_number_is_not_money(amount: str) -> None:
    with pytest.raises(MoneyError):
        to_minor(Decimal(amount), "EUR")


def test_a_number_with_a_million_digits_is_refused_before_anybody_counts_them() -> None:
    with pytest.raises(MoneyError, match="not an amount of money"):
        to_minor(Decimal("1E+999990"), "USD")  # as an integer, it keeps a processor busy for most of a minute


@pytest.mark.parametrize("currency", ["", "eur", "XXX", "EURO", "BTC", "€"])
def test_an_unknown_currency_is_refused_not_guessed(currency: str) -> None:
    with pytest.raises(MoneyError, match="unknown currency"):
        Money(1, currency)


def test_every_currency_has_its_own_number_of_digits() -> None:
    assert [str(Money(12345, code).amount) for code in ("JPY", "EUR", "KWD", "CLF")] == [
        "12345",
        "123.45",
        "12.345",
        "1.2345",
    ]


@given(monies, monies)
def test_two_currencies_never_meet_in_one_sum(one: Money, other: Money) -> None:
    if one.currency == other.currency:
        assert (one + other).minor == one.minor + other.minor
    else:
        for combine in (lambda: one + other, lambda: one - other, lambda: one < other, lambda: one <= other):
            with pytest.raises(CurrencyMismatch):
                combine()


@given(st.lists(monies))
def test_totals_keep_each_currency_to_itself(amounts: list[Money]) -> None:
    sums = totals(amounts)

    assert {code: money.minor for code, money in sums.items()} == {
        code: sum(m.minor for m in amounts if m.currency == code) for code in {m.currency for m in amounts}
    }
    assert all(code == money.currency for code, money in sums.items())


def test_totals_come_in_the_order_of_first_appearance() -> None:
    assert list(totals([Money(1, "USD"), Money(1, "EUR"), Money(1, "USD")])) == ["USD", "EUR"]


def test_nothing_due_is_false() -> None:
    assert not Money(0, "EUR")
    assert Money(-1, "EUR")


def test_money_reads_well() -> None:
    assert str(Money.of("1234567.5", "EUR")) == "1,234,567.50 EUR"


@pytest.mark.parametrize("amount", ["1e400", "-1e400", "1e999990", "9" * 100_000, "1e999999999999", "Infinity", "NaN"])
def test_what_nobody_can_owe_is_no_amount_of_money(amount: str) -> None:
    with pytest.raises(MoneyError, match="not an amount of money"):
        to_minor(Decimal(amount), "GBP")


@pytest.mark.parametrize("amount", ["0e999999999", "-0", "-0.00", "0E-400"])
def test_nothing_is_nothing_however_it_is_written(amount: str) -> None:
    assert to_minor(Decimal(amount), "KWD") == 0
