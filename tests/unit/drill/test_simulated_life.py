"""A simulated half-year is what its seed says, meets what it claims to meet, and breaks no promise."""

import sqlite3

import pytest

from drill.simulation import disk
from drill.simulation.moments import Crash, Moments
from drill.simulation.script import script
from drill.simulation.simulate import Outcome, live_one

DAYS = 50
SEED = "suite/0"


@pytest.fixture(scope="module")
def life() -> Outcome:
    return live_one(SEED, DAYS)


def test_the_same_seed_lives_the_same_life(life) -> None:
    again = live_one(SEED, DAYS)

    assert (again.digest, again.tally, again.faults_met) == (life.digest, life.tally, life.faults_met)


def test_another_seed_lives_another_life(life) -> None:
    assert live_one("suite/1", DAYS).digest != life.digest


def test_a_life_under_fire_keeps_every_promise(life) -> None:
    assert life.violations == []
    assert life.tally["messages"] > 0
    assert life.tally["crashes"] > 0
    assert sum(life.faults_met.values()) > 10


def test_nothing_befalls_a_life_whose_acts_are_all_left_out() -> None:
    quiet = live_one(SEED, DAYS, only=frozenset())

    assert quiet.faults_met == {}
    assert quiet.tally.get("crashes", 0) == 0
    assert quiet.violations == []


def test_the_acts_of_a_day_do_not_depend_on_how_long_the_life_is() -> None:
    assert script(SEED, 90)[: len(script(SEED, 30))] == script(SEED, 30)


def test_a_killed_process_leaves_what_it_had_committed_and_nothing_else(tmp_path) -> None:
    moments = Moments()
    with disk.owned_by(moments):
        connection = sqlite3.connect(tmp_path / "file.db", isolation_level=None)
    for statement in ("CREATE TABLE t (n)", "INSERT INTO t VALUES (1)", "BEGIN", "INSERT INTO t VALUES (2)"):
        connection.execute(statement)
    moments.begin(dies_at=1)

    with pytest.raises(Crash):
        connection.execute("COMMIT")
    with pytest.raises(Crash):
        connection.execute("INSERT INTO t VALUES (3)")
    connection.close()

    assert sqlite3.connect(tmp_path / "file.db").execute("SELECT n FROM t").fetchall() == [(1,)]


def test_a_full_disk_is_told_as_sqlite_tells_it(tmp_path) -> None:
    moments = Moments()
    with disk.owned_by(moments):
        connection = sqlite3.connect(tmp_path / "file.db", isolation_level=None)
    connection.execute("CREATE TABLE t (n)")
    moments.begin(disk_fills_at=2)
    connection.execute("BEGIN")

    with pytest.raises(sqlite3.OperationalError) as refusal:
        connection.execute("INSERT INTO t VALUES (1)")

    assert refusal.value.sqlite_errorcode == sqlite3.SQLITE_FULL
    assert not connection.in_transaction
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
