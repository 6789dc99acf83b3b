"""Many firms, each for half a year, and the few acts that break a promise if one is broken."""

import gc
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import structlog
from msgspec import Struct

from drill.simulation.life import Life
from drill.simulation.script import script

DAYS = 182
PEACE_EVERY = 30
YEAR = 365
_SILENT = 50


class Outcome(Struct, frozen=True):
    """What one firm met, and what was broken. `digest` is equal for equal lives."""

    seed: str
    days: int  # lived, which a broken promise cuts short
    lasting: int  # as it was to last
    tally: dict[str, int]
    faults_met: dict[str, int]
    longest_crossing_seconds: float
    violations: list[str]
    invariants: list[int]
    digest: str


class Sum(Struct):
    """What many lives came to."""

    seed: str
    lives: int = 0
    days: int = 0
    broken: int = 0  # lives
    violations: int = 0
    longest_crossing_seconds: float = 0.0
    tally: dict[str, int] = {}
    faults_met: dict[str, int] = {}
    first: Outcome | None = None  # that broke something
    days_to_first: int | None = None

    def add(self, outcome: Outcome) -> None:
        self.lives += 1
        self.days += outcome.days
        self.violations += len(outcome.violations)
        self.longest_crossing_seconds = max(self.longest_crossing_seconds, outcome.longest_crossing_seconds)
        self.tally = dict(sorted((Counter(self.tally) + Counter(outcome.tally)).items()))
        self.faults_met = dict(sorted((Counter(self.faults_met) + Counter(outcome.faults_met)).items()))
        if outcome.violations:
            self.broken += 1
            if self.first is None:
                self.first, self.days_to_first = outcome, self.days

    @property
    def faults(self) -> int:
        """Calls and hand-overs that went wrong, full disks, and doors found locked."""
        others = ("full disks", "kept out")
        return sum(self.faults_met.values()) + sum(self.tally.get(name, 0) for name in others)

    @property
    def last_line(self) -> str:
        crashes = self.tally.get("crashes", 0)
        years = f"{self.days / YEAR:.1f} tenant-years"
        return f"{years}, {self.faults} faults, {crashes} crashes, {self.violations} violations"


def live_one(seed: str, days: int = DAYS, only: Collection[int] | None = None) -> Outcome:
    """The life of the firm that `seed` stands for; with `only`, nothing but those acts of its script happens to it."""
    acts = [act for act in script(seed, days) if only is None or act.number in only]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_SILENT))
    folder = Path(tempfile.mkdtemp(prefix="dun-drill-", dir=_memory()))
    try:
        with _drawn_from(seed), _garbage_left_alone():
            life = Life(seed, folder, acts)
            life.live(days, PEACE_EVERY)
        return _outcome(life, days)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def firms(seed: str, years: float) -> list[tuple[str, int]]:
    """Seed and days of each life that `years` of `seed` consist of."""
    whole, rest = divmod(max(1, round(years * YEAR)), DAYS)
    lengths = [DAYS] * whole + ([rest] if rest else [])
    return [(f"{seed}/{number}", days) for number, days in enumerate(lengths)]


def simulate(lives: list[tuple[str, int]], workers: int, only: Collection[int] | None = None) -> Iterator[Outcome]:
    """Each outcome, in order, as soon as it is known."""
    if workers == 1:
        yield from (live_one(seed, days, only) for seed, days in lives)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(live_one, *zip(*lives, strict=True))


def _outcome(life: Life, lasting: int) -> Outcome:
    found = list(life.violations)
    return Outcome(
        seed=life.seed,
        days=life.day + 1,
        lasting=lasting,
        tally=dict(sorted(life.tally.items())),
        faults_met=dict(sorted(Counter([*life.around.weather.met, *life.around.postbox.met]).items())),
        longest_crossing_seconds=life.letters.longest_crossing.total_seconds(),
        violations=[str(one) for one in found],
        invariants=sorted({one.invariant for one in found}),
        digest=life.letters.digest,
    )


def _memory() -> str | None:
    """Nothing here waits for a disk, so none has to be worn out."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - folders are drawn inside


@contextmanager
def _garbage_left_alone() -> Iterator[None]:
    """A life is short; looking for its cycles over and over costs a tenth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


@contextmanager
def _drawn_from(seed: str) -> Iterator[None]:
    """Ids and tokens come from the seed, too: the product draws them from the system, which remembers no seed."""
    draw = random.Random(f"{seed}/entropy")
    before = os.urandom, random._urandom  # type: ignore[attr-defined]
    os.urandom = random._urandom = lambda size: draw.randbytes(size)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        os.urandom, random._urandom = before  # type: ignore[attr-defined]
