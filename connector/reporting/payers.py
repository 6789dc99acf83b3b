"""What the reports about payers rest on, read from one tenant's file."""

from collections.abc import Iterator
from datetime import date

from connector.config.settings import TenantSettings
from connector.customer_times import attempted, customer_times
from connector.reporting.asked import Asked
from connector.reports.best_time import best_time_report
from connector.reports.expected_money import Debt, Known, debts
from connector.reports.forecast import Forecast, Forecaster
from connector.reports.forecast_report import forecast_report
from connector.reports.in_base import Base
from connector.reports.past_error import Tails
from connector.reports.payers import Payers
from connector.reports.rating import ratings
from connector.reports.rating_report import rating_report
from connector.reports.table import Report
from state.paydays import ordinal
from state.store import TenantStore


def forecast(store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:  # noqa: ARG001 - as reports are built
    """When the money of what is open today comes; of an earlier day nobody knows what had been promised."""
    base = _base(store)
    return forecast_report(store.paydays(), _owed(store, asked.today, base), asked.today, base)


def coming(store: TenantStore, today: date) -> Forecast:
    """What each of the coming weeks should bring."""
    base = _base(store)
    forecaster = Forecaster(Payers(store.paydays(), ordinal(today)), today, Tails(), base)
    for _ in forecaster.expect(_owed(store, today, base)):
        pass
    return forecaster.forecast()


def _owed(store: TenantStore, today: date, base: Base | None) -> Iterator[Debt]:
    """What is open, read when the first of it is asked for and gone with the last: nothing takes more memory."""
    handed_over = frozenset(out.invoice_id for out in store.handovers.out())
    known = Known(base=base.currency if base else None, rates=store.rates, handed_over=handed_over)
    yield from debts(store.receivables.accounts(today, histories=False), known, today)


def _base(store: TenantStore) -> Base | None:
    organisation = store.mirror.organisation()
    return Base(organisation.currency, organisation.ledger) if organisation and organisation.currency else None


def best_time(store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:
    """What own times did, and everybody's, as of today; of an earlier day nobody knows zones and hours."""
    day = asked.today
    tried = attempted(store, day)
    return best_time_report(
        store.timings.outcomes(tried.first, day),
        tried.ended,
        customer_times(store, settings, store.paydays(), day),
        store.contact_names(),
        day,
        switched_on=settings.best_time is not None,
    )


def rating(store: TenantStore, settings: TenantSettings, asked: Asked) -> Report:  # noqa: ARG001
    """How everybody has paid by the end of `as_of`."""
    paydays = store.paydays()
    found = ratings(paydays, store.broken_promises(asked.as_of), asked.as_of)
    return rating_report(found, store.contact_names(), asked.as_of)
