"""The pages about charges and lawful policies say what the code and the rates say."""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from connector.dunning.interest import Charges, LateDebt, Payment, charges
from connector.dunning.late_terms import LAWS, UNITED_KINGDOM
from connector.dunning.lawfulness import FindingCode
from connector.dunning.reference_rates import RATE_NAMES, RateName
from connector.law.published_rates import publication, published_rates
from state.money import Money

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
INTEREST = (REFERENCE / "interest.md").read_text(encoding="utf-8")
LAWFUL = (REFERENCE / "lawful-policy.md").read_text(encoding="utf-8")


def test_each_finding_has_a_heading() -> None:
    assert set(re.findall(r"^## (\w+)$", LAWFUL, re.MULTILINE)) == set(get_args(FindingCode))


@pytest.mark.parametrize("name", RATE_NAMES)
def test_the_page_says_since_when_and_until_when_a_rate_is_known(name: RateName) -> None:
    published = publication(name)

    [row] = [line for line in INTEREST.splitlines() if line.startswith(f"| `{name}` |")]

    assert row.endswith(f"| {published.rows[0].valid_from} | {published.known_until} |")


@pytest.mark.parametrize("name", LAWS)
def test_each_law_has_a_row_and_its_sources(name: str) -> None:
    assert f"| `{name}` |" in INTEREST
    assert f"- **{name}**: " in INTEREST


def pounds(minor: int) -> str:
    return f"£{Money(minor, 'GBP').amount:,}"


def test_the_example_of_the_page_is_what_dun_reckons() -> None:
    debt = LateDebt(
        currency="GBP",
        total_minor=1_000_00,
        due_on=date(2026, 3, 2),
        payments=(Payment(date(2026, 3, 22), 400_00),),
        debtor="business",
    )

    found = charges(debt, UNITED_KINGDOM, published_rates(), date(2026, 4, 11))

    assert isinstance(found, Charges)
    rows = [
        f"| {p.first} | {p.last} | {p.days} | {pounds(p.balance_minor)} | {p.percent} | {pounds(p.interest_minor)} |"
        for p in found.periods
    ]
    assert len(rows) == 2
    assert all(row in INTEREST for row in rows)
    assert f"**{pounds(found.interest_minor)}**" in INTEREST
    assert f"{pounds(found.total_minor)}, and {found.daily_minor} pence" in INTEREST
