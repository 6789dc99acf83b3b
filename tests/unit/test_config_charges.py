"""The tables about charges for late payment: what they become, and what in them does not fit together."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from connector.config.charges import ChargesSection, RateSection, own_rates, terms_of
from connector.config.charges_checks import check_charges, check_rates
from connector.dunning.late_terms import EUROPEAN_UNION, GERMANY, UNITED_KINGDOM, Contract
from connector.dunning.policy import Threshold
from connector.dunning.reference_rates import Rate

PATH = ("policy", "charges")


def a_rate(**fields: Any) -> RateSection:
    return RateSection(
        **{
            "name": "ecb",
            "first": date(2026, 7, 1),
            "last": date(2026, 12, 31),
            "percent": "2.15",
            **fields,
        }
    )


def problems(**fields: Any) -> list[str]:
    return [str(problem) for _, problem in check_charges(PATH, ChargesSection(**fields))]


def test_by_default_nothing_is_charged() -> None:
    assert terms_of(ChargesSection()) is None


@pytest.mark.parametrize(("name", "law"), [("uk", UNITED_KINGDOM), ("eu", EUROPEAN_UNION), ("de", GERMANY)])
def test_a_law_is_named_by_its_short_name(name: Any, law: object) -> None:
    assert terms_of(ChargesSection(terms=name)) is law


def test_a_contract_is_what_its_keys_say() -> None:
    section = ChargesSection(
        terms="contract",
        percent="8.5",
        day_count="actual",
        per_invoice={"EUR": "25.00"},
        per_reminder={"default": "5"},
        cap_percent="10",
        with_consumers=True,
    )

    assert problems(**section.model_dump(exclude_unset=True)) == []
    assert terms_of(section) == Contract(
        percent=Decimal("8.5"),
        day_count="actual",
        per_invoice=Threshold(Decimal(0), {"EUR": 25_00}),
        per_reminder=Threshold(Decimal(5)),
        cap_percent=Decimal(10),
        with_consumers=True,
    )


def test_what_is_left_out_of_a_contract_was_not_agreed() -> None:
    assert terms_of(ChargesSection(terms="contract", percent="8")) == Contract(percent=Decimal(8))


@pytest.mark.parametrize("percent", ["eight", "NaN", "Infinity", "100.01", "-10.01"])
def test_a_percentage_is_a_number_that_a_rate_can_be(percent: str) -> None:
    with pytest.raises(ValidationError, match="refused"):
        a_rate(percent=percent)


def test_a_rate_has_a_percentage() -> None:
    with pytest.raises(ValidationError):
        a_rate(percent="")


def test_a_rate_may_be_negative_but_an_agreed_one_is_not() -> None:
    assert a_rate(percent="-0.88").percent == "-0.88"
    assert problems(terms="contract", percent="-1") == ["policy.charges.percent is less than nothing; use 0 or more"]


def test_keys_of_a_contract_do_nothing_beside_a_law_and_are_refused() -> None:
    assert problems(terms="uk", percent="8", with_consumers=False) == [
        "policy.charges.percent is only for terms = contract; leave it out, or set terms to contract",
        "policy.charges.with_consumers is only for terms = contract; leave it out, or set terms to contract",
    ]


def test_a_contract_that_asks_for_nothing_is_refused() -> None:
    assert problems(terms="contract", cap_percent="5") == [
        "policy.charges.terms says nothing of what was agreed; set one of percent, per_invoice, per_reminder"
    ]


def test_rates_of_the_firm_are_handed_to_the_core_as_they_are() -> None:
    assert own_rates([a_rate()]) == [("ecb", Rate(date(2026, 7, 1), date(2026, 12, 31), Decimal("2.15")))]


def test_a_rate_that_ends_before_it_begins_is_refused() -> None:
    [(path, _)] = check_rates(("rates",), [a_rate(last=date(2026, 6, 30))])

    assert path == ("rates", 0, "last")


def test_two_entries_for_one_day_are_refused() -> None:
    rates = [a_rate(), a_rate(first=date(2026, 12, 31), last=date(2027, 6, 30))]

    assert [path for path, _ in check_rates(("rates",), rates)] == [("rates", 1, "first")]


def test_entries_that_follow_each_other_or_are_of_different_rates_are_right() -> None:
    rates = [a_rate(), a_rate(first=date(2027, 1, 1), last=date(2027, 6, 30)), a_rate(name="germany")]

    assert list(check_rates(("rates",), rates)) == []
