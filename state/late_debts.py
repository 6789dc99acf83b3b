"""What the mirror knows of one invoice that bears on its charges: money with its days, and the reminders it has had.

A message about several invoices is one reminder. It counts for the one that fell due first, so that a fee for each
reminder is not asked for several times.
"""

import sqlite3
from datetime import date

from msgspec import Struct

from state.allocated import ALLOCATED
from state.columns import read_day
from state.database import snapshot
from state.ids import InvoiceId

# Money that came before it was put against the invoice was the creditor's from the day on which it came.
_MONEY = f"""
    WITH part (source, source_id, minor, applied_on) AS ({ALLOCATED})
    SELECT part.source = 'credit_note', part.minor,
           min(coalesce(part.applied_on, payment.paid_on, credit.dated_on),
               coalesce(payment.paid_on, credit.dated_on, part.applied_on))
    FROM part
    LEFT JOIN payment ON payment.id = part.source_id AND part.source = 'payment'
    LEFT JOIN credit ON credit.id = part.source_id AND part.source <> 'payment'
"""  # noqa: S608 - our own text
_REMINDERS = """
    SELECT reminder.sent_on FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id
    WHERE reminder.invoice_id = ? AND reminder.state IN ('sent', 'noted') AND reminder.sent_on IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM reminder AS other JOIN invoice AS sooner ON sooner.id = other.invoice_id
        WHERE other.message_id = reminder.message_id AND sooner.currency = invoice.currency
        AND (sooner.due_on, sooner.id) < (invoice.due_on, invoice.id)
    )
    ORDER BY reminder.sent_on
"""


class Settled(Struct, frozen=True):
    """Part of an invoice settled. `on` is None where nobody knows the day."""

    minor: int
    on: date | None
    credit_note: bool


class LateFacts(Struct, frozen=True):
    settled: tuple[Settled, ...]
    reminded_on: tuple[date, ...]  # business days of the tenant on which a reminder left


def read_late_facts(connection: sqlite3.Connection, invoice_id: InvoiceId) -> LateFacts:
    """As the mirror has it; an invoice that is not in it has neither."""
    with snapshot(connection):
        money = connection.execute(_MONEY, (invoice_id,)).fetchall()
        sent = connection.execute(_REMINDERS, (invoice_id,)).fetchall()
    return LateFacts(
        tuple(Settled(minor, read_day(on), bool(credit_note)) for credit_note, minor, on in money),
        tuple(date.fromisoformat(day) for (day,) in sent),
    )
