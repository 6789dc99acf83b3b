"""Customers with their ratings, where the policy asks for them: reckoning all ratings takes a pass over the ledger."""

from collections.abc import Iterable, Iterator
from datetime import date

from msgspec.structs import replace

from connector.reports.rating import ratings
from state.model import Account
from state.store import TenantStore


def graded(store: TenantStore, accounts: Iterable[Account], today: date) -> Iterator[Account]:
    """`accounts` with the ratings of `today`."""
    found = ratings(store.paydays(), store.broken_promises(today), today)
    for account in accounts:
        rating = found.get(account.contact_id)
        yield replace(account, grade=rating.grade) if rating is not None else account
