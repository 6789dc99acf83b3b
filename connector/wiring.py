"""Turns a configuration into things that work: stores, ledgers, channels, and a clock.

Whoever adds a ledger or a channel adds a branch here; CONTRIBUTING lists the other places.
"""

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from connector.config import Config, TenantSettings
from connector.credentials import CredentialError, resolve
from connector.messages.templates import Templates
from connector.rehearsal import RehearsalClock
from connector.tenant import Tenant
from connector.vault_keeping import open_vault
from connectors.channels.channel import Channel
from connectors.channels.dry import DryChannel
from connectors.channels.sendgrid import SendGridChannel
from connectors.channels.smtp import SmtpChannel, SmtpSettings
from connectors.ledger import Ledger
from connectors.quickbooks.ledger import QuickBooksLedger
from connectors.quickbooks.oauth import QuickBooksApp, QuickBooksOAuth
from connectors.tokens import StoredTokens
from connectors.transport import CallMeter
from connectors.xero.ledger import XeroLedger
from connectors.xero.oauth import XeroApp, XeroOAuth
from state.clock import Clock, SystemClock
from state.errors import UnknownTenant
from state.locks import exclusive
from state.model import Organisation, TenantSlug, TokenSet
from state.registry import Registry
from state.store import TenantStore
from state.vault import Vault


class Installation:
    """One configuration at work. Belongs to the thread that made it; other threads make their own."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or _clock(config)
        self.registry = Registry.open(config.data / "registry.db")
        self.vault = open_vault(self.registry, config)
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    @contextmanager
    def tenant(self, slug: TenantSlug) -> Iterator[Tenant]:
        """A connected tenant with its store open. Raises UnknownTenant with what to do if it is not connected."""
        settings = self.config.tenant(slug)
        meter = CallMeter()
        with self.store(slug) as store:
            yield Tenant(
                slug=slug,
                settings=settings,
                ledger=self.ledger(settings, meter, store.mirror.organisation()),
                channel=self._channel(settings),
                store=store,
                templates=Templates.load(settings.templates),
                clock=self.clock,
                meter=meter,
                owner=self.owner,
            )

    def store(self, slug: TenantSlug) -> TenantStore:
        """The tenant's own file; made when first asked for."""
        return TenantStore.open(self.config.data / "tenants" / slug / "dun.db")

    def working_on(self, slug: TenantSlug) -> AbstractContextManager[None]:
        """Only one cycle per tenant, over all processes of this machine. Raises Busy while another runs."""
        return exclusive(self.config.data / "locks", f"{slug}.cycle", wait=False)

    def ledger(self, settings: TenantSettings, meter: CallMeter, company: Organisation | None = None) -> Ledger:
        """The connected ledger of a tenant; `company` is what an earlier reading told about it."""
        known = self.registry.tenant(settings.slug)
        if known is None:
            raise UnknownTenant(
                f"Tenant {settings.slug!r} is not connected yet; run `dun connect {settings.ledger}"
                f" --tenant {settings.slug}`."
            )
        if settings.ledger == "xero":
            tokens = self.tokens(settings.slug, self.xero_oauth().refresh)
            code = company.short_code if company else None
            endpoints = self.config.xero_endpoints
            return XeroLedger(endpoints, known.external_id, tokens, self.clock, meter, short_code=code)
        tokens = self.tokens(settings.slug, self.quickbooks_oauth().refresh)
        return QuickBooksLedger(self.config.quickbooks_endpoints, known.external_id, tokens, self.clock, meter)

    def tokens(self, slug: TenantSlug, refresh: Callable[[TokenSet], TokenSet]) -> StoredTokens:
        return StoredTokens(VaultDrawer(self.vault, slug, self.clock), refresh, self.clock)

    def xero_oauth(self, redirect_uri: str = "") -> XeroOAuth:
        section = self.config.xero
        secret = self._secret(section.client_secret)
        app = XeroApp(client_id=section.client_id, client_secret=secret, redirect_uri=redirect_uri)
        return XeroOAuth(self.config.xero_endpoints, app, self.clock)

    def quickbooks_oauth(self, redirect_uri: str = "") -> QuickBooksOAuth:
        section = self.config.quickbooks
        app = QuickBooksApp(section.client_id, self._secret(section.client_secret) or "", redirect_uri)
        return QuickBooksOAuth(app, self.config.quickbooks_endpoints, self.clock)

    def close(self) -> None:
        self.registry.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _channel(self, settings: TenantSettings) -> Channel:
        email = self.config.email
        if settings.channel == "sendgrid":
            key = self._secret(email.sendgrid.api_key) or ""
            return SendGridChannel(key, email.sendgrid.host, self.clock)
        if settings.channel == "smtp":
            return SmtpChannel(self._smtp_settings(), self.clock)
        return DryChannel(self.config.outbox, self.clock)

    def _smtp_settings(self) -> SmtpSettings:
        section = self.config.email.smtp
        return SmtpSettings(
            host=section.host,
            port=section.port,
            security=section.security,
            username=section.username or None,
            password=self._secret(section.password),
            timeout_seconds=section.timeout_seconds,
        )

    def _secret(self, reference: str) -> str | None:
        return resolve(reference, self.config.base).reveal() if reference else None


class VaultDrawer:
    """One tenant's place in the vault, as the token source wants it."""

    def __init__(self, vault: Vault, slug: TenantSlug, clock: Clock) -> None:
        self._vault = vault
        self._slug = slug
        self._clock = clock

    def load(self) -> TokenSet | None:
        return self._vault.load(self._slug)

    def save(self, tokens: TokenSet) -> None:
        self._vault.save(self._slug, tokens, self._clock.now())

    def prepare_to_save(self) -> None:
        self._vault.prepare_to_save(self._slug, self._clock.now())

    def exclusive(self) -> AbstractContextManager[None]:
        return self._vault.exclusive(self._slug)


def missing_secrets(config: Config) -> list[str]:
    """What stands in the way of every secret the configured tenants need, in words; nothing of their values."""
    problems = []
    for reference in sorted(_references(config)):
        try:
            resolve(reference, config.base)
        except CredentialError as error:
            problems.append(str(error))
    return problems


def _references(config: Config) -> set[str]:
    tenants = config.tenants.values()
    ledgers, channels = {tenant.ledger for tenant in tenants}, {tenant.channel for tenant in tenants}
    wanted = {
        config.xero.client_secret if "xero" in ledgers else "",
        config.quickbooks.client_secret if "quickbooks" in ledgers else "",
        config.email.sendgrid.api_key if "sendgrid" in channels else "",
        config.email.smtp.password if "smtp" in channels else "",
    }
    return wanted - {""}


def _clock(config: Config) -> Clock:
    return RehearsalClock(config.rehearsal_clock) if config.rehearsal_clock else SystemClock()
