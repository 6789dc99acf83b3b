"""What agreements leave to ask for: judged by what is due now, whoever paid it and in whichever order."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.dunning.snapshots import a_receivable, an_account

from connector.dunning.agreements import (
    Agreed,
    PlanPosition,
    judge,
    missing_of,
    position,
    positions,
    promise_standing,
)
from state.agreed import Dispute, Instalment, Plan, PlanState, Promise, PromiseState, Share
from state.model import Account, ContactId, InvoiceId, Receivable

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 10)
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
    return judged_all(an_account(receivable, plans=plans), today)[receivable.invoice_id]


def judged_all(account: Account, today: date = TODAY) -> dict[InvoiceId, Agreed]:
    return judge(account, positions(account, today), today)


def standing(
    plan: Plan, due: dict[InvoiceId, int], credit: int = 0, today: date = TODAY, *, disputed: int = 0
) -> PlanPosition:
    """Where `plan` stands while the first so many minor units of what is due are disputed."""
    undisputed, left = {}, disputed
    for key, minor in due.items():
        undisputed[key] = minor - min(left, minor)
        left -= min(left, minor)
    return position(plan, due, undisputed, credit, today)


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


def test_money_that_no_invoice_has_taken_meets_instalments_and_is_not_taken_for_paid() -> None:
    late = TODAY + timedelta(days=6)  # two instalments of 200.00 are overdue by then

    assert standing(a_plan(), {ONE: 600_00}, 399_99, late).unmet.number == 2
    assert standing(a_plan(), {ONE: 600_00}, 400_00, late).unmet.number == 3
    assert standing(a_plan(), {ONE: 600_00}, 400_00, late).asked_minor == 400_00


def test_the_customers_credit_of_the_same_currency_counts() -> None:
    day = TODAY + timedelta(days=1)
    owed = a_receivable(promise=a_promise())
    found = [
        judged_all(an_account(owed, credits=credits), day)[ONE].promise
        for credits in ({"GBP": 100_00}, {"EUR": 100_00})
    ]

    assert found == [PromiseState.KEPT, PromiseState.BROKEN]


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

    assert standing(plan, {ONE: 600_00}).asked_minor == 200_00


def test_a_plan_that_is_paid_ahead_asks_nothing_and_names_the_next_day() -> None:
    plan = standing(a_plan(), {ONE: 350_00})

    assert (plan.asked_minor, plan.instalment.number, plan.outstanding_minor) == (0, 2, 150_00)


def test_a_plan_paid_in_full_has_no_instalment_left() -> None:
    plan = standing(a_plan(), {}, today=TODAY + timedelta(days=99))

    assert (plan.instalment, plan.outstanding_minor, plan.asked_minor, plan.unmet) == (None, 0, 0, None)


def test_a_plan_that_was_found_broken_stays_so() -> None:
    assert standing(a_plan(state=PlanState.BROKEN), {ONE: 600_00}, today=date(2026, 1, 1)).broken


def test_what_is_disputed_of_its_invoices_is_not_asked_for_as_an_instalment() -> None:
    account = an_account(a_receivable(due_minor=600_00, disputed_minor=500_00), plans=(a_plan(),))

    [agreed] = judged_all(account).values()

    assert (agreed.plan.outstanding_minor, agreed.plan.asked_minor) == (100_00, 100_00)
    assert missing_of(agreed.plan) == 200_00


def test_what_is_disputed_falls_on_the_last_instalments() -> None:
    late = TODAY + timedelta(days=60)  # the day of all three has come

    assert standing(a_plan(), {ONE: 600_00}, today=late, disputed=250_00).asked_minor == 350_00
    assert standing(a_plan(), {ONE: 600_00}, today=late, disputed=250_00).outstanding_minor == 200_00
    assert standing(a_plan(), {ONE: 250_00}, today=late, disputed=200_00).asked_minor == 50_00


def test_of_a_plan_whose_rest_is_disputed_nothing_is_unmet() -> None:
    found = standing(a_plan(), {ONE: 450_00}, today=TODAY + timedelta(days=60), disputed=450_00)

    assert (found.instalment.number, found.outstanding_minor, found.asked_minor, found.unmet) == (1, 0, 0, None)
    assert missing_of(found) == 50_00


def test_money_in_hand_meets_the_undisputed_rest() -> None:
    assert standing(a_plan(), {ONE: 600_00}, 99_99, disputed=500_00).unmet is not None
    assert standing(a_plan(), {ONE: 600_00}, 100_00, disputed=500_00).unmet is None


def test_an_invoice_beside_the_plan_is_not_part_of_it() -> None:
    account = an_account(a_receivable("inv-1"), a_receivable("inv-2"), plans=(a_plan(),))

    assert judged_all(account)[TWO] == Agreed(asked_minor=600_00)


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


@given(plans_and_payments())
def test_paid_and_rest_are_the_balance_and_neither_is_negative(drawn: tuple[Plan, dict[InvoiceId, int]]) -> None:
    plan, due = drawn
    found = standing(plan, due)

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
    found = judged_all(an_account(*receivables, plans=(plan,)))

    for agreed in found.values():
        if agreed.plan is not None:
            assert 0 <= agreed.plan.outstanding_minor <= sum(each.asked_minor for each in receivables)


@given(plans_and_payments())
def test_the_oldest_instalments_are_matched_first(drawn: tuple[Plan, dict[InvoiceId, int]]) -> None:
    plan, due = drawn
    found = standing(plan, due)
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

    one, other = standing(plan, due), standing(plan, after)
    assert other.asked_minor <= one.asked_minor
    assert _number(other) >= _number(one)


@given(plans_and_payments(), st.integers(0, 20_000_00), st.integers(0, 5000_00))
def test_a_dispute_takes_from_the_last_what_is_asked_and_nothing_from_what_is_missing(
    drawn: tuple[Plan, dict[InvoiceId, int]], disputed: int, credit: int
) -> None:
    plan, due = drawn
    whole, part = standing(plan, due, credit), standing(plan, due, credit, disputed=disputed)
    rest = max(sum(due.values()) - disputed, 0)

    assert part.asked_minor == min(whole.asked_minor, rest)
    assert part.outstanding_minor == min(whole.outstanding_minor, rest)
    assert (part.paid_minor, part.instalment, missing_of(part)) == (
        whole.paid_minor,
        whole.instalment,
        missing_of(whole),
    )
    if part.unmet is not None:
        assert part.unmet == whole.unmet
        assert credit < rest
    elif whole.unmet is not None:
        assert credit >= rest


def _number(found: PlanPosition) -> int:
    """Of the oldest instalment that is not met; past the last if all are."""
    return found.unmet.number if found.unmet else len(found.plan.instalments) + 1
