"""`make simulate`: years of firms under fire, replayable from their seed; see docs/reference/fire-drills.md."""

import os
import secrets
import sys

HASHES = "0"  # the order of sets must be the same in every process that replays a seed

if __name__ == "__main__" and os.environ.get("PYTHONHASHSEED") != HASHES:
    os.execve(sys.executable, [sys.executable, "-m", "drill.simulation.run", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": HASHES})  # noqa: E501, S606

import click

from drill.simulation.simulate import Outcome, simulate


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", help="The same word gives the same years. [default: a new one, which is printed]")
@click.option("--years", type=click.FloatRange(0.05, 100_000), default=4, show_default=True, help="Tenant-years to live.")
@click.option("--firm", type=int, help="Only this firm of the seed, to see again what it met.")
@click.option("--only", help="Only these acts of its script, by number: 3,17,88.")
@click.option("--shrink/--no-shrink", default=True, show_default=True, help="Look for the fewest acts that still break it.")
@click.option("--workers", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True)
def main(seed: str | None, years: float, firm: int | None, only: str | None, shrink: bool, workers: int) -> None:
    """Live through years of faults. Exit code 1 if a promise was broken."""
    seed = seed or secrets.token_hex(4)
    click.echo(f"seed {seed}")
