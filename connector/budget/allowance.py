"""How often a tenant is looked at, given what its ledger still allows; and what of that `dun status` tells.

`poll_minutes` is the wish. Where the calls left, less those kept for today's reminders, would not last until the
service counts anew, looks are spread evenly over the time until then, never further apart than two hours.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from connector.budget.budgeting import budget_of
from connector.config.settings import TenantSettings
from connector.wiring import Installation
from connectors.budget import DAY, CallBudget, month_end

LONGEST = timedelta(hours=2)
HOUR = timedelta(hours=1)


class Costs(Struct, frozen=True):
    """What looking at a ledger costs: each time, in addition once an hour, and for the comparison once a day."""

    each: int
    hourly: int
    daily: int


XERO = Costs(each=1, hourly=4, daily=14)  # invoices; contacts, three lists of credit; the comparison, all customers
QUICKBOOKS = Costs(each=1, hourly=0, daily=12)


class Pace(Struct, frozen=True):
    """Time between two looks. `why` it is longer than configured; empty if it is not."""

    interval: timedelta
    why: str = ""


def poll_interval(installation: Installation, settings: TenantSettings) -> timedelta:
    """Time between two looks at the tenant's ledger: `poll_minutes`, or longer when calls run short."""
    return pace(installation, settings).interval


def pace(installation: Installation, settings: TenantSettings) -> Pace:
    """As `poll_interval`, with the reason."""
    now = installation.clock.now()
    usual = timedelta(minutes=settings.poll_minutes)
    budget = budget_for(installation, settings)
    if budget is None:
        return Pace(usual)
    if settings.ledger == "xero":
        return _by_the_day(budget, usual, now)
    return _by_the_month(installation, settings, budget, usual, now)


def budget_for(installation: Installation, settings: TenantSettings) -> CallBudget | None:
    """The tenant's budget; None while it is not connected."""
    known = installation.registry.tenant(settings.slug)
    if known is None:
        return None
    return budget_of(installation.config, installation.budgets, installation.clock, settings, known.external_id)


def spread(usual: timedelta, spare: float, remaining: timedelta, costs: Costs) -> timedelta:
    """The shortest interval, `usual` at least, at which `spare` calls last for `remaining`."""
    rest = spare - costs.daily * max(remaining / DAY, 1)
    hourly = costs.hourly * (remaining / HOUR)
    if rest > hourly and (often := remaining * costs.each / (rest - hourly)) <= HOUR:
        return max(usual, often)
    seldom = remaining * (costs.each + costs.hourly) / rest if rest > 0 else LONGEST
    return max(usual, min(seldom, LONGEST))


def _by_the_day(budget: CallBudget, usual: timedelta, now: datetime) -> Pace:
    left = budget.left_today(now)
    if left is None:
        return Pace(usual)
    kept = budget.kept_from("pull", now)
    interval = spread(usual, left.calls - kept, left.ends_by - now, XERO)
    return _pace(usual, interval, f"{left.calls} calls left until {left.ends_by:%H:%M} UTC, {kept} kept for reminders")


def _by_the_month(
    installation: Installation, settings: TenantSettings, budget: CallBudget, usual: timedelta, now: datetime
) -> Pace:
    left = budget.left_this_month(now)
    if left is None:
        return Pace(usual)
    kept = budget.month_kept
    sharing = [t for t in installation.config.tenants.values() if (t.ledger, t.app) == (settings.ledger, settings.app)]
    interval = spread(usual, (left - kept) / max(len(sharing), 1), month_end(now) - now, QUICKBOOKS)
    return _pace(usual, interval, f"{left:,} reads left of the month for {len(sharing)} tenants of this app")


def _pace(usual: timedelta, interval: timedelta, why: str) -> Pace:
    return Pace(interval, why if interval > usual else "")
