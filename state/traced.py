"""How much of each invoice money with a date has settled: ever, and by the end of a day.

An invoice tells of its own money in one column of JSON, and SQLite opens such a list of most invoices for nothing: its
sum stands beside it, with the first and the last day (`state.own_payment_tables`). So invoices are added up where they
lie; a list is opened for a day between those two, or where others than payments had a part. A table is made of the rest
alone: what payments tell, and money whose day only its own document knows.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from state.columns import day_text

_UNKNOWN_DAY = "9999-12-31"  # later than any
_PARTS = """
    SELECT part.value ->> 'source' AS source, part.value ->> 'source_id' AS source_id,
           part.value ->> 'invoice_id' AS invoice_id, part.value ->> 'amount_minor' AS amount_minor,
           part.value ->> 'applied_on' AS applied_on
"""
_OF_PAYMENTS = f"""
    {_PARTS} FROM payment, json_each(payment.allocations) AS part
    WHERE payment.allocations IS NOT NULL AND payment.status = 'valid'
"""
_LATEST_DAY = f"""
    (SELECT max(coalesce(value ->> 'applied_on', '{_UNKNOWN_DAY}')) FROM json_each(invoice.allocations))
"""  # noqa: S608 - a constant from above


# Looked for before anything is read: a day that is unknown is written as null, and few lists have that word in them.
_PERHAPS_UNDATED = "invoice.payments_minor IS NULL AND instr(invoice.allocations, 'null') > 0"
UNDATED_ALLOCATIONS = f"""(
    SELECT * FROM (
        {_PARTS} FROM invoice, json_each(invoice.allocations) AS part
        WHERE {_PERHAPS_UNDATED} AND invoice.status NOT IN ('void', 'deleted')
        UNION ALL {_OF_PAYMENTS}
    ) WHERE applied_on IS NULL
)"""  # noqa: S608 - text from above


def allocations_since(day: str, also: str = "1") -> str:
    """SQL for the view `allocation` without the invoices whose money has all come before `day`, a parameter.

    `also` is a condition for the invoices that had nothing but payments.
    """
    return f"""(
        {_PARTS} FROM invoice, json_each(invoice.allocations) AS part
        WHERE last_payment_on >= {day} AND {also} AND invoice.status NOT IN ('void', 'deleted')
        UNION ALL
        {_PARTS} FROM invoice, json_each(invoice.allocations) AS part
        WHERE payments_minor IS NULL AND {_LATEST_DAY} >= {day} AND invoice.status NOT IN ('void', 'deleted')
        UNION ALL {_OF_PAYMENTS}
    )"""


def _of_invoice(day: str) -> str:
    """SQL for what an invoice itself says that came up to `day`, of the money that bears one."""
    return f"""
        CASE WHEN invoice.last_payment_on <= {day} THEN invoice.payments_minor
            WHEN invoice.payments_minor IS NULL OR invoice.first_payment_on <= {day} THEN (
                SELECT coalesce(sum(value ->> 'amount_minor'), 0) FROM json_each(invoice.allocations)
                WHERE value ->> 'applied_on' <= {day})
            ELSE 0 END
    """  # noqa: S608 - constants and parameters of ours


def so_far(day: str) -> str:
    """SQL for what the money of an invoice up to `day`, a parameter, comes to; `traced` is to be joined."""
    return f"(coalesce(traced.so_far, 0) + coalesce({_of_invoice(day)}, 0))"


EVER = f"(coalesce(traced.ever, 0) + coalesce({_of_invoice(repr(_UNKNOWN_DAY))}, 0))"

# The documents are looked up only for a day that is not told: half a million look-ups take longer than all the rest.
# A table of its own, because SQLite joins half a million invoices to as many sums without an index, row by row.
_TRACED = "CREATE TEMP TABLE traced (id TEXT PRIMARY KEY, ever INTEGER, so_far INTEGER) WITHOUT ROWID"
_TRACE = f"""
    INSERT INTO temp.traced
    SELECT id, sum(minor), coalesce(sum(minor) FILTER (WHERE day <= :day), 0)
    FROM (
        SELECT told.invoice_id AS id, told.amount_minor AS minor, coalesce(
            told.applied_on, payment.paid_on, credit.dated_on) AS day
        FROM (
            {_PARTS} FROM invoice, json_each(invoice.allocations) AS part
            WHERE {_PERHAPS_UNDATED} AND invoice.status NOT IN ('void', 'deleted')
            AND part.value ->> 'applied_on' IS NULL
            UNION ALL {_OF_PAYMENTS}
        ) AS told
        LEFT JOIN payment ON payment.id = CASE
            WHEN told.applied_on IS NULL AND told.source = 'payment' THEN told.source_id END
        LEFT JOIN credit ON credit.id = CASE
            WHEN told.applied_on IS NULL AND told.source <> 'payment' THEN told.source_id END
    )
    WHERE day IS NOT NULL GROUP BY id
"""  # noqa: S608 - text from above


@contextmanager
def traced_money(connection: sqlite3.Connection, day: date) -> Iterator[None]:
    """While it lasts, the temporary table `traced` is there, for EVER and `so_far` of `day`."""
    connection.execute(_TRACED)
    try:
        connection.execute(_TRACE, {"day": day_text(day)})
        yield
    finally:
        connection.execute("DROP TABLE temp.traced")
