"""The file of call budgets under several hands, and in a state it should not be in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from state.budgets import Budgets, Call, Lane
from state.errors import NotADunFile

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CALL = Call("xero:one", "xero-app:all", "pull", True, (Lane("xero:one", 50, timedelta(minutes=1)),))
NO_TIME = timedelta(0)


def test_threads_that_write_at_once_lose_no_count_and_exceed_no_limit(tmp_path: Path) -> None:
    def take(_: int) -> int:
        with Budgets.open(tmp_path / "budgets.db") as budgets:
            return sum(budgets.take(CALL, NOW) == NO_TIME for _ in range(20))

    Budgets.open(tmp_path / "budgets.db").close()
    with ThreadPoolExecutor(4) as threads:
        admitted = sum(threads.map(take, range(4)))
    with Budgets.open(tmp_path / "budgets.db") as budgets:
        [spent] = budgets.in_hours("xero:one", NOW, NOW)

    assert (admitted, spent.calls, spent.metered) == (50, 50, 50)


def test_a_call_that_must_wait_is_told_how_long_and_counts_nothing(tmp_path: Path) -> None:
    with Budgets.open(tmp_path / "budgets.db") as budgets:
        for second in range(50):
            budgets.take(CALL, NOW + timedelta(seconds=second))

        wait = budgets.take(CALL, NOW + timedelta(seconds=50))

        assert wait == timedelta(seconds=10)
        assert budgets.in_month("xero-app:all", NOW)[0].calls == 50


def test_a_call_needs_room_in_every_lane(tmp_path: Path) -> None:
    narrow = Call("q:1", "q-app", "pull", True, (*CALL.lanes, Lane("q:1", 1, timedelta(seconds=1))))
    with Budgets.open(tmp_path / "budgets.db") as budgets:
        budgets.take(narrow, NOW)

        assert budgets.take(narrow, NOW) == timedelta(seconds=1)
        assert budgets.recent("xero:one", NOW, timedelta(minutes=1)) == 1


def test_another_file_of_that_name_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "budgets.db"
    path.write_bytes(b"this is somebody's text, not a database, and long enough to be looked at" * 20)
    before = path.read_bytes()

    with pytest.raises(NotADunFile, match=r"budgets\.db"):
        Budgets.open(path)
    assert path.read_bytes() == before
