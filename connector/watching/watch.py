"""Keeps an eye on everything while nobody looks: after each cycle, once in a while, and at both ends of a round.

Watching must never be in the way of what is watched. Nothing is raised out of here, and every call that leaves the
process has a short limit. What is found goes to the registry's alerts, and from there, once, to the keepers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import structlog

from connector.checks.ground import Ground
from connector.checks.installation import not_to_be_opened, not_worked_on
from connector.checks.look import of_configuration, of_installation, of_tenant
from connector.config.settings import Config
from connector.credentials import CredentialError
from connector.report import CycleReport
from connector.watching.alert_mail import Unopened, tell, tell_directly
from connector.watching.ping import ping
from connector.wiring import Installation
from state.alerts import Finding
from state.clock import Clock
from state.errors import FileBusy, StateError
from state.model import TenantSlug
from state.registry import Registry

_NOBODY: Mapping[TenantSlug, str] = MappingProxyType({})

log = structlog.get_logger()


def after_cycle(installation: Installation, report: CycleReport) -> None:
    """Look at the tenant whose cycle has just ended, and tell what is new."""
    with _never_in_the_way("cycle"):
        _look_at(Ground.of(installation), report.tenant, installation.clock.now())
        tell(installation)


def after_beat(installation: Installation, kept_from: Mapping[TenantSlug, str] = _NOBODY) -> None:
    """Look at everything, tenants that had no cycle included, and tell what is new.

    `kept_from`: what keeps tenants from being worked on, as their last turns have found.
    """
    with _never_in_the_way("beat"):
        _look_around(installation, Ground.of(installation), [], kept_from)


class Watch:
    """Looks after a daemon, also while its installation cannot be opened. May be used from several threads."""

    def __init__(self, clock: Clock) -> None:
        self.obstacle: str | None = None  # why nobody can be worked on, as the last look or turn has found
        self._clock = clock
        self._kept_from: dict[TenantSlug, str] = {}
        self._told_directly: str | None = None

    def turn_begun(self) -> None:
        """The installation could be opened."""
        self.obstacle, self._told_directly = None, None

    def turn_ended(self, slug: TenantSlug) -> None:
        """The tenant has been worked on."""
        self._kept_from.pop(slug, None)

    def turn_failed(self, config: Config, slug: TenantSlug, words: str) -> None:
        """Something kept the tenant from being worked on: the keepers are to hear of it now."""
        with _never_in_the_way("cycle", slug):
            if (installation := self._opened(config, known=self.obstacle)) is None:
                return
            self._kept_from[slug] = words
            with installation:
                ground, now = Ground.of(installation), self._clock.now()
                causes = of_configuration(config)
                ground.registry.alerts.observed(None, causes, now, complete=False)
                _look_at(ground, slug, now, None if _stops_everybody(causes) else words)
                tell(installation)

    def look_around(self, config: Config) -> None:
        """Look at everything, as far as it can be opened, and tell what is new."""
        with _never_in_the_way("beat"):
            if (installation := self._opened(config)) is not None:
                with installation:
                    after_beat(installation, dict(self._kept_from))

    def _opened(self, config: Config, known: str | None = None) -> Installation | None:
        """None, after the keepers have been told why, if it cannot be opened; not again if that is `known`."""
        try:
            installation = Installation(config, self._clock, create=False)
        except FileBusy:
            return None
        except (StateError, CredentialError) as error:
            self.obstacle = str(error)
            if self.obstacle != known:
                self._tell_of(config, not_to_be_opened(error))
            return None
        self.turn_begun()
        return installation

    def _tell_of(self, config: Config, obstacle: Finding) -> None:
        try:
            registry = Registry.open(config.data / "registry.db", create=False)
        except StateError:
            if self._told_directly != obstacle.words and tell_directly(config, self._clock, obstacle):
                self._told_directly = obstacle.words
            return
        with registry:
            _look_around(Unopened(config, self._clock, registry), Ground(config, registry, None), [obstacle], _NOBODY)


def _look_around(
    installation: Installation, ground: Ground, obstacles: list[Finding], kept_from: Mapping[TenantSlug, str]
) -> None:
    now = installation.clock.now()
    causes = [*obstacles, *of_configuration(ground.config)]
    ground.registry.alerts.observed(None, [*causes, *of_installation(ground, now)], now)
    for slug in ground.connected():
        with _never_in_the_way("beat", slug):
            _look_at(ground, slug, now, None if _stops_everybody(causes) else kept_from.get(slug))
    _forget_those_who_left(ground, now)
    tell(installation)
    log.debug("looked around", lasting=len(ground.registry.alerts.lasting()))


def round_started(config: Config) -> None:
    """Tell the watchman outside that a round over the tenants begins."""
    with _never_in_the_way("ping"):
        ping(config, "/start")


def round_ended(config: Config, ok: bool) -> None:
    """Tell the watchman outside how the round has ended."""
    with _never_in_the_way("ping"):
        ping(config, "" if ok else "/fail")


@dataclass
class Round:
    """One round over the tenants; whoever makes it says how it went."""

    went_well: bool = False


@contextmanager
def watched_round(installation: Installation) -> Iterator[Round]:
    """A round that somebody makes by hand, or by cron: watched from both ends, even if it breaks off."""
    made = Round()
    round_started(installation.config)
    try:
        yield made
    finally:
        after_beat(installation)
        round_ended(installation.config, made.went_well)


def _stops_everybody(causes: list[Finding]) -> bool:
    return any(finding.severity == "critical" for finding in causes)


def _look_at(ground: Ground, slug: TenantSlug, now: datetime, kept_from: str | None = None) -> None:
    findings, complete = of_tenant(ground, slug, now)
    if kept_from and not _stops_everybody(findings):  # else that is the reason
        findings.append(not_worked_on(slug, kept_from))
    ground.registry.alerts.observed(slug, findings, now, complete=complete)


def _forget_those_who_left(ground: Ground, now: datetime) -> None:
    """Whoever was disconnected, or left the configuration, has no troubles any more."""
    connected = ground.connected()
    for tenant in {alert.finding.tenant for alert in ground.registry.alerts.lasting()}:
        if tenant is not None and tenant not in connected:
            ground.registry.alerts.observed(tenant, [], now)


@contextmanager
def _never_in_the_way(after: str, slug: TenantSlug | None = None) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a watchman who stumbles must not take the house down
        # only the name: an exception's text may quote what a log must never hold
        log.error("watching failed", after=after, tenant=slug, error=type(error).__name__)  # noqa: TRY400
