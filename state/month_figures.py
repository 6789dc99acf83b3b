"""The figures of a month's page: what was owed when it ended, by age, and what came in and was asked for in a year.

What was owed on an earlier day is reckoned from the mirror as it is now: money counts from the day it bears, what the
ledger has settled without a trace from the invoice's last change on (as in the view `overdue_by_month`).
"""

import sqlite3
from datetime import date
from typing import Any

from state.columns import day_text
from state.database import sweep
from state.month_records import Aged, MonthFigures, MonthMoney
from state.traced import EVER, allocations_since, so_far, traced_money

_AGED = f"""
    WITH owed AS (
        SELECT invoice.currency, CAST(julianday(:day) - julianday(invoice.due_on) AS INTEGER) AS days,
               invoice.total_minor - {so_far(":day")} - CASE
                   WHEN substr(invoice.updated_at, 1, 10) > :day THEN 0
                   ELSE max(0, invoice.total_minor - {EVER}
                       - CASE invoice.status WHEN 'paid' THEN 0 ELSE invoice.due_minor END) END AS minor
        FROM invoice LEFT JOIN temp.traced USING (id)
        WHERE (invoice.status = 'open' OR invoice.status = 'paid') AND invoice.issued_on <= :day
    )
    SELECT currency, CAST(total(minor) FILTER (WHERE days <= 0) AS INTEGER),
           CAST(total(minor) FILTER (WHERE days BETWEEN 1 AND 30) AS INTEGER),
           CAST(total(minor) FILTER (WHERE days BETWEEN 31 AND 60) AS INTEGER),
           CAST(total(minor) FILTER (WHERE days BETWEEN 61 AND 90) AS INTEGER),
           CAST(total(minor) FILTER (WHERE days > 90) AS INTEGER),
           CAST(total(minor) FILTER (WHERE days IS NULL) AS INTEGER)
    FROM owed WHERE minor <> 0 GROUP BY currency ORDER BY currency
"""  # noqa: S608 - text from elsewhere in this room
# QuickBooks tells payments themselves; Xero what invoices took of them, and what no invoice took as credit documents.
_CAME_IN = f"""
    SELECT substr(day, 1, 7), currency, CAST(total(minor) AS INTEGER) FROM (
        SELECT paid_on AS day, currency, amount_minor AS minor FROM payment WHERE status = 'valid'
        UNION ALL
        SELECT allocation.applied_on, invoice.currency, allocation.amount_minor
        FROM {allocations_since(":first")} AS allocation JOIN invoice ON invoice.id = allocation.invoice_id
        WHERE allocation.source = 'payment' AND NOT EXISTS (SELECT 1 FROM payment WHERE id = allocation.source_id)
        UNION ALL
        SELECT dated_on, currency, total_minor FROM credit
        WHERE status = 'valid' AND (kind = 'overpayment' OR kind = 'prepayment')
    )
    WHERE day BETWEEN :first AND :day GROUP BY 1, 2
"""  # noqa: S608 - as above
_ASKED_FOR = """
    SELECT month, currency, CAST(total(minor) AS INTEGER) FROM (
        SELECT substr(reminder.sent_on, 1, 7) AS month, invoice.currency,
               max(CASE WHEN json_valid(reminder.proof) THEN reminder.proof ->> 'due_minor' END) AS minor
        FROM reminder
        JOIN message ON message.id = reminder.message_id
        JOIN invoice ON invoice.id = reminder.invoice_id
        WHERE reminder.state IN ('sent', 'noted') AND message.channel <> 'dry' AND message.channel <> 'restored'
        AND reminder.sent_on BETWEEN :first AND :day
        GROUP BY 1, reminder.invoice_id
    ) GROUP BY month, currency
"""


def read_month(connection: sqlite3.Connection, first: date, day: date) -> MonthFigures:
    """What was owed at the end of `day`, and the money of each month from that of `first` to that of `day`."""
    span = {"first": day_text(first), "day": day_text(day)}
    with sweep(connection):
        with traced_money(connection, day):
            aged = connection.execute(_AGED, {"day": span["day"]}).fetchall()
            came_in = connection.execute(_CAME_IN, span).fetchall()
        asked_for = connection.execute(_ASKED_FOR, span).fetchall()
    return MonthFigures(
        aged=tuple(Aged(*row) for row in aged), months=tuple(_months(came_in, asked_for)), first=first, day=day
    )


def _months(came_in: list[Any], asked_for: list[Any]) -> list[MonthMoney]:
    arrived = {(month, currency): minor for month, currency, minor in came_in}
    asked = {(month, currency): minor for month, currency, minor in asked_for}
    return [
        MonthMoney(month, currency, arrived.get((month, currency), 0), asked.get((month, currency), 0))
        for month, currency in sorted({*arrived, *asked})
    ]
