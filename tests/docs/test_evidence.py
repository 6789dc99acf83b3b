"""The page of evidence is what the drills told, and nothing that a hand has written."""

from drill.evidence import DRILLS, PAGE, read_records, render
from drill.simulation.planted import planted_bugs


def test_the_page_is_made_from_the_records() -> None:
    assert PAGE.read_text() == render(read_records())


def test_every_drill_has_been_run_and_ended_well() -> None:
    ended = {name: record.exit_code for name, record in read_records().items()}

    assert ended == dict.fromkeys(DRILLS, 0)


def test_every_planted_bug_was_looked_for_and_found() -> None:
    found = {catch.bug for catch in read_records()["hunt"].catches if catch.found}

    assert found == {bug.name for bug in planted_bugs()}
