"""Starts, kills and restarts a tenant's process, and reads what came of it."""

import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import killable_tenant
import pytest

from state.model import InvoiceId, Reminder, ReminderState
from state.store import TenantStore

CONTEXT: ForkServerContext = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["connector.cycle", "connectors.sandbox.judge", "babel.numbers"])
LONGEST_LIFE_SECONDS = 60
Step = tuple[InvoiceId, str, int]


@dataclass
class Lives:
    """One tenant's folder and the processes that lived in it, one after the other."""

    folder: Path
    seed: int
    kills: int = 0
    _open: list[ForkServerProcess] = field(default_factory=list)

    def to_the_end(self) -> None:
        process, _ = self._start(killable_tenant.live, None, 0)
        process.join(LONGEST_LIFE_SECONDS)
        assert process.exitcode == 0

    def until(self, label: str, times: int) -> None:
        """A life that kills itself the `times`-th time it comes by `label`."""
        process, _ = self._start(killable_tenant.live, label, times)
        process.join(LONGEST_LIFE_SECONDS)
        assert process.exitcode == -9, f"it never came by {label!r}"
        self.kills += 1

    def for_seconds(self, seconds: float) -> bool:
        """A life that is killed after `seconds` at the latest; whether it was."""
        process, ready = self._start(killable_tenant.live, None, 0)
        ready.recv()
        time.sleep(seconds)
        process.kill()
        process.join()
        self.kills += process.exitcode == -9
        return bool(process.exitcode == -9)

    def hanging(self) -> ForkServerProcess:
        """A life that has claimed a message and goes no further."""
        process, ready = self._start(killable_tenant.live_and_hang)
        assert ready.recv() == "hangs"
        return process

    def aftermath(self) -> "Aftermath":
        return Aftermath.read(self.folder)

    def end(self) -> None:
        for process in self._open:
            process.kill()
            process.join()

    def _start(self, life: Callable[..., None], *arguments: Any) -> tuple[ForkServerProcess, Any]:
        ours, theirs = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=life, args=(self.folder, self.seed, *arguments, theirs))
        process.start()
        theirs.close()
        self._open.append(process)
        return process, ours


@dataclass(frozen=True)
class Aftermath:
    """Everything that is left when all processes are gone."""

    accepted: list[killable_tenant.Accepted]
    notes: list[str]
    reminders: list[Reminder]
    by_attempt: dict[str, list[Reminder]]

    @classmethod
    def read(cls, folder: Path) -> "Aftermath":
        accepted = [killable_tenant.Accepted(**line) for line in killable_tenant.receiver(folder).read()]
        with TenantStore.open(folder / "dun.db") as store:
            store.check()
            reminders = [one for state in ReminderState for one in store.reminders.in_state(state)]
            by_attempt = {one.attempt: store.reminders.for_message(one.attempt) for one in accepted}
        notes = [line["text"] for line in killable_tenant.notes(folder).read()]
        return cls(accepted, notes, reminders, by_attempt)

    def in_state(self, *states: ReminderState) -> list[Reminder]:
        return [reminder for reminder in self.reminders if reminder.state in states]

    @property
    def steps_accepted(self) -> Counter[Step]:
        """How often the customers got each stage of each invoice's sequence."""
        return Counter(_step(reminder) for attempt in self.by_attempt.values() for reminder in attempt)

    @property
    def rounds(self) -> set[tuple[InvoiceId, int]]:
        """Every invoice that was ever to be chased, with its round."""
        return {(reminder.invoice_id, reminder.round) for reminder in self.reminders}

    @property
    def unknown_messages(self) -> set[str]:
        return {str(reminder.message_id) for reminder in self.in_state(ReminderState.UNKNOWN)}


def _step(reminder: Reminder) -> Step:
    return reminder.invoice_id, reminder.stage, reminder.round


@pytest.fixture(scope="session")
def seed() -> int:
    """A new one each time; DUN_FAULT_SEED repeats a run."""
    return int(os.environ.get("DUN_FAULT_SEED") or random.SystemRandom().randrange(10**9))


@pytest.fixture
def lives(tmp_path: Path, seed: int) -> Iterator[Lives]:
    print(f"DUN_FAULT_SEED={seed}")  # noqa: T201 - pytest shows it with a failure
    made = Lives(tmp_path, seed)
    yield made
    made.end()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, seed: int) -> Aftermath:
    """What comes of the same seed when nobody is killed."""
    quiet = Lives(tmp_path_factory.mktemp("undisturbed"), seed)
    quiet.to_the_end()
    return quiet.aftermath()
