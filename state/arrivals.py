"""Money that came in, as each ledger tells of it: QuickBooks by payments, Xero by what invoices took of them.

What no invoice took is in Xero a document of its own. A part of a payment that a payment itself tells is never counted
again from an invoice.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct

from state.columns import day_text, instant_text, read_day, read_instant

Sum = tuple[int, str]  # minor units and their currency
# Xero says when an invoice changed, not when a payment was entered: of such an invoice the latest money counts, unless
# it is older than this, for then something else has changed. So it is with entries that do not say when they were made.
_ENTERED_WITHIN = timedelta(days=31)
_UNTOLD = """
    part.value ->> 'source' = 'payment'
    AND NOT EXISTS (SELECT 1 FROM payment WHERE payment.id = part.value ->> 'source_id')
"""
_CAME_IN = f"""
    SELECT contact.name, came.contact_id, came.minor, came.currency, came.day, came.seen_at,
           coalesce(stopped.number, 0)
    FROM (
        SELECT contact_id, amount_minor AS minor, currency, paid_on AS day,
               coalesce(entered_at, updated_at) AS seen_at
        FROM payment
        WHERE status = 'valid' AND updated_at >= :since AND amount_minor > 0
        AND (entered_at >= :since OR entered_at IS NULL AND paid_on >= :from_day)
        UNION ALL
        SELECT contact_id, total_minor, currency, dated_on, updated_at FROM credit
        WHERE status = 'valid' AND (kind = 'overpayment' OR kind = 'prepayment') AND total_minor > 0
        AND remaining_minor = total_minor AND updated_at >= :since AND dated_on >= :from_day
        UNION ALL
        SELECT invoice.contact_id, sum(part.value ->> 'amount_minor'), invoice.currency,
               part.value ->> 'applied_on', max(invoice.updated_at)
        FROM invoice INDEXED BY invoice_changed, json_each(invoice.allocations) AS part
        WHERE invoice.updated_at >= :since AND (invoice.status = 'open' OR invoice.status = 'paid')
        AND {_UNTOLD} AND part.value ->> 'applied_on' >= :from_day
        AND part.value ->> 'applied_on' = (
            SELECT max(value ->> 'applied_on') FROM json_each(invoice.allocations) WHERE value ->> 'source' = 'payment'
        )
        GROUP BY 1, 3, 4
    ) AS came
    LEFT JOIN contact ON contact.id = came.contact_id LEFT JOIN (
        SELECT contact_id, count(*) AS number FROM reminder
        WHERE state = 'skipped' AND reason IN ('paid', 'settled_before') AND changed_at >= :since GROUP BY contact_id
    ) AS stopped ON stopped.contact_id = came.contact_id
    WHERE came.minor > 0 ORDER BY came.seen_at DESC
"""  # noqa: S608 - a constant from above
_OF_CUSTOMER = f"""
    WITH of_them AS (SELECT value AS id FROM json_each(?1))
    SELECT * FROM (
        SELECT id, currency, amount_minor, unapplied_minor, paid_on AS day FROM payment
        WHERE status = 'valid' AND contact_id IN of_them
        UNION ALL
        SELECT id, currency, total_minor, remaining_minor, dated_on FROM credit
        WHERE status = 'valid' AND (kind = 'overpayment' OR kind = 'prepayment') AND contact_id IN of_them
        UNION ALL
        SELECT part.value ->> 'source_id', invoice.currency, sum(part.value ->> 'amount_minor'), 0,
               part.value ->> 'applied_on'
        FROM invoice, json_each(invoice.allocations) AS part
        WHERE invoice.contact_id IN of_them AND (invoice.status = 'open' OR invoice.status = 'paid') AND {_UNTOLD}
        GROUP BY 1, 2, 5
    ) ORDER BY day DESC, id
"""  # noqa: S608 - a constant from above


class CameIn(Struct, frozen=True, kw_only=True):
    """Money that the ledger has told of lately, and how many planned reminders were dropped for this customer."""

    customer: str
    contact_id: str
    amount: Sum
    paid_on: date | None
    seen_at: datetime
    stopped: int


class Paid(Struct, frozen=True, kw_only=True):
    """A payment of the customer; `unapplied` is the part that no invoice has taken."""

    id: str
    amount: Sum
    unapplied: Sum | None
    on: date | None


def read_came_in(connection: sqlite3.Connection, since: datetime, most: int) -> Iterator[CameIn]:
    """What the ledger has told of since then, the latest first; of more than `most`, these."""
    bounds = {"since": instant_text(since), "from_day": day_text(since.date() - _ENTERED_WITHIN)}
    for row in connection.execute(_CAME_IN, bounds).fetchmany(most):
        yield CameIn(
            customer=row[0] or row[1] or "",
            contact_id=row[1] or "",
            amount=(row[2], row[3]),
            paid_on=read_day(row[4]),
            seen_at=read_instant(row[5]),
            stopped=row[6],
        )


def read_payments(connection: sqlite3.Connection, contacts: str) -> list[Paid]:
    """All that came in from the customers whose ids, as JSON, are `contacts`; the latest first."""
    return [_paid(row) for row in connection.execute(_OF_CUSTOMER, (contacts,))]


def _paid(row: tuple[Any, ...]) -> Paid:
    key, currency, amount, unapplied, paid_on = row
    rest = (unapplied, currency) if unapplied else None
    return Paid(id=key, amount=(amount, currency), unapplied=rest, on=read_day(paid_on))
