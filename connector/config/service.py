"""The tables about Dun as a service: the daemon, the people it calls, and the key of its vault."""

from typing import Annotated, Literal

from pydantic import Field

from connector.config.section import OPTIONAL, Section
from connector.config.values import HostName, Listen, Mailbox, SecretReference, TimeOfDay


class DaemonSection(Section):
    """`dun run` as a service."""

    workers: int = Field(default=4, ge=1, le=64, description="tenants that are worked on at the same time")
    grace_seconds: int = Field(
        default=60, ge=1, le=3600, description="how long a stop waits for the cycles in hand to end"
    )
    nightly: TimeOfDay = Field(
        default="02:00", description="when the whole ledger is compared with the mirror, in the tenant's zone"
    )
    listen: Listen = Field(
        default="127.0.0.1:8485",
        description="where /health, /ready, /metrics and the webhook receivers are; empty: nowhere",
    )
    hosts: Annotated[tuple[HostName, ...], Field(strict=False)] = Field(
        default=(),
        description="further names under which that port may be asked: the public one of a proxy that hands webhooks"
        " on, a container's",
        examples=[["dun.example.com"]],
        json_schema_extra=OPTIONAL,
    )


class AlertsSection(Section):
    """Whom Dun tells when only a person can help. Each trouble is told once, and once more when it is over."""

    to: Annotated[tuple[Mailbox, ...], Field(strict=False)] = Field(
        default=(), description="who is written to", examples=[["ops@example.com"]], json_schema_extra=OPTIONAL
    )
    channel: Literal["sendgrid", "smtp"] = Field(default="smtp", description="what carries these messages")
    sender: Mailbox = Field(
        default="",
        alias="from",
        description="who writes; empty: the sender in [sending]",
        examples=["Dun <dun@example.com>"],
        json_schema_extra=OPTIONAL,
    )
    ping_url: SecretReference = Field(
        default="",
        description="an address that is called when a round starts, succeeds or fails (/start and /fail appended), by"
        " reference, as healthchecks wants it",
        examples=["env:DUN_PING_URL"],
        json_schema_extra=OPTIONAL,
    )
    stale_hours: int = Field(
        default=6, ge=1, le=720, description="a ledger that could not be read for so long is an alert"
    )
    silent_hours: int = Field(
        default=24, ge=1, le=720, description="a reminder that was due and could not leave for so long is an alert"
    )
    token_days: int = Field(
        default=14, ge=1, le=90, description="a connection that ends within so many days is an alert"
    )
    disk_free_mb: int = Field(
        default=500, ge=10, le=1_000_000, description="less room than this on the disk of the data folder is an alert"
    )


class VaultSection(Section):
    """The key that encrypts the tokens."""

    key: SecretReference = Field(
        default="",
        description="the key by reference; empty: the file vault.key in the data folder",
        examples=["env:DUN_VAULT_KEY"],
        json_schema_extra=OPTIONAL,
    )
