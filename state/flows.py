"""What was invoiced, fell due and came in during a span of days, added up by the file itself, by currency and rate."""

import sqlite3
from datetime import date
from decimal import Decimal
from typing import Any

from state.columns import day_text
from state.database import sweep
from state.first_issue import read_first_issue
from state.flow_records import CameIn, FellDue, Flows, Sold
from state.traced import EVER, UNDATED_ALLOCATIONS, allocations_since, so_far, traced_money

_SOLD = """
    SELECT currency, rate, issued_on, sum(total_minor), count(*)
    FROM invoice
    WHERE status IN ('open', 'paid') AND total_minor > 0 AND issued_on BETWEEN :since AND :last
    GROUP BY issued_on, currency, rate
"""
# Most invoices were paid on one day, and say it themselves. Payments are looked up only for a day that is not told.
_MONEY = f"""
    WITH money AS (
        SELECT currency, rate, issued_on, due_on, status, total_minor, payments_minor AS minor, last_payment_on AS day
        FROM invoice WHERE last_payment_on BETWEEN :first AND :last AND first_payment_on = last_payment_on
        UNION ALL
        SELECT invoice.currency, invoice.rate, invoice.issued_on, invoice.due_on, invoice.status, invoice.total_minor,
               allocation.amount_minor, coalesce(allocation.applied_on, payment.paid_on)
        FROM {allocations_since(":first", "first_payment_on < last_payment_on")} AS allocation
        LEFT JOIN payment ON payment.id = CASE WHEN allocation.applied_on IS NULL THEN allocation.source_id END
        CROSS JOIN invoice ON invoice.id = allocation.invoice_id
        WHERE allocation.source = 'payment'
    )
"""  # noqa: S608 - text from elsewhere in this room
_CAME_IN = f"""
    {_MONEY}
    SELECT currency, rate, sum(minor), sum(minor * CAST(julianday(day) - julianday(issued_on) AS INTEGER)),
           coalesce(sum(minor) FILTER (WHERE due_on IS NOT NULL), 0),
           coalesce(sum(minor * CAST(julianday(day) - julianday(due_on) AS INTEGER)), 0),
           min(issued_on), max(issued_on)
    FROM money
    WHERE day BETWEEN :first AND :last AND status IN ('open', 'paid') AND total_minor > 0 AND issued_on IS NOT NULL
    GROUP BY currency, rate
"""  # noqa: S608 - text from above
_UNDATED = f"""
    SELECT count(*) FROM {UNDATED_ALLOCATIONS} AS allocation LEFT JOIN payment ON payment.id = allocation.source_id
    WHERE allocation.source = 'payment' AND payment.paid_on IS NULL
"""  # noqa: S608 - as above
_FELL_DUE = f"""
    SELECT currency, rate, sum(total_minor), sum(min(total_minor, {so_far(":last")} + CASE
        WHEN substr(updated_at, 1, 10) > :last THEN 0
        ELSE max(total_minor - CASE status WHEN 'paid' THEN 0 ELSE due_minor END - {EVER}, 0)
    END)), min(issued_on), max(issued_on)
    FROM invoice LEFT JOIN temp.traced USING (id)
    WHERE status IN ('open', 'paid') AND total_minor > 0 AND issued_on <= :last AND due_on BETWEEN :first AND :last
    GROUP BY currency, rate
"""  # noqa: S608 - as above
_COMPANY = "SELECT ledger, currency FROM organisation"


def read_flows(connection: sqlite3.Connection, first: date, last: date, sold_since: date) -> Flows:
    """Of the days from `first` to `last`; what was sold from `sold_since` on."""
    span = {"first": day_text(first), "last": day_text(last), "since": day_text(sold_since)}
    with sweep(connection):
        ledger, base = connection.execute(_COMPANY).fetchone() or (None, None)
        return Flows(
            first=first,
            last=last,
            ledger=ledger,
            base=base,
            sold=tuple(
                Sold(code, _rate(rate), date.fromisoformat(day), *rest)
                for code, rate, day, *rest in connection.execute(_SOLD, span)
            ),
            came_in=tuple(
                CameIn(code, _rate(rate), *sums, *map(date.fromisoformat, (issued_from, issued_to)))
                for code, rate, *sums, issued_from, issued_to in connection.execute(_CAME_IN, span)
            ),
            first_issue=read_first_issue(connection, sold_since),
            undated_money=connection.execute(_UNDATED).fetchone()[0],
        )


def read_fell_due(connection: sqlite3.Connection, first: date, last: date) -> tuple[FellDue, ...]:
    """What fell due on the days from `first` to `last`, and what had settled it by then."""
    span = {"first": day_text(first), "last": day_text(last)}
    with sweep(connection), traced_money(connection, last):
        return tuple(
            FellDue(code, _rate(rate), *sums, *map(date.fromisoformat, (issued_from, issued_to)))
            for code, rate, *sums, issued_from, issued_to in connection.execute(_FELL_DUE, span)
        )


def _rate(text: Any) -> Decimal | None:
    return None if text is None else Decimal(text)
