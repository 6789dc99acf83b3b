"""Everything that the figures of /metrics are taken from, read at one moment by the thread that was asked.

Files that are not there yet are not made by somebody's asking.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from connector.pulse import Snapshot
from state.alerts import Alert
from state.budgets import Budgets, Spent
from state.model import LedgerName, TenantSlug
from state.registry import Registry, Tenant

_DAY = timedelta(hours=24)


class Spending(Struct, frozen=True):
    """Calls of one tenant in the last 24 hours by purpose, and what its ledger said is left of the day."""

    slug: TenantSlug
    by_purpose: tuple[Spent, ...]
    left: int | None  # None: it does not say, or has said nothing lately


class Scene(Struct, frozen=True, kw_only=True):
    """One moment of an installation."""

    now: datetime
    seen: Snapshot
    connected: tuple[Tenant, ...]  # what the registry knows
    alerts: tuple[Alert, ...]  # those that last
    untold: int  # attempts at telling somebody of them that failed, in a row
    spending: tuple[Spending, ...]
    webhooks: Mapping[LedgerName, Mapping[str, int]]  # posts by outcome
    version: str


def look(
    data: Path, seen: Snapshot, now: datetime, webhooks: Mapping[LedgerName, Mapping[str, int]], version: str
) -> Scene:
    """Read the registry and the budgets in the folder `data`. Raises StateError."""
    connected, alerts, untold = _registry(data)
    return Scene(
        now=now,
        seen=seen,
        connected=connected,
        alerts=alerts,
        untold=untold,
        spending=_spending(data, connected, now),
        webhooks=webhooks,
        version=version,
    )


def tenants_of(data: Path, ledger: LedgerName, companies: Collection[str]) -> list[TenantSlug]:
    """The tenants that these companies of `ledger` are, without those whose connection is dead. Raises StateError."""
    return [
        tenant.slug
        for tenant in _registry(data)[0]
        if tenant.ledger == ledger and tenant.external_id.lower() in companies and tenant.parked_at is None
    ]


def _registry(data: Path) -> tuple[tuple[Tenant, ...], tuple[Alert, ...], int]:
    """Tenants, lasting alerts, and failures at telling them; on a connection of this thread's own."""
    path = data / "registry.db"
    if not path.exists():
        return (), (), 0
    with Registry.open(path) as registry:
        failure = registry.alerts.failure()
        return tuple(registry.tenants()), tuple(registry.alerts.lasting()), failure.failures if failure else 0


def _spending(data: Path, connected: Collection[Tenant], now: datetime) -> tuple[Spending, ...]:
    path = data / "budgets.db"
    if not path.exists():
        return ()
    with Budgets.open(path) as budgets:
        return tuple(_spent(budgets, tenant, now) for tenant in connected)


def _spent(budgets: Budgets, tenant: Tenant, now: datetime) -> Spending:
    owner = f"{tenant.ledger}:{tenant.external_id}"
    heard = budgets.marks.heard(owner, "day")
    left = heard.left if heard and heard.ends_by > now else None
    return Spending(tenant.slug, tuple(budgets.in_hours(owner, now - _DAY, now)), left)
