"""How each tenant is doing, from what the registry, the vault and its own file say. No calls to anybody."""

from datetime import datetime

import msgspec
from msgspec import Struct

from connector.config.settings import TenantSettings
from connector.printing import in_words
from connector.wiring import Installation
from connectors.xero.oauth import NOTES, lacking
from state.errors import StateError
from state.model import TenantSlug, TokenSet
from state.registry import Tenant
from state.store import TenantStore

_LOOKED_BACK = 20  # killed cycles left no report


class TenantOverview(Struct, frozen=True, kw_only=True):
    """One line of `dun tenants`. `state` is a word, with its reason where there is one; instants are aware UTC."""

    slug: TenantSlug
    ledger: str
    company: str | None
    state: str
    open_invoices: int = 0
    quarantined: int = 0
    pulled_at: datetime | None = None
    succeeded_at: datetime | None = None  # end of the last cycle without a problem
    last_problems: tuple[str, ...] = ()  # codes, of the last cycle that left a report
    rights: str = "none"
    custom_connection: bool = False
    idle_ends_at: datetime | None = None  # if nothing refreshes the tokens before: 60 days at Xero, 100 at Intuit
    consent_ends_at: datetime | None = None  # whatever is done: five years at Intuit
    read_only: bool = False
    mode: str
    channel: str


class _Troubles(Struct):
    """The part of a cycle's report that says what went wrong."""

    problems: list["_Trouble"] = []


class _Trouble(Struct):
    code: str


def overview(installation: Installation) -> list[TenantOverview]:
    """Every configured tenant, connected or not, and those that are connected but configured no more."""
    configured = [_one(installation, settings) for settings in installation.config.tenants.values()]
    known = installation.registry.tenants()
    return configured + [_forgotten(tenant) for tenant in known if tenant.slug not in installation.config.tenants]


def _forgotten(tenant: Tenant) -> TenantOverview:
    return TenantOverview(
        slug=tenant.slug,
        ledger=tenant.ledger,
        company=tenant.name,
        state="left alone: it is not in the configuration any more",
        succeeded_at=tenant.succeeded_at,
        mode="none",
        channel="none",
    )


def _one(installation: Installation, settings: TenantSettings) -> TenantOverview:
    known = installation.registry.tenant(settings.slug)
    if known is None:
        return _unusable(settings, None, "not connected")
    try:
        tokens = installation.vault.load(settings.slug)
    except StateError as error:
        return _unusable(settings, known, f"its tokens cannot be used: {error}")
    try:
        with installation.store(settings.slug) as store:
            return _connected(installation, settings, store, known, tokens)
    except StateError as error:
        return _unusable(settings, known, f"its file cannot be used: {error}")


def _unusable(settings: TenantSettings, known: Tenant | None, state: str) -> TenantOverview:
    return TenantOverview(
        slug=settings.slug,
        ledger=settings.ledger,
        company=known.name if known else None,
        state=state,
        succeeded_at=known.succeeded_at if known else None,
        read_only=settings.read_only,
        mode=settings.mode,
        channel=settings.channel,
    )


def _connected(
    installation: Installation, settings: TenantSettings, store: TenantStore, known: Tenant, tokens: TokenSet | None
) -> TenantOverview:
    troubles = _last_problems(store)
    return TenantOverview(
        slug=settings.slug,
        ledger=settings.ledger,
        company=known.name,
        state=_state(installation, settings, store, known, tokens, troubles),
        open_invoices=store.mirror.count_open(),
        quarantined=len(store.mirror.quarantined()),
        pulled_at=store.mirror.last_pulled_at(),
        succeeded_at=known.succeeded_at,
        last_problems=troubles,
        rights=_rights(settings, tokens),
        custom_connection=settings.app.custom_connection,
        idle_ends_at=tokens.refresh_expires_at if tokens else None,
        consent_ends_at=tokens.consent_expires_at if tokens else None,
        read_only=settings.read_only,
        mode=settings.mode,
        channel=settings.channel,
    )


def _rights(settings: TenantSettings, tokens: TokenSet | None) -> str:
    """What Dun does with the connection; Intuit knows no narrower right, there Dun itself keeps to reading."""
    if tokens is None:
        return "none"
    if settings.read_only:
        return "reading only"
    if settings.ledger == "xero" and tokens.scope and lacking([NOTES], tokens.scope):
        return f"reading only, although notes are wanted: dun reconnect {settings.slug}"
    return "reading and notes"


def _last_problems(store: TenantStore) -> tuple[str, ...]:
    told = next((cycle.report for cycle in store.cycles.last(_LOOKED_BACK) if cycle.report), None)
    if told is None:
        return ()
    codes = (problem.code for problem in msgspec.json.decode(told, type=_Troubles).problems)
    return tuple(dict.fromkeys(codes))


def _state(
    installation: Installation,
    settings: TenantSettings,
    store: TenantStore,
    known: Tenant,
    tokens: TokenSet | None,
    troubles: tuple[str, ...],
) -> str:
    if known.parked_because:
        return f"parked: {known.parked_because}; dun reconnect {settings.slug}"
    if tokens is None:
        return f"it has no tokens; dun reconnect {settings.slug}"
    today = settings.today_at(installation.clock.now())
    paused = [hold for hold in store.holds.active(today) if hold.scope == "tenant"]
    if paused:
        return f"paused: {paused[0].note or paused[0].reason}"
    return f"connected; problems in the last cycle: {in_words(', '.join(troubles))}" if troubles else "connected"
