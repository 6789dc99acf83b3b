"""What agreements leave to ask for: judged by what is due now, whoever paid it and in whichever order."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.dunning.snapshots import a_receivable, an_account

from connector.dunning.agreements import (
    Agreed,
    Discounted,
    discounted,
    judge,
    position,
    promise_standing,
)
from state.agreed import DiscountOffer, Dispute, Instalment, Plan, PlanState, Promise, PromiseState, Share
from state.model import ContactId, InvoiceId, Receivable

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 10)
TOLERANCE = 3
ONE, TWO = InvoiceId("inv-1"), InvoiceId("inv-2")


def a_promise(*shares: Share, **fields: Any) -> Promise:
    """100.00 GBP of the first invoice's 600.00 by today."""
    shares = shares or (Share(ONE, 600_00),)
    return Promise(
        **{
            "id": 1,
            "invoice_id": ONE,
            "contact_id": None,
            "promised_on": TODAY,
            "amount_minor": 100_00,
            "currency": "GBP",
            "baseline_minor": sum(share.baseline_minor for share in shares),
            "made_at": AT,
            "made_by": "ada",
            "note": None,
            "state": PromiseState.OPEN,
            "settled_at": None,
            "shares": shares,
            **fields,
        }
    )


def a_plan(*instalments: tuple[date, int], shares: tuple[Share, ...] = (Share(ONE, 600_00),), **fields: Any) -> Plan:
    """By default 600.00 GBP in three parts: five days ago, in two days, in thirty."""
    parts = instalments or (
        (TODAY - timedelta(days=5), 200_00),
        (TODAY + timedelta(days=2), 200_00),
        (TODAY + timedelta(days=30), 200_00),
    )
    return Plan(
        **{
            "id": 1,
            "contact_id": ContactId("customer"),
            "currency": "GBP",
            "state": PlanState.ACTIVE,
            "baseline_minor": sum(share.baseline_minor for share in shares),
            "made_at": AT,
            "made_by": "ada",
            "settled_at": None,
            "shares": shares,
            "instalments": tuple(Instalment(number, day, minor) for number, (day, minor) in enumerate(parts, 1)),
            **fields,
        }
    )


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


def a_dispute(amount_minor: int | None) -> Dispute:
    return Dispute(
        id=1,
        invoice_id=ONE,
        reason="two boxes were broken",
        owner="ada",
        amount_minor=amount_minor,
        currency="GBP",
        opened_at=AT,
        opened_by="ada",
        closed_at=None,
        closed_by=None,
        outcome=None,
    )


def judged(receivable: Receivable, *plans: Plan, today: date = TODAY) -> Agreed:
    return judge(an_account(receivable, plans=plans), TOLERANCE, today)[receivable.invoice_id]


def test_without_an_agreement_what_is_due_is_asked() -> None:
    assert judged(a_receivable()) == Agreed(asked_minor=600_00)


def test_of_an_invoice_disputed_in_part_the_rest_is_asked() -> None:
    assert judged(a_receivable(dispute=a_dispute(50_00), disputed_minor=50_00)).asked_minor == 550_00


def test_of_an_invoice_disputed_as_a_whole_nothing_is_asked() -> None:
    assert judged(a_receivable(dispute=a_dispute(None), disputed_minor=600_00)).asked_minor == 0


@pytest.mark.parametrize(
    ("days", "due", "standing"),
    [
        (0, 600_00, PromiseState.OPEN),
        (1, 600_00, PromiseState.BROKEN),
        (1, 500_01, PromiseState.BROKEN),
        (1, 500_00, PromiseState.KEPT),
        (0, 500_00, PromiseState.KEPT),
        (1, 700_00, PromiseState.BROKEN),
    ],
)
def test_a_promise_is_open_through_its_day_and_kept_once_so_much_has_come(
    days: int, due: int, standing: PromiseState
) -> None:
    assert promise_standing(a_promise(), {ONE: due}, 0, TODAY + timedelta(days=days)) is standing


def test_a_promise_about_a_settled_invoice_is_kept() -> None:
    assert promise_standing(a_promise(), {}, 0, TODAY + timedelta(days=9)) is PromiseState.KEPT


def test_a_promise_about_an_invoice_that_was_voided_is_withdrawn() -> None:
    assert promise_standing(a_promise(), {ONE: None}, 0, TODAY) is PromiseState.WITHDRAWN


def test_a_promise_about_several_invoices_counts_whichever_is_paid() -> None:
    promise = a_promise(Share(ONE, 80_00), Share(TWO, 70_00))

    assert promise_standing(promise, {ONE: 80_00, TWO: 0}, 0, TODAY) is PromiseState.OPEN
    assert promise_standing(promise, {ONE: 50_00, TWO: 0}, 0, TODAY) is PromiseState.KEPT


def test_what_of_a_promise_was_voided_need_not_be_paid() -> None:
    promise = a_promise(Share(ONE, 80_00), Share(TWO, 70_00))

    assert promise_standing(promise, {ONE: None, TWO: 0}, 0, TODAY) is PromiseState.KEPT


def test_an_invoice_that_grew_does_not_undo_what_was_paid_on_another() -> None:
    promise = a_promise(Share(ONE, 80_00), Share(TWO, 100_00))

    assert promise_standing(promise, {ONE: 200_00, TWO: 0}, 0, TODAY) is PromiseState.KEPT


@pytest.mark.parametrize("state", [PromiseState.KEPT, PromiseState.BROKEN, PromiseState.WITHDRAWN])
def test_a_settled_promise_stays_what_it_is(state: PromiseState) -> None:
    assert promise_standing(a_promise(state=state), {ONE: 600_00}, 0, TODAY) is state


@pytest.mark.parametrize(
    ("days", "credit", "standing"),
    [
        (0, 100_00, PromiseState.OPEN),  # it may have been there when the promise was made
        (1, 100_00, PromiseState.KEPT),
        (1, 99_99, PromiseState.BROKEN),
    ],
)
def test_money_that_no_invoice_has_taken_keeps_a_promise_from_being_broken(
    days: int, credit: int, standing: PromiseState
) -> None:
    assert promise_standing(a_promise(), {ONE: 600_00}, credit, TODAY + timedelta(days=days)) is standing


def test_money_that_no_invoice_has_taken_keeps_a_plan_from_breaking() -> None:
    late = TODAY + timedelta(days=TOLERANCE + 3)  # two instalments of 200.00 are overdue by then

    assert position(a_plan(), {ONE: 600_00}, 399_99, TOLERANCE, late).broken
    assert not position(a_plan(), {ONE: 600_00}, 400_00, TOLERANCE, late).broken
    assert position(a_plan(), {ONE: 600_00}, 400_00, TOLERANCE, late).asked_minor == 400_00


def test_the_customers_credit_of_the_same_currency_counts() -> None:
    day = TODAY + timedelta(days=1)
    owed = a_receivable(promise=a_promise())
    standing = [
        judge(an_account(owed, credits=credits), TOLERANCE, day)[ONE].promise
        for credits in ({"GBP": 100_00}, {"EUR": 100_00})
    ]

    assert standing == [PromiseState.KEPT, PromiseState.BROKEN]


def test_a_broken_promise_is_told_with_its_day() -> None:
    agreed = judged(a_receivable(promise=a_promise()), today=TODAY + timedelta(days=1))

    assert (agreed.promise, agreed.promised_on) == (PromiseState.BROKEN, TODAY)


def test_a_plan_asks_for_the_instalments_whose_day_has_come() -> None:
    agreed = judged(a_receivable(due_minor=550_00), a_plan(), today=TODAY + timedelta(days=2))

    assert agreed.plan is not None
    assert (agreed.plan.paid_minor, agreed.plan.rest_minor) == (50_00, 550_00)
    assert (agreed.plan.instalment.number, agreed.plan.outstanding_minor) == (1, 150_00)
    assert agreed.plan.asked_minor == 350_00
    assert agreed.asked_minor == 550_00


def test_an_instalment_on_the_very_day_is_asked_for() -> None:
    plan = a_plan((TODAY, 200_00), (TODAY + timedelta(days=1), 400_00))

    assert position(plan, {ONE: 600_00}, 0, TOLERANCE, TODAY).asked_minor == 200_00


def test_a_plan_that_is_paid_ahead_asks_nothing_and_names_the_next_day() -> None:
    plan = position(a_plan(), {ONE: 350_00}, 0, TOLERANCE, TODAY)

    assert (plan.asked_minor, plan.instalment.number, plan.outstanding_minor) == (0, 2, 150_00)


def test_a_plan_paid_in_full_has_no_instalment_left() -> None:
    plan = position(a_plan(), {}, 0, TOLERANCE, TODAY + timedelta(days=99))

    assert (plan.instalment, plan.outstanding_minor, plan.asked_minor, plan.broken) == (None, 0, 0, False)


@pytest.mark.parametrize(("days", "broken"), [(TOLERANCE, False), (TOLERANCE + 1, True)])
def test_a_plan_breaks_when_an_instalment_is_overdue_beyond_the_tolerance(days: int, broken: bool) -> None:
    plan = a_plan((TODAY, 600_00))

    assert position(plan, {ONE: 1}, 0, TOLERANCE, TODAY + timedelta(days=days)).broken is broken


def test_a_plan_that_was_found_broken_stays_so() -> None:
    assert position(a_plan(state=PlanState.BROKEN), {ONE: 600_00}, 0, TOLERANCE, date(2026, 1, 1)).broken


def test_what_is_disputed_of_its_invoices_is_not_asked_for_as_an_instalment() -> None:
    account = an_account(a_receivable(due_minor=600_00, disputed_minor=500_00), plans=(a_plan(),))

    [agreed] = judge(account, TOLERANCE, TODAY).values()

    assert agreed.plan.outstanding_minor == 100_00


def test_an_invoice_beside_the_plan_is_not_part_of_it() -> None:
    account = an_account(a_receivable("inv-1"), a_receivable("inv-2"), plans=(a_plan(),))

    assert judge(account, TOLERANCE, TODAY)[TWO] == Agreed(asked_minor=600_00)


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
    agreed = judged(a_receivable(discount=an_offer(), dispute=a_dispute(200_00), disputed_minor=200_00))

    assert agreed.discount == Discounted(an_offer(), 10_00, 390_00)


DUES = st.lists(st.integers(1, 10_000_00), min_size=1, max_size=5)


@st.composite
def plans_and_payments(draw: st.DrawFn) -> tuple[Plan, dict[InvoiceId, int]]:
    """A plan over a few invoices, and what is due on each after payments in any order."""
    shares = tuple(Share(InvoiceId(f"inv-{n}"), minor) for n, minor in enumerate(draw(DUES)))
    balance = sum(share.baseline_minor for share in shares)
    cuts = sorted(draw(st.sets(st.integers(1, max(balance - 1, 1)), max_size=6))) if balance > 1 else []
    amounts = [upper - lower for lower, upper in zip([0, *cuts], [*cuts, balance], strict=True)]
    days = sorted(draw(st.sets(st.integers(-60, 60), min_size=len(amounts), max_size=len(amounts))))
    parts = [(TODAY + timedelta(days=day), minor) for day, minor in zip(days, amounts, strict=True)]
    due = {share.invoice_id: draw(st.integers(0, 2 * share.baseline_minor)) for share in shares}
    return a_plan(*parts, shares=shares), due


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

    over = judged(a_receivable(due_minor=due, past_discount=offer))

    assert (over.discount_taken is not None, over.discount) == (taken, None)


def test_what_is_disputed_does_not_keep_a_discount_from_being_taken() -> None:
    offer = an_offer(percent_hundredths=200, paid_in_time_minor=490_00, paid_since_minor=490_00)

    agreed = judged(
        a_receivable(due_minor=110_00, past_discount=offer, dispute=a_dispute(100_00), disputed_minor=100_00)
    )

    assert agreed.discount_taken == offer


@given(plans_and_payments())
def test_paid_and_rest_are_the_balance_and_neither_is_negative(drawn: tuple[Plan, dict[InvoiceId, int]]) -> None:
    plan, due = drawn
    found = position(plan, due, 0, TOLERANCE, TODAY)

    assert found.paid_minor >= 0
    assert found.rest_minor >= 0
    assert found.paid_minor + found.rest_minor == plan.baseline_minor


@given(plans_and_payments(), st.integers(0, 5000_00))
def test_a_plan_never_asks_more_than_is_due_and_undisputed(
    drawn: tuple[Plan, dict[InvoiceId, int]], disputed: int
) -> None:
    plan, due = drawn
    receivables = [
        a_receivable(key, due_minor=minor, disputed_minor=min(disputed, minor)) for key, minor in due.items() if minor
    ]
    judged = judge(an_account(*receivables, plans=(plan,)), TOLERANCE, TODAY)

    for agreed in judged.values():
        if agreed.plan is not None:
            assert 0 <= agreed.plan.outstanding_minor <= sum(each.asked_minor for each in receivables)


@given(plans_and_payments())
def test_the_oldest_instalments_are_matched_first(drawn: tuple[Plan, dict[InvoiceId, int]]) -> None:
    plan, due = drawn
    found = position(plan, due, 0, TOLERANCE, TODAY)
    before = [p for p in plan.instalments if found.instalment is None or p.number < found.instalment.number]
    covered = sum(part.amount_minor for part in before)

    assert covered <= found.paid_minor
    if found.instalment is not None:
        assert found.paid_minor - covered == found.instalment.amount_minor - found.outstanding_minor
        assert 0 < found.outstanding_minor <= found.instalment.amount_minor


@given(plans_and_payments(), st.data())
def test_a_payment_on_whichever_invoice_never_makes_a_plan_ask_more(
    drawn: tuple[Plan, dict[InvoiceId, int]], data: st.DataObject
) -> None:
    plan, due = drawn
    invoice = data.draw(st.sampled_from(sorted(due)))
    after = due | {invoice: data.draw(st.integers(0, due[invoice]))}

    one, other = position(plan, due, 0, TOLERANCE, TODAY), position(plan, after, 0, TOLERANCE, TODAY)
    assert other.asked_minor <= one.asked_minor
    assert other.broken <= one.broken


@given(st.integers(1, 10_000_00), st.integers(1, 9999))
def test_a_discount_and_what_remains_are_what_was_asked(asked: int, percent: int) -> None:
    found = discounted(an_offer(percent_hundredths=percent), asked, TODAY)

    if found is not None:
        assert found.discount_minor + found.pay_minor == asked
        assert abs(found.discount_minor * 10_000 - asked * percent) <= 5_000
