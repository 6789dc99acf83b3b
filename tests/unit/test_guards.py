"""A guard counts as noticed only where its own test failed by an assertion, with the guard really gone."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drill.guards import TABLES, Outcome, judge, ledgers, load, rows, without_guard
from drill.plant import HOUSE, Edit, Plant

SCENARIOS = """
import pytest

def test_that_sees(): assert 1 == 2
def test_that_sees_nothing(): pass
def test_that_breaks_down(): [only] = [1, 2]
def test_that_expects_an_error():
    with pytest.raises(ValueError): pass
def test_that_finds_no_stage(stage): assert False
def test_that_is_skipped(): pytest.skip("no time")

@pytest.mark.parametrize("number", [1, 2])
def test_that_sees_once(number): assert number == 1
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest really writes about them."""
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "test_all.py").write_text(SCENARIOS)
    options = ["-q", "-p", "no:cacheprovider", "--junitxml=report.xml"]
    subprocess.run([sys.executable, "-m", "pytest", *options, "test_all.py"], cwd=folder, capture_output=True)
    return (folder / "report.xml").read_text()


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("test_that_sees", Outcome.NOTICED),
        ("test_that_sees_once", Outcome.NOTICED),
        ("test_that_expects_an_error", Outcome.NOTICED),
        ("test_that_sees_nothing", Outcome.NOT_NOTICED),
        ("test_that_breaks_down", Outcome.NOT_RUN),
        ("test_that_finds_no_stage", Outcome.NOT_RUN),
        ("test_that_is_skipped", Outcome.NOT_RUN),
        ("test_that_is_not_there", Outcome.NOT_RUN),
    ],
)
def test_only_a_failed_assertion_of_the_test_itself_has_noticed(report: str, test: str, outcome: Outcome) -> None:
    assert judge(test, "a guard", report).outcome is outcome


def test_without_a_report_nothing_has_run_and_the_last_words_are_told() -> None:
    verdict = judge("test_that_sees", "a guard", "", "collected\nImportError: no module\n")

    assert (verdict.outcome, verdict.words) == (Outcome.NOT_RUN, "ImportError: no module")


def test_a_guard_that_is_not_where_it_was_is_not_removed_and_not_noticed(tmp_path: Path) -> None:
    (tmp_path / "drill").mkdir()
    shutil.copy(HOUSE / "drill" / "plant.py", tmp_path / "drill")
    guard = Plant("gone", (Edit("drill/plant.py", "no such piece of source", ""),))

    verdict = without_guard(tmp_path, "tests/scenarios", "test_that_sees", guard)

    assert (verdict.outcome, "0 of" in verdict.words) == (Outcome.NOT_PLANTED, True)


@pytest.mark.parametrize("ledger", ledgers(TABLES))
def test_every_guard_of_a_table_is_where_the_table_says(ledger: str) -> None:
    edits = [edit for _, guard in rows(load(TABLES / f"{ledger}_guards.py")) for edit in guard.edits]

    assert [edit for edit in edits if (HOUSE / edit.file).read_text().count(edit.old) != 1] == []


@pytest.mark.parametrize("ledger", ledgers(TABLES))
def test_every_numbered_scenario_has_a_guard_and_every_guard_its_scenario(ledger: str) -> None:
    sources = "".join(path.read_text() for path in TABLES.glob(f"test_{ledger}_*.py"))

    assert (
        set(re.findall(r"^def (test_\d+_\w+)\(", sources, re.MULTILINE)) == load(TABLES / f"{ledger}_guards.py").keys()
    )
