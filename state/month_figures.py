"""The figures of a month's page that no other report has: what came in and was asked for, month by month."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from state.columns import day_text, read_day
from state.database import sweep
from state.first_issue import read_first_issue
from state.month_records import MonthFigures, MonthMoney
from state.traced import allocations_since

# QuickBooks tells payments themselves; Xero what invoices took of them, and what no invoice took as credit documents.
# Money in other currencies bears the rate of the invoice that took it; what no invoice has taken bears none.
# `told`: what a payment that is told itself has brought an invoice, so that it is in the payment's amount as well.
_CAME_IN = f"""
    SELECT substr(day, 1, 7), currency, rate, CAST(total(minor) AS INTEGER), min(issued_on), max(issued_on), told FROM (
        SELECT paid_on AS day, currency, NULL AS rate, NULL AS issued_on, amount_minor AS minor, 0 AS told
        FROM payment WHERE status = 'valid'
        UNION ALL
        SELECT CASE WHEN payment.id IS NULL THEN allocation.applied_on ELSE payment.paid_on END, invoice.currency,
               invoice.rate, invoice.issued_on, allocation.amount_minor, payment.id IS NOT NULL
        FROM {allocations_since(":first")} AS allocation JOIN invoice ON invoice.id = allocation.invoice_id
        LEFT JOIN payment ON payment.id = CASE WHEN invoice.currency IS NOT :base THEN allocation.source_id END
        WHERE allocation.source = 'payment' AND CASE
            WHEN payment.id IS NULL THEN NOT EXISTS (SELECT 1 FROM payment WHERE id = allocation.source_id)
            ELSE payment.currency = invoice.currency AND payment.status = 'valid' END
        UNION ALL
        SELECT dated_on, currency, NULL, NULL, total_minor, 0 FROM credit
        WHERE status = 'valid' AND (kind = 'overpayment' OR kind = 'prepayment')
    )
    WHERE day BETWEEN :first AND :day GROUP BY 1, 2, 3, told
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
        came_in=tuple(_once(came_in)),
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


def _once(rows: list[tuple[Any, ...]]) -> Iterator[MonthMoney]:
    """What invoices took of payments that are told themselves bears their rates, and what is left of these none."""
    found: dict[tuple[str, str, Decimal | None], MonthMoney] = {}
    for *row, is_told in rows:
        money = _money(tuple(row))
        _add(found, money)
        if is_told:
            _add(found, MonthMoney(month=money.month, currency=money.currency, minor=-money.minor))
    return (each for each in found.values() if each.minor)


def _add(found: dict[tuple[str, str, Decimal | None], MonthMoney], money: MonthMoney) -> None:
    key = money.month, money.currency, money.rate
    before = found.get(key)
    if before is None:
        found[key] = money
    else:
        found[key] = replace(
            before,
            minor=before.minor + money.minor,
            issued_from=min(filter(None, (before.issued_from, money.issued_from)), default=None),
            issued_to=max(filter(None, (before.issued_to, money.issued_to)), default=None),
        )
