"""What was owed on earlier days, as far as the mirror can still tell: invoices with the days on which money came.

Money has two days: the one it bears, and the one on which the ledger's entry was last touched, before which nobody can
have known of it from the ledger. An entry that was edited later looks as if it had come later; never as if it had come
earlier. Of payments that stand with Xero's invoices the ledger tells the first day only.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date, tzinfo
from typing import Any

from msgspec import Struct

from state.clock import business_day
from state.columns import read_day, read_instant, read_list
from state.database import snapshot
from state.families import Families, read_families
from state.model import ContactId, InvoiceId, InvoiceStatus
from state.preferences import living_preferences

_INVOICES = """
    SELECT id, number, contact_id, status, currency, total_minor, due_minor, issued_on, due_on, updated_at
    FROM invoice WHERE status IN ('open', 'paid') AND issued_on IS NOT NULL ORDER BY issued_on, id
"""
_MONEY = """
    SELECT allocation.invoice_id, allocation.amount_minor, allocation.applied_on, payment.paid_on, credit.dated_on,
           coalesce(payment.updated_at, credit.updated_at)
    FROM allocation
    LEFT JOIN payment ON payment.id = allocation.source_id AND allocation.source = 'payment'
    LEFT JOIN credit ON credit.id = allocation.source_id AND allocation.source <> 'payment'
"""
_CUSTOMERS = "SELECT id, name, country, groups FROM contact"


class MoneyIn(Struct, frozen=True):
    """Part of an invoice settled: on which day by its own date, and from which day on anybody could know."""

    on: date
    known_on: date
    minor: int
    entered: bool = True  # False: the ledger does not tell when, and it is taken to have been known from its own day


class PastInvoice(Struct, frozen=True, kw_only=True):
    """An invoice with its history of money. What came without a trace counts from the invoice's last change on."""

    id: InvoiceId
    number: str | None
    contact_id: ContactId  # the last in a chain of merges
    currency: str
    total_minor: int
    issued_on: date
    due_on: date | None
    money: tuple[MoneyIn, ...]

    def owed_on(self, day: date) -> int:
        """Minor units that were still owed at the end of `day`."""
        return self.total_minor - sum(part.minor for part in self.money if part.on <= day)

    def believed_on(self, day: date) -> int:
        """Minor units that the ledger showed as owed at the end of `day`."""
        return self.total_minor - sum(part.minor for part in self.money if part.known_on <= day)


class PastCustomer(Struct, frozen=True):
    """What decides about a customer's sequence besides its invoices, as it is today: what it was is not kept."""

    name: str
    country: str | None = None  # as written in the ledger
    groups: tuple[str, ...] = ()
    segment: str | None = None  # into which a person has put it


class Past(Struct, frozen=True):
    invoices: tuple[PastInvoice, ...]
    customers: dict[ContactId, PastCustomer]


def read_past(connection: sqlite3.Connection, zone: tzinfo) -> Past:
    """Every invoice that was ever issued, as the mirror knows it now."""
    with snapshot(connection):
        families = read_families(connection)
        money = _money(connection, zone)
        rows = connection.execute(_INVOICES).fetchall()
        customers = _customers(connection, families)
    invoices = (_invoice(row, families.winner(row[2]), money.get(row[0], []), zone) for row in rows)
    return Past(tuple(invoices), customers)


def _customers(connection: sqlite3.Connection, families: Families) -> dict[ContactId, PastCustomer]:
    wishes = living_preferences(connection, families)
    return {
        key: PastCustomer(name, country, read_list(groups), wishes[key].segment if key in wishes else None)
        for key, name, country, groups in connection.execute(_CUSTOMERS)
    }


def _money(connection: sqlite3.Connection, zone: tzinfo) -> dict[str, list[MoneyIn]]:
    found: dict[str, list[MoneyIn]] = {}
    for invoice_id, minor, applied_on, paid_on, dated_on, updated_at in connection.execute(_MONEY):
        on = read_day(applied_on or paid_on or dated_on)
        known_on = business_day(read_instant(updated_at), zone) if updated_at else on
        if on is not None and known_on is not None:
            part = MoneyIn(on, max(on, known_on), minor, entered=updated_at is not None)
            found.setdefault(invoice_id, []).append(part)
    return found


def _invoice(row: tuple[Any, ...], contact: ContactId, money: list[MoneyIn], zone: tzinfo) -> PastInvoice:
    key, number, _, status, currency, total, due, issued_on, due_on, updated_at = row
    issued = date.fromisoformat(issued_on)
    settled = total - (0 if status == InvoiceStatus.PAID else due)
    rest = settled - sum(part.minor for part in money)
    return PastInvoice(
        id=key,
        number=number,
        contact_id=contact,
        currency=currency,
        total_minor=total,
        issued_on=issued,
        due_on=read_day(due_on),
        money=(*money, *_without_trace(rest, max(issued, business_day(read_instant(updated_at), zone)))),
    )


def _without_trace(minor: int, day: date) -> Iterator[MoneyIn]:
    if minor > 0:
        yield MoneyIn(day, day, minor)
