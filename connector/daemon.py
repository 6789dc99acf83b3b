"""The metronome of `dun run`. It knows when, never what: every tick is one `run_cycle`, which is safe at any moment.

APScheduler keeps one job per tenant, coalesces what was missed while the machine slept, and never runs two cycles of
one tenant at once. A stop request lets the cycle in hand finish what it is sending.
"""

import signal
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from state.model import TenantSlug

JITTER_SECONDS = 30  # so that twelve tenants do not ask at the same second
WORKERS = 4

log = structlog.get_logger()


def run_forever(
    tick: Callable[[TenantSlug], None], intervals: Iterable[tuple[TenantSlug, int]], *, first: datetime
) -> None:
    """Call `tick` for every tenant: at `first` and then every so many minutes, until SIGTERM or SIGINT.

    `intervals` holds pairs of slug and minutes.
    """
    stop = threading.Event()
    previous = _stop_on_signals(stop)
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(WORKERS)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for slug, minutes in intervals:
        scheduler.add_job(
            _guarded,
            "interval",
            args=(tick, slug),
            id=slug,
            minutes=minutes,
            jitter=JITTER_SECONDS,
            next_run_time=first,
        )
    scheduler.start()
    try:
        stop.wait()
    finally:
        scheduler.shutdown(wait=True)
        for number, handler in previous.items():
            signal.signal(number, handler)


def _guarded(tick: Callable[[TenantSlug], None], slug: TenantSlug) -> None:
    """One tenant's misfortune must not end the others' service: it is logged, and the next tick tries again."""
    try:
        tick(slug)
    except Exception as error:  # noqa: BLE001 - the loop outlives every surprise, and says so
        # only the name: an exception's text may quote what a log must never hold
        log.error("cycle ended unexpectedly", tenant=slug, error=type(error).__name__)  # noqa: TRY400


def _stop_on_signals(
    stop: threading.Event,
) -> dict[signal.Signals, signal.Handlers | Callable[..., object] | int | None]:
    def request_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    return {number: signal.signal(number, request_stop) for number in (signal.SIGTERM, signal.SIGINT)}
