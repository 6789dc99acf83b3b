"""`make evidence`: run every drill and write down what it tried and what came of it, in docs/evidence.md.

The page is made from docs/evidence.json, which the drills fill; `--only` refreshes the rows of some. Nobody writes
either by hand: a test renders the page again and compares.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from drill.hunt import WITHIN_DAYS, Catch
from drill.plant import HOUSE
from drill.simulation.simulate import Sum
from drill.simulation.violation import INVARIANTS

RECORDS = HOUSE / "docs" / "evidence.json"
PAGE = HOUSE / "docs" / "evidence.md"
YEARS = 30
DRILLS: Mapping[str, tuple[str, ...]] = {
    "simulation": ("drill.simulation.run", "--seed", "evidence", "--years", str(YEARS), "--json"),
    "hunt": ("drill.hunt", "--seed", "hunt", "--json"),
    "guards": ("drill.guards",),
    "kills": ("drill.kills.run", "--seed", "evidence"),
    "power": ("drill.power.run", "--seed", "evidence"),
    "fuzz": ("drill.fuzz", "--seed", "evidence"),
}


class Record(Struct, frozen=True):
    """One run of one drill."""

    command: str
    day: str  # ISO, UTC
    seconds: int
    exit_code: int
    last_line: str
    simulation: Sum | None = None
    catches: list[Catch] = []


Records = dict[str, Record]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", multiple=True, type=click.Choice(sorted(DRILLS)), help="Run these, keep the other rows.")
def main(only: tuple[str, ...]) -> None:
    """Run the drills (half an hour on two cores) and write docs/evidence.md. Exit code 1 if one of them failed."""
    records = read_records() if RECORDS.exists() else {}
    for name in only or tuple(DRILLS):
        records[name] = _run(name)
        click.echo(f"{name}: exit code {records[name].exit_code}, {records[name].last_line}")
        RECORDS.write_bytes(msgspec.json.format(msgspec.json.encode(records), indent=2) + b"\n")
        PAGE.write_text(render(records))
    sys.exit(1 if any(record.exit_code for record in records.values()) else 0)


def read_records(path: Path = RECORDS) -> Records:
    return msgspec.json.decode(path.read_bytes(), type=Records)


def _run(name: str) -> Record:
    arguments, began = DRILLS[name], time.monotonic()
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=HOUSE, stdout=subprocess.PIPE, text=True, check=False)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    record = Record(
        command=f"python -m {' '.join(arguments)}",
        day=datetime.now(UTC).date().isoformat(),
        seconds=round(time.monotonic() - began),
        exit_code=done.returncode,
        last_line=last,
    )
    return _with_figures(name, record)


def _with_figures(name: str, record: Record) -> Record:
    """What two of the drills tell as JSON, beside the line they print for people."""
    if name == "simulation":
        total = msgspec.json.decode(record.last_line, type=Sum)
        return msgspec.structs.replace(record, last_line=total.last_line, simulation=total)
    if name == "hunt":
        catches = msgspec.json.decode(record.last_line, type=list[Catch])
        words = f"{len(catches)} bugs planted, {sum(catch.found for catch in catches)} found"
        return msgspec.structs.replace(record, last_line=words, catches=catches)
    return record


def render(records: Records) -> str:
    """The page, from what the drills have told."""
    return "\n".join(_lines(records)) + "\n"


def _lines(records: Records) -> Iterator[str]:
    yield "# Evidence"
    yield ""
    yield "What was tried to break the [promises](promises.md), when, and what came of it. Made by `make evidence` from"
    yield "[evidence.json](evidence.json); what each drill does stands in [fire drills](reference/fire-drills.md)."
    yield ""
    yield "| drill | day | seconds | exit code | last line | again |"
    yield "|---|---|---|---|---|---|"
    for name, record in sorted(records.items()):
        figures = f"{record.day} | {record.seconds} | {record.exit_code} | {record.last_line}"
        yield f"| {name} | {figures} | `{record.command}` |"
    simulation, hunt = records.get("simulation"), records.get("hunt")
    if simulation is not None and simulation.simulation is not None:
        yield from _simulated(simulation.simulation)
    if hunt is not None:
        yield from _hunted(hunt.catches)


def _simulated(total: Sum) -> Iterator[str]:
    yield ""
    yield f"## The simulated years (seed `{total.seed}`)"
    yield ""
    crossing = f"{total.longest_crossing_seconds:,.0f}"
    yield f"{total.lives} lives of up to half a year, {total.days:,} tenant-days."
    yield f"At most {crossing} seconds passed between the beginning of a live reading and the acceptance of its"
    yield "message: `verify_within_seconds` is 300, and a slow carrier takes up to 170 more."
    yield ""
    yield "| what happened | times |"
    yield "|---|---|"
    for name, count in (total.tally | total.faults_met).items():
        yield f"| {name} | {count:,} |"


def _hunted(catches: list[Catch]) -> Iterator[str]:
    yield ""
    yield "## The planted bugs"
    yield ""
    yield "Each was planted into a copy of the house (`drill/simulation/planted.toml`) and had to be found within"
    yield f"{WITHIN_DAYS:,} simulated days. The day counts those of all lives before the one that found it."
    yield ""
    yield "| bug | found on day | invariant | life (seed) |"
    yield "|---|---|---|---|"
    for catch in catches:
        fate = f"{catch.days:,}" if catch.found else "**not found**"
        yield f"| {catch.bug} | {fate} | {', '.join(map(str, catch.invariants))} | `{catch.seed}` |"
    yield ""
    for number, words in INVARIANTS.items():
        yield f"{number}. {words}" if number else f"Invariants (0: {words}):\n"


if __name__ == "__main__":
    main()
