"""Who pays early is left alone before the due date, and nobody else; it is said with the numbers."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from early_counts import early_counts
from hypothesis import given
from hypothesis import strategies as st
from unit.dunning.snapshots import EVERY_DAY, WEEKDAYS, a_receivable, an_account, codes, decide_one

from connector.dunning.early_payers import pays_early
from connector.dunning.explain import explain
from connector.dunning.forecast import preview
from connector.dunning.policy import Policy, Stage
from connector.dunning.reasons import Action
from connector.policy_tools.early_past import EarlyPast
from connector.policy_tools.sentences import policy_sentences
from connector.reports.early import early_habits
from state.habits import EarlyHabit
from state.ids import ContactId, InvoiceId
from state.past import MoneyIn, PastInvoice
from state.paydays import Paydays, ordinal

DUE = date(2026, 3, 2)
COURTESY = DUE - timedelta(days=3)
TODAY = date(2026, 3, 1)
EARLY = EarlyHabit(early=9, counted=10, share=Decimal("0.81"))
# Invoices of customers: due so many days from today, paid so many days after that (None: open).
LEDGERS = st.dictionaries(
    st.sampled_from(["ann", "bob", "cyd"]),
    st.lists(st.tuples(st.integers(-200, 20), st.none() | st.integers(-30, 30)), max_size=8),
)


def test_who_pays_early_is_not_reminded_before_the_due_date() -> None:
    decision = decide_one(a_receivable(), COURTESY, early=EARLY)

    assert (decision.action, decision.stage, decision.next_on) == (Action.WAIT, "soft", DUE + timedelta(days=1))
    assert explain(decision).because[1] == (
        "pays early: 9 of 10 invoices before the due date (81 % with what is usual in this ledger), so the friendly"
        " reminder of 2026-02-27 does not go"
    )


def test_the_stage_after_the_due_date_comes_on_its_day_and_says_nothing_of_it() -> None:
    decision = decide_one(a_receivable(), DUE + timedelta(days=1), early=EARLY)

    assert (decision.action, decision.stage, codes(decision)) == (Action.SEND, "soft", ["stage_due"])


@pytest.mark.parametrize(
    "habit",
    [None, EarlyHabit(2, 2, Decimal("0.99")), EarlyHabit(5, 9, Decimal("0.74"))],
    ids=["unknown", "too few", "too rarely"],
)
def test_everybody_else_is_reminded_as_before(habit: EarlyHabit | None) -> None:
    decision = decide_one(a_receivable(), COURTESY, early=habit)

    assert (decision.action, decision.stage) == (Action.SEND, "friendly")


def test_the_policy_can_say_so() -> None:
    nudging = Policy(nudge_early_payers=True)

    assert decide_one(a_receivable(), COURTESY, nudging, early=EARLY).action is Action.SEND
    assert "Who pays early is left alone before the due date." in policy_sentences(Policy())
    assert policy_sentences(nudging) == [line for line in policy_sentences(Policy()) if "early" not in line]


def test_of_two_courtesies_neither_goes_and_the_first_is_told() -> None:
    stages = (Stage("first", -9, "friendly"), Stage("second", -3, "friendly"), Stage("soft", 1, "soft"))

    decision = decide_one(a_receivable(), DUE - timedelta(days=12), Policy(stages=stages), early=EARLY)

    assert (decision.stage, codes(decision)) == ("soft", ["stage_not_due", "pays_early"])
    assert decision.reasons[1].parameters["stage"] == "first"


def test_situations_that_are_shared_are_told_apart_by_the_habit() -> None:
    """One pass remembers what it decided about an invoice of the same day."""
    early, other = an_account(a_receivable(), early=EARLY), an_account(a_receivable(), contact_id=ContactId("other"))
    foreseen = [preview(each, Policy(), WEEKDAYS, COURTESY, 3) for each in (early, other)]

    assert [len(each.sends) for each in foreseen] == [0, 1]
    assert [spared.on for spared in foreseen[0].spared] == [COURTESY]
    assert foreseen[1].spared == ()


@given(LEDGERS)
def test_habits_are_counted_invoice_by_invoice(ledger: dict[str, list[tuple[int, int | None]]]) -> None:
    paydays, told = Paydays(), {}
    for name, invoices in ledger.items():
        for due, late in invoices:
            day = ordinal(TODAY) + due
            paydays.add_days(ContactId(name), day - 30, day, None if late is None else day + late, 1, "GBP")
        settled = [late for due, late in invoices if late is not None and due + late <= 0]
        overdue = [due for due, late in invoices if due < 0 and (late is None or due + late > 0)]
        told[name] = (sum(late < 0 for late in settled), len(settled) + len(overdue))

    found = early_habits(early_counts(paydays, TODAY))

    every = [sum(counts[place] for counts in told.values()) for place in (0, 1)]
    assert {name: (habit.early, habit.counted) for name, habit in found.items()} == {
        name: counts for name, counts in told.items() if counts[1]
    }
    for name, habit in found.items():
        early, counted = told[name]
        exact = (early + Fraction(6, 5) * Fraction(every[0], every[1])) / (counted + Fraction(6, 5))
        assert abs(Fraction(habit.share) - exact) < Fraction(1, 10**20)


@given(LEDGERS, st.integers(-100, 0))
def test_the_rewound_past_counts_what_was_known_on_the_day(
    ledger: dict[str, list[tuple[int, int | None]]], back: int
) -> None:
    """Invoices paid in full by payments entered at once: the same as today's count on that day."""
    day, paydays = TODAY + timedelta(days=back), Paydays()
    invoices = []
    for name, each in ledger.items():
        for number, (due, late) in enumerate(each):
            due_on = TODAY + timedelta(days=due)
            paid_on = None if late is None else due_on + timedelta(days=late)
            paydays.add_days(
                ContactId(name), ordinal(due_on) - 60, ordinal(due_on), paid_on and ordinal(paid_on), 100, "GBP"
            )
            invoices.append(
                PastInvoice(
                    id=InvoiceId(f"{name}-{number}"),
                    number=None,
                    contact_id=ContactId(name),
                    currency="GBP",
                    total_minor=100,
                    issued_on=due_on - timedelta(days=60),
                    due_on=due_on,
                    money=() if paid_on is None else (MoneyIn(paid_on, paid_on, 100),),
                )
            )

    found = early_habits(early_counts(paydays, day))
    everybody = EarlyPast(invoices)

    for name in ledger:
        own = EarlyPast([each for each in invoices if each.contact_id == name])
        assert own.habit(day, everybody) == found.get(ContactId(name))


def test_three_early_payments_are_enough_where_others_pay_early_too() -> None:
    paydays = Paydays()
    for name, days in {"ann": [-5] * 3, "bob": [-5] * 20, "cyd": [4] * 3}.items():
        for late in days:
            paydays.add_days(ContactId(name), ordinal(DUE) - 90, ordinal(DUE) - 60, ordinal(DUE) - 60 + late, 1, "GBP")

    found = early_habits(early_counts(paydays, DUE))

    assert {name: pays_early(habit) for name, habit in found.items()} == {"ann": True, "bob": True, "cyd": False}


def test_a_courtesy_that_is_missed_anyway_is_not_told_as_spared() -> None:
    """On the due date it would not have gone to anybody."""
    assert codes(decide_one(a_receivable(), DUE, calendar=EVERY_DAY, early=EARLY)) == ["stage_not_due"]
