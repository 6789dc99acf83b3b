"""The heart beats on, hands out turns, and leaves in good order: with a crew of its own and a clock that is told."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import pytest

from connector.rehearsal import RehearsalError
from connector.report import CycleReport
from connector.running.daemon import Daemon, Order, Outcome
from connector.running.pulse import Pulse
from connector.running.rota import Shift
from connector.running.supervisor import Supervisor
from state.clock import ManualClock
from state.model import TenantSlug

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
NORTH, WEST = TenantSlug("north"), TenantSlug("west")
HOUR = timedelta(hours=1)
SHIFT = Shift(interval=HOUR, zone=ZoneInfo("UTC"), nightly=time_of_day(2))
PATIENCE_SECONDS = 20


class Clock(ManualClock):
    """May be out of order for a while."""

    def __init__(self) -> None:
        super().__init__(MONDAY)
        self.broken = False
        self.asked = 0

    def now(self) -> datetime:
        self.asked += 1
        if self.broken:
            raise RehearsalError("no sandbox answers")
        return super().now()


class Crew:
    """Tenants whose turns last until they are let go."""

    workers = 4

    def __init__(self) -> None:
        self.grace_seconds = float(PATIENCE_SECONDS)
        self.tenants = [NORTH]
        self.begun: Counter[TenantSlug] = Counter()
        self.at_once: Counter[TenantSlug] = Counter()
        self.most_at_once = 0
        self.outcomes: list[Outcome | Exception] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.looks = 0
        self.asks_between: float | None = None  # seconds in which a worker at work asks whether to stop
        self.reloads = 0
        self.asked_to_stop = False
        self.obstacle: str | None = None
        self._lock = threading.Lock()

    def shifts(self) -> Mapping[TenantSlug, Shift]:
        return dict.fromkeys(self.tenants, SHIFT)

    def work(self, slug: TenantSlug, stopping: Callable[[], bool]) -> Outcome:
        with self._lock:
            self.begun[slug] += 1
            self.at_once[slug] += 1
            self.most_at_once = max(self.most_at_once, self.at_once.total())
        while not self.go_on.wait(self.asks_between or PATIENCE_SECONDS) and self.asks_between:
            stopping()
        self.asked_to_stop = stopping()
        with self._lock:
            self.at_once[slug] -= 1
        outcome = (
            self.outcomes.pop(0) if self.outcomes else Outcome(CycleReport(tenant=slug, business_day=MONDAY.date()))
        )
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def look_around(self) -> None:
        self.looks += 1

    def reload(self) -> None:
        self.reloads += 1
        if self.reloads > 1:
            raise RecursionError


class Listener(Supervisor):
    """A supervisor that writes down what it hears."""

    def __init__(self) -> None:
        super().__init__(watchdog_seconds=10)
        self.heard: Counter[str] = Counter()

    def _say(self, *lines: str) -> None:
        self.heard[lines[0]] += 1


class Run:
    """A daemon at work in a thread of its own."""

    def __init__(self) -> None:
        self.crew, self.clock, self.supervisor, self.pulse = Crew(), Clock(), Listener(), Pulse(MONDAY)
        self.daemon = Daemon(
            self.crew, self.clock, self.pulse, self.supervisor, beat_seconds=0.005, spread=timedelta(0)
        )
        self.in_time: bool | None = None
        self._thread = threading.Thread(target=self._run)
        self._pause = threading.Event()  # never set: a way to wait a little

    def start(self) -> None:
        self._thread.start()

    def wait(self, until: Callable[[], bool]) -> None:
        """Until something is so; an assertion if it never is."""
        for _ in range(PATIENCE_SECONDS * 200):
            if until():
                return
            self._pause.wait(0.005)
        raise AssertionError("it never came to that")

    def beats(self, number: int = 3) -> None:
        before = self.supervisor.heard["WATCHDOG=1"]
        self.wait(lambda: self.supervisor.heard["WATCHDOG=1"] >= before + number)

    def looks(self, number: int) -> None:
        """Beats, also those that the supervisor does not hear of."""
        before = self.clock.asked
        self.wait(lambda: self.clock.asked >= before + number)

    def at_rest(self) -> None:
        """Nobody is due and nobody works."""
        self.beats(2)
        self.wait(lambda: not any(tenant.working for tenant in self.pulse.snapshot().tenants.values()))
        self.beats(2)

    def hold(self) -> None:
        """The next turn begins, and does not end before it is let go."""
        self.at_rest()
        self.crew.go_on.clear()
        turns = self.crew.begun[NORTH]
        self.clock.set(self.clock.now() + 2 * HOUR)
        self.wait(lambda: self.crew.begun[NORTH] == turns + 1)

    def pass_by(self, span: timedelta) -> None:
        self.clock.set(self.clock.now() + span)
        self.at_rest()

    def stop(self) -> None:
        self.daemon.orders.put(Order.STOP)
        self.join()

    def join(self) -> None:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        self.in_time = self.daemon.run()


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run()
    run.start()
    yield run
    run.crew.go_on.set()
    if run.in_time is None:
        run.stop()


def test_every_tenant_has_a_turn_and_another_when_its_time_has_come(run: Run) -> None:
    run.crew.tenants = [NORTH, WEST]
    run.wait(lambda: run.crew.begun == {NORTH: 1, WEST: 1})
    run.pass_by(HOUR / 2)
    at_half_past = dict(run.crew.begun)
    run.pass_by(HOUR)

    assert (at_half_past, run.crew.begun) == ({NORTH: 1, WEST: 1}, {NORTH: 2, WEST: 2})


def test_it_is_ready_once_and_alive_with_every_beat(run: Run) -> None:
    run.beats(5)

    assert run.supervisor.heard["READY=1"] == 1
    assert run.supervisor.heard["STATUS=1 tenant, 0 being worked on"] == 1


def test_no_tenant_has_two_turns_at_once(run: Run) -> None:
    run.hold()
    for _ in range(3):
        run.clock.set(run.clock.now() + 5 * HOUR)
        run.daemon.nudge(NORTH)
        run.beats()

    assert run.crew.begun[NORTH] == 2


def test_no_more_tenants_are_worked_on_at_once_than_configured(run: Run) -> None:
    run.crew.workers = 3
    run.crew.tenants = [TenantSlug(f"t{number}") for number in range(20)]
    run.wait(lambda: set(run.crew.tenants) <= set(run.crew.begun))

    assert run.crew.most_at_once <= 3


def test_a_nudge_is_answered_by_a_turn(run: Run) -> None:
    run.wait(lambda: run.crew.begun[NORTH] == 1)
    run.pass_by(timedelta(minutes=1))
    run.daemon.nudge(NORTH)
    run.wait(lambda: run.crew.begun[NORTH] == 2)


def test_a_turn_that_fails_keeps_nobody_from_the_next(run: Run) -> None:
    run.crew.outcomes = [ValueError("somebody@customer.example")]
    run.wait(lambda: run.crew.begun[NORTH] == 1)
    run.pass_by(2 * HOUR)

    assert run.crew.begun[NORTH] == 2


def test_a_tenant_that_somebody_else_works_on_is_tried_again_soon(run: Run) -> None:
    run.at_rest()
    run.crew.outcomes = [Outcome(try_again=True)]
    run.pass_by(2 * HOUR)
    run.pass_by(timedelta(seconds=30))

    assert run.crew.begun[NORTH] == 3


def test_tenants_join_and_leave_without_a_new_start(run: Run) -> None:
    run.at_rest()
    run.crew.tenants = [WEST]
    run.at_rest()
    run.pass_by(2 * HOUR)

    assert run.crew.begun == {NORTH: 1, WEST: 2}


def test_a_tenant_that_leaves_and_comes_back_during_its_turn_has_no_second_one_beside_it(run: Run) -> None:
    run.hold()
    run.crew.tenants = []
    run.beats()
    run.crew.tenants = [NORTH]
    run.beats()
    meanwhile = run.crew.begun[NORTH]
    run.crew.go_on.set()
    run.wait(lambda: run.crew.begun[NORTH] == 3)
    run.stop()

    assert (meanwhile, run.in_time) == (2, True)


def test_a_clock_that_fails_for_a_while_stops_no_heart(run: Run) -> None:
    run.at_rest()
    run.clock.broken = True
    run.beats(5)
    run.clock.broken = False
    run.pass_by(2 * HOUR)

    assert run.crew.begun[NORTH] == 2


def test_it_looks_around_once_an_hour_but_not_before_everybody_had_a_turn(run: Run) -> None:
    run.beats()
    at_once = run.crew.looks
    run.pass_by(HOUR / 6)
    run.wait(lambda: run.crew.looks == 1)
    run.pass_by(HOUR / 2)
    after_half_an_hour = run.crew.looks
    run.pass_by(HOUR)
    run.wait(lambda: run.crew.looks == 2)

    assert (at_once, after_half_an_hour) == (0, 1)


def test_after_a_sleep_of_the_machine_turns_come_before_the_look_around(run: Run) -> None:
    run.at_rest()
    run.pass_by(HOUR / 6)
    run.wait(lambda: run.crew.looks == 1)
    run.pass_by(60 * HOUR)
    on_waking = run.crew.looks
    run.pass_by(HOUR / 6)
    run.wait(lambda: run.crew.looks == 2)

    assert on_waking == 1


def test_a_clock_that_only_jumps_is_looked_around_in_nevertheless(run: Run) -> None:
    run.at_rest()
    run.pass_by(HOUR / 6)
    for _ in range(4):
        run.pass_by(24 * HOUR)
    run.wait(lambda: run.crew.looks == 3)


def test_a_new_configuration_is_read_between_two_words_to_the_supervisor(run: Run) -> None:
    run.beats()
    run.daemon.orders.put(Order.RELOAD)
    run.wait(lambda: run.supervisor.heard["READY=1"] == 2)

    assert (run.crew.reloads, run.supervisor.heard["RELOADING=1"]) == (1, 1)


def test_a_configuration_that_nobody_can_read_ends_nothing(run: Run) -> None:
    for _ in range(2):
        run.daemon.orders.put(Order.RELOAD)
    run.wait(lambda: run.supervisor.heard["READY=1"] == 3)
    run.pass_by(2 * HOUR)

    assert (run.crew.reloads, run.crew.begun[NORTH]) == (2, 2)


def test_a_stop_lets_the_turn_in_hand_end_and_begins_no_other(run: Run) -> None:
    run.hold()
    run.daemon.orders.put(Order.STOP)
    run.wait(lambda: run.pulse.snapshot().stopping)
    run.crew.tenants = [NORTH, WEST]
    run.beats()
    run.crew.go_on.set()
    run.join()

    assert (run.in_time, run.crew.begun, run.crew.asked_to_stop) == (True, {NORTH: 2}, True)
    assert run.supervisor.heard["STOPPING=1"] == 1


def test_after_the_grace_time_it_says_that_it_could_not_wait(run: Run) -> None:
    run.crew.grace_seconds = 0.05
    run.hold()
    run.stop()

    assert run.in_time is False


def test_a_second_stop_does_not_wait_for_the_grace_time(run: Run) -> None:
    run.hold()
    run.daemon.orders.put(Order.STOP)
    run.wait(lambda: run.pulse.snapshot().stopping)
    run.stop()

    assert run.in_time is False


def test_a_worker_that_hangs_is_no_life(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.hold()
    monkeypatch.setattr("connector.running.daemon.LONGEST_SILENCE_SECONDS", 0.0)
    run.looks(2)
    before = run.supervisor.heard["WATCHDOG=1"]
    run.looks(5)
    while_hanging = run.supervisor.heard["WATCHDOG=1"]
    seen = run.pulse.snapshot().hanging
    run.crew.go_on.set()
    run.beats()

    assert (while_hanging, seen) == (before, 1)
    assert run.pulse.snapshot().hanging == 0


def test_a_worker_that_asks_whether_to_stop_is_alive_however_long_it_takes(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.running.daemon.LONGEST_SILENCE_SECONDS", 0.2)
    run.crew.asks_between = 0.01
    run.hold()
    began = time.monotonic()
    run.wait(lambda: time.monotonic() - began > 0.5)
    before = run.supervisor.heard["WATCHDOG=1"]
    run.looks(5)

    assert run.supervisor.heard["WATCHDOG=1"] > before
