"""The heart of `dun run`: beats, asks the rota who is due, and hands them to a pool of workers. Owns no business state.

APScheduler is metronome and pool. A beat reads the injected clock, so that the same daemon lives through a rehearsal,
where months pass in minutes; whoever is due becomes a one-off job. Waiting is always done in the machine's own time.
See docs/decisions/0010.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import Protocol

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from msgspec import Struct

from connector.printing import count
from connector.rehearsal import RehearsalError
from connector.report import CycleReport
from connector.running.metronome import Beats, put_right
from connector.running.pulse import Pulse
from connector.running.rota import FIRST_ROUND, Rota, Shift
from connector.running.supervisor import Supervisor
from state.clock import Clock
from state.errors import StateError
from state.model import TenantSlug

BEAT_SECONDS = 1.0
REHEARSED_BEAT_SECONDS = 0.05  # a rehearsal's time jumps, and whoever makes it jump waits for us
MOST_WORKERS = 64  # threads are made as they are needed; how many work at once is configured
LONGEST_SILENCE_SECONDS = 3600.0  # a worker that gives no sign for longer hangs, and only a new start will help
LOOK_AROUND_EVERY = timedelta(hours=1)
FIRST_LOOK_AFTER = timedelta(minutes=10)
LONG_REST = timedelta(hours=2)  # nobody has looked around for so long: the machine slept
_LOOKING_AROUND = TenantSlug("*")  # no tenant can be called so

log = structlog.get_logger()


class Order(Enum):
    """What the daemon's main thread wakes up for."""

    STOP = auto()
    RELOAD = auto()
    WORK_ENDED = auto()


Orders = SimpleQueue[Order]  # may be written to from a signal handler


class Outcome(Struct, frozen=True):
    """How a turn ended."""

    report: CycleReport | None = None  # None: it left none
    try_again: bool = False  # somebody else was working on the tenant


class Crew(Protocol):
    """What is done, as the daemon sees it: which tenants there are, and a turn of one. Called from several threads."""

    def shifts(self) -> Mapping[TenantSlug, Shift]:
        """The tenants to look after now."""
        ...

    def work(self, slug: TenantSlug, stopping: Callable[[], bool]) -> Outcome:
        """One turn; nothing more is begun once `stopping` says so."""
        ...

    def look_around(self) -> None:
        """What no single tenant's turn looks at."""
        ...

    def reload(self) -> None:
        """Read the configuration again; keep the old one if the new one is not right."""
        ...

    @property
    def obstacle(self) -> str | None:
        """Why no tenant at all can be worked on; None if one can, as far as is known."""
        ...

    @property
    def workers(self) -> int: ...

    @property
    def grace_seconds(self) -> float: ...


class Daemon:
    """Beats from `run` until it is ordered to stop."""

    def __init__(
        self,
        crew: Crew,
        clock: Clock,
        pulse: Pulse,
        supervisor: Supervisor,
        *,
        beat_seconds: float = BEAT_SECONDS,
        spread: timedelta = FIRST_ROUND,
    ) -> None:
        self._crew = crew
        self._clock = clock
        self._pulse = pulse
        self._supervisor = supervisor
        self._beat_seconds = beat_seconds
        self._rota = Rota(spread)
        self._orders = Orders()
        self._nudges: SimpleQueue[TenantSlug] = SimpleQueue()
        self._ended: SimpleQueue[tuple[TenantSlug, Outcome]] = SimpleQueue()
        self._working: dict[TenantSlug, float] = {}  # the last sign of life, by the machine's monotonic clock
        self._handing_out = Lock()  # no turn begins once the stop is known
        self._stopping = Event()
        self._has_beaten = False
        self._looked_around_at: datetime | None = None
        self._rested = False  # turns come first, then the look around
        self._trouble: str | None = None
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(MOST_WORKERS), "beat": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    @property
    def orders(self) -> Orders:
        """Put an order here, from any thread or signal handler."""
        return self._orders

    def nudge(self, slug: TenantSlug) -> None:
        """Something has happened at this tenant's ledger: look soon. From any thread, returns at once."""
        self._nudges.put(slug)

    def run(self) -> bool:
        """Work until Order.STOP, then finish what is in hand. False if that did not end within the grace time.

        The caller then has to end the process: a thread cannot be ended from outside.
        """
        self._scheduler.add_job(self._beat, Beats(self._beat_seconds), id="beat", executor="beat",
                                next_run_time=datetime.now(self._scheduler.timezone))  # fmt: skip
        self._scheduler.start()
        in_time = False
        try:
            while (order := self._next_order()) is not Order.STOP:
                if order is Order.RELOAD:
                    self._reload()
            in_time = self._wind_down()
        finally:
            self._scheduler.shutdown(wait=in_time)
        return in_time

    # -- the beat, in a thread of its own --------------------------------------------------------------------------

    def _beat(self) -> None:
        try:
            self._look()
        except (RehearsalError, StateError) as error:
            self._complain(str(error))
        except Exception as error:  # noqa: BLE001 - the heart beats on whatever happens, and says so once
            self._complain(type(error).__name__)  # the text may quote what a log must not hold
        else:
            self._trouble = None
        if not self._has_beaten:
            self._has_beaten = True
            self._supervisor.ready()
        if not self._hanging():
            self._supervisor.alive()

    def _look(self) -> None:
        now = self._clock.now()
        try:
            self._give_turns(now)
        finally:  # also when nobody can be given a turn: the keepers are to hear of it
            self._look_around(now)
        self._pulse.beat(now, self._rota.agenda(now), self._hanging(), self._crew.obstacle)
        self._say_status()

    def _give_turns(self, now: datetime) -> None:
        while not self._ended.empty():
            slug, outcome = self._ended.get()
            self._rota.end(slug, now, try_again=outcome.try_again)
        self._rota.attend(self._crew.shifts(), now)
        while not self._nudges.empty():
            self._rota.nudge(self._nudges.get(), now)
        free = max(0, self._crew.workers - len(self._at_work()))
        for slug in [slug for slug in self._rota.due(now) if slug not in self._working][:free]:
            self._hand_out(slug, now)

    def _hand_out(self, slug: TenantSlug, now: datetime) -> None:
        if self._occupy(slug):
            self._rota.begin(slug, now)
            self._pulse.started(slug, now)
            self._scheduler.add_job(self._work, args=(slug, now), id=slug)

    def _look_around(self, now: datetime) -> None:
        if self._looked_around_at is None or (now - self._looked_around_at > LONG_REST and not self._rested):
            # after a long rest everything looks stale until each has had its turn
            self._looked_around_at, self._rested = now - LOOK_AROUND_EVERY + FIRST_LOOK_AFTER, True
        if timedelta(0) <= now - self._looked_around_at < LOOK_AROUND_EVERY:
            return
        if _LOOKING_AROUND not in self._working and self._occupy(_LOOKING_AROUND):
            self._looked_around_at, self._rested = now, False
            self._scheduler.add_job(self._work_around, id=_LOOKING_AROUND)

    def _occupy(self, slug: TenantSlug) -> bool:
        """Take a worker for `slug`; False once the daemon is leaving."""
        with self._handing_out:
            if self._stopping.is_set():
                return False
            self._working[slug] = time.monotonic()
            return True

    def _complain(self, trouble: str) -> None:
        """Once, however long it lasts."""
        self._pulse.unable(trouble)
        if self._trouble != trouble:
            self._trouble = trouble
            log.error("nobody can be looked at; going on trying", reason=trouble)

    def _hanging(self) -> int:
        """How many workers have given no sign of life for too long."""
        now = time.monotonic()
        return sum(now - sign > LONGEST_SILENCE_SECONDS for sign in list(self._working.values()))

    def _say_status(self) -> None:
        tenants = len(self._pulse.snapshot().tenants)
        self._supervisor.status(f"{count(tenants, 'tenant')}, {len(self._at_work())} being worked on")

    def _at_work(self) -> set[TenantSlug]:
        return set(self._working) - {_LOOKING_AROUND}

    # -- a turn, in a worker's thread ------------------------------------------------------------------------------

    def _work(self, slug: TenantSlug, now: datetime) -> None:
        began, outcome = time.monotonic(), Outcome()
        try:
            outcome = self._crew.work(slug, lambda: self._asked_by(slug))
        except Exception as error:  # noqa: BLE001 - one tenant's misfortune must not end the others' service
            # only the name: an exception's text may quote what a log must never hold
            log.error("cycle ended unexpectedly", tenant=slug, error=type(error).__name__)  # noqa: TRY400
        finally:
            self._pulse.ended(slug, self._now_or(now), time.monotonic() - began, outcome.report)
            self._ended.put((slug, outcome))
            self._free(slug)

    def _asked_by(self, slug: TenantSlug) -> bool:
        """Whether it is to stop. Whoever asks, between two messages or notes, is alive: a slow carrier is no hang."""
        self._working[slug] = time.monotonic()
        return self._stopping.is_set()

    def _work_around(self) -> None:
        try:
            self._crew.look_around()
        except Exception as error:  # noqa: BLE001 - as above
            log.error("looking around ended unexpectedly", error=type(error).__name__)  # noqa: TRY400
        finally:
            self._free(_LOOKING_AROUND)

    def _free(self, slug: TenantSlug) -> None:
        del self._working[slug]
        self._orders.put(Order.WORK_ENDED)

    def _now_or(self, earlier: datetime) -> datetime:
        """A rehearsal's clock may have gone away meanwhile."""
        try:
            return self._clock.now()
        except Exception:  # noqa: BLE001 - whatever it is, the next beat says it
            return earlier

    # -- orders, in the thread that called `run` -------------------------------------------------------------------

    def _next_order(self) -> Order:
        """Wait for it, and see to it meanwhile that the beat goes on."""
        while True:
            try:
                return self._orders.get(timeout=self._beat_seconds)
            except Empty:
                put_right(self._scheduler, 2 * self._beat_seconds)

    def _reload(self) -> None:
        self._supervisor.reloading()
        try:
            self._crew.reload()
        except Exception as error:  # noqa: BLE001 - whatever is in that file, the old one is in force
            # only the name: an exception's text may quote what a log must never hold
            log.error("the configuration could not be read again", error=type(error).__name__)  # noqa: TRY400
        finally:
            self._supervisor.ready()

    def _wind_down(self) -> bool:
        with self._handing_out:
            self._stopping.set()
        self._pulse.stopping()
        self._supervisor.stopping()
        grace = self._crew.grace_seconds
        log.info("stopping", working=sorted(self._working), grace_seconds=grace)
        ends_at = time.monotonic() + grace
        while self._working:
            try:
                order = self._orders.get(timeout=max(0.0, ends_at - time.monotonic()))
            except Empty:
                return False
            if order is Order.STOP:  # asked again: at once
                return False
        return True
