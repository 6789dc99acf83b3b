"""What the daemon works for: the connected tenants of one configuration, a cycle of each, and a new configuration.

A turn sees one configuration from its beginning to its end. The file is read again only when the service is told to:
an edit that is half-way saved must not reach anybody.
"""

import threading
from collections.abc import Callable, Mapping, Set
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog
from structlog.contextvars import bound_contextvars

from connector.budget.allowance import poll_interval
from connector.commands.refusals import EXPECTED
from connector.config.settings import Config, ConfigError, Problem, TenantSettings, load
from connector.connecting.disconnect import PARKED as DISCONNECTED
from connector.credentials import CredentialError
from connector.report import CycleReport
from connector.rounds import run_tenant
from connector.running.daemon import Outcome
from connector.running.rota import Shift
from connector.watching import watch
from connector.wiring import Installation, missing_secrets
from connectors.ledger import LedgerError
from state.clock import Clock
from state.errors import Busy, FileBusy, StateError
from state.model import TenantSlug
from state.registry import Registry, Tenant

_LASTING = ("data", "rehearsal_clock")  # what other parts of the process stand on

log = structlog.get_logger()


class Service:
    """The daemon's crew. `tell` is given each report; `only` narrows everything to one tenant."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        tell: Callable[[CycleReport], None],
        *,
        only: TenantSlug | None = None,
        configure_logs: Callable[[Config], None],
    ) -> None:
        self._config = config
        self._clock = clock
        self._tell = tell
        self._only = only
        self._configure_logs = configure_logs
        self._shifts: dict[TenantSlug, Shift] = {}
        self._learnt: dict[TenantSlug, tuple[timedelta, bool]] = {}  # by the last cycle: interval, waits for its window
        self._parked: dict[TenantSlug, str] = {}
        self._round = Round()
        self._watch = watch.Watch(clock)

    def in_force(self) -> Config:
        """The configuration that turns begin with now."""
        return self._config

    @property
    def obstacle(self) -> str | None:
        return self._watch.obstacle

    @property
    def workers(self) -> int:
        return self._config.daemon.workers

    @property
    def grace_seconds(self) -> float:
        return self._config.daemon.grace_seconds

    def shifts(self) -> Mapping[TenantSlug, Shift]:
        """The tenants that are connected, configured and not parked, as the registry says at this moment."""
        config = self._config
        with Registry.open(config.data / "registry.db", create=False) as registry:
            ours = [tenant for tenant in registry.tenants() if self._is_ours(tenant, config)]
        self._notice_parked(ours)
        self._shifts = {t.slug: self._shift(config.tenants[t.slug]) for t in ours if t.parked_because is None}
        return self._shifts

    def work(self, slug: TenantSlug, stopping: Callable[[], bool]) -> Outcome:
        """A cycle of `slug`. What keeps it from working is logged; somebody else at work is nothing to talk about."""
        config = self._config
        if self._round.begins():
            watch.round_started(config)
        with bound_contextvars(tenant=slug):
            outcome = self._cycle(config, slug, stopping)
        if not outcome.try_again:
            self._count(config, slug, outcome.report)
        return outcome

    def look_around(self) -> None:
        self._watch.look_around(self._config)

    def reload(self) -> None:
        """Take over what the file says now; if it is not right, say why and go on as before."""
        try:
            config = load(self._config.path)
            _refuse_moves(self._config, config)
            _refuse_what_a_start_would(config, self._clock)
        except (ConfigError, CredentialError, StateError) as error:
            log.error("the new configuration is refused and the old one stays in force", reason=str(error))  # noqa: TRY400
            return
        self._config = config
        self._learnt.clear()
        self._configure_logs(config)
        log.info("the new configuration is in force", tenants=sorted(config.tenants))

    def _cycle(self, config: Config, slug: TenantSlug, stopping: Callable[[], bool]) -> Outcome:
        try:
            # stores belong to the thread that opened them
            with Installation(config, self._clock, create=False) as installation:
                self._watch.turn_begun()
                report = run_tenant(installation, slug, stopping=stopping)
                self._watch.turn_ended(slug)
                self._tell(report)
                watch.after_cycle(installation, report)
                self._learn(installation, config.tenant(slug), report)
        except Busy:
            log.debug("somebody else is working on this tenant")
            return Outcome(try_again=True)
        except (FileBusy, LedgerError) as error:  # ends by itself; if it does not, the ledger is soon read too long ago
            log.error("nothing could be tried", reason=str(error))  # noqa: TRY400 - the person's sentence says it
            return Outcome()
        except EXPECTED as error:
            log.error("nothing could be tried", reason=str(error))  # noqa: TRY400 - the person's sentence says it
            self._watch.turn_failed(config, slug, str(error))
            return Outcome()
        except Exception as error:
            self._watch.turn_failed(config, slug, f"a bug in Dun: {type(error).__name__}; please report it")
            raise
        return Outcome(report)

    def _learn(self, installation: Installation, settings: TenantSettings, report: CycleReport) -> None:
        if installation.config is not self._config:
            return  # a new configuration came meanwhile, with intervals of its own
        waits = report.waiting["outside_sending_window"] > 0
        self._learnt[settings.slug] = (poll_interval(installation, settings), waits)

    def _shift(self, settings: TenantSettings) -> Shift:
        interval, waits = self._learnt.get(settings.slug, (timedelta(minutes=settings.poll_minutes), False))
        return Shift(
            interval=interval,
            zone=ZoneInfo(settings.zone),
            nightly=settings.nightly,
            calendar=settings.calendar,
            window=settings.sending_window,
            waits_for_window=waits,
        )

    def _is_ours(self, tenant: Tenant, config: Config) -> bool:
        return tenant.slug in config.tenants and self._only in {None, tenant.slug}

    def _notice_parked(self, ours: list[Tenant]) -> None:
        """Said when it begins and when it ends: a parked tenant has no cycles that could say it."""
        parked = {tenant.slug: tenant.parked_because for tenant in ours if tenant.parked_because is not None}
        for slug in parked.keys() - self._parked.keys():
            log.warning("parked until somebody connects it again", tenant=slug, reason=parked[slug])
        for slug in self._parked.keys() - parked.keys():
            log.info("not parked any more", tenant=slug)
        self._parked = parked

    def _count(self, config: Config, slug: TenantSlug, report: CycleReport | None) -> None:
        well = report is not None and report.went_well
        ended = self._round.ended(slug, well, self._shifts.keys())
        if ended is not None:
            watch.round_ended(config, ended and not set(self._parked.values()) - {DISCONNECTED})


class Round:
    """A turn of every tenant, whoever has it first. Called from several workers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = False
        self._seen: set[TenantSlug] = set()
        self._well = True

    def begins(self) -> bool:
        """Whether the turn that begins now is the first of a round."""
        with self._lock:
            first, self._under_way = not self._under_way, True
            return first

    def ended(self, slug: TenantSlug, well: bool, everybody: Set[TenantSlug]) -> bool | None:
        """Whether all went well, if this turn was the last of the round; None if others have not had theirs."""
        with self._lock:
            self._seen.add(slug)
            self._well = self._well and well
            if everybody - self._seen:
                return None
            well, self._well, self._under_way = self._well, True, False
            self._seen.clear()
            return well


def _refuse_what_a_start_would(config: Config, clock: Clock) -> None:
    problems = [Problem("", *_what_and_mend(words)) for words in missing_secrets(config)]
    if problems:
        raise ConfigError(config.path, problems)
    Installation(config, clock, create=False).close()


def _what_and_mend(words: str) -> tuple[str, str]:
    what, _, mend = words.partition("; ")
    return what, mend or "give the secret, then send SIGHUP again"


def _refuse_moves(before: Config, after: Config) -> None:
    moved = [key for key in _LASTING if getattr(before, key) != getattr(after, key)]
    if moved:
        problems = [Problem(key, "cannot change while Dun is running", "stop it and start it again") for key in moved]
        raise ConfigError(after.path, problems)
    if before.daemon.listen != after.daemon.listen:
        log.warning("[daemon] listen takes effect with the next start", listen=before.daemon.listen)
