"""Customers with what the policy asks of how they pay: reckoning it takes a look at all invoices ever paid."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from connector.config.settings import TenantSettings
from connector.customer_times import times_in_use
from connector.dunning.segments import PolicyBook
from connector.reports.early import early_habits
from connector.reports.rating import Rating, ratings
from state.habits import OwnTime
from state.model import Account, ContactId
from state.store import TenantStore


def accounts_of(store: TenantStore, settings: TenantSettings, today: date) -> Iterable[Account]:
    """Every customer with something due on `today`, as the tenant's policy needs to know it."""
    histories, zone = settings.book.asks_for_history, ZoneInfo(settings.zone)
    return known_payers(store, settings, store.receivables.accounts(today, histories=histories, zone=zone), today)


def known_payers(
    store: TenantStore, settings: TenantSettings, accounts: Iterable[Account], today: date, *further: PolicyBook
) -> Iterable[Account]:
    """`accounts` with ratings, habits and own times of `today`, as far as the policy, or one of `further`, asks."""
    books = (settings.book, *further)
    if any(book.asks_for_payers for book in books):
        return _known(store, settings, accounts, today, books)
    return accounts


def _known(
    store: TenantStore, settings: TenantSettings, accounts: Iterable[Account], today: date, books: Sequence[PolicyBook]
) -> Iterator[Account]:
    spares_early = any(book.spares_early_payers for book in books)
    early = early_habits(store.early_payments(today)) if spares_early else {}
    rated, times = _invoice_by_invoice(store, settings, today, books)
    for account in accounts:
        key, rating = account.contact_id, rated.get(account.contact_id)
        grade = rating.grade if rating is not None else None
        yield replace(account, grade=grade, early=early.get(key), own_time=times.get(key))


def _invoice_by_invoice(
    store: TenantStore, settings: TenantSettings, today: date, books: Sequence[PolicyBook]
) -> tuple[dict[ContactId, Rating], dict[ContactId, OwnTime]]:
    """Ratings and own times, which need every invoice itself; who pays early does not, and is asked for by most."""
    rates = any(book.asks_for_ratings for book in books)
    times = any(book.best_time is not None for book in books)
    if not rates and not times:
        return {}, {}
    paydays = store.paydays()
    rated = ratings(paydays, store.broken_promises(today), today) if rates else {}
    return rated, times_in_use(store, settings, paydays, today) if times else {}
