"""Everything the cycle of one tenant needs, in one frozen hand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connector.config.settings import TenantSettings
from connector.customer_zones import Whereabouts, clocks_of
from connector.dunning.calendar import Calendar, may_send
from connector.grading import accounts_of
from connector.intake import Sources
from connector.messages.templates import Templates
from connectors.channels.channel import Channel
from connectors.channels.twilio_facts import TwilioReports
from connectors.channels.twilio_inbox import TwilioInbox
from connectors.ledger import Ledger
from connectors.transport import CallMeter
from state.clock import Clock, business_day
from state.model import Account, ContactId, TenantSlug
from state.phones import callable_of, mobile_of
from state.store import TenantStore

NUMBERS = {"sms": mobile_of, "voice": callable_of}  # which of a customer's numbers each channel takes


@dataclass(frozen=True)
class Telephone:
    """Twilio's answers: what customers texted, and what became of texts and calls."""

    inbox: TwilioInbox
    reports: TwilioReports


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """Chosen once in `connector.wiring`: read-only and rehearsal variants differ only here."""

    slug: TenantSlug
    settings: TenantSettings
    ledger: Ledger
    channel: Channel  # of e-mail
    further: Mapping[str, Channel] = field(default_factory=dict)  # of text messages, calls and letters, by kind
    store: TenantStore
    templates: Templates
    clock: Clock
    meter: CallMeter
    fonts: Path | None = None  # a folder of further ones for letters
    telephone: Telephone | None = None  # where texts and calls are asked after
    sources: Sources = field(default_factory=Sources)  # where replies and the fates of messages come from
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

    def accounts(self) -> Iterable[Account]:
        """Every customer with something due today, as the policy needs to know it."""
        return accounts_of(self.store, self.settings, self.today)

    def carrier_of(self, kind: str) -> Channel:
        """What takes messages of this kind along; KeyError for one that the configuration has no carrier for."""
        return self.channel if kind == "email" else self.further[kind]

    def whereabouts(self, contact_id: ContactId, channel: str = "email") -> Whereabouts:
        """Of a customer who is reached by `channel`, where anything depends on it."""
        if not self.settings.window_of_customer and not self.settings.calendar.customers_too:
            return Whereabouts()
        contact = self.store.mirror.contact(contact_id)
        if contact is None:
            return Whereabouts()
        number_of = NUMBERS.get(channel)
        return Whereabouts(
            country=contact.country,
            region=contact.postal.region if contact.postal else None,
            rings=number_of is not None,
            number=number_of(contact.phones, contact.country) if number_of else None,
        )

    def may_send_at(self, instant: datetime, where: Whereabouts) -> bool:
        """Whether a message may leave at `instant` to a customer there."""
        calendar = self.settings.calendar.of_customer(where.country)
        return may_send(instant, self.zone, calendar, self.settings.sending_window, self.clocks(where))

    def clocks(self, where: Whereabouts) -> tuple[ZoneInfo, ...]:
        """The clocks by all of which it must be within the window; none: the firm's own counts."""
        return clocks_of(where) if self.settings.window_of_customer else ()
