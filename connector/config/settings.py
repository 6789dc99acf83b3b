"""The configuration of an installation: one TOML file, read once, checked as a whole, then frozen.

The rest of the product sees finished things (a Policy, a Calendar, an Address), never the file's text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

from connector.config import lawful
from connector.config.apps import QuickBooksSection, XeroSection
from connector.config.charges import NO_CHARGES, Charging, charging
from connector.config.checks import sending_of
from connector.config.errors import ConfigError, Problem, with_lines
from connector.config.letters import LetterheadSection, LettersSection, letters_of
from connector.config.lines import line_index
from connector.config.mailbox import MailboxSection
from connector.config.minutes import MinutesSection
from connector.config.page import PageSection
from connector.config.people import PersonSection
from connector.config.phone import NumbersSection, PhoneSection, numbers_of
from connector.config.public_holidays import is_public_holiday
from connector.config.reading import read_whole
from connector.config.schema import ConfigFile, EmailSection, SendingSection, TenantSection
from connector.config.sequences import best_time_of, segments_of, standard_policy, trial_of
from connector.config.service import AlertsSection, DaemonSection
from connector.config.text import parse, read
from connector.config.values import parse_mailbox, parse_spell, parse_time, parse_window
from connector.config.write_off import WriteOffSection
from connector.dunning.best_time import BestTime
from connector.dunning.calendar import Calendar, SendingWindow
from connector.dunning.policy import Policy
from connector.dunning.segments import PolicyBook, Segment
from connector.dunning.trial import Trial
from connectors.channels.channel import Address
from connectors.quickbooks.endpoints import DEVELOPMENT, PRODUCTION, QuickBooksEndpoints
from connectors.xero.endpoints import XeroEndpoints
from state.clock import business_day
from state.model import LedgerName, TenantSlug

__all__ = ["Config", "ConfigError", "NotConfigured", "Problem", "TenantSettings", "load"]


class NotConfigured(Exception):
    """There is no such tenant in the file; `str()` names those there are."""


@dataclass(frozen=True, kw_only=True)
class AppSettings:
    """The registered app that a tenant is connected with: the client's own, or the one all share."""

    client_id: str
    client_secret: str  # a reference; empty for a Xero app without a secret (PKCE)
    custom_connection: bool  # Xero: one organisation, client credentials, no consent page


@dataclass(frozen=True, kw_only=True)
class TenantSettings:
    """Everything that is configured for one tenant, with the file's defaults filled in."""

    slug: TenantSlug
    ledger: LedgerName
    zone: str  # IANA, checked
    locale: str
    mode: Literal["off", "approve", "auto"]
    channel: Literal["sendgrid", "smtp", "dry"]
    sender: Address
    escalated_sender: Address | None = None
    reply_to: Address | None
    sending_window: SendingWindow
    window_of_customer: bool = False  # the window is by the customer's clock
    spread_minutes: int = 0
    calendar: Calendar
    daily_cap: int
    attach_pdf: bool
    attach_statement: bool = False  # to e-mails of stages after the due date
    verify_within_seconds: int
    templates: Path | None
    poll_minutes: int
    nightly: time  # where the tenant lives: when the whole ledger is compared
    read_only: bool  # look, decide and preview; send and write nothing
    app: AppSettings
    policy: Policy  # of everybody who is in no segment
    segments: tuple[Segment, ...] = ()
    trial: Trial | None = None  # the control group
    best_time: BestTime | None = None  # None: all messages leave at the usual time
    note_agreements: bool = False  # promises, disputes and plans are noted in the ledger
    charges: Charging = NO_CHARGES
    write_off: WriteOffSection = field(default_factory=WriteOffSection)
    thanks: Literal["off", "email"] = "off"
    thanks_for_parts: bool = False
    letterhead: LetterheadSection = field(default_factory=LetterheadSection)  # without a country: no letters
    letters: LettersSection = field(default_factory=LettersSection)  # how they leave
    doubts: tuple[str, ...] = ()  # about the policy's lawfulness, in words
    forewarn: tuple[Address, ...] = ()  # who is told beforehand what will leave
    forewarn_at: time = time(15)  # where the tenant lives
    mailbox: MailboxSection = field(default_factory=MailboxSection)
    minutes: MinutesSection = field(default_factory=MinutesSection)  # that a person would need
    phone: NumbersSection = field(default_factory=NumbersSection)  # its numbers and limits for texts and calls

    @property
    def book(self) -> PolicyBook:
        """All sequences, and whose customers go through which."""
        return PolicyBook(
            standard=self.policy,
            segments=self.segments,
            ledger=self.ledger,
            trial=self.trial,
            best_time=self.best_time,
            sends=self.mode != "off",
        )

    def today_at(self, instant: datetime) -> date:
        """The business day at `instant` where the tenant lives."""
        return business_day(instant, ZoneInfo(self.zone))


@dataclass(frozen=True, kw_only=True)
class Config:
    """A file that has been read and found right. `base` is its folder, which relative paths and secrets start from."""

    path: Path
    base: Path
    data: Path
    outbox: Path  # where the dry channel writes
    log_level: Literal["debug", "info", "warning", "error"]
    log_format: Literal["auto", "console", "json"]
    email: EmailSection
    phone: PhoneSection
    letters: LettersSection
    xero: XeroSection
    xero_endpoints: XeroEndpoints
    quickbooks: QuickBooksSection
    quickbooks_endpoints: QuickBooksEndpoints
    daemon: DaemonSection
    page: PageSection
    alerts: AlertsSection
    alerts_sender: Address | None  # None: nobody is named who could write
    vault_key: str  # a reference; empty: vault.key in the data folder
    rehearsal_clock: str | None
    rehearsal_ended: datetime | None  # its last moment, at which its time stands still
    people: Mapping[str, PersonSection]  # by account of the operating system; nobody: everybody may do everything
    tenants: Mapping[TenantSlug, TenantSettings]

    def tenant(self, slug: str) -> TenantSettings:
        """The settings of `slug`; NotConfigured if the file has no such tenant."""
        try:
            return self.tenants[TenantSlug(slug)]
        except KeyError:
            known = ", ".join(self.tenants) or "none yet"
            raise NotConfigured(f"there is no tenant {slug!r} in {self.path.name}; known: {known}") from None


def load(path: Path) -> Config:
    """Read and check the file at `path`. Raises ConfigError with everything that is wrong with it."""
    path = path.absolute()
    text = read(path)
    return _config(path, _validate(path, text, parse(path, text)))


def _validate(path: Path, text: str, written: dict[str, Any]) -> ConfigFile:
    file, problems = read_whole(written, path.parent)
    if problems:
        raise ConfigError(path, with_lines(problems, line_index(text)))
    return file


def _config(path: Path, file: ConfigFile) -> Config:
    base = path.parent
    return Config(
        path=path,
        base=base,
        data=base / file.data,
        outbox=base / file.email.dry.folder,
        log_level=file.log_level,
        log_format=file.log_format,
        email=file.email,
        phone=file.phone,
        letters=file.letters,
        xero=file.xero,
        xero_endpoints=XeroEndpoints(**file.xero.endpoints.model_dump()),
        quickbooks=file.quickbooks,
        quickbooks_endpoints=_quickbooks_endpoints(file.quickbooks),
        daemon=file.daemon,
        page=file.page,
        alerts=file.alerts,
        alerts_sender=parse_mailbox(sender) if (sender := file.alerts.sender or file.sending.sender) else None,
        vault_key=file.vault.key,
        rehearsal_clock=file.rehearsal.clock or None,
        rehearsal_ended=file.rehearsal.ended if file.rehearsal.clock else None,
        people=MappingProxyType(file.people),
        tenants=MappingProxyType(
            {TenantSlug(slug): _tenant(slug, tenant, file, base) for slug, tenant in file.tenants.items()}
        ),
    )


def _quickbooks_endpoints(section: QuickBooksSection) -> QuickBooksEndpoints:
    usual = PRODUCTION if section.environment == "production" else DEVELOPMENT
    return QuickBooksEndpoints(
        authorize=section.endpoints.authorize or usual.authorize,
        token=section.endpoints.token or usual.token,
        revoke=section.endpoints.revoke or usual.revoke,
        api=section.endpoints.api or usual.api,
    )


def _tenant(slug: str, tenant: TenantSection, file: ConfigFile, base: Path) -> TenantSettings:
    sending = sending_of(file, tenant)
    return TenantSettings(
        slug=TenantSlug(slug),
        ledger=tenant.ledger,
        zone=tenant.zone,
        locale=tenant.locale,
        mode=sending.mode,
        channel=sending.channel,
        sender=parse_mailbox(sending.sender),
        reply_to=parse_mailbox(sending.reply_to) if sending.reply_to else None,
        escalated_sender=parse_mailbox(sending.escalated_from) if sending.escalated_from else None,
        sending_window=parse_window(sending.window),
        window_of_customer=sending.window_zone == "customer",
        spread_minutes=sending.spread_minutes,
        calendar=_calendar(sending),
        daily_cap=sending.daily_cap,
        attach_pdf=sending.attach_pdf,
        attach_statement=sending.attach_statement,
        verify_within_seconds=sending.verify_within_seconds,
        templates=base / tenant.templates if tenant.templates else None,
        poll_minutes=tenant.poll_minutes,
        nightly=parse_time(file.daemon.nightly),
        read_only=tenant.read_only,
        app=_app(tenant, file),
        policy=standard_policy(file.policy, tenant.sequence),
        segments=segments_of(file.policy, slug),
        trial=trial_of(file.policy),
        best_time=best_time_of(file.policy),
        note_agreements=file.policy.note_agreements,
        charges=charging(file.charges if tenant.charges is None else tenant.charges, file.rates),
        write_off=file.policy.write_off if tenant.write_off is None else tenant.write_off,
        thanks=sending.thanks,
        thanks_for_parts=sending.thanks_for_parts,
        doubts=tuple(lawful.doubts(file, slug, sending)),
        forewarn=tuple(map(parse_mailbox, tenant.forewarn)),
        forewarn_at=parse_time(tenant.forewarn_at),
        mailbox=tenant.mailbox,
        minutes=file.minutes,
        phone=numbers_of(file.phone, tenant.phone),
        letterhead=tenant.letterhead,
        letters=letters_of(file.letters, tenant.letters),
    )


def _calendar(sending: SendingSection) -> Calendar:
    return Calendar(
        weekends=sending.weekends,
        closed_days=frozenset(sending.closed_days),
        quiet=tuple(map(parse_spell, sending.quiet)),
        region=sending.holidays,
        customers_too=sending.customer_holidays,
        public_holidays=is_public_holiday,
    )


def _app(tenant: TenantSection, file: ConfigFile) -> AppSettings:
    if tenant.client_id:
        return AppSettings(
            client_id=tenant.client_id,
            client_secret=tenant.client_secret,
            custom_connection=tenant.custom_connection,
        )
    shared = file.xero if tenant.ledger == "xero" else file.quickbooks
    return AppSettings(
        client_id=shared.client_id,
        client_secret=shared.client_secret,
        custom_connection=tenant.ledger == "xero" and file.xero.custom_connection,
    )
