"""Sixty days in the life of two firms, on the embedded sandbox, judged by the firms' own books.

Nothing here is simulated on Dun's side: the configuration is a file, the connections are made over OAuth, every call is
HTTP, every message is taken by a receiver. The only thing not real is time, which the sandbox's clock provides.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from connector.config.settings import Config, load
from connector.connecting.connect import connect
from connector.cycle import run_cycle
from connector.data_folder import prepare
from connector.demo.cases import enter
from connector.demo.consent import agree
from connector.demo.policy import POLICY
from connector.demo.scenes import LastMinuteMoney, bookkeeper_holds
from connector.demo.script import Stage, act
from connector.demo.summary import DemoResult, Diary, summarise
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.books import WorldClock
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world, live_one_day
from connectors.sandbox.world import World
from state.clock import Clock

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
ROUNDS = (time(10), time(15, 30))  # UTC: the first is before the American firm opens, the second suits both
MARK = ".dun-demo"  # only a folder with this file in it is ever emptied


class DemoError(Exception):
    """The demo cannot start; `str()` says why."""


class BooksClock:
    """The world's clock as the connector sees it. Waiting means that the world moves on."""

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(timedelta(seconds=seconds))


Afterwards = Callable[[DemoResult, Config, World, Clock], None]


def run_demo(
    folder: Path, *, days: int, seed: str, each_day: Callable[[], None], afterwards: Afterwards | None = None
) -> DemoResult:
    """Live through `days` virtual days; what came of it. `each_day` is called after every day, for a progress bar.

    `afterwards` is called while the sandbox still runs.
    """
    _empty(folder)
    world = build_world(seed, START, ("xero", "quickbooks"))
    enter(world, START.date())
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(
            folder / "config.toml",
            sandbox.url,
            smtp_port=sandbox.smtp_port,
            imap_port=sandbox.imap_port,
            letters="lob",
            policy=POLICY,
        )
        config = load(folder / "config.toml")
        prepare(config.data)
        with Installation(config, BooksClock(world.clock)) as installation:
            diary = _live(installation, world, days, each_day)
            result = summarise(installation, world, diary, folder)
        if afterwards is not None:
            afterwards(result, config, world, BooksClock(world.clock))
    _stand_still(config, world.clock.now())
    return result


def _stand_still(config: Config, at: datetime) -> None:
    """The sandbox has gone, and with it the time: commands that look at the folder find it as it was at the end."""
    text = config.path.read_text(encoding="utf-8")
    ended = f"[rehearsal]\nended = {at:%Y-%m-%dT%H:%M:%SZ}\n"
    config.path.write_text(text.replace("[rehearsal]\n", ended), encoding="utf-8")


def _empty(folder: Path) -> None:
    """A fresh folder. Somebody else's files are never removed."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise DemoError(f"{folder} holds files that are not of an earlier demo; choose another --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def _live(installation: Installation, world: World, days: int, each_day: Callable[[], None]) -> Diary:
    diary: Diary = {}
    stage = Stage(installation, world, START.date())
    for settings in installation.config.tenants.values():
        connect(installation, settings, agree, lambda found: found[0])
    for day in range(days):
        with world.lock:
            live_one_day(world)
        for moment in _moments(world, day):
            world.clock.advance(moment - world.clock.now())
            _round(installation, world, diary)
        bookkeeper_holds(installation, day)
        act(stage, day)
        each_day()
        world.clock.advance(START + timedelta(days=day + 1) - world.clock.now())
    return diary


def _moments(world: World, day: int) -> Iterator[datetime]:
    date = (START + timedelta(days=day)).date()
    return (max(datetime.combine(date, at, UTC), world.clock.now()) for at in ROUNDS)


def _round(installation: Installation, world: World, diary: Diary) -> None:
    for slug in installation.config.tenants:
        with installation.working_on(slug), installation.tenant(slug) as tenant:
            report = run_cycle(replace(tenant, ledger=LastMinuteMoney.before(tenant.ledger, world)))
        diary.setdefault(slug, []).append(report)
