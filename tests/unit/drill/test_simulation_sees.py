"""The simulation is worth what it can see: forged files, planted bugs, and the few acts that matter."""

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.plant import HOUSE, Edit, NotPlanted, Plant, copy_house, plant, run_in
from drill.simulation.history import illegal_histories
from drill.simulation.life import Life
from drill.simulation.mirror import differences
from drill.simulation.planted import POLICY_TABLE, TABLE, planted_bugs
from drill.simulation.script import script
from drill.simulation.shrink import fewest
from state.registry import Registry

SEED = "suite/0"


@pytest.fixture
def firm(tmp_path) -> Life:
    """A firm after five quiet weeks."""
    life = Life(SEED, tmp_path, [])
    life.live(35, peace_every=30)
    assert not life.violations
    return life


@pytest.fixture
def file(firm: Life) -> Iterator[sqlite3.Connection]:
    """Its file, in hands that may forge it: the schema would refuse most of this."""
    connection = sqlite3.connect(firm.around.file)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    yield connection
    connection.close()


def test_an_untouched_file_has_nothing_to_be_said_about(firm, file) -> None:
    assert list(illegal_histories(file)) == []
    assert list(differences(file, firm.around.books, firm.traits)) == []


@pytest.mark.parametrize(
    ("forgery", "told"),
    [
        ("UPDATE reminder_event SET to_state = 'sent' WHERE to_state = 'sending'", "went from verified to sent"),
        ("DELETE FROM reminder_event WHERE to_state = 'verified'", "left verified"),
        ("DELETE FROM reminder_event", "has no history"),
        ("UPDATE reminder SET state = 'unknown', sent_at = NULL, sent_on = NULL WHERE state = 'noted'", "is unknown"),
    ],
)
def test_a_forged_history_is_seen(file, forgery: str, told: str) -> None:
    file.execute(forgery)

    assert any(told in words for words in illegal_histories(file))


@pytest.mark.parametrize(
    ("forgery", "told"),
    [
        ("UPDATE invoice SET due_minor = due_minor + 1 WHERE status = 'open'", "the due of invoice"),
        ("UPDATE invoice SET due_on = '2020-01-01' WHERE status = 'open'", "the due date of invoice"),
        ("UPDATE invoice SET status = 'paid', due_minor = 0 WHERE status = 'open'", "is open and the mirror says paid"),
        ("UPDATE contact SET email = 'somebody@else.example'", "customer"),
        ("UPDATE contact SET phones = '[0]'", "customer"),
        ("UPDATE contact SET postal = NULL", "customer"),
        ("UPDATE contact SET groups = '[0]'", "customer"),
        (
            "INSERT INTO quarantine VALUES ('invoice', 'x', 'x', NULL, 'r', 'p', '2026-01-01', '2026-01-01', NULL)",
            "still in quarantine",
        ),
    ],
)
def test_a_mirror_that_differs_from_the_books_is_seen(firm, file, forgery: str, told: str) -> None:
    file.execute(forgery)

    assert any(told in words for words in differences(file, firm.around.books, firm.traits))


def test_whoever_may_not_is_refused_at_the_page(firm) -> None:
    for number in range(12):
        firm.at_the_page.act("page_trespass", Random(number))

    assert not firm.violations


def test_somebody_who_may_what_only_others_may_is_seen(firm) -> None:
    firm.at_the_page.act("page_note", Random(0))
    with Registry.open(firm.around.folder / "registry.db") as registry:
        registry.accounts.set_role("reader", "admin")

    for number in range(12):
        firm.at_the_page.act("page_trespass", Random(number))

    assert {violation.invariant for violation in firm.violations} == {8}


def test_every_planted_bug_fits_into_the_house_as_it_is() -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy_house(Path(folder))
        for bug in (*planted_bugs(), *planted_bugs(POLICY_TABLE)):
            plant(Path(folder), bug)
            for edit in bug.edits:
                shutil.copy(HOUSE / edit.file, Path(folder) / edit.file)


def test_a_bug_that_does_not_fit_is_refused(tmp_path) -> None:
    (tmp_path / "module.py").write_text("once\n")
    bug = Plant("no such words", (Edit("module.py", "twice", "never"),))

    with pytest.raises(NotPlanted, match="holds 0 of 'twice'"):
        plant(tmp_path, bug)


def test_fifty_bugs_and_more_are_planted_each_under_a_name_of_its_own() -> None:
    names = [bug.name for table in (TABLE, POLICY_TABLE) for bug in planted_bugs(table)]

    assert len(names) == len(set(names)) > 50


def test_a_planted_bug_breaks_a_promise_and_the_exit_code_says_so(tmp_path) -> None:
    copy_house(tmp_path)
    plant(tmp_path, planted_bugs()[0])

    done = run_in(tmp_path, ["-m", "drill.simulation.run", "--seed", "suite", "--years", "0.2", "--no-shrink"], 110)

    assert done.returncode == 1, done.stderr
    assert "never twice" in done.stdout
    assert re.search(r"^0\.\d tenant-years, \d+ faults, \d+ crashes, [1-9]\d* violations$", done.stdout, re.MULTILINE)


def test_a_run_without_a_broken_promise_ends_well(tmp_path) -> None:
    done = run_in(HOUSE, ["-m", "drill.simulation.run", "--seed", "suite", "--years", "0.15"], 110)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"seed suite\n0\.\d tenant-years, \d+ faults, \d+ crashes, 0 violations\n", done.stdout)


@given(st.sets(st.integers(0, 60), min_size=1, max_size=4), st.integers(61, 200))
def test_the_fewest_acts_are_those_that_are_needed(needed: set[int], acts: int) -> None:
    kept = fewest(range(acts), lambda some: needed <= set(some), tries=10_000)

    assert set(kept) == needed


def test_shrinking_ends_after_so_many_tries() -> None:
    tries: list[int] = []

    fewest(range(len(script(SEED, 90))), lambda some: tries.append(len(some)) or False, tries=12)

    assert len(tries) == 12
