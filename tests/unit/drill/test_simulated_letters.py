"""The simulation reads the outbox of letters beside the file: whatever is only in one of them is seen."""

import csv
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from drill.simulation.life import Life
from drill.simulation.settled import Settled, listed_letters

SEED = "allsuite/0"  # a firm with every feature; two of its letters go out in these weeks


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Life:
    life = Life(SEED, tmp_path_factory.mktemp("firm"), [])
    life.live(60, peace_every=55)
    assert not life.violations
    return life


@pytest.fixture
def outbox(lived: Life, tmp_path: Path) -> Iterator[Path]:
    """To be forged; afterwards it is as it was."""
    shutil.copytree(lived.around.outbox, tmp_path / "letters")
    yield lived.around.outbox
    shutil.rmtree(lived.around.outbox)
    shutil.copytree(tmp_path / "letters", lived.around.outbox)


def seen(life: Life) -> list[str]:
    with closing(life.around.read_file()) as file:
        return [f"{invariant}: {words}" for invariant, words in Settled(life, file).wrong()]


def without_last_row(outbox: Path) -> None:
    rows = (outbox / "manifest.csv").read_text().splitlines(keepends=True)
    (outbox / "manifest.csv").write_text("".join(rows[:-1]))


def listed_twice(outbox: Path) -> None:
    manifest = (outbox / "manifest.csv").read_text()
    (outbox / "manifest.csv").write_text(manifest + manifest.splitlines(keepends=True)[-1])


def of_nobody(outbox: Path) -> None:
    with (outbox / "manifest.csv").open("a", newline="") as rows:
        csv.writer(rows).writerow(("stranger", "2026-01-01", "x", "x", "x", "stranger.pdf"))
    (outbox / "stranger.pdf").write_bytes(b"%PDF-")


def without_a_file(outbox: Path) -> None:
    next(outbox.glob("*.pdf")).unlink()


def test_every_letter_of_the_file_is_in_the_outbox_and_no_other(lived: Life) -> None:
    with closing(lived.around.read_file()) as file:
        told = {key for (key,) in file.execute("SELECT id FROM message WHERE channel = 'letter-folder'")}

    assert listed_letters(lived.around.outbox).keys() == told != set()
    assert seen(lived) == []


@pytest.mark.parametrize(
    ("forge", "told"),
    [
        (without_last_row, {"counts as sent, and is not in the outbox", "has no row in the outbox"}),
        (listed_twice, {"is listed 2 times in the outbox"}),
        (of_nobody, {"lies in the outbox, but its reminders have gone another time"}),
        (without_a_file, {"has no file in the outbox"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_a_letter_that_is_only_in_one_of_them_is_seen(
    lived: Life, outbox: Path, forge: Callable[[Path], None], told: set[str]
) -> None:
    forge(outbox)

    found = seen(lived)
    assert len(found) == len(told)
    assert all(any(words in line for line in found) for words in told)


def test_a_letter_whose_reminder_was_never_sent_is_seen(lived: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = sqlite3.connect(":memory:")
    with closing(lived.around.read_file()) as file:
        file.backup(copy)
    for (trigger,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        copy.execute(f"DROP TRIGGER {trigger}")
    copy.execute(
        "UPDATE reminder SET state = 'planned', sent_at = NULL, sent_on = NULL WHERE message_id IN"
        " (SELECT id FROM message WHERE channel = 'letter-folder')"
    )
    monkeypatch.setattr(lived.around, "read_file", lambda: copy)

    assert any("its reminders have gone another time" in words for words in seen(lived))
