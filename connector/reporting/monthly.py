"""What the month's page is made of, read from one tenant's file."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from connector.config.settings import TenantSettings
from connector.reporting import payers
from connector.reporting.asked import Asked
from connector.reporting.waiting import waiting
from connector.reports.in_base import Everything
from connector.reports.month import MONTHS, Coming, Expected, month_report, months_before
from connector.reports.table import Report
from state.effect_records import LONGEST_WINDOW
from state.store import TenantStore


def monthly(store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:
    """Of the month of `asked.as_of`, up to that day."""
    first = asked.as_of.replace(day=1)
    zone = ZoneInfo(settings.zone)
    organisation = store.mirror.organisation()
    currency = organisation.currency if organisation else ""
    return month_report(
        store.month(months_before(first, MONTHS - 1), asked.as_of),
        store.effects(_reminded_since(first, asked.today), asked.as_of, asked.today, zone),
        _coming(store, asked, currency),
        waiting(store, settings.slug, zone),
        store.owed(asked.as_of, asked.today),
        store.left_out(asked.as_of),
    )


def _reminded_since(first: date, today: date) -> date:
    """Of a month that has no reminder old enough to be judged yet, with those of the month before."""
    return first if today - first >= timedelta(days=LONGEST_WINDOW) else months_before(first, 1)


def _coming(store: TenantStore, asked: Asked, currency: str) -> Coming | None:
    """What comes from today on, for this month and the one that has just ended; None for those before."""
    if asked.as_of < months_before(asked.today.replace(day=1), 1):
        return None
    forecast = payers.coming(store, asked.today)
    own = {week.begins: week.expected_minor for week in forecast.weeks if week.currency == currency}
    everything = own if forecast.everything is None else _by_day(forecast.everything)
    days = sorted({week.begins for week in forecast.weeks})
    weeks = tuple(Expected(day, own.get(day) if own else 0, everything.get(day)) for day in days)
    return Coming(weeks, forecast.paid)


def _by_day(everything: Everything) -> dict[date, int | None]:
    return {week.begins: week.expected_minor for week in everything.weeks or ()}
