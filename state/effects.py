"""What became of the reminders of some days: counted in SQL over the view `reminder_effects`, judged elsewhere.

The view is read once and kept aside meanwhile, because it follows the money of every invoice that was asked for.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Literal

from msgspec import Struct

from state.columns import day_text, read_instant, read_optional_instant
from state.database import snapshot
from state.ids import InvoiceId, MessageId, ReminderId

Outcome = Literal["paid", "open", "unknown"]
Cause = Literal["entered_later", "shown_as_owed", "unknown"]

LONGEST_WINDOW = 14  # days after a message for which what follows is looked at

_ASIDE = """
    CREATE TEMP TABLE effect AS SELECT reminder_id, message_id, invoice_id, contact_id, number, stage, template, channel,
        sent_on, sent_at, read_at, currency, outcome, days, surfaced_minor, surfaced_day, surfaced_at, cause, same_day
    FROM reminder_effects WHERE sent_on BETWEEN :first AND :last
"""
_MESSAGES = f"""
    WITH sent AS (
        SELECT message_id, min(stage) AS stage, min(template) AS template, min(channel) AS channel,
               min(sent_on) AS sent_on, max(outcome = 'paid' AND days BETWEEN 0 AND {LONGEST_WINDOW}) AS paid
        FROM temp.effect GROUP BY message_id
    ),
    known AS (
        SELECT sent.*, delivery.state, delivery.complained, reply.replied_at IS NOT NULL AS replied,
               julianday(:today) - julianday(sent_on) >= {LONGEST_WINDOW} AS old,
               coalesce(julianday(substr(reply.replied_at, 1, 10)) - julianday(sent_on) <= {LONGEST_WINDOW}, 0) AS soon
        FROM sent
        LEFT JOIN message_delivery AS delivery ON delivery.message_id = sent.message_id
        LEFT JOIN message_reply AS reply ON reply.message_id = sent.message_id
    )
    SELECT stage, template, channel, count(*), sum(coalesce(state = 'delivered', 0)),
           sum(coalesce(state = 'partly_delivered', 0)), sum(coalesce(state = 'undelivered', 0)),
           sum(coalesce(complained, 0)), sum(replied), sum(old), sum(old AND (soon OR paid)), min(sent_on)
    FROM known GROUP BY stage, template, channel ORDER BY min(sent_on), stage, template, channel
"""  # noqa: S608 - a constant from above
_REMINDERS = f"""
    SELECT stage, template, channel, outcome, days,
           min(max(CAST(julianday(:today) - julianday(sent_on) AS INTEGER), 0), {LONGEST_WINDOW}) AS age, count(*),
           sum(surfaced_minor > 0), sum(same_day AND NOT surfaced_minor > 0)
    FROM temp.effect GROUP BY stage, template, channel, outcome, days, age
"""  # noqa: S608 - a constant from above
_FALSE = """
    SELECT reminder_id, message_id, invoice_id, number, coalesce(customer.name, effect.contact_id), stage, channel,
           sent_on, read_at, currency, surfaced_minor, surfaced_day, surfaced_at, cause
    FROM temp.effect LEFT JOIN customer ON customer.contact_id = effect.contact_id
    WHERE surfaced_minor > 0 ORDER BY sent_on, number, reminder_id
"""
_DONE = """
    SELECT (SELECT count(DISTINCT message_id) FROM temp.effect),
           (SELECT count(*) FROM temp.effect
            JOIN reminder ON reminder.id = effect.reminder_id WHERE reminder.state = 'noted'),
           (SELECT count(DISTINCT invoice_id) FROM temp.effect)
"""
_LEFT_OUT = """
    SELECT channel, count(*) FROM message
    WHERE outcome = 'sent' AND channel IN ('dry', 'restored') AND business_day BETWEEN :first AND :last
    AND id IN (SELECT message_id FROM reminder) GROUP BY channel
"""
_UNKNOWN = """
    SELECT count(*) FROM message WHERE outcome = 'unsure' AND business_day BETWEEN :first AND :last
    AND id IN (SELECT message_id FROM reminder)
"""


class Kind(Struct, frozen=True):
    """Messages that are told together. `stage` is the message's: the highest among its invoices'."""

    stage: str
    template: str | None  # None: from before this was written down
    channel: str  # email, sms, voice, letter or call


class MessagesSent(Struct, frozen=True, kw_only=True):
    """What became of the messages of one kind. Of those in none of the states of delivery nobody has told."""

    kind: Kind
    sent: int
    delivered: int
    partly_delivered: int
    undelivered: int
    complained: int  # said to be unwanted; also delivered
    replied: int  # by a person
    old_enough: int  # sent LONGEST_WINDOW days ago or more
    responded: int  # of these: answered by a person or by the payment of one of its invoices, within LONGEST_WINDOW


class RemindersSent(Struct, frozen=True, kw_only=True):
    """How many reminders (one invoice in one message) have gone the same way."""

    kind: Kind
    outcome: Outcome  # unknown: settled by something else than dated payments, void, gone, or settled and back again
    days: int | None  # from the message's business day to the payment that settled it; below zero: before it
    age: int  # days since it was sent, LONGEST_WINDOW at most
    reminders: int
    false_chases: int
    same_day: int  # of the others: a payment bears the message's own day, and nobody knows which was first


class FalseChase(Struct, frozen=True, kw_only=True):
    """A reminder of money that had come before it, by the payment's own day."""

    reminder_id: ReminderId
    message_id: MessageId
    invoice_id: InvoiceId
    number: str | None
    customer: str
    stage: str
    channel: str
    sent_on: date
    read_at: datetime  # the live read before it, which showed the money as owed
    currency: str
    minor: int  # how much of what was asked had come
    paid_on: date
    surfaced_at: datetime | None  # the ledger's stamp of the payment
    cause: Cause


class Effects(Struct, frozen=True, kw_only=True):
    """Of the messages that left on the days from `first` to `last`, as known on `today`."""

    first: date
    last: date
    today: date
    messages: tuple[MessagesSent, ...]  # the kind that was used first comes first
    reminders: tuple[RemindersSent, ...]
    false_chases: tuple[FalseChase, ...]
    sent: int
    notes: int  # in the ledger about them
    invoices: int  # that were asked for
    dry: int  # messages left out: written into a folder only
    restored: int  # messages left out: known from the ledger's notes alone
    unsure: int  # messages of which nobody knows whether they left


def read_effects(connection: sqlite3.Connection, first: date, last: date, today: date) -> Effects:
    """What the messages of the business days from `first` to `last` did."""
    days = {"first": day_text(first), "last": day_text(last)}
    with snapshot(connection), _aside(connection, days):
        messages = connection.execute(_MESSAGES, {"today": day_text(today)}).fetchall()
        reminders = connection.execute(_REMINDERS, {"today": day_text(today)}).fetchall()
        chases = connection.execute(_FALSE).fetchall()
        [(sent, notes, invoices)] = connection.execute(_DONE)
        left_out = dict(connection.execute(_LEFT_OUT, days).fetchall())
        [(unsure,)] = connection.execute(_UNKNOWN, days)
    return Effects(
        first=first,
        last=last,
        today=today,
        messages=tuple(map(_messages, messages)),
        reminders=tuple(map(_reminders, reminders)),
        false_chases=tuple(map(_false_chase, chases)),
        sent=sent,
        notes=notes,
        invoices=invoices,
        dry=left_out.get("dry", 0),
        restored=left_out.get("restored", 0),
        unsure=unsure,
    )


@contextmanager
def _aside(connection: sqlite3.Connection, days: dict[str, str | None]) -> Iterator[None]:
    connection.execute("DROP TABLE IF EXISTS temp.effect")
    connection.execute(_ASIDE, days)
    try:
        yield
    finally:
        connection.execute("DROP TABLE temp.effect")


def _messages(row: tuple[Any, ...]) -> MessagesSent:
    return MessagesSent(
        kind=Kind(*row[:3]),
        sent=row[3],
        delivered=row[4],
        partly_delivered=row[5],
        undelivered=row[6],
        complained=row[7],
        replied=row[8],
        old_enough=row[9],
        responded=row[10],
    )


def _reminders(row: tuple[Any, ...]) -> RemindersSent:
    return RemindersSent(
        kind=Kind(*row[:3]),
        outcome=row[3],
        days=row[4],
        age=row[5],
        reminders=row[6],
        false_chases=row[7],
        same_day=row[8],
    )


def _false_chase(row: tuple[Any, ...]) -> FalseChase:
    return FalseChase(
        reminder_id=row[0],
        message_id=row[1],
        invoice_id=row[2],
        number=row[3],
        customer=row[4],
        stage=row[5],
        channel=row[6],
        sent_on=date.fromisoformat(row[7]),
        read_at=read_instant(row[8]),
        currency=row[9],
        minor=row[10],
        paid_on=date.fromisoformat(row[11]),
        surfaced_at=read_optional_instant(row[12]),
        cause=row[13],
    )
