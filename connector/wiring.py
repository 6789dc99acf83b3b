"""Turns a configuration into things that work: stores, ledgers, channels, and a clock.

Whoever adds a ledger or a channel adds a branch here; CONTRIBUTING lists the other places. What rests on a vendor's SDK
is imported in its branch: the SDKs are half of what a command takes to start, and most commands call nobody.
"""

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from connector.budget.budgeting import budget_of
from connector.config.settings import Config, TenantSettings
from connector.connecting.intuit import quickbooks_endpoints
from connector.credentials import CredentialError, resolve
from connector.intake import Sources
from connector.letters.letterhead import lob_sender
from connector.messages.templates import Templates
from connector.post import Post, mailbox_references, oauth_references
from connector.read_only import read_only
from connector.rehearsal import RehearsalClock
from connector.tenant import Telephone, Tenant
from connector.vault.keeper import open_vault
from connector.work_list import WorkList
from connectors.channels.channel import Channel
from connectors.channels.dry import DryChannel
from connectors.channels.letter_folder import LetterFolderChannel
from connectors.channels.smtp import SmtpChannel, SmtpSettings
from connectors.ledger import Ledger
from connectors.quickbooks.oauth import QuickBooksApp, QuickBooksOAuth
from connectors.tokens import StoredTokens, TokenSource
from connectors.transport import CallMeter
from connectors.xero.oauth import READING, READING_AND_NOTES, XeroApp, XeroOAuth
from state.budgets import Budgets
from state.clock import Clock, ManualClock, SystemClock
from state.errors import LostFile, UnknownTenant
from state.locks import exclusive
from state.model import Organisation, TenantSlug, TokenSet
from state.registry import Registry
from state.store import TenantStore
from state.vault import Vault

if TYPE_CHECKING:
    from connectors.channels.lob import LobChannel
    from connectors.channels.sendgrid import SendGridChannel

LOST_WORDS = (
    "its file was lost and made anew; `dun sync` learns from the ledger's notes what was sent, `dun resolve` asks about"
    " the rest"
)


class Installation:
    """One configuration at work. Belongs to the thread that made it; other threads make their own.

    Without `create`, LostFile where the registry is not there: a daemon whose disk has gone must not begin a new life.
    """

    def __init__(self, config: Config, clock: Clock | None = None, *, create: bool = True) -> None:
        self.config = config
        self.clock = clock or clock_of(config)
        self.registry = Registry.open(config.data / "registry.db", create=create)
        self.vault = open_vault(self.registry, config)
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    @cached_property
    def budgets(self) -> Budgets:
        """Opened when first asked for: commands that call nobody leave it alone."""
        return Budgets.open(self.config.data / "budgets.db")

    @cached_property
    def post(self) -> Post:
        """Mailboxes and logins by token; keeps the tokens it has got."""
        return Post(self.config, self.clock)

    @contextmanager
    def tenant(self, slug: TenantSlug) -> Iterator[Tenant]:
        """A connected tenant with its store open. Raises UnknownTenant with what to do if it is not connected."""
        settings, meter = self.config.tenant(slug), CallMeter()
        with self._filled_store(slug) as store, closing(self._ledger_beside(store, settings, meter)) as ledger:
            yield Tenant(
                slug=slug,
                settings=settings,
                ledger=ledger,
                channel=self.carrier("dry" if settings.read_only else settings.channel),
                further=self.further_carriers(settings, store),
                store=store,
                templates=Templates.load(settings.templates, settings.locale),
                fonts=self.config.base / fonts if (fonts := self.config.letters.fonts) else None,
                sources=self.sources(settings),
                telephone=self.telephone(settings),
                clock=self.clock,
                meter=meter,
                owner=self.owner,
            )

    def store(self, slug: TenantSlug) -> TenantStore:
        """The tenant's own file; made when first asked for, but LostFile if a connected tenant's is gone."""
        path = self.tenant_file(slug)
        if self.registry.tenant(slug) is not None and not path.exists():
            raise LostFile(
                f"{path} is gone, and with it what was sent for {slug!r}; nothing is sent. See whether its disk is"
                f" mounted; else bring the file back with `dun restore`, or run `dun reconnect {slug}`, which makes a"
                " new one and learns from the ledger's notes."
            )
        return TenantStore.open(path)

    def founded_store(self, slug: TenantSlug) -> TenantStore:
        """As `store`, for connecting: makes a new file even where one was lost, which then learns before it decides."""
        known = self.registry.tenant(slug)
        store = TenantStore.open(self.tenant_file(slug))
        if known and store.mirror.organisation() is None and store.restoration.unlearned() is None:
            store.restoration.begin(known.added_at, self.clock.now(), LOST_WORDS)
        return store

    def _ledger_beside(self, store: TenantStore, settings: TenantSettings, meter: CallMeter) -> Ledger:
        return self.ledger(settings, meter, store.mirror.organisation())

    def _filled_store(self, slug: TenantSlug) -> TenantStore:
        """A store that knows its company; LostFile if it knows nothing, as one that was made anew or half connected."""
        store = self.store(slug)
        if store.mirror.organisation() is not None or self.registry.tenant(slug) is None:
            return store
        store.close()
        raise LostFile(
            f"{self.tenant_file(slug)} is empty although {slug!r} is connected; nothing is sent. Bring the file back"
            f" with `dun restore`, or run `dun reconnect {slug}`, which learns from the ledger's notes what was sent."
        )

    def tenant_file(self, slug: TenantSlug) -> Path:
        return tenant_file(self.config, slug)

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
            refresh = self.xero_oauth(settings).refresh_for(known.external_id)
        else:
            refresh = self.quickbooks_oauth(settings).refresh
        return self.ledger_of(settings, known.external_id, self.tokens(settings.slug, refresh), meter, company)

    def ledger_of(
        self,
        settings: TenantSettings,
        company_id: str,
        tokens: TokenSource,
        meter: CallMeter,
        company: Organisation | None = None,
    ) -> Ledger:
        """The ledger of one company, opened with `tokens`. That of a read-only tenant writes nothing."""
        ledger: Ledger
        meter.budget = budget_of(self.config, self.budgets, self.clock, settings, company_id)
        if settings.ledger == "xero":
            from connectors.xero.ledger import XeroLedger

            code = company.short_code if company else None
            ledger = XeroLedger(self.config.xero_endpoints, company_id, tokens, self.clock, meter, short_code=code)
        else:
            from connectors.quickbooks.ledger import QuickBooksLedger

            ledger = QuickBooksLedger(self.config.quickbooks_endpoints, company_id, tokens, self.clock, meter)
        return read_only(ledger) if settings.read_only else ledger

    def tokens(self, slug: TenantSlug, refresh: Callable[[TokenSet], TokenSet]) -> StoredTokens:
        return StoredTokens(VaultDrawer(self.vault, slug, self.clock), refresh, self.clock)

    def xero_oauth(self, settings: TenantSettings, redirect_uri: str = "") -> XeroOAuth:
        """With the app that the tenant is connected with, and asking for no more rights than it needs."""
        app = XeroApp(
            client_id=settings.app.client_id,
            client_secret=self._secret(settings.app.client_secret),
            redirect_uri=redirect_uri,
            scopes=READING if settings.read_only else READING_AND_NOTES,
            custom_connection=settings.app.custom_connection,
        )
        return XeroOAuth(app, self.config.xero_endpoints, self.clock)

    def quickbooks_oauth(
        self, settings: TenantSettings, redirect_uri: str = "", *, discover: bool = False
    ) -> QuickBooksOAuth:
        """With `discover`, Intuit may be asked where its services are; without, nobody is."""
        secret = self._secret(settings.app.client_secret) or ""
        app = QuickBooksApp(settings.app.client_id, secret, redirect_uri)
        return QuickBooksOAuth(app, quickbooks_endpoints(self.config, self.clock, discover=discover), self.clock)

    def carrier(
        self, name: Literal["sendgrid", "smtp", "dry"], patience_seconds: float | None = None
    ) -> "SendGridChannel | SmtpChannel | DryChannel":
        """What takes messages along, as it is configured. `patience_seconds`: for each wait, instead of the usual."""
        email = self.config.email
        if name == "sendgrid":
            from connectors.channels.sendgrid import SendGridChannel

            key = self._secret(email.sendgrid.api_key) or ""
            with configured("[email.sendgrid]"):
                return SendGridChannel(key, email.sendgrid.host, self.clock, patience_seconds or 20)
        if name == "smtp":
            return SmtpChannel(self._smtp_settings(patience_seconds), self.clock)
        return DryChannel(self.config.outbox, self.clock)

    def sources(self, settings: TenantSettings) -> Sources:
        """Where a tenant's replies and the facts about its deliveries are read."""
        return self.post.sources(settings)

    def telephone(self, settings: TenantSettings) -> Telephone | None:
        """Where texts and calls are asked after; None for a tenant who sends none."""
        asks = {"sms", "voice"} & settings.book.channels
        if not asks or settings.read_only or settings.channel == "dry":
            return None
        from connector.phone_wiring import inbox, reports

        with configured("[phone]"):
            return Telephone(inbox(self.config), reports(self.config, self.clock))

    def further_carriers(self, settings: TenantSettings, store: TenantStore) -> dict[str, Channel]:
        """What takes text messages, calls and letters along, by kind. Those that nobody configured are missing."""
        if settings.read_only or settings.channel == "dry":
            dry = self.carrier("dry")
            return {"sms": dry, "voice": dry, "letter": dry, "call": dry}
        carriers: dict[str, Channel] = {"call": WorkList(store, self.clock)}
        used = settings.book.channels
        if "letter" in used:
            carriers["letter"] = self.letter_carrier(settings)
        if "sms" in used:
            from connector.phone_wiring import text_channel

            with configured("[phone]"):
                carriers["sms"] = text_channel(self.config, settings, self.clock)
        if "voice" in used:
            from connector.phone_wiring import voice_channel

            with configured("[phone]"):
                carriers["voice"] = voice_channel(self.config, settings, self.clock)
        return carriers

    def letter_carrier(self, settings: TenantSettings) -> "LetterFolderChannel | LobChannel":
        """What takes a tenant's letters along. ValueError if Lob is to, and the letterhead is none it takes."""
        letters = settings.letters
        if letters.carrier == "folder":
            return LetterFolderChannel(self.config.base / letters.folder / settings.slug, self.clock)
        from connectors.channels.lob import LobChannel, LobSettings

        sender, address = lob_sender(settings.letterhead, letters.lob.return_address)
        lob = LobSettings(
            api_key=self._secret(letters.lob.api_key) or "",
            sender=sender,
            sender_address=address,
            host=letters.lob.host,
            color=letters.lob.color,
            double_sided=letters.lob.double_sided,
            certified=dict.fromkeys(letters.certified_stages, letters.lob.certified),
        )
        with configured("[letters.lob]"):
            return LobChannel(lob, self.clock)

    def close(self) -> None:
        if "budgets" in self.__dict__:
            self.budgets.close()
        self.registry.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _smtp_settings(self, patience_seconds: float | None) -> SmtpSettings:
        section = self.config.email.smtp
        return SmtpSettings(
            host=section.host,
            port=section.port,
            security=section.security,
            username=section.username or None,
            password=self._secret(section.password),
            tokens=self.post.tokens(section.oauth),
            timeout_seconds=patience_seconds or section.timeout_seconds,
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


@contextmanager
def configured(table: str) -> Iterator[None]:
    """What a carrier refuses about itself is a mistake in `table` or in a secret it refers to."""
    try:
        yield
    except ValueError as error:
        raise CredentialError(f"{table}: {error}; correct it, then `dun config check`") from None


def tenant_file(config: Config, slug: TenantSlug) -> Path:
    """Where everything Dun knows about a tenant lies."""
    return config.data / "tenants" / slug / "dun.db"


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
    channels = {tenant.channel for tenant in tenants if not tenant.read_only}
    if config.alerts.to:
        channels.add(config.alerts.channel)
    wanted = {tenant.app.client_secret for tenant in tenants} | {
        config.email.sendgrid.api_key if "sendgrid" in channels else "",
        config.email.smtp.password if "smtp" in channels else "",
        *(oauth_references(config.email.smtp.oauth) if "smtp" in channels else ()),
        *(reference for tenant in tenants for reference in mailbox_references(tenant.mailbox)),
        *(tenant.letters.lob.api_key for tenant in tenants if tenant.letters.carrier == "lob"),
        config.alerts.ping_url,
        *((config.phone.auth_token, config.phone.api_key_secret) if config.phone.account_sid else ()),
        config.xero.webhook_key,
        config.quickbooks.webhook_token,
    }
    return wanted - {""}


def clock_of(config: Config) -> Clock:
    """What this installation calls now."""
    if config.rehearsal_ended is not None:
        return ManualClock(config.rehearsal_ended)
    return RehearsalClock(config.rehearsal_clock) if config.rehearsal_clock else SystemClock()
