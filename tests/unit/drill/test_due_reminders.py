"""Whether a reminder that has not left stands where a person looks, or was forgotten."""

import sqlite3
from pathlib import Path

import pytest

from drill.simulation.due import Due
from drill.simulation.life import Life


@pytest.mark.parametrize(
    ("reason", "forgotten"), [("edit_dropped", False), ("outside_sending_window", True), (None, True)]
)
def test_of_what_was_to_leave_only_dropped_words_wait_for_a_person(
    tmp_path: Path, reason: str | None, forgotten: bool
) -> None:
    life = Life("suite/0", tmp_path, [])
    file = sqlite3.connect(":memory:")
    file.execute("CREATE TABLE reminder (invoice_id, stage, state, planned_for, reason)")
    file.execute("INSERT INTO reminder VALUES ('1', 'final', 'planned', '2020-01-01', ?)", (reason,))

    due = Due(life, file, next(iter(life.around.books.invoices.values())), "1")

    assert due.is_still_here("final") is forgotten
