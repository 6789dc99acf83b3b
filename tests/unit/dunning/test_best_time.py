"""A message at the customer's own time: what waits, how long, and what never does."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.dunning.snapshots import EVERY_DAY, WEEKDAYS, a_receivable, an_account, codes

from connector.dunning.best_time import BestTime, is_own
from connector.dunning.calendar import Calendar, shift
from connector.dunning.decide import decide
from connector.dunning.explain import explain
from connector.dunning.forecast import preview
from connector.dunning.policy import Policy, Stage
from connector.dunning.reasons import Action, Decision, Outcome
from connector.dunning.segments import PolicyBook
from connector.policy_tools.sentences import time_sentences
from state.agreed import DiscountOffer
from state.habits import OwnTime
from state.model import Account, ContactId, InvoiceId, Receivable

DUE = date(2026, 3, 2)  # a Monday, so that soft comes on Tuesday the 3rd
TUESDAY, WEDNESDAY, THURSDAY = (DUE + timedelta(days=number) for number in (1, 2, 3))
WEDNESDAYS = OwnTime(weekday=2, on_weekday=7, days=9, hour=14, in_hour=5, answers=7, zone="Europe/London")
STAGES = (Stage("friendly", -3, "friendly"), Stage("soft", 1, "soft"), Stage("firm", 8, "firm"))
POLICY = Policy(stages=STAGES)
DISCOUNT = DiscountOffer(
    id=1,
    invoice_id=InvoiceId("inv-1"),
    percent_hundredths=200,
    amount_minor=None,
    currency="GBP",
    until=THURSDAY,
    made_at=datetime(2026, 3, 1, tzinfo=UTC),
    made_by="ada",
)


def drawn(stage: str, *, own: bool) -> ContactId:
    """A customer whose message of this stage about inv-1 goes at its own time, or at the usual one."""
    names = (ContactId(f"customer-{number}") for number in range(100))
    return next(name for name in names if is_own(name, "inv-1", stage, 1) is own)


def account(*receivables: Receivable, own: bool = True, stage: str = "soft", **fields: Any) -> Account:
    usual = {"contact_id": drawn(stage, own=own), "own_time": WEDNESDAYS}
    return an_account(*(receivables or (a_receivable(),)), **usual | fields)


def decided(
    of: Account, today: date, policy: Policy = POLICY, days: int = 1, calendar: Calendar = WEEKDAYS
) -> list[Decision]:
    return decide(of, PolicyBook(standard=policy, best_time=BestTime(days)), calendar, today)


def test_it_waits_for_the_customers_weekday_and_then_goes() -> None:
    [kept], [gone] = decided(account(), TUESDAY), decided(account(), WEDNESDAY)

    assert (kept.action, kept.next_on, codes(kept)) == (Action.WAIT, WEDNESDAY, ["own_time"])
    assert (gone.action, codes(gone)) == (Action.SEND, ["stage_due", "own_time"])
    assert gone.outcome.timed is not None
    assert (gone.outcome.timed.free_on, gone.outcome.timed.hour) == (TUESDAY, 14)


def test_why_says_so_with_the_numbers() -> None:
    [kept] = decided(account(), TUESDAY)

    [because] = explain(kept).because
    assert because == (
        "the customer's own time is chosen for it, 2026-03-04: Wednesday (7 of 9 days on which it paid or answered)"
        " from 14:00 by its clock (5 of 7 answers)"
    )
    assert explain(kept).next == "the soft reminder on 2026-03-04"


def test_half_of_them_leave_at_the_usual_time_and_say_so() -> None:
    [decision] = decided(account(own=False), TUESDAY)

    assert (decision.action, codes(decision)) == (Action.SEND, ["stage_due", "usual_time"])
    assert explain(decision).because[1].startswith("it leaves at the usual time, to compare; the customer's own would")


def test_a_day_out_of_reach_leaves_only_the_hour() -> None:
    fridays = OwnTime(weekday=4, on_weekday=9, days=9, hour=14, in_hour=5, answers=7)
    [decision] = decided(account(own_time=fridays), TUESDAY)

    assert (decision.action, codes(decision)) == (Action.SEND, ["stage_due", "own_time"])
    assert decision.reasons[1].parameters == {"on": "2026-03-03", "hour": 14, "in_hour": 5, "answers": 7}


def test_without_a_day_in_reach_and_without_an_hour_nothing_is_drawn() -> None:
    fridays = OwnTime(weekday=4, on_weekday=9, days=9)

    assert [d.outcome.timed for d in decided(account(own_time=fridays), TUESDAY)] == [None]
    assert [d.outcome.timed for d in decided(account(own_time=OwnTime(weekday=1, days=9)), TUESDAY)] == [None]


def test_where_own_times_are_given_up_it_leaves_at_once_and_says_why() -> None:
    tried = OwnTime(weekday=2, on_weekday=7, days=9, given_up="fewer were paid")
    [decision] = decided(account(own_time=tried), TUESDAY)

    assert (decision.action, decision.outcome.timed) == (Action.SEND, None)
    assert explain(decision).because[1].endswith("own times were given up: fewer were paid")


def test_the_policy_switches_it_on() -> None:
    [decision] = decide(account(), PolicyBook(standard=POLICY), WEEKDAYS, TUESDAY)

    assert codes(decision) == ["stage_due"]
    assert time_sentences(PolicyBook(standard=POLICY)) == []
    assert [time_sentences(PolicyBook(standard=POLICY, best_time=BestTime(days))) for days in (0, 1, 2)] == [
        [f"Messages may wait for the customer's own {words}; half of them do, to see whether it helps."]
        for words in (
            "hour",
            "weekday, for 1 business day at most, and hour",
            "weekday, for 2 business days at most, and hour",
        )
    ]


@pytest.mark.parametrize(
    ("stage", "fields"),
    [
        (Stage("soft", 1, "final", deadline_days=7), {}),
        (Stage("soft", 1, "firm", charges="mention"), {}),
        (Stage("soft", 1, "firm", charges="claim"), {}),
        (Stage("soft", 1, "firm", channels=("call",)), {"phones": ("+447700900123",)}),
        (Stage("soft", 1, "soft"), {"discount": DISCOUNT}),
    ],
    ids=["deadline", "mention", "claim", "call", "discount"],
)
def test_what_presses_does_not_wait(stage: Stage, fields: dict[str, Any]) -> None:
    receivable = a_receivable(**{name: value for name, value in fields.items() if name == "discount"})
    of = account(receivable, **{name: value for name, value in fields.items() if name != "discount"})
    [decision] = decided(of, TUESDAY, Policy(stages=(stage,)))

    assert (decision.action, decision.outcome.timed) == (Action.SEND, None)


def test_what_has_waited_for_something_else_goes() -> None:
    """The gap has ended on Wednesday's eve, and the stage's own day is long past."""
    late = a_receivable(due_on=DUE - timedelta(days=4))
    [decision] = decided(account(late, last_contacted_on=TUESDAY - timedelta(days=4)), TUESDAY)

    assert (decision.action, decision.outcome.timed) == (Action.SEND, None)


def test_a_courtesy_goes_on_its_last_day_whatever_the_hour() -> None:
    """Due on Wednesday: the courtesy may go on Monday or Tuesday."""
    stages = (Stage("friendly", -2, "friendly"), Stage("soft", 1, "soft"))
    receivable = a_receivable(due_on=WEDNESDAY)
    tuesdays = OwnTime(weekday=1, on_weekday=7, days=9, hour=16, in_hour=5, answers=7)
    of = account(receivable, stage="friendly", own_time=tuesdays)

    [kept] = decided(of, DUE, Policy(stages=stages), days=2)
    [gone] = decided(of, TUESDAY, Policy(stages=stages), days=2)

    assert (kept.action, kept.next_on) == (Action.WAIT, TUESDAY)
    assert gone.action is Action.SEND
    assert gone.outcome.timed is not None
    assert gone.outcome.timed.hour is None


def test_all_that_one_message_tells_waits_together_or_not_at_all() -> None:
    older = a_receivable("inv-2", due_on=DUE - timedelta(days=2))
    third = a_receivable("inv-3", due_on=DUE - timedelta(days=5))
    key = next(key for key in map(ContactId, "abcdefgh") if is_own(key, "inv-2", "soft", 1))
    two = account(older, a_receivable(), contact_id=key)
    three = account(third, older, a_receivable(), contact_id=key)

    assert {decision.action for decision in decided(two, TUESDAY, days=2, calendar=EVERY_DAY)} == {Action.SEND}
    assert {decision.action for decision in decided(two, TUESDAY, days=2)} == {Action.WAIT}
    assert {decision.action for decision in decided(three, TUESDAY, days=2)} == {Action.SEND}


def test_preview_says_the_day_and_the_time() -> None:
    book = PolicyBook(standard=POLICY, best_time=BestTime(1))
    [first, *_] = preview(account(), book, WEEKDAYS, TUESDAY, 10).sends

    assert first.on == WEDNESDAY
    assert first.time is not None
    assert first.time.parameters["hour"] == 14


def test_the_lot_is_the_same_for_ever_and_fair() -> None:
    """What these say is in the tables of installations: a change of the lot would tear their groups apart."""
    told = [is_own(ContactId("ann"), f"inv-{number}", "soft", 1) for number in range(8)]

    assert told == [True, False, True, False, True, False, False, True]
    assert 4850 < sum(is_own(ContactId("ann"), f"inv-{number}", "soft", 1) for number in range(10_000)) < 5150
    assert 4850 < sum(is_own(ContactId(f"c-{number}"), "inv", "soft", 1) for number in range(10_000)) < 5150


OWN = st.builds(
    OwnTime,
    weekday=st.none() | st.integers(0, 6),
    on_weekday=st.just(7),
    days=st.just(9),
    hour=st.none() | st.integers(9, 16),
    in_hour=st.just(5),
    answers=st.just(7),
)
CALENDARS = st.builds(
    Calendar,
    weekends=st.booleans(),
    closed_days=st.frozensets(st.integers(-20, 40).map(lambda day: shift(DUE, day)), max_size=6),
)
ACCOUNTS = st.builds(
    lambda key, dues, own, contacted: an_account(
        *(a_receivable(f"inv-{place}", due_on=shift(DUE, due)) for place, due in enumerate(dues)),
        contact_id=ContactId(f"customer-{key}"),
        own_time=own,
        last_contacted_on=contacted and shift(DUE, -contacted),
    ),
    st.integers(0, 20),
    st.lists(st.integers(-15, 15), min_size=1, max_size=3),
    OWN,
    st.none() | st.integers(1, 20),
)


def waited(calendar: Calendar, first: date, last: date) -> int:
    """Business days from one day to another."""
    days = (shift(first, number) for number in range(1, (last - first).days + 1))
    return sum(calendar.is_open(day) for day in days)


def still_in_time(outcome: Outcome, day: date) -> bool:
    return outcome.last_on is None or day <= outcome.last_on


@given(ACCOUNTS, CALENDARS, st.integers(0, 2), st.integers(-6, 14))
def test_nothing_is_sent_that_would_not_be_and_nothing_is_lost(
    of: Account, calendar: Calendar, most_days: int, day: int
) -> None:
    today = shift(DUE, day)
    usual = decide(of, PolicyBook(standard=POLICY), calendar, today)
    timed = decided(of, today, days=most_days, calendar=calendar)

    changed = [(was, now) for was, now in zip(usual, timed, strict=True) if was.action is not now.action]
    assert {(was.action, now.action) for was, now in changed} <= {(Action.SEND, Action.WAIT)}
    assert len(changed) in (0, sum(decision.action is Action.SEND for decision in usual))
    for was, now in changed:
        assert was.outcome.free_on is not None
        assert now.next_on is not None
        assert calendar.is_open(now.next_on)
        assert today < now.next_on
        assert waited(calendar, was.outcome.free_on, now.next_on) <= most_days
        assert still_in_time(was.outcome, now.next_on)
    for _, now in changed[:1]:
        then = decided(of, now.next_on or today, days=most_days, calendar=calendar)
        left = {(one.invoice_id, one.stage) for one in then if one.action is Action.SEND}
        assert left >= {(was.invoice_id, was.stage) for was, _ in changed}


@given(ACCOUNTS, CALENDARS, st.integers(0, 2))
def test_whole_sequences_keep_their_days_their_gaps_and_their_stages(
    of: Account, calendar: Calendar, most_days: int
) -> None:
    book = PolicyBook(standard=POLICY, best_time=BestTime(most_days))
    sends = preview(of, book, calendar, shift(DUE, -25), 90).sends
    usual = preview(of, PolicyBook(standard=POLICY), calendar, shift(DUE, -25), 90).sends

    assert all(calendar.is_open(send.on) for send in sends)
    gap = timedelta(days=POLICY.minimum_gap_days)
    assert all(later.on - earlier.on >= gap for earlier, later in pairwise(sends))
    for receivable in of.receivables:
        days = on_days(sends, receivable.invoice_id)
        for stage in POLICY.stages:
            if stage.name in days and not stage.before_due:
                assert days[stage.name] >= shift(receivable.due_on or DUE, stage.offset_days)
            if stage.name in days and stage.before_due:
                assert days[stage.name] < (receivable.due_on or DUE)
        after = {stage.name for stage in POLICY.stages if not stage.before_due}
        assert after <= set(days)
        assert after <= set(on_days(usual, receivable.invoice_id))


def on_days(sends: Sequence[Any], invoice_id: InvoiceId) -> dict[str, date]:
    return {
        reminder.stage: send.on
        for send in sends
        for reminder in send.plan.reminders
        if reminder.receivable.invoice_id == invoice_id
    }


def test_every_day_of_the_week_can_be_chosen_where_weekends_are_worked() -> None:
    saturdays = OwnTime(weekday=5, on_weekday=9, days=9)
    friday = DUE + timedelta(days=4)
    [decision] = decided(
        account(a_receivable(due_on=friday - timedelta(days=1)), own_time=saturdays), friday, calendar=EVERY_DAY
    )

    assert decision.next_on == friday + timedelta(days=1)
