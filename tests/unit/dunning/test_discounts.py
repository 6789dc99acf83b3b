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


@pytest.mark.parametrize(
    ("due", "in_time", "since", "taken"),
    [
        (12_50, 487_50, 487_50, True),  # 2.5 % of 500.00
        (12_51, 487_49, 487_49, True),  # a cent is no matter
        (13_00, 487_00, 487_00, False),
        (12_50, 0, 487_50, False),  # late
        (2_50, 487_50, 497_50, True),  # and a part of the discount as well
        (250_00, 250_00, 250_00, False),
        (500_00, 0, 0, False),
    ],
)
def test_a_discount_is_taken_by_paying_in_time_what_it_asked(due: int, in_time: int, since: int, taken: bool) -> None:
    offer = an_offer(percent_hundredths=250, paid_in_time_minor=in_time, paid_since_minor=since)

    over = judge(an_account(a_receivable(due_minor=due, past_discount=offer)), (), TODAY)[ONE]

    assert (over.discount_taken is not None, over.discount) == (taken, None)


def test_what_is_disputed_does_not_keep_a_discount_from_being_taken() -> None:
    offer = an_offer(percent_hundredths=200, paid_in_time_minor=490_00, paid_since_minor=490_00)

    account = an_account(a_receivable(due_minor=110_00, past_discount=offer, disputed_minor=100_00))

    assert judge(account, (), TODAY)[ONE].discount_taken == offer


@given(st.integers(1, 10_000_00), st.integers(1, 9999))
def test_a_discount_and_what_remains_are_what_was_asked(asked: int, percent: int) -> None:
    found = discounted(an_offer(percent_hundredths=percent), asked, TODAY)

    if found is not None:
        assert found.discount_minor + found.pay_minor == asked
        assert abs(found.discount_minor * 10_000 - asked * percent) <= 5_000
