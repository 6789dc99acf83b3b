"""Whatever the calls, the clocks and the restarts: no service is asked more often than it allows.

The service lives on real time. Dun sees a clock that people set forward and back, forgets everything but its file, and
shares that file with a second process.
"""

import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.budget import CallBudget
from connectors.ledger import RetryLater
from state.budgets import Budgets, Lane

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LANES = (Lane("xero:one", 8, MINUTE), Lane("xero-app:all", 12, MINUTE))
SECOND_LANES = (Lane("quickbooks:one", 3, timedelta(seconds=1)), Lane("quickbooks:one", 10, MINUTE))

seconds = st.integers(0, 90).map(lambda count: timedelta(seconds=count))
waits = st.tuples(st.just("wait"), seconds)
calls = st.tuples(st.just("calls"), st.integers(1, 15))
restarts = st.tuples(st.just("restart"), st.none())
set_back = st.tuples(st.just("jump"), st.integers(-7200, -1).map(lambda count: timedelta(seconds=count)))
set_forward = st.tuples(st.just("jump"), st.integers(1, 7200).map(lambda count: timedelta(seconds=count)))


class SetClock:
    """Real time, and what the machine believes it to be."""

    def __init__(self) -> None:
        self.real = START
        self.off = timedelta(0)

    def now(self) -> datetime:
        return self.real + self.off

    def sleep(self, seconds: float) -> None:
        self.real += timedelta(seconds=seconds)


class Service:
    """Allows ten calls in each of its minutes, which begin at a second of its own, and 100 in each of its days."""

    MINUTE, DAY = 10, 100

    def __init__(self, phase: timedelta) -> None:
        self._phase = phase
        self._minutes: Counter[int] = Counter()
        self._days: Counter[int] = Counter()
        self.at: list[datetime] = []
        self.refused = 0

    def call(self, at: datetime) -> tuple[int, int, timedelta | None]:
        """What is left of minute and day, and how long to wait if this call was refused."""
        since = at - START + self._phase
        minute, day = since // MINUTE, since // timedelta(days=1)
        if self._minutes[minute] >= self.MINUTE or self._days[day] >= self.DAY:
            self.refused += 1
            return 0, self.DAY - self._days[day], (minute + 1) * MINUTE - since
        self.at.append(at)
        self._minutes[minute] += 1
        self._days[day] += 1
        return self.MINUTE - self._minutes[minute], self.DAY - self._days[day], None


def _play(steps: list[tuple[str, object]], lanes: tuple[Lane, ...], service: Service, *, days: int | None) -> None:
    clock = SetClock()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_files:

        def process() -> CallBudget:
            budgets = open_files.enter_context(Budgets.open(Path(folder) / "budgets.db"))
            return CallBudget(budgets, clock, owner=lanes[0].name, app=lanes[-1].name, daily_calls=days)

        processes = [process(), process()]
        for kind, amount in steps:
            if kind == "wait" and isinstance(amount, timedelta):
                clock.real += amount
            elif kind == "jump" and isinstance(amount, timedelta):
                clock.off += amount
            elif kind == "restart":
                processes = [process(), process()]
            elif isinstance(amount, int):
                for number in range(amount):
                    _call(processes[number % 2], lanes, service, clock)


def _call(budget: CallBudget, lanes: tuple[Lane, ...], service: Service, clock: SetClock) -> None:
    try:
        at = budget.admit("note", lanes)
    except RetryLater:
        return
    minute, day, wait = service.call(clock.real)
    budget.told(at, day=day, minute=minute, app_minute=None)
    if wait is not None:
        budget.refused(RetryLater("slow down", after=wait, limit="minute"))


def _most_in(window: timedelta, at: list[datetime]) -> int:
    return max((sum(one <= other < one + window for other in at) for one in at), default=0)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(waits, calls, restarts, set_back), max_size=12))
def test_no_minute_of_real_time_has_more_calls_than_its_lane_allows(steps: list[tuple[str, object]]) -> None:
    service = Service(timedelta(0))
    service.MINUTE = service.DAY = 10**6

    _play(steps, LANES, service, days=None)

    assert _most_in(MINUTE, service.at) <= 8


@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(waits, calls, restarts, set_back), max_size=12))
def test_a_lane_of_seconds_and_one_of_minutes_hold_both(steps: list[tuple[str, object]]) -> None:
    service = Service(timedelta(0))
    service.MINUTE = service.DAY = 10**6

    _play(steps, SECOND_LANES, service, days=None)

    assert _most_in(timedelta(seconds=1), service.at) <= 3
    assert _most_in(MINUTE, service.at) <= 10


@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(waits, calls, restarts, set_back), max_size=20), seconds)
def test_neither_minute_nor_day_of_the_service_is_ever_overdrawn(
    steps: list[tuple[str, object]], phase: timedelta
) -> None:
    service = Service(phase)

    _play(steps, LANES, service, days=100)

    assert service.refused == 0


@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(waits, calls, set_forward), max_size=12), seconds)
def test_a_clock_set_forward_costs_one_refusal_at_most(steps: list[tuple[str, object]], phase: timedelta) -> None:
    """It makes a minute seem to have passed; the service's answers put that right."""
    service = Service(phase)

    _play(steps, LANES, service, days=100)

    assert service.refused <= sum(kind == "jump" for kind, _ in steps)
