"""The rates that open invoices bear, which the decision to remind of one never asks for."""

import sqlite3
from datetime import date
from decimal import Decimal
from functools import lru_cache

from state.columns import read_day
from state.database import sweep
from state.ids import InvoiceId

_BORNE = """
    SELECT id, rate, issued_on FROM invoice
    WHERE status = 'open' AND due_minor > 0 AND rate IS NOT NULL
    AND currency IS NOT (SELECT currency FROM organisation)
"""


def read_open_rates(connection: sqlite3.Connection) -> dict[InvoiceId, tuple[Decimal, date | None]]:
    """With the day of issue, which is that of the rate; of invoices in other currencies that bear one."""
    with sweep(connection):
        return {InvoiceId(key): _once(rate, day) for key, rate, day in connection.execute(_BORNE)}


@lru_cache(maxsize=4096)
def _once(rate: str, day: str | None) -> tuple[Decimal, date | None]:
    """Many invoices have both in common."""
    return Decimal(rate), read_day(day)
