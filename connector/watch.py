"""Keeps an eye on everything while nobody looks: after each cycle, once in a while, and at both ends of a round.

Watching must never be in the way of what is watched. Nothing is raised out of here, and every call that leaves the
process has a short limit. What is found goes to the registry's alerts, and from there, once, to the keepers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from connector.alert_mail import tell
from connector.checks.ground import Ground
from connector.checks.look import of_configuration, of_installation, of_tenant
from connector.config import Config
from connector.ping import ping
from connector.report import CycleReport
from connector.wiring import Installation
from state.model import TenantSlug

log = structlog.get_logger()


def after_cycle(installation: Installation, report: CycleReport) -> None:
    """Look at the tenant whose cycle has just ended, and tell what is new."""
    with _never_in_the_way("cycle"):
        _look_at(Ground.of(installation), report.tenant, installation.clock.now())
        tell(installation)


def after_beat(installation: Installation) -> None:
    """Look at everything, tenants that had no cycle included, and tell what is new."""
    with _never_in_the_way("beat"):
        ground, now = Ground.of(installation), installation.clock.now()
        ground.registry.alerts.observed(None, [*of_configuration(ground.config), *of_installation(ground, now)], now)
        for slug in ground.connected():
            with _never_in_the_way("beat", slug):
                _look_at(ground, slug, now)
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


def _look_at(ground: Ground, slug: TenantSlug, now: datetime) -> None:
    findings, complete = of_tenant(ground, slug, now)
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
