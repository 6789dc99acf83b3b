"""`make kills`: four firms' reminders, sent by processes that are killed a hundred times on the way.

Everything is real but the time of day: processes, files, sockets, SIGKILL. The sandbox lives on and writes down what
reached it; its journal and its books decide.
"""

import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import click
import msgspec
from msgspec import Struct

from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World
from drill.kills.days import Days, build_firms, configure
from drill.kills.journal import keep_journals
from drill.kills.lives import DrillError, Nursery
from drill.kills.points import LABELS
from drill.kills.verdict import judge

KILLS_A_DAY = 9
REMINDERS_FOR_EACH_KILL = 4
CUSTOMERS_FOR_EACH_KILL = 1.5  # of each firm; so many that reminders are due on every day
FEWEST_CUSTOMERS = 20
LATEST_DAY = 60
EVERY_LABEL_FROM = 100  # kills on; a smaller drill cannot come by everything


class Figures(Struct, frozen=True, kw_only=True):
    """What a drill was and what it came to. Everything from `duplicates` on must be 0 or empty."""

    seed: str
    days: int
    seconds: int
    reminders: int
    messages: int
    kills: int
    at_random: int
    at_labels: dict[str, int]
    unknown: int
    duplicates: int
    lost: int
    unresolved: int
    by_kind: dict[str, int]
    broken: list[str]

    @property
    def good(self) -> bool:
        return not self.broken

    @property
    def last_line(self) -> str:
        labelled = sum(self.at_labels.values())
        return (
            f"{self.reminders} reminders, {self.messages} messages, {self.kills} kills ({self.at_random} random,"
            f" {labelled} at labelled points), {self.unknown} unknown, {self.duplicates} duplicates, {self.lost} lost,"
            f" {self.unresolved} unresolved"
        )


def run(
    seed: str,
    kills: int,
    *,
    only: str | None = None,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Figures:
    """Live and kill until `kills` processes have died and four times as many reminders have left.

    With `only`, all of them die at that label. Works in `folder`, or in a passing one.
    """
    with tempfile.TemporaryDirectory(prefix="dun-kills-") as passing:
        return _run(seed, kills, only, folder or Path(passing), tell)


def _run(seed: str, kills: int, only: str | None, folder: Path, tell: Callable[[str], None]) -> Figures:
    began = time.monotonic()
    everywhere = only is None and kills >= EVERY_LABEL_FROM
    world = build_firms(seed, max(FEWEST_CUSTOMERS, round(kills * CUSTOMERS_FOR_EACH_KILL)))
    assassin = keep_journals(world, folder)
    with RunningSandbox(world) as sandbox:
        configure(sandbox, folder)
        nursery = Nursery(folder, assassin)
        days = Days(world, nursery, Random(seed), only)
        days.connect(kills_each=1 + kills // 60)
        while (few := days.kills < kills or _mentions(world) < kills * REMINDERS_FOR_EACH_KILL) or (
            everywhere and days.untouched and days.lived < LATEST_DAY
        ):
            if few and days.lived == LATEST_DAY:
                raise DrillError(f"only {days.kills} processes have died in {LATEST_DAY} days")
            days.live(min(KILLS_A_DAY, max(kills - days.kills, 1)))
            tell(f"day {days.lived}: {len(world.messages)} messages, {days.kills} kills")
        days.end()
        said = judge(world, nursery)
    never = [f"nobody died {label}" for label in days.untouched if everywhere]
    return Figures(
        seed=seed,
        days=days.lived,
        seconds=round(time.monotonic() - began),
        reminders=said.reminders,
        messages=said.messages,
        kills=days.kills,
        at_random=days.at_random,
        at_labels={label: days.at[label] for label in LABELS if days.at[label]},
        unknown=said.unknown,
        duplicates=len(said.duplicates),
        lost=len(said.lost),
        unresolved=len(said.unresolved),
        by_kind=said.by_kind,
        broken=[*said.duplicates, *said.lost, *said.unresolved, *said.broken, *never],
    )


def _mentions(world: World) -> int:
    return sum(len(message.mentions) for message in world.messages)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", help="The same word gives the same firms and orders. [default: a new one, which is printed]")
@click.option("--kills", type=click.IntRange(1, 1000), default=100, show_default=True, help="Processes to kill.")
@click.option("--at", "only", type=click.Choice(LABELS), metavar="LABEL", help="Kill at this point only.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="An empty folder to work in and leave.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON, instead of lines.")
def main(seed: str | None, kills: int, only: str | None, keep: Path | None, as_json: bool) -> None:
    """Kill processes while they chase invoices. Exit code 1 if a promise was broken."""
    seed = seed or secrets.token_hex(4)
    tell = (lambda _: None) if as_json else click.echo
    tell(f"seed {seed}: {kills} kills")
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
    try:
        figures = run(seed, kills, only=only, folder=keep, tell=tell)
    except DrillError as error:
        click.echo(f"BROKEN OFF: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(msgspec.json.encode(figures))
    else:
        for line in (*(f"{count} {label}" for label, count in figures.at_labels.items()), *figures.broken):
            click.echo(line)
        click.echo(", ".join(f"{count} {kind}" for kind, count in figures.by_kind.items()))
        click.echo(figures.last_line)
    sys.exit(0 if figures.good else 1)


if __name__ == "__main__":
    main()
