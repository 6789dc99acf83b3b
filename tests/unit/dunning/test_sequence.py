"""The sequence read as a policy: which stage goes on which day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from unit.dunning.snapshots import (
    EVERY_DAY,
    WEEKDAYS,
    a_receivable,
    codes,
    decide_one,
    pending,
    sent,
)

from connector.dunning.calendar import Calendar
from connector.dunning.explain import explain
from connector.dunning.policy import Policy, Stage, Threshold
from connector.dunning.reasons import Action
from state.model import ReminderState

DUE = date(2026, 3, 2)  # a Monday


def day(offset: int) -> date:
    return DUE + timedelta(days=offset)


FRIENDLY, SOFT, FIRM, FINAL = (
    sent("friendly", day(-3)),
    sent("soft", day(1)),
    sent("firm", day(8)),
    sent("final", day(21)),
)


@pytest.mark.parametrize(
    ("offset", "progress", "action", "stage", "next_offset"),
    [
        (-10, (), "wait", "friendly", -3),
        (-4, (), "wait", "friendly", -3),
        (-3, (), "send", "friendly", -3),
        (-1, (), "send", "friendly", -1),
        (0, (), "wait", "soft", 1),
        (1, (), "send", "soft", 1),
        (1, (FRIENDLY,), "send", "soft", 1),
        (2, (FRIENDLY, SOFT), "wait", "firm", 8),
        (8, (FRIENDLY, SOFT), "send", "firm", 8),
        (9, (FRIENDLY, SOFT, FIRM), "wait", "final", 21),
        (21, (FRIENDLY, SOFT, FIRM), "send", "final", 21),
        (22, (FRIENDLY, SOFT, FIRM, FINAL), "wait", None, 35),
        (35, (FRIENDLY, SOFT, FIRM, FINAL), "ask_person", None, None),
        (900, (FRIENDLY, SOFT, FIRM, FINAL), "ask_person", None, None),
    ],
)
def test_the_default_sequence_day_by_day(offset, progress, action, stage, next_offset) -> None:
    decision = decide_one(a_receivable(progress=progress), day(offset))

    assert decision.action == action
    assert decision.stage == stage
    assert decision.next_on == (None if next_offset is None else day(next_offset))


@pytest.mark.parametrize("days_late", [9, 30, 60, 730])
def test_a_first_connection_starts_an_old_debt_with_the_soft_reminder(days_late) -> None:
    decision = decide_one(a_receivable(), day(days_late))

    assert (decision.action, decision.stage) == ("send", "soft")


def test_after_an_outage_the_firm_reminder_keeps_seven_days_to_the_soft_one() -> None:
    receivable = a_receivable(progress=(sent("soft", day(730)),))

    assert decide_one(receivable, day(731)).next_on == day(737)
    assert codes(decide_one(receivable, day(736))) == ["keeps_distance"]
    assert decide_one(receivable, day(737)).stage == "firm"


def test_after_an_outage_the_final_reminder_keeps_thirteen_days_to_the_firm_one() -> None:
    receivable = a_receivable(progress=(sent("soft", day(100)), sent("firm", day(107))))

    assert decide_one(receivable, day(119)).action == "wait"
    assert decide_one(receivable, day(120)).stage == "final"


def test_a_late_final_reminder_leaves_its_own_time_to_answer_before_a_person_is_asked() -> None:
    receivable = a_receivable(progress=(sent("final", day(100)),))

    assert decide_one(receivable, day(113)).next_on == day(114)
    assert codes(decide_one(receivable, day(114))) == ["end_of_sequence"]


def test_a_person_is_asked_only_when_the_last_letters_own_deadline_has_passed() -> None:
    policy = Policy(stages=(Stage("soft", 1, "soft"), Stage("final", 21, "final", deadline_days=14)), handover_days=25)
    receivable = a_receivable(progress=(sent("final", day(21)),))

    waiting = decide_one(receivable, day(35), policy)

    assert (codes(waiting), waiting.next_on) == (["handover_not_due"], day(36))
    assert codes(decide_one(receivable, day(36), policy)) == ["end_of_sequence"]
    assert f"was given until {day(35)} to pay" in explain(waiting).summary


def test_a_deadline_that_falls_on_a_closed_day_is_kept_as_the_message_said_it() -> None:
    policy = Policy(stages=(Stage("final", 3, "final", deadline_days=9),), handover_days=10)
    receivable = a_receivable(progress=(sent("final", day(3)),))  # a Thursday; nine days later is a Saturday

    assert decide_one(receivable, day(13), policy, WEEKDAYS).next_on == day(15)


PATIENT = Policy(
    stages=(Stage("firm", 8, "firm", deadline_days=30), Stage("final", 21, "final", deadline_days=7)), handover_days=60
)


def test_the_next_stage_waits_until_the_deadline_of_the_last_message_has_passed() -> None:
    receivable = a_receivable(progress=(FIRM,))

    waiting = decide_one(receivable, day(38), PATIENT)

    assert (codes(waiting), waiting.next_on) == (["keeps_distance"], day(39))
    assert f"given until {day(38)} to pay; final waits until that day has passed" in explain(waiting).summary
    assert decide_one(receivable, day(39), PATIENT).stage == "final"


def test_a_deadline_of_an_earlier_message_is_kept_as_well() -> None:
    policy = Policy(stages=(*PATIENT.stages, Stage("final-2", 26, "final")), handover_days=60)
    receivable = a_receivable(progress=(FIRM, sent("final", day(25))))  # sent by a version that did not keep it

    assert decide_one(receivable, day(31), policy).next_on == day(39)


def test_the_friendly_reminder_is_never_sent_late() -> None:
    assert decide_one(a_receivable(), DUE).stage == "soft"


def test_the_friendly_reminder_is_not_caught_up_after_a_later_stage() -> None:
    """The due date was moved into the future after the soft reminder had gone."""
    receivable = a_receivable(progress=(sent("soft", day(-20)),))

    assert decide_one(receivable, day(-3)).stage == "firm"


def test_a_courtesy_overtaken_by_the_next_courtesy_is_dropped() -> None:
    policy = Policy(stages=(Stage("early", -14, "friendly"), Stage("near", -3, "friendly"), Stage("soft", 1, "soft")))

    assert decide_one(a_receivable(), day(-10), policy).stage == "early"
    assert decide_one(a_receivable(), day(-2), policy).stage == "near"


def test_a_stage_on_a_saturday_waits_for_monday() -> None:
    receivable = a_receivable(due_on=date(2026, 3, 6))  # a Friday: soft falls on Saturday

    decision = decide_one(receivable, date(2026, 3, 7), calendar=WEEKDAYS)

    assert decision.next_on == date(2026, 3, 9)
    assert codes(decision) == ["closed_day"]


def test_a_stage_on_a_closed_day_waits_for_the_next_business_day() -> None:
    calendar = Calendar(closed_days=frozenset((day(1), day(2))))

    assert decide_one(a_receivable(), day(1), calendar=calendar).next_on == day(3)


def test_a_friendly_reminder_that_a_weekend_would_push_to_the_due_date_goes_before_the_weekend() -> None:
    policy = Policy(stages=(Stage("friendly", -1, "friendly"), Stage("soft", 1, "soft")))
    friday, saturday = day(-3), day(-2)

    assert decide_one(a_receivable(), day(-4), policy, WEEKDAYS).next_on == friday
    assert decide_one(a_receivable(), friday, policy, WEEKDAYS).stage == "friendly"
    assert decide_one(a_receivable(), saturday, policy, WEEKDAYS).stage == "soft"


def test_a_friendly_reminder_within_the_week_moves_to_monday_before_the_due_date() -> None:
    receivable = a_receivable(due_on=date(2026, 3, 4))  # a Wednesday: friendly falls on Sunday

    assert decide_one(receivable, date(2026, 2, 27), calendar=WEEKDAYS).next_on == DUE
    assert decide_one(receivable, DUE, calendar=WEEKDAYS).stage == "friendly"


def test_a_message_to_the_customer_four_days_ago_no_longer_holds_the_next() -> None:
    assert decide_one(a_receivable(), day(1), last_contacted_on=day(-3)).action == "send"


def test_a_message_to_the_customer_three_days_ago_holds_the_next_until_the_gap_has_passed() -> None:
    decision = decide_one(a_receivable(), day(1), last_contacted_on=day(-2))

    assert (decision.action, decision.next_on) == ("wait", day(2))
    assert codes(decision) == ["minimum_gap"]


def test_a_friendly_reminder_that_the_gap_pushes_past_the_due_date_is_dropped() -> None:
    decision = decide_one(a_receivable(), day(-3), last_contacted_on=day(-4))

    assert decision.stage == "soft"


@pytest.mark.parametrize("state", [ReminderState.PLANNED, ReminderState.VERIFIED])
def test_a_stage_already_planned_is_decided_again_the_same(state) -> None:
    decision = decide_one(a_receivable(progress=(pending("soft", state),)), day(3))

    assert (decision.action, decision.stage) == ("send", "soft")


def test_a_stage_that_is_being_sent_makes_its_invoice_wait() -> None:
    decision = decide_one(a_receivable(progress=(pending("soft", ReminderState.SENDING),)), day(1))

    assert (decision.action, decision.stage, codes(decision)) == ("wait", "soft", ["send_under_way"])


@pytest.mark.parametrize(
    ("state", "code"), [(ReminderState.FAILED, "send_failed"), (ReminderState.UNKNOWN, "send_unknown")]
)
def test_an_attempt_that_failed_or_is_unknown_ends_in_a_question(state, code) -> None:
    decision = decide_one(a_receivable(progress=(sent("friendly", day(-3)), pending("soft", state))), day(30))

    assert (decision.action, decision.stage, codes(decision)) == ("ask_person", "soft", [code])


def test_a_skipped_stage_has_passed_and_does_not_end_the_sequence_in_silence() -> None:
    receivable = a_receivable(progress=(pending("soft", ReminderState.SKIPPED),))

    assert decide_one(receivable, day(1)).next_on == day(8)
    assert decide_one(receivable, day(8)).stage == "firm"


def test_a_sequence_that_was_skipped_as_a_whole_still_ends_with_a_person() -> None:
    progress = tuple(pending(stage, ReminderState.SKIPPED) for stage in ("soft", "firm", "final"))

    assert codes(decide_one(a_receivable(progress=progress), day(35))) == ["end_of_sequence"]


def test_an_invoice_below_a_stages_minimum_passes_it_by() -> None:
    policy = Policy(
        stages=(
            Stage("friendly", -3, "friendly", Threshold(minor={"GBP": 1000_00})),
            Stage("soft", 1, "soft"),
        )
    )

    assert decide_one(a_receivable(due_minor=999_99), day(-3), policy).stage == "soft"
    assert decide_one(a_receivable(due_minor=1000_00), day(-3), policy).stage == "friendly"


@pytest.mark.parametrize("state", [ReminderState.SENT, ReminderState.NOTED])
@pytest.mark.parametrize("later", [(), (SOFT,)])
def test_a_stage_that_was_sent_and_then_renamed_is_a_question_not_a_new_start(state, later) -> None:
    receivable = a_receivable(progress=(sent("first letter", day(-3), state), *later))

    decision = decide_one(receivable, day(30))

    assert (decision.action, codes(decision)) == ("ask_person", ["policy_changed"])
    assert decision.reasons[0].parameters == {"stage": "first letter"}


@pytest.mark.parametrize(
    ("state", "code"), [(ReminderState.FAILED, "send_failed"), (ReminderState.UNKNOWN, "send_unknown")]
)
def test_an_attempt_of_a_renamed_stage_has_to_be_settled_and_is_a_question_still(state, code) -> None:
    decision = decide_one(a_receivable(progress=(pending("first letter", state),)), day(30))

    assert (decision.action, codes(decision)) == ("ask_person", [code, "policy_changed"])


@pytest.mark.parametrize("state", [ReminderState.PLANNED, ReminderState.VERIFIED, ReminderState.SKIPPED])
def test_a_renamed_stage_of_which_nothing_ever_left_is_no_question(state) -> None:
    decision = decide_one(a_receivable(progress=(pending("first letter", state),)), day(30))

    assert (decision.action, decision.stage) == ("send", "soft")


def test_a_stage_that_keeps_its_place_behind_a_minimum_nobody_reaches_goes_no_more_and_asks_nobody() -> None:
    policy = Policy(
        stages=(
            Stage("soft", 1, "soft", Threshold(Decimal(1_000_000_000))),
            Stage("firm", 8, "firm"),
        )
    )

    assert decide_one(a_receivable(), day(8), policy).stage == "firm"
    assert decide_one(a_receivable(progress=(sent("soft", day(1)),)), day(8), policy).stage == "firm"


@pytest.mark.parametrize("due_on", [date.max, date.min])
def test_due_dates_at_the_ends_of_the_calendar_are_decided_like_others(due_on) -> None:
    assert decide_one(a_receivable(due_on=due_on), DUE, calendar=WEEKDAYS).action in {Action.WAIT, Action.SEND}


def test_a_default_threshold_is_rounded_down_to_the_currencys_unit() -> None:
    threshold = Threshold(Decimal("1.50"), {"EUR": 200})

    assert [threshold.of(currency) for currency in ("EUR", "GBP", "JPY", "KWD")] == [200, 150, 1, 1500]


def test_the_calendar_of_every_day_is_always_open() -> None:
    assert all(EVERY_DAY.is_open(day(offset)) for offset in range(7))


def test_a_stage_may_count_from_the_end_of_the_month() -> None:
    policy = Policy(stages=(Stage("soft", 5, "soft", basis="month_end"),))
    due_in_february = a_receivable(due_on=date(2028, 2, 10))

    assert decide_one(due_in_february, date(2028, 3, 4), policy).next_on == date(2028, 3, 5)
    assert decide_one(due_in_february, date(2028, 3, 5), policy).action == "send"
