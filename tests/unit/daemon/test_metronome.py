"""The machine's own clock is set while the daemon runs, and the beat takes no notice."""

import threading
import time
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from connector.running.metronome import Beats, put_right

PATIENCE_SECONDS = 20
BEAT_SECONDS = 0.01


class MachineClock(datetime):
    """What the machine says, moved by what somebody did to it."""

    moved = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + cls.moved


@pytest.fixture
def machine(monkeypatch):
    monkeypatch.setattr(MachineClock, "moved", timedelta(0))
    for module in ("apscheduler.schedulers.base", "connector.running.metronome"):
        monkeypatch.setattr(f"{module}.datetime", MachineClock)
    return MachineClock


class Metronome:
    """A scheduler with one beat, put right between its beats as the daemon does."""

    def __init__(self) -> None:
        self.heard = 0
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"misfire_grace_time": None})
        self._scheduler.add_job(self._beat, Beats(BEAT_SECONDS), next_run_time=MachineClock.now(UTC))

    def __enter__(self):
        self._scheduler.start()
        return self

    def __exit__(self, *_) -> None:
        self._scheduler.shutdown()

    def beats(self, number: int) -> bool:
        """Whether so many more are heard."""
        ends, wanted, pause = time.monotonic() + PATIENCE_SECONDS, self.heard + number, threading.Event()
        while self.heard < wanted and time.monotonic() < ends:
            put_right(self._scheduler, 2 * BEAT_SECONDS)
            pause.wait(BEAT_SECONDS)
        return self.heard >= wanted

    def _beat(self) -> None:
        self.heard += 1


@pytest.mark.parametrize("moved", [timedelta(hours=-2), timedelta(days=3), timedelta(seconds=-1.5)], ids=str)
def test_the_beat_goes_on_when_the_clock_is_set(machine, moved) -> None:
    with Metronome() as metronome:
        before = metronome.beats(3)
        machine.moved = moved
        after = metronome.beats(3)

    assert (before, after) == (True, True)


def test_years_that_never_were_are_not_counted_beat_by_beat(machine) -> None:
    with Metronome() as metronome:
        before = metronome.beats(3)
        machine.moved = timedelta(days=365 * 56)  # a small computer wakes up in 1970 and is told the time
        heard = metronome.heard
        after = metronome.beats(3)

    assert (before, after) == (True, True)
    assert metronome.heard - heard < 1000


def test_what_is_planned_for_now_is_left_alone(machine) -> None:
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.start(paused=True)
    planned = machine.now(UTC) + timedelta(seconds=1)
    job = scheduler.add_job(print, Beats(1), next_run_time=planned)
    put_right(scheduler, 2)
    scheduler.shutdown()

    assert job.next_run_time == planned
