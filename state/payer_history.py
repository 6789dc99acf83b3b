"""How each customer has paid so far: the one thing that says most about how it will pay.

Only what is beyond doubt counts: invoices that payments alone have settled, each on a known day, and that had a due
date. An invoice that a credit note took part in was not simply paid, and when a credit was applied neither ledger tells
reliably. So `paid` may be less than the number of paid invoices, and a customer of whom nothing is certain has 0.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from state.columns import read_day
from state.families import Families
from state.model import ContactId, PayerHistory
from state.paydays import Paydays

_TENTH = Decimal("0.1")

# total() instead of sum(): it cannot overflow, and is exact as long as the amounts themselves are below 2^53.
_PAID = """
    WITH settled AS (
        SELECT invoice_id, max(applied_on) AS day, total(amount_minor) AS paid, count(*) = count(applied_on) AS dated
        FROM allocation WHERE source = 'payment' GROUP BY invoice_id
    )
    SELECT contact_id, count(*), sum(day > due_on), sum(CAST(julianday(day) - julianday(due_on) AS INTEGER)), max(day)
    FROM invoice JOIN settled ON settled.invoice_id = invoice.id
    WHERE status = 'paid' AND due_on IS NOT NULL AND dated AND paid >= total_minor
    GROUP BY contact_id
"""
_FIRST = """
    SELECT contact_id, min(issued_on) FROM invoice
    WHERE (status = 'open' OR status = 'paid') AND issued_on IS NOT NULL GROUP BY contact_id
"""


# Xero tells with each invoice what has paid it: of most invoices that stands beside the list.
_SETTLED_BY_INVOICE = """
    SELECT contact_id, coalesce(issued_on, due_on), due_on, last_payment_on AS day, total_minor, currency FROM invoice
    WHERE status = 'paid' AND due_on IS NOT NULL AND total_minor > 0 AND payments_minor >= total_minor
"""
# The list is decoded here, which costs a third of what SQLite's json_each does.
_SETTLED_BY_OTHERS_TOO = """
    SELECT contact_id, coalesce(issued_on, due_on), due_on, total_minor, currency, allocations FROM invoice
    WHERE status = 'paid' AND due_on IS NOT NULL AND total_minor > 0 AND payments_minor IS NULL
    AND allocations IS NOT NULL
"""
# QuickBooks tells it with each payment.
_SETTLED_BY_PAYMENTS = """
    WITH settled AS (
        SELECT invoice_id, max(applied_on) AS day, total(amount_minor) AS paid, count(*) = count(applied_on) AS dated
        FROM allocation WHERE source = 'payment' AND told_by = 'payment' GROUP BY invoice_id
    )
    SELECT contact_id, coalesce(issued_on, due_on), due_on, day, total_minor, currency
    FROM invoice JOIN settled ON settled.invoice_id = invoice.id
    WHERE status = 'paid' AND due_on IS NOT NULL AND dated AND paid >= total_minor AND total_minor > 0
"""
_STILL_OPEN = """
    SELECT contact_id, coalesce(issued_on, due_on), due_on, NULL AS day, total_minor, currency
    FROM invoice WHERE status = 'open' AND due_minor > 0 AND due_on IS NOT NULL AND NOT disputed
"""
# Days are compared as texts. Whoever pays after that day has not paid yet; what is overdue then was not paid early.
_EARLY = """
    SELECT contact_id, sum(coalesce(day <= :today AND day < due_on, 0)),
           sum(coalesce(day <= :today, 0) OR due_on < :today)
    FROM ({invoices}) GROUP BY contact_id
"""


_BROKEN = """
    SELECT coalesce(promise.contact_id, invoice.contact_id)
    FROM promise LEFT JOIN invoice ON invoice.id = promise.invoice_id
    WHERE state = 'broken' AND promised_on > date(?, '-1 year') AND promised_on <= ?
    AND coalesce(promise.contact_id, invoice.contact_id) IS NOT NULL
"""


class _Allocation(Struct, gc=False):
    source: str
    amount_minor: int
    applied_on: str | None = None


_allocations = msgspec.json.Decoder(list[_Allocation])


class _Sums(Struct):
    paid: int = 0
    late: int = 0
    days: int = 0
    last_paid_on: date | None = None
    first_invoiced_on: date | None = None


def read_histories(connection: sqlite3.Connection, families: Families) -> dict[ContactId, PayerHistory]:
    """Every customer that has ever been invoiced, in two queries; what was a merged contact's is the winner's."""
    sums: dict[ContactId, _Sums] = {}
    for contact, paid, late, days, last in _by_winner(connection, _PAID, families):
        own = sums.setdefault(contact, _Sums())
        own.paid, own.late, own.days = own.paid + paid, own.late + late, own.days + days
        own.last_paid_on = max(filter(None, (own.last_paid_on, read_day(last))))
    for contact, first in _by_winner(connection, _FIRST, families):
        own = sums.setdefault(contact, _Sums())
        own.first_invoiced_on = min(filter(None, (own.first_invoiced_on, read_day(first))))
    return {contact: _history(own) for contact, own in sums.items()}


def read_paydays(connection: sqlite3.Connection, families: Families) -> Paydays:
    """Every invoice of which it is certain when payments settled it, and every open one that is not disputed.

    One without a day of issue counts from its due date.
    """
    paydays = Paydays()
    ordinals = _Ordinals({None: 0})
    for query in (_SETTLED_BY_INVOICE, _SETTLED_BY_PAYMENTS, _STILL_OPEN):
        paydays.add_all(
            (families.winner(contact), ordinals[issued], ordinals[due], ordinals[day], minor, currency)
            for contact, issued, due, day, minor, currency in connection.execute(query)
        )
    paydays.add_all(
        (families.winner(contact), ordinals[issued], ordinals[due], day, minor, currency)
        for contact, issued, due, minor, currency, allocations in connection.execute(_SETTLED_BY_OTHERS_TOO)
        if (day := _settled_on(allocations, minor, ordinals))
    )
    return paydays


def read_early(connection: sqlite3.Connection, families: Families, today: date) -> dict[ContactId, tuple[int, int]]:
    """By customer, how many invoices were paid before they were due, of how many that were paid or are overdue.

    Counted are the invoices of `read_paydays`, as of the end of `today`, by SQLite itself: it takes a third of the time
    of reading them. A customer without any is not in it.
    """
    found: dict[ContactId, tuple[int, int]] = {}
    for contact, early, counted in _early(connection, today):
        winner = families.winner(contact)
        before = found.get(winner, (0, 0))
        found[winner] = before[0] + early, before[1] + counted
    return {contact: counts for contact, counts in found.items() if counts[1]}


def _early(connection: sqlite3.Connection, today: date) -> Iterator[tuple[ContactId, int, int]]:
    for invoices in (_SETTLED_BY_INVOICE, _SETTLED_BY_PAYMENTS, _STILL_OPEN):
        yield from connection.execute(_EARLY.format(invoices=invoices), {"today": today.isoformat()})
    ordinals, last = _Ordinals(), today.toordinal()
    for contact, _, due_on, minor, _, allocations in connection.execute(_SETTLED_BY_OTHERS_TOO):
        if day := _settled_on(allocations, minor, ordinals):
            due, is_paid = ordinals[due_on], day <= last
            yield contact, is_paid and day < due, is_paid or due < last


def read_broken_promises(connection: sqlite3.Connection, families: Families, today: date) -> dict[ContactId, int]:
    """By customer, how many promises for a day of the year up to `today` were broken."""
    found: dict[ContactId, int] = {}
    for (contact,) in connection.execute(_BROKEN, (today.isoformat(), today.isoformat())):
        winner = families.winner(contact)
        found[winner] = found.get(winner, 0) + 1
    return found


def _settled_on(allocations: str, minor: int, ordinals: "_Ordinals") -> int | None:
    """The day of the last of the payments that paid `minor`; None if others had a part in it, or a day is unknown."""
    last = 0
    for allocation in _allocations.decode(allocations):
        if allocation.source == "payment":
            if allocation.applied_on is None:
                return None
            minor -= allocation.amount_minor
            last = max(last, ordinals[allocation.applied_on])
    return last if minor <= 0 else None


class _Ordinals(dict[str | None, int]):
    """Days by their text: half a million invoices are of a few thousand days."""

    def __missing__(self, text: str | None) -> int:
        self[text] = found = date.fromisoformat(text or "").toordinal()
        return found


def _by_winner(connection: sqlite3.Connection, query: str, families: Families) -> Iterator[tuple[Any, ...]]:
    for contact, *facts in connection.execute(query):
        yield families.winner(contact), *facts


def _history(sums: _Sums) -> PayerHistory:
    return PayerHistory(
        paid=sums.paid,
        late=sums.late,
        mean_days_late=(Decimal(sums.days) / sums.paid).quantize(_TENTH) if sums.paid else None,
        last_paid_on=sums.last_paid_on,
        first_invoiced_on=sums.first_invoiced_on,
    )
