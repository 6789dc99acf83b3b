"""Customers' own times as the tenant's file shows them on a day, by their clocks and within the tenant's hours."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache, partial
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from connector.config.settings import TenantSettings
from connector.customer_zones import zone_of_country
from connector.dunning.calendar import whole_hours
from connector.reports.best_time import Attempt, attempt
from connector.reports.best_times import LOOKED_BACK, acts, own_times
from state.habits import OwnTime
from state.ids import ContactId
from state.paydays import Paydays
from state.store import TenantStore
from state.timings import Answer


def times_in_use(
    store: TenantStore, settings: TenantSettings, paydays: Paydays, today: date
) -> dict[ContactId, OwnTime]:
    """Of everybody with evidence enough; each says so where own times are given up."""
    found, ended = customer_times(store, settings, paydays, today), attempted(store, today).ended
    if ended is None:
        return found
    given_up = f"on {ended.on}, {ended.reason}"
    return {customer: replace(each, given_up=given_up) for customer, each in found.items()}


def customer_times(
    store: TenantStore, settings: TenantSettings, paydays: Paydays, today: date
) -> dict[ContactId, OwnTime]:
    """Of everybody with evidence enough."""
    answers = store.timings.answers(today - timedelta(days=LOOKED_BACK))
    usual = ZoneInfo(settings.zone)
    zones = _zones(answers, usual)
    hours = cache(partial(_hours, settings, today))  # of few zones, for many customers
    return own_times(
        acts(paydays, ((each.contact_id, each.at.astimezone(zones[each.contact_id])) for each in answers), today),
        range(7 if settings.calendar.weekends else 5),
        lambda customer: hours(zones.get(customer, usual)),
        lambda customer: zones.get(customer, usual).key,
    )


def attempted(store: TenantStore, today: date) -> Attempt:
    """The trying of own times that counts on `today`."""
    return attempt(store.timings.ends(today), today)


def _zones(answers: Iterable[Answer], usual: ZoneInfo) -> dict[ContactId, ZoneInfo]:
    """Of everybody who answered: that of the country where it has one, else the tenant's."""
    return {each.contact_id: zone_of_country(each.country) or usual for each in answers}


def _hours(settings: TenantSettings, today: date, theirs: ZoneInfo) -> tuple[int, ...]:
    clock = theirs if settings.window_of_customer else ZoneInfo(settings.zone)
    return whole_hours(settings.sending_window, today, clock, theirs)
