"""The clock of a rehearsal: the sandbox's time, asked for over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connector.rehearsal import RehearsalClock, RehearsalError
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from connectors.sandbox.world import World

START = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return build_world("clock", START, ())


@pytest.fixture
def clock(world: World) -> Iterator[RehearsalClock]:
    with RunningSandbox(world) as sandbox:
        yield RehearsalClock(f"{sandbox.url}/_books/clock")


def test_it_tells_the_sandboxes_time(clock: RehearsalClock) -> None:
    assert clock.now() == START


def test_waiting_lets_the_sandboxes_time_pass(clock: RehearsalClock, world: World) -> None:
    clock.now()
    clock.sleep(90)
    assert clock.now() == world.clock.now() == START + timedelta(seconds=90)


def test_a_jump_of_the_sandbox_is_heard_of_soon(clock: RehearsalClock, world: World) -> None:
    clock.now()
    world.clock.advance(timedelta(days=1))
    while clock.now() == START:  # ends within a moment, or the test's time limit says that it does not
        pass
    assert clock.now() == START + timedelta(days=1)


def test_another_machine_is_not_asked() -> None:
    with pytest.raises(RehearsalError, match="must be on this machine"):
        RehearsalClock("http://192.0.2.1/_books/clock")


def test_a_sandbox_that_has_gone_is_named() -> None:
    with RunningSandbox(build_world("clock", START, ())) as sandbox:
        clock = RehearsalClock(f"{sandbox.url}/_books/clock")
    with pytest.raises(RehearsalError, match="start it again"):
        clock.now()
