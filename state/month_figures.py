"""The figures of a month's page that no other report has: what came in and was asked for, month by month."""

import sqlite3
from datetime import date
from decimal import Decimal
from typing import Any

from state.columns import day_text, read_day
from state.database import sweep
from state.first_issue import read_first_issue
from state.month_records import MonthFigures, MonthMoney
from state.traced import allocations_since

# QuickBooks tells payments themselves; Xero what invoices took of them, and what no invoice took as credit documents.
# Money in other currencies bears the rate of the invoice that took it; what no invoice has taken bears none.
_CAME_IN = f"""
    WITH part AS (
        SELECT allocation.source_id, allocation.applied_on, allocation.amount_minor AS minor, invoice.currency,
               invoice.rate, invoice.issued_on
        FROM {allocations_since(":first")} AS allocation JOIN invoice ON invoice.id = allocation.invoice_id
        WHERE allocation.source = 'payment'
    ),
    taken AS (
        SELECT payment.id, payment.paid_on AS day, part.currency, part.rate, part.issued_on, part.minor
        FROM part JOIN payment ON payment.id = part.source_id
        WHERE payment.status = 'valid' AND payment.currency IS NOT :base AND payment.currency = part.currency
        AND payment.paid_on BETWEEN :first AND :day
    )
    SELECT substr(day, 1, 7), currency, rate, CAST(total(minor) AS INTEGER), min(issued_on), max(issued_on) FROM (
        SELECT paid_on AS day, currency, NULL AS rate, NULL AS issued_on, amount_minor AS minor
        FROM payment WHERE status = 'valid'
        UNION ALL
        SELECT day, currency, rate, issued_on, minor FROM taken
        UNION ALL
        SELECT day, currency, NULL, NULL, -minor FROM taken
        UNION ALL
        SELECT applied_on, currency, rate, issued_on, minor FROM part
        WHERE NOT EXISTS (SELECT 1 FROM payment WHERE id = source_id)
        UNION ALL
        SELECT dated_on, currency, NULL, NULL, total_minor FROM credit
        WHERE status = 'valid' AND (kind = 'overpayment' OR kind = 'prepayment')
    )
    WHERE day BETWEEN :first AND :day GROUP BY 1, 2, 3 HAVING total(minor) <> 0
"""  # noqa: S608 - text from elsewhere in this room
_ASKED_FOR = """
    SELECT month, currency, rate, CAST(total(minor) AS INTEGER), min(issued_on), max(issued_on) FROM (
        SELECT substr(reminder.sent_on, 1, 7) AS month, invoice.currency, invoice.rate, invoice.issued_on,
               max(CASE WHEN json_valid(reminder.proof) THEN reminder.proof ->> 'due_minor' END) AS minor
        FROM reminder
        JOIN message ON message.id = reminder.message_id
        JOIN invoice ON invoice.id = reminder.invoice_id
        WHERE reminder.state IN ('sent', 'noted') AND message.channel <> 'dry' AND message.channel <> 'restored'
        AND reminder.sent_on BETWEEN :first AND :day
        GROUP BY 1, reminder.invoice_id
    ) GROUP BY month, currency, rate
"""
_BASE = "SELECT currency FROM organisation"


def read_month(connection: sqlite3.Connection, first: date, day: date) -> MonthFigures:
    """The money of each month from that of `first` to that of `day`."""
    span = {"first": day_text(first), "day": day_text(day)}
    with sweep(connection):
        [base] = connection.execute(_BASE).fetchone() or (None,)
        came_in = connection.execute(_CAME_IN, span | {"base": base}).fetchall()
        asked_for = connection.execute(_ASKED_FOR, span).fetchall()
        first_issue = read_first_issue(connection, first)
    return MonthFigures(
        came_in=tuple(map(_money, came_in)),
        asked_for=tuple(map(_money, asked_for)),
        first=first,
        day=day,
        first_issue=first_issue,
    )


def _money(row: tuple[Any, ...]) -> MonthMoney:
    month, currency, rate, minor, issued_from, issued_to = row
    return MonthMoney(
        month=month,
        currency=currency,
        rate=None if rate is None else Decimal(rate),
        minor=minor,
        issued_from=read_day(issued_from),
        issued_to=read_day(issued_to),
    )
