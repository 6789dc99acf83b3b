"""The control group: who is in it, what waits for it, and what never does."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.dunning.snapshots import EVERY_DAY, a_hold, a_receivable, an_account, pending, sent

from connector.dunning.decide import decide
from connector.dunning.explain import explain
from connector.dunning.policy import DEFAULT_STAGES, Policy, Stage, Threshold
from connector.dunning.reasons import Action, Decision, ReasonCode
from connector.dunning.segments import PolicyBook
from connector.dunning.trial import Trial, is_drawn
from state.model import Account, ContactId, ContactStatus, PayerHistory, ReminderState

DUE = date(2026, 3, 2)
TRIAL = Trial(percent=50, start_days=7, below=Threshold(Decimal(1000)), paid_at_least=5, days_late_less_than=Decimal(5))
GOOD = PayerHistory(paid=8, late=1, mean_days_late=Decimal("1.5"))
DRAWN = next(name for name in map(str, range(100)) if is_drawn(name, 50))
OTHER = next(name for name in map(str, range(100)) if not is_drawn(name, 50))


def account(key: str = DRAWN, **fields: Any) -> Account:
    receivable = fields.pop("receivable", None) or a_receivable()
    return an_account(receivable, **{"contact_id": ContactId(key), "history": GOOD, **fields})


def decided(of: Account, today: date, *, policy: Policy = Policy(), trial: Trial | None = TRIAL) -> Decision:  # noqa: B008
    [decision] = decide(of, PolicyBook(standard=policy, trial=trial), EVERY_DAY, today)
    return decision


def test_who_is_drawn_first_hears_of_an_invoice_on_the_stated_day() -> None:
    each = [decided(account(), DUE + timedelta(days=number)) for number in range(-5, 9)]

    assert [one.action for one in each[:12]] == [Action.WAIT] * 12
    assert {one.next_on for one in each[:12]} == {DUE + timedelta(days=7)}
    assert (each[12].action, each[12].stage) == (Action.SEND, "soft")


def test_others_hear_of_it_as_ever() -> None:
    assert decided(account(OTHER), DUE + timedelta(days=1)).action is Action.SEND


def test_without_a_trial_nobody_waits() -> None:
    assert decided(account(), DUE + timedelta(days=1), trial=None).action is Action.SEND


def test_why_says_so_in_words() -> None:
    told = explain(decided(account(), DUE + timedelta(days=1)))

    [reason] = told.because
    assert reason == (
        "the customer is in the control group (50 % of small, good payers): the first reminder waits until 2026-03-09,"
        " to learn what reminding changes"
    )
    assert told.next == "the soft reminder on 2026-03-09"


@pytest.mark.parametrize(
    "fields",
    [
        {"history": None},
        {"history": PayerHistory(paid=4, late=0, mean_days_late=Decimal(0))},
        {"history": PayerHistory(paid=9, late=9, mean_days_late=Decimal(5))},
        {"history": PayerHistory(paid=9, late=0, mean_days_late=None)},
        {"receivable": a_receivable(due_minor=1000_00)},
        {"receivable": a_receivable(currency="XXX")},
        {"receivable": a_receivable(expected_on=DUE)},
        {"receivable": a_receivable(last_letter=True)},
        {"receivable": a_receivable(disputed=True)},
        {"holds": (a_hold(),)},
        {"unreadable": True},
        {"status": ContactStatus.ARCHIVED},
    ],
)
def test_only_small_good_payers_of_whom_nothing_else_is_known_may_be_drawn(fields: dict[str, Any]) -> None:
    assert TRIAL.may_be_drawn(account())
    assert not TRIAL.may_be_drawn(account(**fields))


@pytest.mark.parametrize(
    "stage",
    [
        Stage("demand", 1, "final", deadline_days=7),
        Stage("demand", 1, "firm", charges="claim"),
        Stage("demand", 1, "firm", charges="mention"),
        Stage("demand", 1, "firm", channels=("email", "letter")),
        Stage("demand", 1, "firm", sender="escalated"),
        Stage("demand", 1, "firm", recipients="escalation"),
    ],
)
def test_what_sets_a_deadline_or_claims_something_never_waits(stage: Stage) -> None:
    decision = decided(account(), DUE + timedelta(days=1), policy=Policy(stages=(stage,)))

    assert (decision.action, decision.stage) == (Action.SEND, "demand")


def test_once_a_message_has_left_nothing_waits_for_the_trial() -> None:
    reminded = a_receivable(progress=(sent("friendly", DUE - timedelta(days=3)),))

    assert decided(account(receivable=reminded), DUE + timedelta(days=1)).action is Action.SEND


def test_what_a_person_must_look_at_is_still_asked() -> None:
    unknown = a_receivable(progress=(pending("soft", ReminderState.UNKNOWN),))

    assert decided(account(receivable=unknown), DUE + timedelta(days=1)).action is Action.ASK_PERSON
    assert decided(account(receivable=a_receivable(due_on=None)), DUE).action is Action.ASK_PERSON


def test_the_end_of_the_sequence_is_not_held_back() -> None:
    through = a_receivable(progress=tuple(sent(stage.name, DUE + timedelta(days=21)) for stage in DEFAULT_STAGES))

    assert decided(account(receivable=through), DUE + timedelta(days=60)).reasons[0].code is ReasonCode.END_OF_SEQUENCE


@given(st.text(max_size=40), st.integers(1, 49))
def test_a_larger_share_keeps_those_of_a_smaller_one(key: str, percent: int) -> None:
    assert is_drawn(key, percent) <= is_drawn(key, percent + 1)


def test_about_as_many_are_drawn_as_stated() -> None:
    assert 900 < sum(is_drawn(f"customer-{number}", 10) for number in range(10_000)) < 1100


def test_nobody_is_drawn_at_nought() -> None:
    assert not any(is_drawn(str(number), 0) for number in range(1000))
