"""From which day a reference rate counts, in words: a settled one stays, another changes with the half-year."""

from datetime import date
from decimal import Decimal

import pytest

from connector.dunning.late_terms import GERMANY, UNITED_KINGDOM, Law
from connector.dunning.policy import Stage
from connector.dunning.rates_known import rates_today
from connector.dunning.reference_rates import Rate, Rates

CLAIMS = (Stage("soft", 1, "soft", charges="claim"),)
ALWAYS = Rates(
    {
        name: (Rate(date(2000, 1, 1), date(2100, 1, 1), Decimal("3.75")),)
        for name in ("bank_of_england", "ecb", "germany")
    }
)


def told(law: Law, today: date, rates: Rates = ALWAYS) -> str:
    words = rates_today(law, rates, CLAIMS, today)
    assert words is not None
    return words


@pytest.mark.parametrize(
    ("today", "first", "rate_of"),
    [
        (date(2026, 1, 1), "2026-01-01", "2025-12-31"),
        (date(2026, 6, 30), "2026-01-01", "2025-12-31"),
        (date(2026, 7, 1), "2026-07-01", "2026-06-30"),
        (date(2026, 12, 31), "2026-07-01", "2026-06-30"),
    ],
)
def test_a_settled_rate_counts_for_what_becomes_late_from_the_first_day_of_its_half_year(
    today: date, first: str, rate_of: str
) -> None:
    assert told(UNITED_KINGDOM, today) == (
        f"interest for what becomes late from {first} on is reckoned from the Bank Rate of the Bank of England of"
        f" {rate_of}: 3.75 %, and points on top"
    )


def test_a_rate_that_changes_with_the_half_year_counts_today() -> None:
    assert told(GERMANY, date(2026, 9, 1)).startswith(
        "interest on 2026-09-01 is reckoned from the Basiszinssatz of the Deutsche Bundesbank of 2026-07-01"
    )


def test_a_settled_rate_that_is_missing_is_told_with_the_day_from_which_it_is_needed() -> None:
    words = told(UNITED_KINGDOM, date(2026, 9, 1), Rates({}))

    assert words.startswith("interest for what becomes late from 2026-07-01 on needs the Bank Rate")
    assert "it is not known at all" in words


def test_without_a_stage_that_speaks_of_charges_no_rate_is_told() -> None:
    assert rates_today(UNITED_KINGDOM, ALWAYS, (Stage("soft", 1, "soft"),), date(2026, 9, 1)) is None
