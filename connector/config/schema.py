"""Every key of the configuration file: its type, its default, what it means and what it looks like.

The example file and the reference page are generated from here, and a test keeps all three in step.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from connector.config.apps import QuickBooksSection, XeroSection
from connector.config.charges import ChargesSection, RateSection
from connector.config.letters import CarriageSection, LetterheadSection, LettersSection
from connector.config.mailbox import MailboxSection, OAuthSection
from connector.config.minutes import MinutesSection
from connector.config.page import PageSection
from connector.config.people import AccountName, PersonSection
from connector.config.phone import NumbersSection, PhoneSection
from connector.config.policy import SEQUENCE_PATTERN, PolicySection
from connector.config.section import OPTIONAL, Section
from connector.config.service import AlertsSection, DaemonSection, VaultSection
from connector.config.values import (
    HolidayRegion,
    LocaleName,
    Mailbox,
    OptionalUrl,
    Quiet,
    SecretReference,
    TimeOfDay,
    Url,
    Window,
    Zone,
)
from connector.config.write_off import WriteOffSection

SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]


class SendingSection(Section):
    """How messages leave. These are defaults: every key may be set again for a single tenant."""

    mode: Literal["off", "approve", "auto"] = Field(
        default="approve",
        description="who lets reminders go: approve asks a person for each, auto sends what is due, off sends nothing",
    )
    channel: Literal["sendgrid", "smtp", "dry"] = Field(
        default="dry", description="what carries the messages; dry writes them into a folder and sends nothing"
    )
    sender: Mailbox = Field(
        default="",
        alias="from",
        description="who writes: an address, or a name and an address",
        examples=["Accounts <accounts@example.com>"],
    )
    escalated_from: Mailbox = Field(
        default="",
        description="who writes the stages whose sender is escalated; empty: as from",
        examples=["Head of Finance <finance@example.com>"],
        json_schema_extra=OPTIONAL,
    )
    reply_to: Mailbox = Field(default="", description="where answers go; empty: to the sender")
    window: Window = Field(default="09:00-17:00", description="when messages may leave")
    window_zone: Literal["tenant", "customer"] = Field(
        default="tenant",
        description="by whose clock; customer: that of the customer's country, or of its state where the country has"
        " several; where neither tells, mail goes by the tenant's, and texts and calls only when it suits every zone",
    )
    spread_minutes: int = Field(
        default=0,
        ge=0,
        le=480,
        description="messages leave spread over so many minutes after the window has opened",
    )
    weekends: bool = Field(default=False, description="whether messages leave on Saturdays and Sundays")
    closed_days: Annotated[tuple[date, ...], Field(strict=False)] = Field(
        default=(), description="further days on which nothing is sent, such as [2026-12-25, 2026-12-28]"
    )
    quiet: Annotated[tuple[Quiet, ...], Field(strict=False)] = Field(
        default=(),
        description="times in which nothing is sent: from day to day, of one year or of every year",
        examples=[["12-24..01-02", "2026-08-03..2026-08-14"]],
        json_schema_extra=OPTIONAL,
    )
    holidays: HolidayRegion = Field(
        default="",
        description="the country or region whose public holidays are kept; empty: none",
        examples=["GB-ENG"],
        json_schema_extra=OPTIONAL,
    )
    customer_holidays: bool = Field(
        default=False, description="whether the public holidays of the customer's country are kept too"
    )
    daily_cap: int = Field(
        default=200, ge=1, le=100_000, description="messages per tenant and day at most; the oldest debts go first"
    )
    attach_pdf: bool = Field(default=True, description="whether the invoices are attached as PDF")
    attach_statement: bool = Field(
        default=False, description="whether e-mails of stages after the due date have the statement of account as PDF"
    )
    thanks: Literal["off", "email"] = Field(
        default="off",
        description="whether a customer is thanked, the next working day, for paying an invoice in full that a reminder"
        " after its due date had asked for",
    )
    thanks_for_parts: bool = Field(default=False, description="whether part payments are thanked for too")
    verify_within_seconds: int = Field(
        default=120,
        ge=10,
        le=3600,
        description="how old the live reading of the ledger may be at the moment a message is claimed for sending",
    )


class SendGridSection(Section):
    """For the channel sendgrid."""

    api_key: SecretReference = Field(
        default="", description="an API key that may send mail, by reference", examples=["env:DUN_SENDGRID_API_KEY"]
    )
    host: Url = Field(
        default="https://api.sendgrid.com", description="where SendGrid is; its EU region has another host"
    )
    webhook_key: str = Field(
        default="",
        description="the public key by which SendGrid's events are verified, in base64; empty: they are refused",
    )


class SmtpSection(Section):
    """For the channel smtp."""

    host: str = Field(default="", description="the mail server", examples=["smtp.example.com"])
    port: int = Field(default=587, ge=1, le=65_535, description="587 for starttls, 465 for tls")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the connection is encrypted; none is for a relay on this machine"
    )
    username: str = Field(default="", description="empty: no login", examples=["accounts@example.com"])
    password: SecretReference = Field(default="", description="by reference", examples=["env:DUN_SMTP_PASSWORD"])
    timeout_seconds: int = Field(
        default=20, ge=1, le=300, description="how long to wait for each of the server's answers"
    )
    oauth: OAuthSection = Field(default_factory=OAuthSection)


class DrySection(Section):
    """For the channel dry."""

    folder: str = Field(default="outbox", min_length=1, description="where the .eml files go; relative to this file")


class EmailSection(Section):
    """The channels. Only those that a tenant uses need to be filled in."""

    sendgrid: SendGridSection = Field(default_factory=SendGridSection)
    smtp: SmtpSection = Field(default_factory=SmtpSection)
    dry: DrySection = Field(default_factory=DrySection)


class RehearsalSection(Section):
    """For rehearsals against the sandbox. Never set this in production."""

    clock: OptionalUrl = Field(
        default="",
        description="the sandbox's clock on this machine, which then replaces the real one",
        examples=["http://127.0.0.1:8790/_books/clock"],
        json_schema_extra=OPTIONAL,
    )
    ended: AwareDatetime | None = Field(
        default=None,
        description="when its sandbox stopped: there the time stands still, so that it can all be looked at",
        examples=[datetime(2026, 5, 1, 15, 30, tzinfo=UTC)],
        json_schema_extra=OPTIONAL,
    )


class TenantSection(SendingSection):
    """A company whose invoices are chased. The last part of the heading is its short name, on the command line and in
    the data folder. Every key of [sending] may be set here again."""

    ledger: Literal["xero", "quickbooks"] = Field(description="where its books are", examples=["xero"])
    zone: Zone = Field(description="its time zone, by IANA name", examples=["Europe/London"])
    locale: LocaleName = Field(default="en_GB", description="how amounts and dates are written")
    sequence: Annotated[str, StringConstraints(pattern=f"(?:{SEQUENCE_PATTERN})?")] = Field(
        default="",
        description="its usual sequence, one of [policy.sequences]; empty: that of [policy] itself",
        examples=["standard"],
        json_schema_extra=OPTIONAL,
    )
    charges: ChargesSection | None = Field(
        default=None, description="as [charges], for this tenant alone", json_schema_extra=OPTIONAL
    )
    write_off: WriteOffSection | None = Field(
        default=None, description="as [policy.write_off], for this tenant alone", json_schema_extra=OPTIONAL
    )
    templates: str = Field(
        default="",
        description="a folder with wordings of its own, relative to this file; empty: the built-in ones",
        examples=["templates/acme"],
        json_schema_extra=OPTIONAL,
    )
    poll_minutes: int = Field(default=15, ge=1, le=1440, description="minutes between two looks at the ledger")
    read_only: bool = Field(
        default=False,
        description="whether Dun may only look: it asks for no right to write, previews, and sends nothing",
    )
    client_id: str = Field(
        default="",
        description="an app of this client's own, instead of the one in [xero] or [quickbooks]",
        examples=["another-client-id"],
        json_schema_extra=OPTIONAL,
    )
    client_secret: SecretReference = Field(
        default="",
        description="that app's secret, by reference",
    )
    custom_connection: bool = Field(default=False, description="whether that app is a Xero custom connection")
    forewarn: Annotated[tuple[Mailbox, ...], Field(strict=False)] = Field(
        default=(),
        description="who is told on each business day what will leave on the next one",
        examples=[["owner@example.com"]],
        json_schema_extra=OPTIONAL,
    )
    forewarn_at: TimeOfDay = Field(default="15:00", description="from what time on they are told, in the tenant's zone")
    mailbox: MailboxSection = Field(default_factory=MailboxSection)
    phone: NumbersSection = Field(default_factory=NumbersSection)
    letterhead: LetterheadSection = Field(default_factory=LetterheadSection)
    letters: CarriageSection = Field(default_factory=CarriageSection)


class ConfigFile(Section):
    """The whole file."""

    data: str = Field(
        default="data",
        min_length=1,
        description="folder for the registry and one file per tenant; relative to this file",
        examples=["data"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="how much is logged")
    log_format: Literal["auto", "console", "json"] = Field(
        default="auto", description="how it is logged; auto: for people on a terminal, as JSON otherwise"
    )
    sending: SendingSection = Field(default_factory=SendingSection)
    policy: PolicySection = Field(default_factory=PolicySection)
    charges: ChargesSection = Field(default_factory=ChargesSection)
    rates: Annotated[tuple[RateSection, ...], Field(strict=False)] = Field(
        default=(),
        description="reference rates of days for which the built-in list has none",
        json_schema_extra=OPTIONAL,
    )
    email: EmailSection = Field(default_factory=EmailSection)
    phone: PhoneSection = Field(default_factory=PhoneSection)
    letters: LettersSection = Field(default_factory=LettersSection)
    xero: XeroSection = Field(default_factory=XeroSection)
    quickbooks: QuickBooksSection = Field(default_factory=QuickBooksSection)
    daemon: DaemonSection = Field(default_factory=DaemonSection)
    page: PageSection = Field(default_factory=PageSection)
    alerts: AlertsSection = Field(default_factory=AlertsSection)
    vault: VaultSection = Field(default_factory=VaultSection)
    minutes: MinutesSection = Field(default_factory=MinutesSection)
    people: dict[AccountName, PersonSection] = Field(default_factory=dict)
    rehearsal: RehearsalSection = Field(default_factory=RehearsalSection)
    tenants: dict[Slug, TenantSection] = Field(default_factory=dict)
