"""kill -9 at every point of a message's way, and at no point in particular: never twice, never lost in silence.

A failing run names its seed; DUN_FAULT_SEED=<seed> repeats it.
"""

import random

import pytest
from killable_tenant import CUSTOMERS, LABELS

from state.errors import Busy
from state.locks import exclusive
from state.model import ReminderState

SETTLED = {ReminderState.NOTED, ReminderState.SKIPPED, ReminderState.UNKNOWN, ReminderState.PLANNED}
NOTHING_IS_LEAVING = {"before the claim", "before the note is written", "after the note is written"}


def holds_all_promises(aftermath, kills: int) -> None:
    """What must be true after any number of kills and one undisturbed life."""
    assert max(aftermath.steps_accepted.values()) == 1, "a stage of an invoice went out twice"
    assert len({one.attempt for one in aftermath.accepted}) == len(aftermath.accepted)
    assert {said for one in aftermath.accepted for said in one.verdicts.values()} == {"owed"}
    for one in aftermath.accepted:
        assert {reminder.invoice_id for reminder in aftermath.by_attempt[one.attempt]} == set(one.verdicts)
    assert {reminder.state for reminder in aftermath.reminders} <= SETTLED
    assert len(aftermath.unknown_messages) <= kills
    noted = aftermath.in_state(ReminderState.NOTED)
    received = {one.attempt for one in aftermath.accepted}
    assert {reminder.message_id for reminder in noted} <= received, "sent, says the file, but nobody got it"
    assert received <= {reminder.message_id for reminder in noted} | aftermath.unknown_messages
    assert sorted(note.split("[dun:")[1] for note in aftermath.notes) == sorted(f"{one.id}]" for one in noted)


def test_an_undisturbed_life_is_what_the_others_are_measured_by(undisturbed) -> None:
    holds_all_promises(undisturbed, kills=0)
    assert len(undisturbed.accepted) > CUSTOMERS / 2
    assert len({stage for _, stage, _ in undisturbed.steps_accepted}) >= 2
    assert undisturbed.in_state(ReminderState.UNKNOWN) == []


@pytest.mark.parametrize(
    ("label", "times"), [*((label, 1) for label in LABELS), *((label, 3) for label in LABELS[1:4])]
)
def test_a_kill_on_the_way_of_a_message(lives, undisturbed, label: str, times: int) -> None:
    lives.until(label, times)

    lives.to_the_end()

    aftermath = lives.aftermath()
    holds_all_promises(aftermath, lives.kills)
    assert len(aftermath.unknown_messages) == (0 if label in NOTHING_IS_LEAVING else 1)
    assert undisturbed.rounds <= aftermath.rounds, "a reminder vanished without a trace"
    if label in NOTHING_IS_LEAVING:
        assert aftermath.steps_accepted == undisturbed.steps_accepted


def test_kills_at_random_instants(lives, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(8):
        if not lives.for_seconds(draw.uniform(0.0, 0.4)):
            break

    lives.to_the_end()

    holds_all_promises(lives.aftermath(), lives.kills)


def test_kills_one_after_the_other_at_the_same_point(lives) -> None:
    for _ in range(2):
        lives.until("after the carrier accepted it", 1)

    lives.to_the_end()

    aftermath = lives.aftermath()
    holds_all_promises(aftermath, lives.kills)
    assert len(aftermath.unknown_messages) == 2


def test_a_process_that_hangs_keeps_others_out_and_its_death_lets_them_in(lives) -> None:
    process = lives.hanging()
    with (
        pytest.raises(Busy),
        exclusive(lives.folder / "locks", "harbour.cycle", wait=False),
    ):
        pass
    process.kill()
    process.join()
    lives.kills += 1

    lives.to_the_end()

    aftermath = lives.aftermath()
    holds_all_promises(aftermath, lives.kills)
    assert len(aftermath.unknown_messages) == 1
