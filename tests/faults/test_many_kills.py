"""A small drill of kills over real HTTP, SMTP and files; `make kills` runs the large one.

A failing run names its seed; DUN_FAULT_SEED=<seed> repeats it.
"""

from pathlib import Path

import pytest

from drill.kills.points import LABELS, THE_CARRIER_HAS_IT, THE_LEDGER_HAS_IT
from drill.kills.run import Figures, run
from drill.plant import Edit, Plant, copy_house, plant, run_in

KILLS = 10
SENT_AGAIN = Plant(
    "a send that was cut short is planned again",
    (Edit("state/attempts.py", "sum(self.unsure(message_id, _LOST, at)", "sum(self.not_sent(message_id, _LOST, at)"),),
)
NOTED_AGAIN = Plant(
    "a note is written without looking whether it is there",
    (Edit("sync/notes.py", "if store.reminders.note_was_tried(reminder.id) and", "if False and"),),
)
CLAIMED_LATE = Plant(
    "the claim is forgotten when the carrier has the message, and sending begins anew",
    (
        Edit(
            "state/attempts.py", "WHERE outcome = 'sending'\").fetchall()", "WHERE outcome = 'sent' AND 0\").fetchall()"
        ),
    ),
)


@pytest.fixture(scope="module")
def figures(seed: int) -> Figures:
    print(f"DUN_FAULT_SEED={seed}")  # noqa: T201 - pytest shows it with a failure
    return run(str(seed), KILLS)


def test_processes_killed_on_the_way_break_no_promise(figures: Figures) -> None:
    assert figures.broken == []


def test_so_many_processes_died_that_it_means_something(figures: Figures) -> None:
    assert figures.kills >= KILLS
    assert figures.reminders >= KILLS * 4
    assert figures.at_labels.keys() <= set(LABELS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bug", "label", "found"),
    [
        (SENT_AGAIN, THE_CARRIER_HAS_IT, "of the same invoices arrived twice"),
        (NOTED_AGAIN, THE_LEDGER_HAS_IT, "notes without reminder, say the books"),
        (CLAIMED_LATE, THE_CARRIER_HAS_IT, "is still sending"),
    ],
    ids=lambda value: value.name if isinstance(value, Plant) else None,
)
def test_the_drill_sees_a_planted_bug(tmp_path: Path, bug: Plant, label: str, found: str) -> None:
    copy_house(tmp_path)
    plant(tmp_path, bug)

    drill = run_in(tmp_path, ["-m", "drill.kills.run", "--seed", "planted", "--kills", "2", "--at", label], seconds=100)

    assert drill.returncode == 1, drill.stderr
    assert found in drill.stdout
