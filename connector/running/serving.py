"""`dun run` as a process: signals, log lines, the web service beside the daemon, and how it ends.

On a terminal a person reads along, in sentences. Everywhere else a log does, and only that is written.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import NoReturn

import structlog

from connector.config.settings import Config
from connector.logs import configure, configure_for_command
from connector.printing import say
from connector.report import CycleReport
from connector.running.daemon import BEAT_SECONDS, REHEARSED_BEAT_SECONDS, Daemon, Order, Orders
from connector.running.pulse import Pulse
from connector.running.rota import FIRST_ROUND
from connector.running.service import Service
from connector.running.supervisor import Supervisor
from connector.web.listening import PortTaken
from connector.web.service import WebService
from state.clock import Clock
from state.errors import Busy, StateError
from state.locks import exclusive
from state.model import TenantSlug

BROKEN_OFF = 3  # the exit code when something in hand could not be finished

log = structlog.get_logger()


def serve(
    config: Config,
    clock: Clock,
    slugs: list[TenantSlug],
    *,
    only: TenantSlug | None,
    show: Callable[[CycleReport], None],
) -> None:
    """Run the daemon until a signal ends it. `show` prints a report for a person."""
    _configure_logs(config)
    person = _a_person_reads()
    if person:
        say(f"Running for {', '.join(slugs)}; stop with Ctrl-C.")
    log.info("running", tenants=slugs)
    daemon, pulse, service = _daemon(config, clock, only, show if person else _log_report)
    with (
        _obeying_signals(daemon.orders),
        _sign_at_the_door(config),
        _web(config, pulse, daemon, clock),
        _page(config, service, daemon, clock, tell_link=person),
    ):
        in_time = daemon.run()
    if not in_time:
        _break_off()
    log.info("stopped")
    if person:
        say("Stopped.")


def _daemon(
    config: Config, clock: Clock, only: TenantSlug | None, tell: Callable[[CycleReport], None]
) -> tuple[Daemon, Pulse, Service]:
    rehearsal = config.rehearsal_clock is not None
    pulse = Pulse(clock.now())
    service = Service(config, clock, tell, only=only, configure_logs=_configure_logs)
    daemon = Daemon(
        service,
        clock,
        pulse,
        Supervisor.of(os.environ),
        beat_seconds=REHEARSED_BEAT_SECONDS if rehearsal else BEAT_SECONDS,
        spread=timedelta(0) if rehearsal else FIRST_ROUND,
    )
    return daemon, pulse, service


def _a_person_reads() -> bool:
    return sys.stdout.isatty()


def _configure_logs(config: Config) -> None:
    if _a_person_reads() and config.log_format == "auto":
        configure_for_command(config.log_level, config.log_format)
    else:
        configure(config.log_level, config.log_format)


def _log_report(report: CycleReport) -> None:
    numbers = {
        "sent": report.sent.total(),
        "stopped": report.stopped.total(),
        "waiting": report.waiting.total(),
        "awaiting_approval": report.awaiting_approval,
        "notes_written": report.notes_written,
        "notes_waiting": report.notes_waiting,
        "changed": report.changed,
    }
    some = {name: number for name, number in numbers.items() if number}
    for problem in report.problems:
        log.warning(problem.words, code=problem.code, needs_person=problem.needs_person, cycle=report.cycle)
    log.info(
        "cycle ended", cycle=report.cycle, business_day=report.business_day.isoformat(), calls=report.api_calls, **some
    )


@contextmanager
def _obeying_signals(orders: Orders) -> Iterator[None]:
    """SIGTERM and SIGINT stop; SIGHUP reads the configuration again, unless it means that the terminal is gone."""
    hang_up = Order.STOP if _a_person_reads() else Order.RELOAD
    wanted = {signal.SIGTERM: Order.STOP, signal.SIGINT: Order.STOP, signal.SIGHUP: hang_up}
    before = {number: signal.signal(number, lambda caught, _: orders.put(wanted[signal.Signals(caught)]))
              for number in wanted}  # fmt: skip
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _sign_at_the_door(config: Config) -> Iterator[None]:
    """A lock that says a daemon is here. It keeps no other out: each tenant has a lock of its own."""
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(config.data / "locks", "daemon", wait=False))
        except Busy:
            log.warning("another Dun works on this data folder already; that harms nobody, but one is enough: stop one",
                        data=str(config.data))  # fmt: skip
        except StateError as error:
            log.warning(str(error))
        yield


@contextmanager
def _web(config: Config, pulse: Pulse, daemon: Daemon, clock: Clock) -> Iterator[None]:
    """The port of the daemon. Without it nobody can ask how Dun fares, but reminders leave all the same."""
    with ExitStack() as stack:
        try:
            stack.enter_context(WebService(config, pulse, daemon.nudge, clock))
        except PortTaken as error:
            log.warning(str(error))
        yield


@contextmanager
def _page(config: Config, service: Service, daemon: Daemon, clock: Clock, *, tell_link: bool) -> Iterator[None]:
    """The bookkeeper's page. Reminders leave without it, too, and `dun web` may serve it already."""
    with ExitStack() as stack:
        if config.page.listen:
            from connector.page.service import PageService
            from connector.page.serving import first_link, nobody_has_an_account
            from connector.page.site import Site

            site = Site(service.in_force, clock, reload=lambda: daemon.orders.put(Order.RELOAD))
            try:
                page = stack.enter_context(PageService(site, config.page.listen))
            except PortTaken as error:
                log.warning(str(error))
            else:
                if not site.behind_proxy and nobody_has_an_account(config):
                    if tell_link:  # a log is no place for a key
                        say(f"The page is at {page.url} ; this link makes the first account, once, within the hour:")
                        say(first_link(config, page.url))
                    else:
                        log.info("nobody has an account for the page yet; run: dun people add NAME --role admin")
        yield


def _break_off() -> NoReturn:
    """Threads cannot be ended, so the process is. Whatever it was doing, the next start picks it up."""
    log.error("broken off in the middle of a cycle; if a message was on its way, `dun resolve` will list it")
    if _a_person_reads():
        say("Broken off. If a message was on its way, `dun resolve` will list it.")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(BROKEN_OFF)
