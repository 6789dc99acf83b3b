"""`make hunt`: plant each bug into a copy of the house and let the simulation look for it.

The simulation is worth what it can see. Each bug must be found within the stated number of simulated days; the table of
bug, seed, day and invariant is part of docs/evidence.md.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import click
import msgspec
from msgspec import Struct

from drill.plant import Plant, copy_house, plant, run_in, weed
from drill.simulation.planted import POLICY_TABLE, TABLE, planted_bugs
from drill.simulation.script import EVERY_FEATURE
from drill.simulation.simulate import Sum

SEED = "hunt"
WITHIN_DAYS = 10_000  # simulated; a bug that hides longer counts as not found
_YEARS = WITHIN_DAYS / 365
_PATIENCE_SECONDS = 900


class Catch(Struct, frozen=True):
    """What became of one planted bug. `days` is how many had been simulated when it was found."""

    bug: str
    found: bool
    days: int
    invariants: list[int]
    seed: str
    words: str


def hunt(seed: str, bugs: Sequence[Plant], hunters: int = 2) -> Iterator[Catch]:
    """Look for each bug, in a copy of its own; yields them in the order of the table."""
    with tempfile.TemporaryDirectory(prefix="dun-hunt-") as folder, ThreadPoolExecutor(hunters) as pool:
        grounds: SimpleQueue[Path] = SimpleQueue()
        for number in range(hunters):
            copy_house(ground := Path(folder) / str(number))
            grounds.put(ground)

        def one(bug: Plant) -> Catch:
            ground = grounds.get()
            try:
                return _look_for(bug, ground, seed)
            finally:
                grounds.put(ground)

        yield from pool.map(one, bugs)


def _look_for(bug: Plant, ground: Path, seed: str) -> Catch:
    plant(ground, bug)
    try:
        arguments = ["--seed", seed, "--years", f"{_YEARS:.3f}", "--first", "--no-shrink", "--workers", "1", "--json"]
        done = run_in(ground, ["-m", "drill.simulation.run", *arguments], _PATIENCE_SECONDS)
    finally:
        weed(ground, bug)
    if done.returncode not in (0, 1) or not done.stdout:
        raise RuntimeError(f"the simulation itself broke with the bug {bug.name!r}:\n{done.stderr[-2000:]}")
    return _catch(bug, msgspec.json.decode(done.stdout.splitlines()[-1], type=Sum))


def _catch(bug: Plant, total: Sum) -> Catch:
    found = total.first
    if found is None:
        return Catch(bug.name, found=False, days=total.days, invariants=[], seed="", words="")
    words = found.violations[0].splitlines()[0]
    return Catch(bug.name, True, total.days_to_first or 0, found.invariants, found.seed, words)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", help="[default: a fixed one for each table]")
@click.option("--policy", is_flag=True, help="The bugs about agreements and ways, in firms with every feature.")
@click.option("-k", "part", default="", help="Only bugs whose name contains this.")
@click.option("--json", "as_json", is_flag=True, help="All catches as one JSON array instead of words.")
def main(seed: str | None, policy: bool, part: str, as_json: bool) -> None:
    """Exit code 1 if a planted bug was not found."""
    seed = seed or (f"{EVERY_FEATURE}{SEED}" if policy else SEED)
    bugs = tuple(bug for bug in planted_bugs(POLICY_TABLE if policy else TABLE) if part in bug.name)
    catches = []
    for catch in hunt(seed, bugs):
        catches.append(catch)
        if not as_json:
            _tell(catch)
    caught = sum(catch.found for catch in catches)
    click.echo(msgspec.json.encode(catches).decode() if as_json else f"{len(bugs)} bugs planted, {caught} found")
    sys.exit(0 if bugs and caught == len(bugs) else 1)


def _tell(catch: Catch) -> None:
    fate = f"day {catch.days:5}, invariants {catch.invariants}" if catch.found else "NOT FOUND"
    click.echo(f"{fate:32} {catch.bug}")
    if catch.words:
        click.echo(f"{'':32}   {catch.seed}: {catch.words[:160]}")


if __name__ == "__main__":
    main()
