"""Spoils answers of both ledgers, thousands of them, and counts what the product makes of it.

    python -m drill.fuzz --seed WORD --pages N [--only PAGE] [--until-broken]

A page is one spoilt answer. Its accident is drawn from the seed and its number, so `--only` repeats a single one. The
last line is for machines; the exit code is 1 if any promise was broken.
"""

import argparse
import logging
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
import structlog
from msgspec import Struct

from drill.fuzzing import quickbooks, recorded, xero
from drill.fuzzing.loopback import speaking
from drill.fuzzing.service import Service
from drill.fuzzing.trial import Ground, Outcome, trial

TRUTH = Path(os.environ.get("DUN_TRUTH_DIR", Path(__file__).resolve().parents[2] / "shared" / "truth"))


class Figures(Struct):
    """What a run has come to. `violations` are told with the number of their page."""

    seed: str
    pages: int = 0
    rejected: int = 0
    quarantined: int = 0
    violations: list[str] = []

    def line(self) -> str:
        return (
            f"{self.pages} pages mutated, {self.rejected} rejected whole, {self.quarantined} records quarantined,"
            f" {len(self.violations)} violations"
        )


def services(truth: Path | None = None) -> list[Service]:
    """Invented companies, and recorded ones where the recordings are at hand."""
    invented: list[Service] = [
        xero.XeroService(xero.invented()),
        quickbooks.QuickBooksService(quickbooks.invented()),
    ]
    return [*invented, *recorded.services(truth)] if truth is not None and truth.is_dir() else invented


@contextmanager
def grounds(companies: list[Service]) -> Iterator[list[Ground]]:
    """The companies, each served and with mirrors of its own."""
    with ExitStack() as stack:
        yield [
            Ground(
                company, stack.enter_context(speaking(company.reply)), Path(stack.enter_context(TemporaryDirectory()))
            )
            for company in companies
        ]


def page(seed: str, number: int, on: list[Ground]) -> Outcome:
    random = Random(f"{seed}:{number}")
    return trial(random.choice([*on[:2], *on]), random)  # the invented ones hold more kinds of records


def fuzz(seed: str, pages: range, truth: Path | None = TRUTH, *, until_broken: bool = False) -> Figures:
    """Spoil `pages`; with `until_broken` no further than the first violation."""
    figures = Figures(seed, violations=[])
    with grounds(services(truth)) as on:
        for number in pages:
            outcome = page(seed, number, on)
            figures.pages += 1
            figures.rejected += outcome.rejected
            figures.quarantined += outcome.quarantined
            figures.violations += [f"page {number}: {outcome.what}: {words}" for words in outcome.violations]
            if until_broken and figures.violations:
                break
    return figures


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m drill.fuzz", description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", help="a word; the same word spoils the same way (default: a new one)")
    arguments.add_argument("--pages", type=int, default=2000, help="how many answers to spoil")
    arguments.add_argument("--only", type=int, help="repeat this page alone")
    arguments.add_argument("--until-broken", action="store_true", help="stop at the first violation")
    arguments.add_argument("--json", action="store_true", help="the figures as JSON instead of the last line")
    asked = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    pages = range(asked.pages) if asked.only is None else range(asked.only, asked.only + 1)
    seed = asked.seed or secrets.token_hex(4)
    print(f"seed {seed}; recordings {'included' if TRUTH.is_dir() else f'ABSENT: no {TRUTH}'}", flush=True)
    figures = fuzz(seed, pages, until_broken=asked.until_broken)
    for words in figures.violations:
        print(words)
    print(msgspec.json.encode(figures).decode() if asked.json else figures.line())
    return 1 if figures.violations else 0


if __name__ == "__main__":
    sys.exit(main())
