"""A message is called the second reminder only where a first has left."""

from datetime import date

import pytest
from msgspec.structs import replace
from unit.dunning.snapshots import DEFAULT, EVERY_DAY, a_receivable, an_account, pending, sent

from connector.dunning.consolidate import consolidate
from connector.dunning.decide import decide
from connector.dunning.ordinals import ordinal_of
from connector.dunning.policy import Policy, Stage
from state.model import Receivable, ReminderState

TODAY = date(2026, 3, 31)
DUE = date(2026, 3, 2)
EARLY, LATER = date(2026, 3, 3), date(2026, 3, 10)
STAGES = {stage.name: stage for stage in DEFAULT.stages}


def ordinal(*receivables: Receivable, policy: Policy = DEFAULT) -> int | None:
    account = an_account(*receivables)
    plan = consolidate(account, decide(account, policy, EVERY_DAY, TODAY), policy)
    assert plan is not None
    return ordinal_of(plan, {stage.name: stage for stage in policy.stages}, TODAY)


def test_the_first_message_ever_is_the_first_however_late_it_is_and_however_firm() -> None:
    only_firm = Policy(stages=(Stage("firm", 8, "firm"),))
    assert ordinal(a_receivable(due_on=date(2026, 2, 10)), policy=only_firm) == 1


def test_a_repetition_counts_on() -> None:
    again = Policy(stages=tuple(Stage(name, 1 + 7 * turn, "soft") for turn, name in enumerate(("soft", "soft-2"))))
    assert ordinal(a_receivable(due_on=DUE, progress=(sent("soft", EARLY),)), policy=again) == 2


def test_a_payment_reminder_is_not_counted_nor_what_went_before_the_due_date() -> None:
    friendly_after = Policy(stages=(Stage("friendly", 1, "friendly"), Stage("soft", 8, "soft")))
    assert ordinal(a_receivable(due_on=DUE, progress=(sent("friendly", EARLY),)), policy=friendly_after) == 1

    soft_before = Policy(stages=(Stage("soft", -3, "soft"), Stage("firm", 8, "firm")))
    progress = (sent("soft", date(2026, 2, 27)),)
    assert ordinal(a_receivable(due_on=DUE, progress=progress), policy=soft_before) == 1


def test_what_was_skipped_has_not_left() -> None:
    progress = (pending("soft", ReminderState.SKIPPED),)
    assert ordinal(a_receivable(due_on=DUE, progress=progress)) == 1


def test_invoices_that_have_had_different_ones_share_no_number() -> None:
    had = a_receivable("had", due_on=DUE, progress=(sent("soft", EARLY),))
    new = a_receivable("new", due_on=date(2026, 3, 20))

    assert (ordinal(had), ordinal(new), ordinal(had, new)) == (2, 1, None)


def test_what_is_not_overdue_has_no_say() -> None:
    had = a_receivable("had", due_on=DUE, progress=(sent("soft", EARLY),))
    assert ordinal(had, a_receivable("coming", due_on=date(2026, 4, 3))) == 2
    assert ordinal(a_receivable("coming", due_on=date(2026, 4, 3))) is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [({"template": "firm"}, 2), ({"template": "friendly"}, 1), ({"carrier": "dry"}, 1), ({"carrier": "work-list"}, 1)],
    ids=["another tone", "friendly words", "dry", "a call"],
)
def test_the_message_that_left_tells_more_than_the_stage_it_was_for(told, expected) -> None:
    step = replace(sent("soft", EARLY), **told)
    assert ordinal(a_receivable(due_on=DUE, progress=(step,))) == expected


def test_a_call_that_is_foreseen_is_not_counted_either() -> None:
    calls = Policy(stages=(Stage("call", 1, "soft", channels=("call", "email")), Stage("firm", 8, "firm")))
    assert ordinal(a_receivable(due_on=DUE, progress=(sent("call", EARLY),)), policy=calls) == 1


def test_an_instalments_reminder_is_another_matter() -> None:
    progress = (sent("soft", EARLY), sent("instalment-1", LATER))
    assert ordinal(a_receivable(due_on=DUE, progress=progress)) == 2


def test_what_may_have_left_or_was_worded_nobody_knows_how_leaves_no_number() -> None:
    unknown = a_receivable(due_on=DUE, progress=(pending("soft", ReminderState.UNKNOWN),))
    renamed = a_receivable(due_on=DUE, progress=(sent("gone", EARLY),))
    plan = consolidate(
        an_account(unknown), decide(an_account(a_receivable(due_on=DUE)), DEFAULT, EVERY_DAY, TODAY), DEFAULT
    )
    assert plan is not None
    for receivable in (unknown, renamed):
        about = replace(plan, reminders=(replace(plan.reminders[0], receivable=receivable),))
        assert ordinal_of(about, STAGES, TODAY) is None
