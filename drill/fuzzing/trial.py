"""One spoilt answer against the real client, adapter, pull and mirror, and what must be true whatever comes of it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct

from connectors.ledger import LedgerError
from drill.fuzzing import cycles, live, pulled
from drill.fuzzing.mirror import Dump, cursors, dumped, fresh
from drill.fuzzing.mutation import VALUES, Mutation, battered, draw, paths, spoilt, written
from drill.fuzzing.service import Aim, Service
from state.clock import ManualClock
from state.store import TenantStore
from sync.pull import pull

DAY, LATER = timedelta(days=1), timedelta(hours=1)
WAYS = ("pull", "pull", "pull", "reading", "reading", "cycle")
STARTS = ("empty", "known", "known")


class Outcome(Struct):
    """What came of one spoilt answer."""

    what: str
    rejected: bool = False
    quarantined: int = 0
    violations: list[str] = []


class Ground:
    """A served company, with its mirror as it is before the first pull, a day behind, and up to date."""

    def __init__(self, service: Service, address: str, folder: Path) -> None:
        self.service = service
        self.address = address
        self.folder = folder
        self.lists = service.lists
        self.now = service.now
        before = service.oldest() - DAY
        self.templates = {"empty": self._prepare("empty"), "known": self._prepare("known", before)}
        self.templates["today"] = self._prepare("today", before, self.now)
        self.right = {start: self._after(start) for start in ("empty", "known")}
        self.afterwards = {start: self._healed(start) for start in ("empty", "known")}
        self.provable = live.proven(self, self.reset())

    def reset(self) -> ManualClock:
        self.service.aim, self.service.exchanges, self.service.now = None, [], self.now
        self.service.lists, self.service.page_size = self.lists, 1000
        return ManualClock(self.now)

    def begin_healing(self) -> ManualClock:
        """An hour later everything has been touched, and nothing is spoilt any more."""
        self.service.aim = None
        self.service.lists = self.service.later(self.now + LATER / 2)
        self.service.now = self.now + LATER
        return ManualClock(self.service.now)

    def open(self, start: str, name: str = "mirror") -> TenantStore:
        return fresh(self.templates[start], self.folder / f"{name}.db")

    def pull(self, store: TenantStore, clock: ManualClock) -> None:
        ledger = self.service.ledger(self.address, clock)
        try:
            pull(ledger, store, clock, everything=True)
        finally:
            ledger.close()

    def _prepare(self, name: str, *moments: datetime) -> Path:
        path = self.folder / f"{name}.template"
        with TenantStore.open(path) as store:
            for moment in moments:
                clock = self.reset()
                if moment < self.now:
                    self.service.lists = self.service.earlier(moment)
                self.service.now = moment
                clock.set(moment)
                self.pull(store, clock)
        return path

    def _after(self, start: str) -> Dump:
        clock = self.reset()
        with self.open(start) as store:
            self.pull(store, clock)
            return dumped(store)

    def _healed(self, start: str) -> Dump:
        with self.open(start) as store:
            self.pull(store, self.reset())
            self.pull(store, self.begin_healing())
            return dumped(store)


def trial(ground: Ground, random: Random) -> Outcome:
    """Spoil one answer of a pull or of a live reading, and judge what came of it."""
    clock = ground.reset()
    way = random.choice(WAYS)
    name = random.choice([name for name, rows in ground.lists.items() if rows])
    row = random.choice(ground.lists[name])
    victim = ground.service.identifier(name, row)
    mutation: Mutation | None = None
    kind = random.random()
    if kind < 0.55:
        mutation = draw(random, row)
        what, spoil = f"{name} {victim}: {mutation}", _one_record(ground.service, name, victim, mutation)
    elif kind < 0.65:
        number, value = random.getrandbits(64), random.choice(VALUES)
        what, spoil = f"{name} {victim}: envelope {value!r}", _around(set(ground.lists), number, value)
    else:
        number = random.getrandbits(64)
        what, spoil = f"{name} {victim}: bytes", lambda body: battered(Random(number), body)
    ground.service.aim = Aim(name, victim, spoil, live=way != "pull")
    outcome = Outcome(f"{way} {what}", violations=[])
    if way == "reading":
        live.judge(ground, clock, mutation, outcome)
    elif way == "cycle":
        cycles.judge(ground, clock, outcome)
    else:
        ground.service.page_size = random.choice((1000, 1000, 3))
        _pull_and_judge(ground, clock, random.choice(STARTS), mutation, outcome)
    return outcome


def _one_record(service: Service, name: str, victim: str, mutation: Mutation) -> Callable[[bytes], bytes]:
    def spoil(body: bytes) -> bytes:
        document = json.loads(body)
        _replace(document, name, lambda row: service.identifier(name, row) == victim, mutation)
        return written(document)

    return spoil


def _around(names: set[str], number: int, value: Any) -> Callable[[bytes], bytes]:
    """Something of what stands around the records."""

    def spoil(body: bytes) -> bytes:
        document, random = json.loads(body), Random(number)
        around = paths(document, names)
        lists = [path for path in paths(document) if path[-1] in names and path[:-1] in [(), *around]]
        if lists and random.random() < 0.25:
            return written(spoilt(document, Mutation("rename", random.choice(lists))))
        return written(spoilt(document, Mutation("set", random.choice(around), value)))

    return spoil


def _replace(node: Any, name: str, is_victim: Callable[[Any], bool], mutation: Mutation) -> None:
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key == name and isinstance(inner, list):
            inner[:] = [spoilt(row, mutation) if is_victim(row) else row for row in inner]
        else:
            _replace(inner, name, is_victim, mutation)


def _pull_and_judge(
    ground: Ground, clock: ManualClock, start: str, mutation: Mutation | None, outcome: Outcome
) -> None:
    with ground.open(start) as store:
        before = pulled.Seen(dumped(store), cursors(store))
        try:
            ground.pull(store, clock)
        except LedgerError as error:
            outcome.rejected = True
            outcome.what += f" -> {error.code}: {error}"
        except Exception as error:  # noqa: BLE001 - whatever leaves the adapter is what is looked for
            outcome.violations.append(f"{type(error).__name__} left the adapter: {error}"[:200])
            return
        after = pulled.Seen(dumped(store), cursors(store))
        outcome.quarantined = len(store.mirror.quarantined())
        outcome.violations += pulled.judge(ground, start, before, after, store, mutation, rejected=outcome.rejected)
        try:
            ground.pull(store, ground.begin_healing())
        except Exception as error:  # noqa: BLE001 - the same
            outcome.violations.append(f"the next, healthy pull fails: {type(error).__name__}: {error}"[:200])
            return
        outcome.violations += pulled.unhealed(ground, start, dumped(store), store)
