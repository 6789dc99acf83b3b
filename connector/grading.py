"""Customers with what the policy asks of how they pay: reckoning it takes a pass over all invoices ever paid."""

from collections.abc import Iterable, Iterator
from datetime import date

from msgspec.structs import replace

from connector.config.settings import TenantSettings
from connector.customer_times import times_in_use
from connector.dunning.segments import PolicyBook
from connector.reports.early import early_habits
from connector.reports.rating import ratings
from state.model import Account
from state.store import TenantStore


def known_payers(
    store: TenantStore, settings: TenantSettings, accounts: Iterable[Account], today: date, *further: PolicyBook
) -> Iterable[Account]:
    """`accounts` with ratings, habits and own times of `today`, as far as the policy, or one of `further`, asks."""
    books = (settings.book, *further)
    if any(book.asks_for_payers for book in books):
        return _known(store, settings, accounts, today, books)
    return accounts


def _known(
    store: TenantStore, settings: TenantSettings, accounts: Iterable[Account], today: date, books: Iterable[PolicyBook]
) -> Iterator[Account]:
    paydays, books = store.paydays(), list(books)
    rated, early, times = {}, {}, {}
    if any(book.asks_for_ratings for book in books):
        rated = ratings(paydays, store.broken_promises(today), today)
    if any(book.spares_early_payers for book in books):
        early = early_habits(paydays, today)
    if any(book.best_time is not None for book in books):
        times = times_in_use(store, settings, paydays, today)
    for account in accounts:
        key, rating = account.contact_id, rated.get(account.contact_id)
        grade = rating.grade if rating is not None else None
        yield replace(account, grade=grade, early=early.get(key), own_time=times.get(key))
