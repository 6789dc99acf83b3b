"""One process from its start to its end: what it was sent to do, where it was to die, and whether it did.

A life runs the command a person or a timer would run. It comes from a fork server that has the house imported, since
a hundred fresh interpreters would spend the drill's minutes with importing.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from msgspec import Struct

import connectors.xero.ledger
from connector.cli import main
from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.wiring import Installation
from drill.kills.journal import Assassin
from drill.kills.points import OTHER_SIDE, Order, Trap
from drill.kills.statements import watch_statements
from drill.kills.wire import watch_the_wire
from state.model import TenantSlug

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["drill.kills.lives", "connector.commands.run", "connector.commands.resolve", "connector.commands.approve",
     "connector.cycle", "connectors.quickbooks.ledger", "connectors.channels.sendgrid", "babel.numbers"]
)  # fmt: skip
LONGEST_LIFE_SECONDS = 120
ROWS_OF_A_PAGE = 40  # so that a small firm's books have several pages
ENDED_BY_ITSELF = {0, 1}  # 1: something was in the way, or a person must look
TOLD_NO = 2
MAY_BE_TOLD_NO = {"promise", "write-off", "charges"}  # the invoice was paid meanwhile, or the word was taken already

Errand = tuple[str, ...]
CONNECT = "connect"
Equip = Callable[[Path, int, Trap], None]


class DrillError(Exception):
    """The drill itself cannot go on; `str()` says why."""


class Life(Struct, frozen=True):
    """A life that is over."""

    number: int
    errand: Errand
    order: Order | None
    seconds: float | None  # when it was to be killed, if at an instant
    killed: bool


class Nursery:
    """Starts lives on one configuration, one at a time, and sees to their end."""

    def __init__(self, folder: Path, assassin: Assassin, equip: Equip | None = None) -> None:
        """`equip` is done to every child before it begins."""
        self.folder = folder
        self._equip = equip
        self.lives: list[Life] = []
        self._assassin = assassin

    def live(self, errand: Errand, order: Order | None = None, seconds: float | None = None) -> Life:
        """One life, to its own end or the ordered one."""
        number = len(self.lives) + 1
        ours, theirs = CONTEXT.Pipe(duplex=True)
        inside = None if order is not None and order.label in OTHER_SIDE else order
        process = CONTEXT.Process(
            target=_live, args=(errand, inside, self.folder, number, theirs, self._equip), daemon=True
        )
        process.start()
        theirs.close()
        with suppress(EOFError):  # died on its way; its exit code tells
            ours.recv()
        self._assassin.watch(order, process.kill)
        with suppress(BrokenPipeError):
            ours.send(True)
        process.join(LONGEST_LIFE_SECONDS if seconds is None else seconds)
        code = self._end(process, at_an_instant=seconds is not None)
        killed = code == -signal.SIGKILL
        if not killed and code not in ENDED_BY_ITSELF and not (code == TOLD_NO and errand[0] in MAY_BE_TOLD_NO):
            raise DrillError(f"life {number} ({' '.join(errand)}) ended with {code}; see {self.folder / 'lives.log'}")
        life = Life(number, errand, order, seconds, killed)
        self.lives.append(life)
        return life

    def left_without_tokens(self, life: Life) -> bool:
        """Whether it died with an answer under way that may hold the only tokens there are."""
        trace = self.trace(life.number)
        asked = sum(line.startswith("asks for tokens") for line in trace)
        return asked > sum(line.startswith("committed token") for line in trace)

    def trace(self, number: int) -> list[str]:
        path = _trace(self.folder, number)
        return path.read_text().splitlines() if path.exists() else []

    def _end(self, process: multiprocessing.process.BaseProcess, *, at_an_instant: bool) -> int | None:
        if process.exitcode is None:
            process.kill()
            process.join()
            if not at_an_instant:
                raise DrillError(f"a life did not end within {LONGEST_LIFE_SECONDS} seconds")
        self._assassin.watch(None, lambda: None)
        return process.exitcode


def _trace(folder: Path, number: int) -> Path:
    return folder / "traces" / str(number)


def _live(
    errand: Errand, order: Order | None, folder: Path, number: int, ready: Connection, equip: Equip | None
) -> None:
    _write_down(folder / "lives.log", f"life {number}: {' '.join(errand)}; {order}")
    connectors.xero.ledger._PAGE = ROWS_OF_A_PAGE
    trap = Trap(order, _trace(folder, number))
    watch_statements(trap)
    watch_the_wire(trap)
    if equip is not None:
        equip(folder, number, trap)
    ready.send(True)
    ready.recv()
    _errand(errand, folder / "config.toml")()


def _errand(errand: Errand, config: Path) -> Callable[[], object]:
    if errand[0] == CONNECT:
        return partial(_connect, config, TenantSlug(errand[1]), errand[2])
    return partial(main, ["--config", str(config), *errand], prog_name="dun")


def _connect(config: Path, slug: TenantSlug, identity: str) -> None:
    with Installation(load(config)) as own:
        connect(own, own.config.tenant(slug), partial(agree, companies=[identity]), lambda found: found[0])


def _write_down(log: Path, heading: str) -> None:
    """What the life says goes to the log, not to the drill's own reader."""
    descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.write(descriptor, f"{heading}\n".encode())
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
