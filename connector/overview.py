"""How each tenant is doing, from what the registry and its own file say. No calls to anybody."""

from datetime import datetime

from msgspec import Struct

from connector.config import TenantSettings
from connector.wiring import Installation
from state.errors import StateError
from state.model import TenantSlug
from state.registry import Tenant
from state.store import TenantStore


class TenantOverview(Struct, frozen=True, kw_only=True):
    """One line of `dun tenants`. `state` is a word, with its reason where there is one."""

    slug: TenantSlug
    ledger: str
    company: str | None
    state: str
    open_invoices: int = 0
    quarantined: int = 0
    pulled_at: datetime | None = None
    mode: str
    channel: str


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
        mode="none",
        channel="none",
    )


def _one(installation: Installation, settings: TenantSettings) -> TenantOverview:
    known = installation.registry.tenant(settings.slug)
    if known is None:
        return TenantOverview(
            slug=settings.slug,
            ledger=settings.ledger,
            company=None,
            state="not connected",
            mode=settings.mode,
            channel=settings.channel,
        )
    try:
        with installation.store(settings.slug) as store:
            return _connected(installation, settings, store, known)
    except StateError as error:
        return TenantOverview(
            slug=settings.slug,
            ledger=settings.ledger,
            company=known.name,
            state=f"its file cannot be used: {error}",
            mode=settings.mode,
            channel=settings.channel,
        )


def _connected(
    installation: Installation, settings: TenantSettings, store: TenantStore, known: Tenant
) -> TenantOverview:
    return TenantOverview(
        slug=settings.slug,
        ledger=settings.ledger,
        company=known.name,
        state=_state(installation, settings, store, known.parked_because),
        open_invoices=store.mirror.count_open(),
        quarantined=len(store.mirror.quarantined()),
        pulled_at=store.mirror.last_pulled_at(),
        mode=settings.mode,
        channel=settings.channel,
    )


def _state(installation: Installation, settings: TenantSettings, store: TenantStore, parked: str | None) -> str:
    if parked:
        return f"parked: {parked}"
    today = settings.today_at(installation.clock.now())
    paused = [hold for hold in store.holds.active(today) if hold.scope == "tenant"]
    return f"paused: {paused[0].note or paused[0].reason}" if paused else "connected"
