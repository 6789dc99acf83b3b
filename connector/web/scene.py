"""Everything that the figures of /metrics are taken from, read at one moment by the thread that was asked.

Files that are not there yet are not made by somebody's asking.
"""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from connector.config.settings import Config
from connector.running.pulse import Snapshot
from connector.web.endings import Ending, Endings
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


class RegistryView(Struct, frozen=True, kw_only=True):
    """What the registry knows."""

    connected: tuple[Tenant, ...] = ()
    alerts: tuple[Alert, ...] = ()  # those that last
    untold: int = 0  # attempts at telling somebody of them that failed, in a row
    endings: tuple[Ending, ...] = ()  # when connections end if nobody renews them


class Scene(Struct, frozen=True, kw_only=True):
    """One moment of an installation."""

    now: datetime
    seen: Snapshot
    registry: RegistryView
    spending: tuple[Spending, ...]
    webhooks: Mapping[LedgerName, Mapping[str, int]]  # posts by outcome


class Viewpoint:
    """From where an installation is looked at. May be used from any thread."""

    def __init__(self, config: Config) -> None:
        self._data = config.data
        self._endings = Endings(config)

    def look(self, seen: Snapshot, now: datetime, webhooks: Mapping[LedgerName, Mapping[str, int]]) -> Scene:
        """Read the registry and the budgets. Raises StateError."""
        view = self._view()
        spending = _spending(self._data, view.connected, now)
        return Scene(now=now, seen=seen, registry=view, spending=spending, webhooks=webhooks)

    def tenants_of(self, ledger: LedgerName, companies: Collection[str]) -> list[TenantSlug]:
        """The tenants that these companies of `ledger` are, less those whose connection is dead. Raises StateError."""
        with self._registry() as registry:
            known = registry.tenants() if registry else []
        return [
            tenant.slug
            for tenant in known
            if tenant.ledger == ledger and tenant.external_id.lower() in companies and tenant.parked_at is None
        ]

    def _registry(self) -> AbstractContextManager[Registry | None]:
        """Open, on a connection of this thread's own; None if there is none yet."""
        path = self._data / "registry.db"
        return Registry.open(path) if path.exists() else nullcontext()

    def _view(self) -> RegistryView:
        with self._registry() as registry:
            if registry is None:
                return RegistryView()
            failure = registry.alerts.failure()
            return RegistryView(
                connected=tuple(registry.tenants()),
                alerts=tuple(registry.alerts.lasting()),
                untold=failure.failures if failure else 0,
                endings=self._endings.read(registry),
            )


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
