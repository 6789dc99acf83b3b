"""How much of each invoice money with a date has settled: ever, and by the end of a day."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from state.columns import day_text

# A table of its own, because SQLite joins half a million invoices to as many sums without an index, row by row.
_TRACED = "CREATE TEMP TABLE traced (id TEXT PRIMARY KEY, ever INTEGER, so_far INTEGER) WITHOUT ROWID"
# The documents are looked up only for a day that is not told: half a million look-ups take longer than all the rest.
_TRACE = """
    INSERT INTO temp.traced
    SELECT id, sum(minor), coalesce(sum(minor) FILTER (WHERE day <= :day), 0)
    FROM (
        SELECT allocation.invoice_id AS id, allocation.amount_minor AS minor,
               coalesce(allocation.applied_on, payment.paid_on, credit.dated_on) AS day
        FROM allocation
        LEFT JOIN payment ON payment.id = CASE
            WHEN allocation.applied_on IS NULL AND allocation.source = 'payment' THEN allocation.source_id END
        LEFT JOIN credit ON credit.id = CASE
            WHEN allocation.applied_on IS NULL AND allocation.source <> 'payment' THEN allocation.source_id END
    )
    WHERE day IS NOT NULL GROUP BY id
"""


@contextmanager
def traced_money(connection: sqlite3.Connection, day: date) -> Iterator[None]:
    """While it lasts, the temporary table `traced` has a row for each invoice that dated money was put against."""
    connection.execute(_TRACED)
    try:
        connection.execute(_TRACE, {"day": day_text(day)})
        yield
    finally:
        connection.execute("DROP TABLE temp.traced")
