"""A disk dies days after the backup, or without one. What comes back must not send again what customers have got."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from conformance import WorldTime

from connector.cli import main
from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.rounds import run_tenant
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.judge import verdict
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from connectors.sandbox.world import World
from state.errors import LostFile
from state.model import TenantSlug

NORTH, WEST = TenantSlug("north"), TenantSlug("west")
PROMISED = ("chased_paid", "duplicates", "wrong_amounts", "notes_without_reminder")


class Office:
    """Two firms in auto mode and somebody at the terminal."""

    def __init__(self, folder: Path, world: World) -> None:
        self.folder = folder
        self.world = world

    def opened(self) -> Installation:
        return Installation(load(self.folder / "config.toml"), WorldTime(self.world))

    def connect(self) -> None:
        with self.opened() as opened:
            for slug in (NORTH, WEST):
                connect(opened, opened.config.tenant(slug), agree, lambda found: found[0])

    def dun(self, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["--config", str(self.folder / "config.toml"), *arguments])
        assert result.exit_code == code, result.output
        return result.output

    def days(self, count: int) -> list[str]:
        """A cycle of each a day; the codes of what was in the way."""
        codes = []
        for _ in range(count):
            with self.opened() as opened:
                reports = [run_tenant(opened, slug) for slug in (NORTH, WEST)]
            codes += [problem.code for report in reports for problem in report.problems]
            self.world.clock.advance(timedelta(days=1))
        return codes

    @property
    def messages(self) -> int:
        return len(self.world.messages)

    def broken(self) -> dict[str, int]:
        counts = verdict(self.world)
        return {name: counts[name] for name in PROMISED if counts[name]}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    world = build_world("restored", datetime(2026, 3, 2, 15, tzinfo=UTC), ("xero", "quickbooks"))
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(tmp_path / "config.toml", sandbox.url, mode="auto")
        made = Office(tmp_path, world)
        made.connect()
        yield made


@pytest.mark.slow
def test_nothing_is_sent_twice_after_a_restore(office: Office, tmp_path: Path) -> None:
    office.days(1)
    office.dun("backup", str(tmp_path / "b.tar.gz"))
    before = office.messages
    office.days(3)
    since = office.messages - before

    office.dun("restore", str(tmp_path / "b.tar.gz"), "--force")
    dead = office.days(1)  # their refresh tokens have been used since
    office.connect()
    paused = office.days(1)
    paused_at = office.messages
    for slug in (NORTH, WEST):
        office.dun("release", "--everything", "--tenant", slug)
    office.days(3)

    assert since > 0
    assert dead == ["reauthorise", "reauthorise"]
    assert paused.count("paused") == 2
    assert paused_at == before + since
    assert office.messages > paused_at
    assert office.broken() == {}


def test_a_moved_folder_works_where_it_is(office: Office, tmp_path: Path) -> None:
    office.days(1)
    moved = tmp_path / "another" / "machine"
    moved.mkdir(parents=True)
    for path in list(tmp_path.iterdir()):
        if path.name != "another":
            path.rename(moved / path.name)
    there = Office(moved, office.world)

    assert there.days(2) == []
    assert there.broken() == {}


@pytest.fixture
def lost(office: Office) -> Office:
    """An office that has written to customers, and whose American firm's file is gone."""
    office.days(2)
    assert office.messages > 0
    shutil.rmtree(office.folder / "data" / "tenants" / WEST)
    return office


def test_nothing_is_sent_where_a_file_is_gone(lost: Office) -> None:
    before = lost.messages
    told = lost.dun("run", "--once", "--tenant", WEST, code=2)

    assert lost.messages == before
    assert "is gone" in told
    assert f"dun reconnect {WEST}" in told


def test_a_lost_file_is_not_made_anew_by_a_look(lost: Office) -> None:
    lost.dun("tenants")
    lost.dun("sync", "--tenant", WEST, code=2)

    assert not (lost.folder / "data" / "tenants" / WEST / "dun.db").exists()


@pytest.mark.slow
def test_a_client_whose_file_was_lost_is_connected_again_and_asks_nobody_twice(lost: Office) -> None:
    lost.connect()
    paused = lost.days(1)
    lost.dun("release", "--everything", "--tenant", WEST)
    lost.days(3)

    assert "paused" in paused
    assert lost.broken() == {}


def test_a_data_folder_that_went_away_does_not_come_back_empty(office: Office) -> None:
    (office.folder / "data").rename(office.folder / "unmounted")

    with pytest.raises(LostFile, match="disk is mounted"):
        Installation(load(office.folder / "config.toml"), create=False)
    assert not (office.folder / "data").exists()
