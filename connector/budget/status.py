"""What was spent on what, what is left and on whose word, and when each ledger is looked at next. Calls nobody."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from connector.budget.allowance import budget_for, pace
from connector.config.settings import TenantSettings
from connector.keeping_back import cap_spent
from connector.phone_costs import spent
from connector.wiring import Installation
from connectors.budget import CARRIER, DAY, MINUTE, CallBudget
from state.model import LedgerName, TenantSlug
from state.store import TenantStore


class Closed(Struct, frozen=True):
    """A limit that is reached, as the service said or as its refusals show. Nothing it covers is asked meanwhile."""

    limit: str
    until: datetime


class TextsAndCalls(Struct, frozen=True):
    """What those of this month have cost, or are reckoned with, and what they may; major units."""

    spent: Decimal
    cap: Decimal
    currency: str
    exhausted_because: str | None  # and until when; None: further ones may leave


class TenantStatus(Struct, frozen=True, kw_only=True):
    """One tenant's calls. `since` is when its day began, for QuickBooks a day ago; `kept` is not for polling."""

    tenant: TenantSlug
    ledger: LedgerName
    last_minute: int
    since: datetime
    spent: dict[str, int]  # by purpose
    left: int | None = None  # None: the ledger has no daily limit
    left_told: bool = False  # whether the ledger said so
    day_ends_by: datetime | None = None
    kept: int = 0
    polled_at: datetime | None
    next_poll_at: datetime | None
    interval_minutes: int
    stretched_because: str
    closed: tuple[Closed, ...]
    carrier_rests_until: datetime | None
    texts_and_calls: TextsAndCalls | None  # None: it has neither


class AppStatus(Struct, frozen=True, kw_only=True):
    """All tenants of one registered app together."""

    ledger: LedgerName
    client_id: str
    tenants: tuple[TenantSlug, ...]
    last_minute: int
    this_month: int
    metered_this_month: int
    metered_allowed: int | None  # None: the service does not count months


class Status(Struct, frozen=True):
    tenants: tuple[TenantStatus, ...]
    apps: tuple[AppStatus, ...]


def status(installation: Installation, slugs: list[TenantSlug]) -> Status:
    """Of these connected tenants, and of the apps they use."""
    now = installation.clock.now()
    connected = _connected(installation)
    chosen = [(settings, budget) for settings, budget in connected if settings.slug in slugs]
    apps = dict.fromkeys((settings.ledger, settings.app.client_id) for settings, _ in chosen)
    return Status(
        tuple(_tenant(installation, settings, budget, now) for settings, budget in chosen),
        tuple(_app([(s, b) for s, b in connected if (s.ledger, s.app.client_id) == app], now) for app in apps),
    )


def _connected(installation: Installation) -> list[tuple[TenantSettings, CallBudget]]:
    every = [(settings, budget_for(installation, settings)) for settings in installation.config.tenants.values()]
    return [(settings, budget) for settings, budget in every if budget is not None]


def _tenant(installation: Installation, settings: TenantSettings, budget: CallBudget, now: datetime) -> TenantStatus:
    left = budget.left_today(now)
    since = left.ends_by - DAY if left else now - DAY
    with installation.store(settings.slug) as store:
        polled_at = store.mirror.last_pulled_at()
        texts_and_calls = _texts_and_calls(settings, store, settings.today_at(now))
    rhythm = pace(installation, settings)
    rest = budget.pause(CARRIER, now)
    return TenantStatus(
        tenant=settings.slug,
        ledger=settings.ledger,
        since=since,
        last_minute=_last_minute(budget, now),
        spent={row.purpose: row.calls for row in budget.budgets.in_hours(budget.owner, since, now)},
        left=left.calls if left else None,
        left_told=left is not None and left.told,
        day_ends_by=left.ends_by if left else None,
        kept=budget.kept_from("pull", now) if left else 0,
        polled_at=polled_at,
        next_poll_at=polled_at + rhythm.interval if polled_at else None,
        interval_minutes=round(rhythm.interval / MINUTE),
        stretched_because=rhythm.why,
        closed=tuple(_closed(budget, now)),
        carrier_rests_until=rest.until if rest else None,
        texts_and_calls=texts_and_calls,
    )


def _texts_and_calls(settings: TenantSettings, store: TenantStore, today: date) -> TextsAndCalls | None:
    numbers = settings.phone
    if not {"sms", "voice"}.intersection(settings.book.channels):
        return None
    obstacle = cap_spent(store, numbers, today)
    because = None if obstacle is None else f"{obstacle.words}; {obstacle.mend}"
    return TextsAndCalls(spent(store.costs, numbers, today), numbers.cap, numbers.currency, because)


def _closed(budget: CallBudget, now: datetime) -> Iterator[Closed]:
    for pause in budget.pauses(now):
        if pause.kind != CARRIER and pause.until is not None:
            yield Closed(pause.kind, pause.until)


def _app(sharing: list[tuple[TenantSettings, CallBudget]], now: datetime) -> AppStatus:
    settings, budget = sharing[0]
    month = budget.budgets.in_month(budget.app, now)
    return AppStatus(
        ledger=settings.ledger,
        client_id=settings.app.client_id,
        tenants=tuple(each.slug for each, _ in sharing),
        last_minute=sum(_last_minute(each, now) for _, each in sharing),
        this_month=sum(row.calls for row in month),
        metered_this_month=sum(row.metered for row in month),
        metered_allowed=budget.monthly_reads,
    )


def _last_minute(budget: CallBudget, now: datetime) -> int:
    return budget.budgets.recent(budget.owner, now, MINUTE)
