"""How often an invoice was settled and came back, and the payments that the ledger has taken back since."""

import sqlite3
from datetime import date, datetime

from msgspec import Struct

from state.columns import read_day, read_instant

_ROUND = "SELECT round FROM invoice WHERE id = ?"
_UNDONE = """
    SELECT DISTINCT amount_minor, currency, paid_on, updated_at FROM payment, json_each(payment.allocations) AS part
    WHERE payment.status <> 'valid' AND instr(payment.allocations, ?1) AND part.value ->> 'invoice_id' = ?1
    ORDER BY updated_at
"""


class UndonePayment(Struct, frozen=True, kw_only=True):
    """A payment in minor units, its own day, and when the ledger last touched it."""

    minor: int
    currency: str
    paid_on: date | None
    updated_at: datetime


class ComingBack(Struct, frozen=True):
    """`round` is 1 for what was never settled. Payments whose allocations the ledger has forgotten are not known."""

    round: int
    undone: tuple[UndonePayment, ...]


def read_coming_back(connection: sqlite3.Connection, invoice_id: str) -> ComingBack:
    """Of one invoice; one that is not in the mirror never came back."""
    row = connection.execute(_ROUND, (invoice_id,)).fetchone()
    undone = tuple(
        UndonePayment(minor=minor, currency=currency, paid_on=read_day(day), updated_at=read_instant(at))
        for minor, currency, day, at in connection.execute(_UNDONE, (invoice_id,))
    )
    return ComingBack(row[0] if row else 1, undone)
