"""What was invoiced, fell due and came in during a span of days, added up by the file itself, by currency and rate."""

import sqlite3
from datetime import date
from decimal import Decimal
from typing import Any

from state.columns import day_text, read_day
from state.database import sweep
from state.flow_records import MONTHS_BACK, CameIn, FellDue, Flows, Sold
from state.traced import EVER, UNDATED_ALLOCATIONS, allocations_since, so_far, traced_money

_SOLD = """
    SELECT currency, rate, substr(issued_on, 1, 7), sum(total_minor), count(*)
    FROM invoice
    WHERE status IN ('open', 'paid') AND total_minor > 0 AND issued_on BETWEEN :first AND :last
    GROUP BY currency, rate, substr(issued_on, 1, 7)
"""
# Payments are looked up only for a day that is not told, as in `state.traced`.
_MONEY = f"""
    WITH money AS (
        SELECT allocation.invoice_id AS id, allocation.amount_minor AS minor,
               coalesce(allocation.applied_on, payment.paid_on) AS day
        FROM {allocations_since(":first")} AS allocation
        LEFT JOIN payment ON payment.id = CASE WHEN allocation.applied_on IS NULL THEN allocation.source_id END
        WHERE allocation.source = 'payment'
    )
"""  # noqa: S608 - text from elsewhere in this room
_CAME_IN = f"""
    {_MONEY}
    SELECT currency, rate, sum(minor), sum(minor * CAST(julianday(day) - julianday(issued_on) AS INTEGER)),
           coalesce(sum(minor) FILTER (WHERE due_on IS NOT NULL), 0),
           coalesce(sum(minor * CAST(julianday(day) - julianday(due_on) AS INTEGER)), 0), count(*)
    FROM money CROSS JOIN invoice ON invoice.id = money.id
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
    END))
    FROM invoice LEFT JOIN temp.traced USING (id)
    WHERE status IN ('open', 'paid') AND total_minor > 0 AND issued_on <= :last AND due_on BETWEEN :first AND :last
    GROUP BY currency, rate
"""  # noqa: S608 - as above
_FIRST_ISSUE = "SELECT min(issued_on) FROM invoice WHERE status IN ('open', 'paid')"
_COMPANY = "SELECT ledger, currency FROM organisation"


def read_flows(connection: sqlite3.Connection, first: date, last: date) -> Flows:
    """Of the days from `first` to `last`."""
    span = {"first": day_text(first), "last": day_text(last)}
    long = span | {"first": day_text(_months_before(last))}
    with sweep(connection), traced_money(connection, last):
        ledger, base = connection.execute(_COMPANY).fetchone() or (None, None)
        return Flows(
            first=first,
            last=last,
            ledger=ledger,
            base=base,
            sold=tuple(Sold(code, _rate(rate), *rest) for code, rate, *rest in connection.execute(_SOLD, span)),
            sold_by_month=tuple(
                Sold(code, _rate(rate), *rest) for code, rate, *rest in connection.execute(_SOLD, long)
            ),
            came_in=tuple(CameIn(code, _rate(rate), *rest) for code, rate, *rest in connection.execute(_CAME_IN, span)),
            fell_due=tuple(
                FellDue(code, _rate(rate), *rest) for code, rate, *rest in connection.execute(_FELL_DUE, span)
            ),
            first_issue=read_day(connection.execute(_FIRST_ISSUE).fetchone()[0]),
            undated_money=connection.execute(_UNDATED).fetchone()[0],
        )


def _months_before(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - (MONTHS_BACK - 1), 12)
    return date(year, month + 1, 1) if year > 0 else date.min


def _rate(text: Any) -> Decimal | None:
    return None if text is None else Decimal(text)
