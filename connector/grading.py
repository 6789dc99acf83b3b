"""Customers with what the policy asks of how they pay: reckoning it takes a pass over all invoices ever paid."""

from collections.abc import Iterable, Iterator
from datetime import date

from msgspec.structs import replace

from connector.dunning.segments import PolicyBook
from connector.reports.early import early_habits
from connector.reports.rating import ratings
from state.model import Account
from state.store import TenantStore


def known_payers(store: TenantStore, accounts: Iterable[Account], today: date, *books: PolicyBook) -> Iterable[Account]:
    """`accounts` with ratings and habits of `today`, as far as one of `books` asks for them."""
    rated, spared = any(book.asks_for_ratings for book in books), any(book.spares_early_payers for book in books)
    return _known(store, accounts, today, rated=rated, spared=spared) if rated or spared else accounts


def _known(
    store: TenantStore, accounts: Iterable[Account], today: date, *, rated: bool, spared: bool
) -> Iterator[Account]:
    paydays = store.paydays()
    found = ratings(paydays, store.broken_promises(today), today) if rated else {}
    early = early_habits(paydays, today) if spared else {}
    for account in accounts:
        rating = found.get(account.contact_id)
        grade = rating.grade if rating is not None else None
        yield replace(account, grade=grade, early=early.get(account.contact_id))
