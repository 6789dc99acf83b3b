"""All that happened about some invoices, for the file of a case: messages, reminders, promises, disputes, plans, deeds.

Rows come in the order in which things happened, and the same file gives the same rows, so that a case file written
twice is the same file.
"""

import sqlite3
from collections.abc import Collection
from typing import Any

from msgspec import Struct

from state.columns import ids_text
from state.errors import explaining

_MESSAGES = """
    SELECT id, claimed_at, channel, stage, subject, recipients, text, totals, outcome, reason, provider_id, settled_at
    FROM message WHERE id IN (
        SELECT message_id FROM reminder WHERE invoice_id IN (SELECT value FROM json_each(?1))
        UNION SELECT event.message_id
        FROM reminder_event AS event JOIN reminder ON reminder.id = event.reminder_id
        WHERE reminder.invoice_id IN (SELECT value FROM json_each(?1))
    ) ORDER BY claimed_at, rowid
"""
_REMINDERS = """
    SELECT id, invoice_id, stage, round, state, planned_for, approved_by, reason, message_id, proof, sent_at, sent_on
    FROM reminder WHERE invoice_id IN (SELECT value FROM json_each(?)) ORDER BY rowid
"""
_EVENTS = """
    SELECT event.at, event.reminder_id, event.from_state, event.to_state, event.reason, event.message_id
    FROM reminder_event AS event JOIN reminder ON reminder.id = event.reminder_id
    WHERE reminder.invoice_id IN (SELECT value FROM json_each(?)) ORDER BY event.id
"""
_PROMISES = """
    SELECT id, invoice_id, contact_id, promised_on, currency, amount_minor, made_at, made_by, note, state, settled_at
    FROM promise WHERE EXISTS (
        SELECT 1 FROM json_each(promise.shares) AS share
        WHERE share.value ->> 'invoice_id' IN (SELECT value FROM json_each(?))
    ) ORDER BY id
"""
_DISPUTES = """
    SELECT id, invoice_id, reason, owner, currency, amount_minor, opened_at, opened_by, closed_at, closed_by, outcome
    FROM dispute WHERE invoice_id IN (SELECT value FROM json_each(?)) ORDER BY id
"""
_PLANS = """
    SELECT plan.id, plan.currency, plan.state, plan.made_at, plan.made_by, plan.settled_at, plan_invoice.invoice_id
    FROM plan JOIN plan_invoice ON plan_invoice.plan_id = plan.id
    WHERE plan_invoice.invoice_id IN (SELECT value FROM json_each(?)) AND plan.state <> 'draft'
    ORDER BY plan.id, plan_invoice.rowid
"""
_DELIVERIES = """
    SELECT message_id, kind, at, detail, recipient, source FROM delivery WHERE message_id IN (
        SELECT message_id FROM reminder WHERE invoice_id IN (SELECT value FROM json_each(?))
    ) ORDER BY at, id
"""
_REPLIES = """
    SELECT id, received_at, sender, sender_name, subject, text, kind, message_id, handled_at, handled_by, outcome
    FROM reply WHERE id IN (
        SELECT reply_id FROM reply_contact WHERE contact_id IN (
            SELECT contact_id FROM invoice WHERE id IN (SELECT value FROM json_each(?))
        )
    ) ORDER BY received_at, rowid
"""
_DEEDS = """
    SELECT at, who, action, target, details FROM audit
    WHERE scope = 'invoice' AND target IN (SELECT value FROM json_each(?1)) OR (
        scope = 'contact' AND target IN (SELECT contact_id FROM invoice WHERE id IN (SELECT value FROM json_each(?1)))
    ) ORDER BY id
"""
Event = dict[str, str | int | None]


class CaseHistory(Struct, frozen=True, kw_only=True):
    """Rows as they are stored: instants and days as text, amounts as minor units next to their currency."""

    messages: tuple[Event, ...]
    reminders: tuple[Event, ...]
    events: tuple[Event, ...]  # each move of each reminder
    deliveries: tuple[Event, ...]  # what carriers told later
    replies: tuple[Event, ...]  # of the customer, about whatever
    promises: tuple[Event, ...]
    disputes: tuple[Event, ...]
    plans: tuple[Event, ...]
    deeds: tuple[Event, ...]  # of people, from the audit trail


@explaining()
def read_case_history(connection: sqlite3.Connection, invoices: Collection[str]) -> CaseHistory:
    """What happened about `invoices`, oldest first."""
    ids = ids_text(sorted(invoices))
    return CaseHistory(
        messages=_rows(connection, _MESSAGES, ids),
        reminders=_rows(connection, _REMINDERS, ids),
        events=_rows(connection, _EVENTS, ids),
        deliveries=_rows(connection, _DELIVERIES, ids),
        replies=_rows(connection, _REPLIES, ids),
        promises=_rows(connection, _PROMISES, ids),
        disputes=_rows(connection, _DISPUTES, ids),
        plans=_rows(connection, _PLANS, ids),
        deeds=_rows(connection, _DEEDS, ids),
    )


def _rows(connection: sqlite3.Connection, statement: str, ids: str) -> tuple[Event, ...]:
    found = connection.execute(statement, (ids,))
    names = [column[0] for column in found.description]
    return tuple(_event(names, row) for row in found)


def _event(names: list[str], row: tuple[Any, ...]) -> Event:
    return dict(zip(names, row, strict=True))
