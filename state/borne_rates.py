"""The rates that invoices bear, which the decision to remind of one never asks for."""

import sqlite3
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from functools import lru_cache

from state.columns import ids_text, read_day
from state.database import sweep
from state.ids import InvoiceId

_BORNE = "SELECT id, rate, issued_on FROM invoice WHERE id IN (SELECT value FROM json_each(?)) AND rate IS NOT NULL"


def read_rates(
    connection: sqlite3.Connection, invoices: Collection[InvoiceId]
) -> dict[InvoiceId, tuple[Decimal, date | None]]:
    """Of those of `invoices` that bear one, with the day of issue, which is that of the rate."""
    with sweep(connection):
        rows = connection.execute(_BORNE, (ids_text(invoices),))
        return {InvoiceId(key): _once(rate, day) for key, rate, day in rows}


@lru_cache(maxsize=4096)
def _once(rate: str, day: str | None) -> tuple[Decimal, date | None]:
    """Many invoices have both in common."""
    return Decimal(rate), read_day(day)
