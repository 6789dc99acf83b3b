"""Unapplied credit: what it takes out of the asking, and what it takes off the sum."""

from datetime import date, timedelta
from decimal import Decimal

from unit.dunning.snapshots import DEFAULT, EVERY_DAY, a_receivable, an_account, codes, decide_one, pending

from connector.dunning.consolidate import consolidate
from connector.dunning.decide import decide
from connector.dunning.netting import net
from connector.dunning.policy import Threshold
from state.model import ReminderState

TODAY = date(2026, 3, 3)
ONE = Threshold(Decimal(1))


def test_without_credit_everything_is_asked_for() -> None:
    one, two = a_receivable("one"), a_receivable("two", due_minor=50_00)

    netting = net([one, two], {}, ONE)["GBP"]

    assert (netting.listed, netting.total_minor, netting.credit_minor) == ((one, two), 650_00, 0)


def test_credit_settles_the_invoice_it_covers_and_is_taken_off_the_rest() -> None:
    small, large = a_receivable("small", due_minor=100_00), a_receivable("large", due_minor=900_00)

    netting = net([small, large], {"GBP": 100_00}, ONE)["GBP"]

    assert (netting.covered, netting.listed) == ((small,), (large,))
    assert (netting.total_minor, netting.credit_minor) == (900_00, 100_00)


def test_a_remainder_within_tolerance_withholds_all_invoices_of_the_currency() -> None:
    receivable = a_receivable(due_minor=600_50)

    netting = net([receivable], {"GBP": 600_00}, ONE)["GBP"]

    assert (netting.listed, netting.withheld, netting.credit_minor) == ((), (receivable,), 0)


def test_credit_in_one_currency_does_nothing_for_another() -> None:
    pounds, euros = a_receivable("pounds"), a_receivable("euros", currency="EUR")

    netting = net([pounds, euros], {"EUR": 600_00}, ONE)

    assert netting["GBP"].listed == (pounds,)
    assert netting["EUR"].covered == (euros,)


def test_a_negative_credit_is_no_debt() -> None:
    assert net([a_receivable()], {"GBP": -5_00}, ONE)["GBP"].credit_minor == 0


def test_an_invoice_that_the_credit_would_settle_is_a_question_with_both_amounts() -> None:
    decision = decide_one(a_receivable(due_minor=500_00), TODAY, credits={"GBP": 600_00})

    assert decision.action == "ask_person"
    assert decision.reasons[0].parameters == {
        "credit_minor": 600_00,
        "amount_minor": 500_00,
        "currency": "GBP",
    }


def test_a_customer_whose_credit_leaves_nothing_worth_asking_is_held_as_a_whole() -> None:
    decision = decide_one(a_receivable(due_minor=600_50), TODAY, credits={"GBP": 600_00})

    assert (decision.action, codes(decision)) == ("ask_person", ["account_covered_by_credit"])


def test_todays_message_is_held_when_the_credit_covers_what_it_would_ask() -> None:
    """Another invoice, not due yet, would make the customer's total worth asking; today's message is not."""
    today = a_receivable("today", due_minor=600_50)
    not_due = a_receivable("later", due_minor=700_00, due_on=TODAY + timedelta(days=30))

    decisions = decide(an_account(today, not_due, credits={"GBP": 600_00}), DEFAULT, EVERY_DAY, TODAY)

    assert [codes(d) for d in decisions] == [["account_covered_by_credit"], ["stage_not_due"]]


def test_what_is_not_chased_anyway_does_not_use_up_or_swell_the_ask() -> None:
    disputed = a_receivable("disputed", due_minor=9000_00, disputed=True)
    owed = a_receivable("owed", due_minor=600_50)

    decisions = decide(an_account(disputed, owed, credits={"GBP": 600_00}), DEFAULT, EVERY_DAY, TODAY)

    assert [codes(d) for d in decisions] == [["disputed"], ["account_covered_by_credit"]]


def test_credit_does_not_hide_the_question_a_person_has_to_answer_anyway() -> None:
    due_on = TODAY - timedelta(days=40)
    progress = tuple(pending(stage, ReminderState.SKIPPED) for stage in ("soft", "firm", "final"))
    receivable = a_receivable(due_on=due_on, progress=progress)

    decision = decide_one(receivable, TODAY, credits={"GBP": 600_00})

    assert codes(decision) == ["covered_by_credit", "end_of_sequence"]


def test_a_message_groups_its_invoices_by_currency_and_takes_the_credit_off() -> None:
    account = an_account(
        a_receivable("new", due_minor=900_00, due_on=date(2026, 3, 2)),
        a_receivable("old", due_minor=700_00, due_on=date(2026, 1, 5)),
        a_receivable("euro", due_minor=50_00, currency="EUR", due_on=date(2026, 2, 2)),
        credits={"GBP": 100_00},
    )

    plan = consolidate(account, decide(account, DEFAULT, EVERY_DAY, TODAY), DEFAULT)

    assert plan is not None
    assert [r.receivable.invoice_id for r in plan.reminders] == ["old", "euro", "new"]
    assert [(g.currency, g.total_minor, g.credit_minor, g.ask_minor) for g in plan.groups] == [
        ("GBP", 1600_00, 100_00, 1500_00),
        ("EUR", 50_00, 0, 50_00),
    ]
    assert [r.receivable.invoice_id for r in plan.groups[0].reminders] == ["old", "new"]


def test_credit_that_leaves_exactly_the_tolerance_leaves_nothing_worth_asking() -> None:
    netting = net([a_receivable(due_minor=601_00)], {"GBP": 600_00}, ONE)["GBP"]

    assert (netting.listed, netting.total_minor) == ((), 0)
