"""Every key of the configuration file: its type, its default, what it means and what it looks like.

The example file and the reference page are generated from here, and a test keeps all three in step.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from connector.config.apps import QuickBooksSection, XeroSection
from connector.config.letters import LetterheadSection, LettersSection
from connector.config.section import OPTIONAL, Section
from connector.config.service import AlertsSection, DaemonSection, VaultSection
from connector.config.values import (
    Amounts,
    LocaleName,
    Mailbox,
    OptionalUrl,
    SecretReference,
    Url,
    Window,
    Zone,
)
from connector.dunning.policy import DEFAULT_STAGES

SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
STAGE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]


class SendingSection(Section):
    """How messages leave. These are defaults: every key may be set again for a single tenant."""

    mode: Literal["approve", "auto"] = Field(
        default="approve", description="who lets reminders go: approve asks a person for each, auto sends what is due"
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
    reply_to: Mailbox = Field(default="", description="where answers go; empty: to the sender")
    window: Window = Field(default="09:00-17:00", description="when messages may leave, in the tenant's zone")
    weekends: bool = Field(default=False, description="whether messages leave on Saturdays and Sundays")
    closed_days: Annotated[tuple[date, ...], Field(strict=False)] = Field(
        default=(), description="further days on which nothing is sent, such as [2026-12-25, 2026-12-28]"
    )
    daily_cap: int = Field(
        default=200, ge=1, le=100_000, description="messages per tenant and day at most; the oldest debts go first"
    )
    attach_pdf: bool = Field(default=True, description="whether the invoices are attached as PDF")
    verify_within_seconds: int = Field(
        default=120,
        ge=10,
        le=3600,
        description="how old the live reading of the ledger may be at the moment a message is claimed for sending",
    )


class StageSection(Section):
    """A step of the sequence."""

    name: Annotated[str, StringConstraints(pattern=STAGE_PATTERN)] = Field(
        description="what the stage is called in lists, notes and history", examples=["soft"]
    )
    offset_days: int = Field(ge=-365, le=3650, description="days after the due date; negative: before it", examples=[1])
    template: str = Field(
        default="", description="the wording: friendly, soft, firm, final or collection; empty: as the name"
    )
    minimum: Amounts = Field(
        default={},
        description="an invoice owing less passes this stage by; amounts per currency",
        examples=[{"default": "50.00"}],
        json_schema_extra=OPTIONAL,
    )


class PolicySection(Section):
    """When the firm asks for its money. Stages after the due date are never skipped and never sent two at once."""

    minimum_gap_days: int = Field(
        default=4, ge=1, le=90, description="days between two messages to the same customer, over all its invoices"
    )
    tolerance: Amounts = Field(
        default={"default": "1.00"},
        description='owing this or less is not asked for; per currency, such as { default = "1.00", JPY = "100" }',
    )
    handover_days: int = Field(
        default=35, ge=1, le=3650, description="days after the due date when a person decides how to go on"
    )
    stages: Annotated[tuple[StageSection, ...], Field(strict=False, min_length=1)] = Field(
        default=tuple(
            StageSection(name=s.name, offset_days=s.offset_days, template=s.template) for s in DEFAULT_STAGES
        ),
        description="the sequence, in order; the four stages below are the default",
    )


class SendGridSection(Section):
    """For the channel sendgrid."""

    api_key: SecretReference = Field(
        default="", description="an API key that may send mail, by reference", examples=["env:DUN_SENDGRID_API_KEY"]
    )
    host: Url = Field(
        default="https://api.sendgrid.com", description="where SendGrid is; its EU region has another host"
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


class TenantSection(SendingSection):
    """A company whose invoices are chased. The last part of the heading is its short name, on the command line and in
    the data folder. Every key of [sending] may be set here again."""

    ledger: Literal["xero", "quickbooks"] = Field(description="where its books are", examples=["xero"])
    zone: Zone = Field(description="its time zone, by IANA name", examples=["Europe/London"])
    locale: LocaleName = Field(default="en_GB", description="how amounts and dates are written")
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
    letterhead: LetterheadSection = Field(default_factory=LetterheadSection)


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
    email: EmailSection = Field(default_factory=EmailSection)
    letters: LettersSection = Field(default_factory=LettersSection)
    xero: XeroSection = Field(default_factory=XeroSection)
    quickbooks: QuickBooksSection = Field(default_factory=QuickBooksSection)
    daemon: DaemonSection = Field(default_factory=DaemonSection)
    alerts: AlertsSection = Field(default_factory=AlertsSection)
    vault: VaultSection = Field(default_factory=VaultSection)
    rehearsal: RehearsalSection = Field(default_factory=RehearsalSection)
    tenants: dict[Slug, TenantSection] = Field(default_factory=dict)
