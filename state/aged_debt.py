"""What was owed at the end of any day, by how late it was, added up by the file itself.

Today it is what the ledger says is due. A past day is reckoned as in `state.past`: the total, less the money that bears
a date up to that day; what came without a trace counts from the invoice's last change on. Half a million invoices
come to a few thousand rows, since what has been settled does not leave the file.
"""

import sqlite3
from datetime import date
from decimal import Decimal
from typing import Any

from state.columns import day_text
from state.database import sweep
from state.families import Families, read_families
from state.first_issue import read_first_issue
from state.model import ContactId
from state.owed import LeftOut, Owed, OwedThen
from state.traced import EVER, so_far, traced_money

_TODAY = """
    WITH debt AS (
        SELECT contact_id, currency, rate, issued_on, due_on, due_minor AS minor
        FROM invoice WHERE status = 'open' AND due_minor > 0 AND total_minor >= 0 AND issued_on <= :day
    )
"""
_PAST = f"""
    WITH debt AS (
        SELECT contact_id, currency, rate, issued_on, due_on,
               total_minor - {so_far(":day")} - CASE WHEN substr(updated_at, 1, 10) > :day THEN 0 ELSE max(
                   total_minor - CASE status WHEN 'paid' THEN 0 ELSE due_minor END - {EVER}, 0
               ) END AS minor
        FROM invoice LEFT JOIN temp.traced USING (id)
        WHERE status IN ('open', 'paid') AND issued_on <= :day AND total_minor >= 0
    )
"""  # noqa: S608 - text from elsewhere in this room
_BY_LATENESS = """
    SELECT contact_id, currency, rate,
           coalesce(sum(minor) FILTER (WHERE due_on >= :day), 0),
           coalesce(sum(minor) FILTER (WHERE due_on BETWEEN date(:day, '-30 days') AND date(:day, '-1 day')), 0),
           coalesce(sum(minor) FILTER (WHERE due_on BETWEEN date(:day, '-60 days') AND date(:day, '-31 days')), 0),
           coalesce(sum(minor) FILTER (WHERE due_on BETWEEN date(:day, '-90 days') AND date(:day, '-61 days')), 0),
           coalesce(sum(minor) FILTER (WHERE due_on < date(:day, '-90 days')), 0),
           coalesce(sum(minor) FILTER (WHERE due_on IS NULL), 0),
           min(issued_on), max(issued_on), count(*), minor < 0
    FROM debt WHERE minor <> 0 GROUP BY contact_id, currency, rate, minor < 0
"""
_LEFT_OUT = """
    SELECT count(*) FILTER (WHERE issued_on IS NULL), count(*) FILTER (WHERE issued_on > :day),
           count(*) FILTER (WHERE total_minor < 0)
    FROM invoice WHERE (issued_on IS NULL OR issued_on > :day OR total_minor < 0) AND status IN ('open', 'paid')
"""
_COMPANY = "SELECT ledger, currency FROM organisation"
_NAMES = "SELECT id, name FROM contact"


def read_owed(connection: sqlite3.Connection, day: date, today: date) -> OwedThen:
    """All that was owed at the end of `day`; from `today` on it is what the ledger says is due now."""
    asked = {"day": day_text(day)}
    with sweep(connection):
        families = read_families(connection)
        rows = _rows(connection, day, asked, past=day < today)
        ledger, base = connection.execute(_COMPANY).fetchone() or (None, None)
        owing = {families.winner(ContactId(row[0])) for row in rows}
        names = {key: name for key, name in connection.execute(_NAMES) if key in owing}
        first_issue = read_first_issue(connection, day)
    return OwedThen(
        day=day,
        ledger=ledger,
        base=base,
        rows=tuple(_owed(row, families) for row in rows if not row[-1]),
        names=names,
        overpaid=sum(row[-2] for row in rows if row[-1]),
        first_issue=first_issue,
    )


def read_left_out(connection: sqlite3.Connection, day: date) -> LeftOut:
    """What `read_owed` has no place for."""
    with sweep(connection):
        return LeftOut(*connection.execute(_LEFT_OUT, {"day": day_text(day)}).fetchone())


def _rows(
    connection: sqlite3.Connection, day: date, asked: dict[str, str | None], *, past: bool
) -> list[tuple[Any, ...]]:
    if not past:
        return connection.execute(_TODAY + _BY_LATENESS, asked).fetchall()
    with traced_money(connection, day):
        return connection.execute(_PAST + _BY_LATENESS, asked).fetchall()


def _owed(row: tuple[Any, ...], families: Families) -> Owed:
    contact, currency, rate, current, month, two, three, more, undated, issued_from, issued_to, invoices, _ = row
    return Owed(
        contact_id=families.winner(contact),
        currency=currency,
        rate=None if rate is None else Decimal(rate),
        buckets=(current, month, two, three, more, undated),
        invoices=invoices,
        issued_from=date.fromisoformat(issued_from),
        issued_to=date.fromisoformat(issued_to),
    )
