"""`make soak`: fifty firms under one daemon for thirty virtual days, with everything that goes wrong in years.

Access tokens live for thirty virtual minutes, every twentieth call fails in some way, and the daemon is stopped,
killed and stopped again. The sandbox counts what happened; the verdict is its, not the daemon's.
"""

import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
from rich.console import Console

from bench.soak.firms import START, build_firms, connect_all
from bench.soak.service import Service, SoakError
from bench.soak.verdict import Verdict, judge_soak, repeated_refreshes
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import live_one_day
from connectors.sandbox.world import World

_ONE_DAY = timedelta(days=1)
TOGETHER = timedelta(minutes=1)  # those who are due so soon after the first may take their turn with it
RESTARTS = (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM)

console = Console(soft_wrap=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--tenants", type=click.IntRange(1, 200), default=50, show_default=True, help="Firms, half per ledger.")
@click.option("--days", type=click.IntRange(1, 60), default=30, show_default=True, help="Virtual days.")
@click.option(
    "--faults", type=click.FloatRange(0, 0.5), default=0.05, show_default=True, help="Share of failing calls."
)
@click.option("--seed", help="The same word gives the same firms and faults. [default: a new one, which is printed]")
@click.option("--keep", is_flag=True, help="Keep the folder with configuration, mirror files and log.")
def main(tenants: int, days: int, faults: float, seed: str | None, keep: bool) -> None:
    """Soak the daemon. Exit code 1 if a token was lost, a day missed, a budget overrun or a promise broken."""
    seed = seed or secrets.token_hex(4)
    console.print(f"seed {seed}: {tenants} tenants, {days} virtual days, {faults:.0%} faults")
    folder = Path(tempfile.mkdtemp(prefix="dun-soak-"))
    try:
        verdict = _soak(folder, seed, tenants, days, faults)
    except SoakError as error:
        console.print(f"BROKEN OFF: {error}")
        sys.exit(1)
    finally:
        if keep:
            console.print(f"kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for line in verdict.lines():
        console.print(line)
    sys.exit(0 if verdict.good else 1)


def _soak(folder: Path, seed: str, tenants: int, days: int, faults: float) -> Verdict:
    world = build_firms(seed, tenants)
    with RunningSandbox(world) as sandbox:
        port = _free_port()
        config = connect_all(sandbox, folder, port)
        world.switches |= {"random_faults": str(faults), "random_faults_seed": seed}
        service = Service(config, port, folder / "daemon.log")
        with _serving(service):
            excused = _live(world, service, days)
            world.switches["random_faults"] = "0"
            _pass(world, service, timedelta(hours=12))  # what faults have left undone is done now
        return judge_soak(config, world, days, excused)


def _live(world: World, service: Service, days: int) -> int:
    """Live through the days; how many refreshes a kill has made to be repeated."""
    excused = 0
    restarts = dict(zip((days * (n + 1) // (len(RESTARTS) + 1) for n in range(len(RESTARTS))), RESTARTS, strict=True))
    for day in range(days):
        with world.lock:
            live_one_day(world)
        if day in restarts:
            excused += _restart(world, service, restarts[day])
        _pass(world, service, START + (day + 1) * _ONE_DAY - world.clock.now())
        console.print(f"day {day + 1}: {sum(sum(calls.values()) for calls in world.calls.values()):,} calls so far")
    return excused


def _restart(world: World, service: Service, how: signal.Signals) -> int:
    """Some hours into the day, in the middle of a round. Returns how many refreshes had to be repeated for it.

    A process killed after the answer came and before it was on the disk can only ask again; nobody else may.
    """
    _pass(world, service, timedelta(hours=5))
    world.clock.advance(timedelta(hours=4))
    service.wait(service.at_work)
    service.stop(how)
    console.print(f"restart after {how.name}")
    before = repeated_refreshes(world)
    service.start()
    service.idle_until(world.clock.now())
    return repeated_refreshes(world) - before if how is signal.SIGKILL else 0


def _pass(world: World, service: Service, span: timedelta) -> None:
    """Let `span` pass, from one handful of tenants' turns to the next, never while one is at work."""
    end = world.clock.now() + span
    while (now := world.clock.now()) < end:
        due = service.idle_until(now)
        target = end if due is None else min(due + TOGETHER, end)
        world.clock.advance(max(target - world.clock.now(), timedelta(0)))
    service.idle_until(world.clock.now())


@contextmanager
def _serving(service: Service) -> Iterator[None]:
    service.start()
    try:
        yield
        service.stop(signal.SIGTERM)
    finally:
        service.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
