"""Texts bear no name at their carrier: by number, words and time they are told apart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drill.kills.journal import Journal, accepted

CLAIMED = datetime(2026, 4, 9, 14, 50, tzinfo=UTC)
FIRST, SECOND = (CLAIMED, "first round"), (CLAIMED + timedelta(days=11), "second round")


def arrived(folder: Path, *at: datetime) -> list[str]:
    for instant in at:
        Journal(folder / "accepted.jsonl").append(
            {"attempt": "words", "at": instant.isoformat(), "stage": None, "verdicts": {}}
        )
    return [message.attempt for message in accepted(folder, {"words": [SECOND, FIRST]})]


def test_two_texts_with_the_same_words_are_two_messages(tmp_path: Path) -> None:
    assert arrived(tmp_path, *(at + timedelta(seconds=2) for at, _ in (FIRST, SECOND))) == [FIRST[1], SECOND[1]]


def test_a_text_that_is_accepted_twice_is_one_message(tmp_path: Path) -> None:
    assert arrived(tmp_path, CLAIMED, CLAIMED + timedelta(minutes=7)) == [FIRST[1], FIRST[1]]


@pytest.mark.parametrize("early", [timedelta(days=1), timedelta(microseconds=1)])
def test_a_text_that_nobody_had_claimed_keeps_what_the_carrier_calls_it(tmp_path: Path, early: timedelta) -> None:
    assert arrived(tmp_path, CLAIMED - early) == ["words"]
