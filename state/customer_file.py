"""All that is known of one customer, or of one invoice, as it is stored: for whoever looks at one of them closely.

Nothing is decided anew. What belongs to contacts that were merged into the customer belongs to it.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from state.agreed import Dispute, Promise
from state.arrivals import Paid, Sum, read_payments
from state.columns import ids_text, read_day, read_instant
from state.database import snapshot
from state.disputes import Disputes
from state.holds import read_active
from state.model import Hold
from state.promises import Promises

_SAME = """
    WITH RECURSIVE same (id) AS (
        SELECT ?1 UNION SELECT contact.id FROM contact JOIN same ON contact.merged_into = same.id
    )
    SELECT id FROM same
"""
_OPEN = """
    SELECT invoice.id, coalesce(number, invoice.id), currency, total_minor, due_minor, due_on, action, decision.stage,
           reasons, next_on
    FROM invoice LEFT JOIN decision ON decision.invoice_id = invoice.id
    WHERE invoice.status = 'open' AND due_minor > 0 AND contact_id IN (SELECT value FROM json_each(?))
    ORDER BY due_on IS NULL, due_on, number
"""
_NAMES = "SELECT id, coalesce(number, id) FROM invoice WHERE id IN (SELECT value FROM json_each(?))"
_PAID = """
    SELECT part.value ->> 'applied_on', part.value ->> 'amount_minor', part.value ->> 'source', invoice.currency
    FROM invoice, json_each(invoice.allocations) AS part
    WHERE invoice.id = ?1 AND invoice.allocations IS NOT NULL
    UNION ALL
    SELECT part.value ->> 'applied_on', part.value ->> 'amount_minor', part.value ->> 'source', payment.currency
    FROM payment, json_each(payment.allocations) AS part
    WHERE payment.allocations IS NOT NULL AND payment.status = 'valid' AND instr(payment.allocations, ?1)
    AND part.value ->> 'invoice_id' = ?1
"""
_DECISIONS = """
    SELECT action, stage, reasons, next_on, decided_at FROM decision_event WHERE invoice_id = ?1
    UNION ALL SELECT action, stage, reasons, next_on, decided_at FROM decision WHERE invoice_id = ?1
    ORDER BY decided_at
"""


class Decided(Struct, frozen=True, kw_only=True):
    """A decision as it was stored; `reasons` is JSON."""

    action: str
    stage: str | None
    reasons: str
    next_on: date | None
    at: datetime


class OpenItem(Struct, frozen=True, kw_only=True):
    """An open invoice and the decision in force about it, if there is one."""

    invoice_id: str
    invoice: str
    total: Sum
    due: Sum
    due_on: date | None
    action: str
    stage: str | None
    reasons: str
    next_on: date | None


class Applied(Struct, frozen=True, kw_only=True):
    """Money or credit that has been put against an invoice."""

    amount: Sum
    source: str
    on: date | None


class CustomerFile(Struct, frozen=True, kw_only=True):
    contacts: tuple[str, ...]  # the customer's own id and those merged into it
    open_items: tuple[OpenItem, ...]
    payments: tuple[Paid, ...]
    promises: tuple[Promise, ...]
    disputes: tuple[Dispute, ...]
    holds: tuple[Hold, ...]


class InvoiceFile(Struct, frozen=True, kw_only=True):
    decisions: tuple[Decided, ...]  # oldest first; the last is in force while the invoice is open
    applied: tuple[Applied, ...]
    holds: tuple[Hold, ...]


def read_customer_file(connection: sqlite3.Connection, contact_id: str, today: date) -> CustomerFile:
    """What is stored about the customer on its tenant's `today`."""
    with snapshot(connection):
        contacts = [key for (key,) in connection.execute(_SAME, (contact_id,))]
        ids = ids_text(contacts)
        items = tuple(_item(row) for row in connection.execute(_OPEN, (ids,)))
        targets = {*contacts, *(item.invoice_id for item in items), "*"}
        return CustomerFile(
            contacts=tuple(contacts),
            open_items=items,
            payments=tuple(read_payments(connection, ids)),
            promises=tuple(Promises(connection).of_customer(contacts)),
            disputes=tuple(Disputes(connection).of_customer(contacts)),
            holds=tuple(hold for hold in read_active(connection, today) if hold.target in targets),
        )


def read_invoice_file(connection: sqlite3.Connection, invoice_id: str, contact_id: str, today: date) -> InvoiceFile:
    """What is stored about the invoice of the customer on its tenant's `today`."""
    with snapshot(connection):
        return InvoiceFile(
            decisions=tuple(_decided(row) for row in connection.execute(_DECISIONS, (invoice_id,))),
            applied=tuple(_applied(row) for row in connection.execute(_PAID, (invoice_id,))),
            holds=tuple(h for h in read_active(connection, today) if h.target in {invoice_id, contact_id, "*"}),
        )


def read_names(connection: sqlite3.Connection, invoices: Iterable[str]) -> dict[str, str]:
    """What people call these invoices: their numbers, or the ids of those without. Unknown ones are left out."""
    return dict(connection.execute(_NAMES, (ids_text(invoices),)))


def _item(row: tuple[Any, ...]) -> OpenItem:
    key, number, currency, total, due, due_on, action, stage, reasons, next_on = row
    return OpenItem(
        invoice_id=key,
        invoice=number,
        total=(total, currency),
        due=(due, currency),
        due_on=read_day(due_on),
        action=action or "",
        stage=stage,
        reasons=reasons or "[]",
        next_on=read_day(next_on),
    )


def _applied(row: tuple[Any, ...]) -> Applied:
    on, minor, source, currency = row
    return Applied(amount=(int(minor), currency), source=source, on=read_day(on))


def _decided(row: tuple[Any, ...]) -> Decided:
    action, stage, reasons, next_on, at = row
    return Decided(action=action, stage=stage, reasons=reasons, next_on=read_day(next_on), at=read_instant(at))
