"""`make simulate`: years of firms under fire, replayable from their seed; see docs/reference/fire-drills.md."""

import os
import secrets
import shlex
import sys

import click
import msgspec

from drill.simulation.shrink import shrink
from drill.simulation.simulate import DAYS, Outcome, Sum, firms, simulate

_PYTHON = ".venv/bin/python"  # as the Makefile installs it
_MOST_SHRUNK = 3  # broken lives whose scripts are shrunk; the others are named


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", help="The same word gives the same years. [default: a new one, which is printed]")
@click.option("--years", type=click.FloatRange(0.05, 100_000), default=4, show_default=True, help="Tenant-years.")
@click.option("--firm", type=click.IntRange(0), help="Only this firm of the seed: live its half-year again.")
@click.option("--days", type=click.IntRange(1, DAYS), default=DAYS, help="With --firm: how long it lives.")
@click.option("--only", help="With --firm: nothing but these acts of its script, by number: 3,17,88 or none.")
@click.option("--first", is_flag=True, help="Stop at the first broken promise.")
@click.option("--shrink/--no-shrink", "shrunk", default=True, help="Find the fewest acts that still break it.")
@click.option("--workers", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Figures as one JSON object instead of words.")
def main(
    seed: str | None,
    years: float,
    firm: int | None,
    days: int,
    only: str | None,
    first: bool,
    shrunk: bool,
    workers: int,
    as_json: bool,
) -> None:
    """Live through years of faults. Exit code 1 if a promise was broken."""
    _fix_the_order_of_sets()
    seed = seed or secrets.token_hex(4)
    if not as_json:
        click.echo(f"seed {seed}")
    lives = firms(seed, years) if firm is None else [(f"{seed}/{firm}", days)]
    acts = _acts(only, firm)
    total = Sum(seed=seed)
    for outcome in simulate(lives, 1 if only else workers, acts):
        total.add(outcome)
        if outcome.violations and not as_json:
            _tell(outcome, explain=shrunk and only is None and total.broken <= _MOST_SHRUNK)
        if first and outcome.violations:
            break
    click.echo(msgspec.json.encode(total).decode() if as_json else total.last_line)
    sys.exit(1 if total.violations else 0)


def _acts(only: str | None, firm: int | None) -> frozenset[int] | None:
    """The numbers of the acts that are to happen; None: all."""
    if only is None:
        return None
    numbers = [] if only == "none" else only.split(",")
    if firm is None or not all(number.isdecimal() for number in numbers):
        raise click.UsageError("--only goes with --firm and takes the numbers of acts, such as 3,17,88, or none")
    return frozenset(map(int, numbers))


def _fix_the_order_of_sets() -> None:
    """Words are hashed anew in every process; a seed can be lived again only where they always are the same way."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        again = [sys.executable, "-m", "drill.simulation.run", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606 - this very program


def _tell(outcome: Outcome, *, explain: bool) -> None:
    seed, _, number = outcome.seed.rpartition("/")
    again = f"{_PYTHON} -m drill.simulation.run --seed {shlex.quote(seed)} --firm {number} --days {outcome.lasting}"
    click.echo(f"\nfirm {number}: {again}")
    for words in outcome.violations:
        click.echo(f"  {words}")
    if explain:
        acts = shrink(outcome)
        click.echo(f"  fewest acts: {again} --only {','.join(str(act.number) for act in acts) or 'none'}")
        for act in acts:
            click.echo(f"    {act.number:5} day {act.day:4} {act.when:6} {act.kind}")


if __name__ == "__main__":
    main()
