"""Whether spoilt pages show anything at all: every planted bug is still plantable, and one of them is found here."""

import pytest

from drill.fuzzing import sight
from drill.plant import HOUSE, Plant


@pytest.mark.parametrize("bug", sight.BUGS, ids=lambda bug: bug.name)
def test_a_bug_that_is_to_be_found_can_be_planted(bug: Plant) -> None:
    for edit in bug.edits:
        assert (HOUSE / edit.file).read_text().count(edit.old) == 1


@pytest.mark.slow
def test_a_planted_bug_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    [bug] = [bug for bug in sight.BUGS if bug.name == "one bad record takes its page along"]
    monkeypatch.setattr(sight, "BUGS", (bug,))
    [found] = sight.sightings("sight", 200)
    assert found.pages is not None
    assert "cost its whole" in found.words
