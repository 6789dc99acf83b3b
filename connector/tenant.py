"""Everything the cycle of one tenant needs, in one frozen hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connector.config.settings import TenantSettings
from connector.dunning.calendar import Calendar, may_send
from connector.messages.templates import Templates
from connectors.channels.channel import Channel
from connectors.ledger import Ledger
from connectors.transport import CallMeter
from state.clock import Clock, business_day
from state.model import TenantSlug
from state.store import TenantStore


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """Chosen once in `connector.wiring`: read-only and rehearsal variants differ only here."""

    slug: TenantSlug
    settings: TenantSettings
    ledger: Ledger
    channel: Channel
    store: TenantStore
    templates: Templates
    clock: Clock
    meter: CallMeter
    owner: str  # which process wrote a claim; for people who read the database
    stopping: Callable[[], bool] = lambda: False  # asked between two messages or notes: the daemon wants to leave

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.zone)

    @property
    def today(self) -> date:
        """The business day at this instant, where the tenant lives."""
        return business_day(self.clock.now(), self.zone)

    @property
    def calendar(self) -> Calendar:
        return self.settings.calendar

    def may_send_at(self, instant: datetime) -> bool:
        return may_send(instant, self.zone, self.settings.calendar, self.settings.sending_window)
