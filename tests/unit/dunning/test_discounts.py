"""An offer for early payment in figures: of what is asked on the day, until its own day is over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.dunning.snapshots import a_receivable, an_account

from connector.dunning.agreements import Discounted, discounted, judge
from state.agreed import DiscountOffer
from state.model import InvoiceId

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 10)
ONE = InvoiceId("inv-1")


def an_offer(**fields: Any) -> DiscountOffer:
    """2.5 % until today."""
    return DiscountOffer(
        **{
            "id": 1,
            "invoice_id": ONE,
            "percent_hundredths": 250,
            "amount_minor": None,
            "currency": "GBP",
            "until": TODAY,
            "made_at": AT,
            "made_by": "ada",
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("fields", "asked", "pay"),
    [
        ({}, 600_00, 585_00),
        ({}, 20, 19),  # half a cent and more is rounded up
        ({}, 19, None),  # less is nothing
        ({"percent_hundredths": None, "amount_minor": 50_00}, 600_00, 550_00),
        ({"percent_hundredths": None, "amount_minor": 50_00}, 50_00, None),  # would leave nothing to pay
        ({"until": TODAY - timedelta(days=1)}, 600_00, None),
    ],
)
def test_a_discount_is_right_until_its_day_and_then_gone(fields: dict, asked: int, pay: int | None) -> None:
    found = discounted(an_offer(**fields), asked, TODAY)

    assert (found.pay_minor if found else None) == pay


def test_a_discount_is_on_the_undisputed_rest() -> None:
    account = an_account(a_receivable(discount=an_offer(), disputed_minor=200_00))

    assert judge(account, (), TODAY)[ONE].discount == Discounted(an_offer(), 10_00, 390_00)


@given(st.integers(1, 10_000_00), st.integers(1, 9999))
def test_a_discount_and_what_remains_are_what_was_asked(asked: int, percent: int) -> None:
    found = discounted(an_offer(percent_hundredths=percent), asked, TODAY)

    if found is not None:
        assert found.discount_minor + found.pay_minor == asked
        assert abs(found.discount_minor * 10_000 - asked * percent) <= 5_000
