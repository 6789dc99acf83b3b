"""What the checks of one tenant look at: things already read, so that a check is a question and never a call."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import msgspec
from msgspec import Struct

from connector.config.service import AlertsSection
from connector.config.settings import TenantSettings
from connector.connecting.disconnect import PARKED
from connector.report import KeptBack, Problem
from state.model import Hold, TokenSet
from state.registry import Tenant
from state.store import TenantStore
from state.waiting import Waiting

_LOOKED_BACK = 1000  # cycles, at most
_A_WEEKEND = timedelta(days=4)  # with a holiday
_CYCLES = 5  # the newest may be running, and a killed one has left no report


class _Problems(Struct):
    """The part of a stored report that the checks need."""

    problems: list[Problem] = []
    messages: int = 0
    kept_back: list[KeptBack] = []


def has_left(known: Tenant) -> bool:
    """Whether somebody has disconnected it on purpose."""
    return known.parked_because == PARKED


@dataclass(frozen=True, kw_only=True)
class Sight:
    """One connected tenant at one instant."""

    settings: TenantSettings
    known: Tenant
    store: TenantStore
    tokens: TokenSet | None
    limits: AlertsSection
    now: datetime

    @property
    def today(self) -> date:
        return self.settings.today_at(self.now)

    @property
    def stale_after(self) -> timedelta:
        """How old the last reading may be; a tenant that is looked at rarely may miss one look."""
        return max(timedelta(hours=self.limits.stale_hours), 2 * timedelta(minutes=self.settings.poll_minutes))

    @property
    def connected_at(self) -> datetime:
        return max(self.known.added_at, self.known.mended_at or self.known.added_at)

    def holds(self) -> list[Hold]:
        """Those on the tenant as a whole."""
        return [hold for hold in self.store.holds.active(self.today) if hold.scope == "tenant"]

    @property
    def under_way(self) -> bool:
        """A cycle has begun and not ended, such as the long first one after a rest: what it finds is not known yet."""
        cycles = self.store.cycles.last(1)
        return bool(cycles) and cycles[0].finished_at is None and self.now - cycles[0].started_at < self.stale_after

    @cached_property
    def waiting(self) -> Waiting:
        """What is due and has not left; asked for by several checks, and the dearest question of all."""
        return self.store.waiting()

    def last_problems(self) -> list[Problem]:
        """What the last cycle that came to its end could not do."""
        reports = (cycle.report for cycle in self.store.cycles.last(_CYCLES) if cycle.report)
        return msgspec.json.decode(next(reports, "{}"), type=_Problems).problems

    def last_kept_back(self) -> list[KeptBack]:
        """What could not leave when something last was to: at night and at weekends, nothing is tried."""
        for cycle in self.store.cycles.last(_LOOKED_BACK):
            if self.now - cycle.started_at > _A_WEEKEND:
                return []
            report = msgspec.json.decode(cycle.report or "{}", type=_Problems)
            if report.kept_back or report.messages:
                return report.kept_back
        return []
