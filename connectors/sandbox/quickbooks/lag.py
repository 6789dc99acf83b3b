"""Invoices, payments and balances as a query saw them a few seconds ago, for the switch that makes queries lag behind.

What the books did since the cutoff is taken back where their stamps tell it: new documents are not there yet, new
allocations have not settled anything, a void has not happened. Edits of single fields are not taken back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.sandbox.documents import Allocation, Credit, Invoice, Payment
from connectors.sandbox.quickbooks.realm import Realm, balances


def rows_as_of(realm: Realm, rows: Iterable[Any], cutoff: datetime) -> Iterator[Any]:
    """`rows` without what happened after `cutoff`."""
    for row in rows:
        if row.created > cutoff:
            continue
        if row.updated > cutoff and isinstance(row, Invoice | Payment | Credit):
            yield _before(realm, row, cutoff)
        else:
            yield row


def balances_as_of(realm: Realm, cutoff: datetime) -> dict[int, Decimal]:
    """What each customer owed at `cutoff`, less what it had in hand."""
    books = realm.books
    money = [*books.payments.values(), *books.credits.values()]
    return balances(rows_as_of(realm, books.invoices.values(), cutoff), rows_as_of(realm, money, cutoff))


def _before(realm: Realm, row: Invoice | Payment | Credit, cutoff: datetime) -> Invoice | Payment | Credit:
    kept = [allocation for allocation in row.allocations if not _is_new(realm, allocation, cutoff)]
    undone = len(row.allocations) - len(kept)
    if isinstance(row, Invoice):
        if row.state == "void":
            return replace(row, state="open", version=row.version - 1, updated=row.created)
        return replace(row, allocations=kept, version=row.version - undone, updated=min(row.updated, cutoff))
    return replace(row, allocations=kept, version=max(0, row.version - undone), updated=min(row.updated, cutoff))


def _is_new(realm: Realm, allocation: Allocation, cutoff: datetime) -> bool:
    """Allocating touches both sides, so both stamps are after the cutoff if it is new."""
    books = realm.books
    invoice = books.invoices[allocation.invoice_id]
    shelf = books.payments if allocation.source == "payment" else books.credits
    source = shelf[allocation.source_id]
    return invoice.updated > cutoff and max(source.created, source.updated) > cutoff
