"""`make power`: the power fails, again and again, while reminders are sent; a hundred disks are looked at.

A process works on real files; what it asks of the disk is recorded by SQLite's own way to files. When it is over,
disks are rebuilt as a power loss may leave them, at many instants of its life, and each is opened and examined. Where
a process was killed the next one begins on such a disk, and at the end the journal and the books decide, as after
kills.
"""

import os
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

import click
import msgspec
from msgspec import Struct

from connectors.sandbox.server import RunningSandbox
from drill.kills.days import Days, build_firms, configure
from drill.kills.journal import Assassin, keep_journals
from drill.kills.lives import CONNECT, DrillError, Errand, Life, Nursery
from drill.kills.points import Order
from drill.kills.verdict import Verdict, judge
from drill.power.disk import FATES, LOSES_ALL, LOSES_SOME, Disk, read_events
from drill.power.examination import Told, examine
from drill.power.recording import Event, library, record

COMPANIES = {"xero": 1, "quickbooks": 1}
CUSTOMERS = 60
LOSSES_A_DAY = 6
LATEST_DAY = 40
POSITIONS_OF_EACH = 3  # kind, in every life
AFTER_A_GOOD_END = 0.3  # share of lives after which the power fails although they ended by themselves


class Figures(Struct, frozen=True, kw_only=True):
    """What a drill was and what it came to. Without a broken promise `broken` is empty."""

    seed: str
    days: int
    seconds: int
    lives: int
    losses: int  # after which another life went on
    positions: int
    images: int
    flushes: int
    reminders: int
    messages: int
    unknown: int
    broken: list[str]

    @property
    def good(self) -> bool:
        return not self.broken

    @property
    def last_line(self) -> str:
        return (
            f"{self.losses} power losses in {self.lives} lives, {self.positions} positions, {self.images} disks opened,"
            f" {self.flushes} flushes, {self.reminders} reminders, {self.messages} messages, {self.unknown} unknown,"
            f" {len(self.broken)} violations"
        )


class Cutter(Nursery):
    """A nursery with a switch: every life is recorded, and its disk looked at as it was at many instants."""

    def __init__(
        self, folder: Path, assassin: Assassin, now: Callable[[], datetime], draw: Random, positions: int
    ) -> None:
        super().__init__(folder, assassin, equip=record)
        self._now = now
        self._draw = draw
        self._positions_of_each = positions
        self._told = Told()
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        (folder / "disk").mkdir()

    def live(self, errand: Errand, order: Order | None = None, seconds: float | None = None) -> Life:
        disk = Disk(self.folder / "data")
        life = super().live(errand, order, seconds)
        log = self.folder / "disk" / str(life.number)
        self._look_back(disk, list(read_events(log)), life)
        log.unlink(missing_ok=True)
        if errand[0] == CONNECT and not life.killed:
            self._told.connected.add(errand[1])
        if life.killed or self._draw.random() < AFTER_A_GOOD_END:
            self._go_on_with(disk)
        return life

    def _look_back(self, disk: Disk, events: Sequence[Event], life: Life) -> None:
        """Go through the life again, and stop where the power might have failed."""
        stops = self._positions(events)
        for position, event in enumerate(events):
            disk.see(event)
            self.counts["flushes"] += event[0] == "flushed"
            if event[0] == "mark":
                self._told.hear(event[1], event[2])
            if position in stops:
                self.counts["positions"] += 1
                for fate in (LOSES_ALL, LOSES_SOME):
                    self._examine(
                        disk, fate, f"life {life.number} ({errand_words(life)}), event {position} {event[:2]}"
                    )

    def _positions(self, events: Sequence[Event]) -> set[int]:
        """Right after something was told to the world, right after a flush, and anywhere; and the end."""
        told = [position for position, event in enumerate(events) if event[0] == "mark"]
        flushed = [position for position, event in enumerate(events) if event[0] == "flushed"]
        chosen = {len(events) - 1}
        for among in (told, flushed, range(len(events))):
            chosen.update(self._draw.sample(among, min(len(among), self._positions_of_each)))
        return chosen

    def _examine(self, disk: Disk, fate: str, where: str) -> None:
        self.counts["images"] += 1
        with tempfile.TemporaryDirectory(prefix="dun-disk-", dir=_place_for_disks()) as folder:
            left = Path(folder) / "data"
            disk.after_power_loss(left, fate, self._draw)
            found = list(examine(left, self._told, self._now()))
        self.broken += [f"{where}: {words}; {fate}" for words in found]

    def _go_on_with(self, disk: Disk) -> None:
        """The next life finds what the power loss has left."""
        self.counts["losses"] += 1
        data = self.folder / "data"
        shutil.rmtree(data)
        disk.after_power_loss(data, self._draw.choice(FATES), self._draw)


def _place_for_disks() -> Path | None:
    """In memory, where that can be: a rebuilt disk lives for a moment, and thousands of flushes take long."""
    memory = Path("/dev/shm")  # noqa: S108 - folders are drawn inside
    return memory if os.access(memory, os.W_OK) else None


def errand_words(life: Life) -> str:
    return " ".join(life.errand[:2])


def run(
    seed: str,
    losses: int,
    *,
    positions: int = POSITIONS_OF_EACH,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Figures:
    """Live until the power has failed `losses` times and the work is done. NoWayIn where SQLite cannot be watched."""
    library()
    with tempfile.TemporaryDirectory(prefix="dun-power-") as passing:
        return _run(seed, losses, positions, folder or Path(passing), tell)


def _run(seed: str, losses: int, positions: int, folder: Path, tell: Callable[[str], None]) -> Figures:
    began = time.monotonic()
    world = build_firms(seed, CUSTOMERS, COMPANIES)
    assassin = keep_journals(world, folder)
    with RunningSandbox(world) as sandbox:
        configure(sandbox, folder)
        cutter = Cutter(folder, assassin, world.clock.now, Random(f"{seed}/disk"), positions)
        days = Days(world, cutter, Random(seed))
        try:
            _live(days, cutter, losses, tell)
        except DrillError as error:  # a disk on which nothing runs any more
            cutter.broken.append(str(error))
            said = Verdict()
        else:
            said = judge(world, cutter)
    return Figures(
        seed=seed,
        days=days.lived,
        seconds=round(time.monotonic() - began),
        lives=len(cutter.lives),
        losses=cutter.counts["losses"],
        positions=cutter.counts["positions"],
        images=cutter.counts["images"],
        flushes=cutter.counts["flushes"],
        reminders=said.reminders,
        messages=said.messages,
        unknown=said.unknown,
        broken=[*cutter.broken, *said.duplicates, *said.lost, *said.unresolved, *said.broken],
    )


def _live(days: Days, cutter: Cutter, losses: int, tell: Callable[[str], None]) -> None:
    days.connect(kills_each=4)
    while not days.lived or (cutter.counts["losses"] < losses and days.lived < LATEST_DAY):
        days.live(LOSSES_A_DAY)
        tell(f"day {days.lived}: {cutter.counts['losses']} losses, {cutter.counts['images']} disks opened")
    days.end()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", help="The same word gives the same firms and disks. [default: a new one, which is printed]")
@click.option(
    "--losses", type=click.IntRange(1, 500), default=60, show_default=True, help="Power losses lived through."
)
@click.option(
    "--positions",
    type=click.IntRange(1, 100),
    default=POSITIONS_OF_EACH,
    show_default=True,
    help="Instants of each life to look at: so many after something was told, after a flush, and anywhere.",
)
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON, instead of lines.")
def main(seed: str | None, losses: int, positions: int, as_json: bool) -> None:
    """Cut the power while invoices are chased. Exit code 1 if a promise was broken."""
    seed = seed or secrets.token_hex(4)
    tell = (lambda _: None) if as_json else click.echo
    tell(f"seed {seed}: {losses} power losses")
    figures = run(seed, losses, positions=positions, tell=tell)
    if as_json:
        click.echo(msgspec.json.encode(figures))
    else:
        for line in (*figures.broken, figures.last_line):
            click.echo(line)
    sys.exit(0 if figures.good else 1)


if __name__ == "__main__":
    main()
