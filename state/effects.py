"""What became of the reminders of some days: counted in SQL over the view `reminder_effects`, judged elsewhere.

What the view says is reckoned once, for these days alone, and kept aside meanwhile: it follows the money of every
invoice that was asked for.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from state.columns import day_text, instant_text, json_text, read_instant, read_optional_instant
from state.database import sweep
from state.effect_records import LONGEST_WINDOW, Effects, FalseChase, Kind, MessagesSent, RemindersSent
from state.effect_tables import reminder_effects
from state.families import read_families
from state.preferences import living_preferences

_ASIDE = f"""
    CREATE TEMP TABLE effect AS
    SELECT reminder_id, message_id, invoice_id, stage, template, channel, sent_on, noted, outcome, days,
           surfaced_minor, surfaced_day, surfaced_at, cause, same_day
    FROM ({reminder_effects("AND reminder.sent_on BETWEEN :first AND :last")})
"""  # noqa: S608 - text from our own view
_MESSAGES = f"""
    WITH sent AS (
        SELECT message_id, min(stage) AS stage, min(template) AS template, min(channel) AS channel,
               min(sent_on) AS sent_on, max(outcome = 'paid' AND days BETWEEN 0 AND {LONGEST_WINDOW}) AS paid
        FROM temp.effect GROUP BY message_id
    ),
    known AS (
        SELECT sent.*, delivery.state, delivery.complained, reply.replied_at IS NOT NULL AS replied,
               julianday(:today) - julianday(sent_on) >= {LONGEST_WINDOW} AS old,
               coalesce(reply.replied_at < deadline.value, 0) AS soon
        FROM sent
        JOIN json_each(:deadlines) AS deadline ON deadline.key = sent.sent_on
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
           sum(coalesce(surfaced_minor > 0, 0)), sum(coalesce(surfaced_minor = 0 AND same_day, 0)),
           sum(surfaced_minor IS NULL)
    FROM temp.effect GROUP BY stage, template, channel, outcome, days, age
"""  # noqa: S608 - a constant from above
_FALSE = """
    SELECT effect.reminder_id, effect.message_id, invoice.id, invoice.number,
           coalesce(customer.name, reminder.contact_id), effect.stage, effect.channel, effect.sent_on,
           reminder.verified_at, invoice.currency, surfaced_minor, surfaced_day, surfaced_at, cause,
           contact.country, coalesce(customer.customer_id, reminder.contact_id), invoice.updated_at
    FROM temp.effect
    JOIN reminder ON reminder.id = effect.reminder_id
    JOIN invoice ON invoice.id = effect.invoice_id
    LEFT JOIN customer ON customer.contact_id = reminder.contact_id
    LEFT JOIN contact ON contact.id = coalesce(customer.customer_id, reminder.contact_id)
    WHERE surfaced_minor > 0 ORDER BY effect.sent_on, invoice.number, effect.reminder_id
"""
_DONE = "SELECT count(DISTINCT message_id), coalesce(sum(noted), 0), count(DISTINCT invoice_id) FROM temp.effect"
_LEFT_OUT = """
    SELECT CASE outcome WHEN 'sent' THEN channel ELSE outcome END, count(*) FROM message
    WHERE (outcome = 'unsure' OR outcome = 'sent' AND (channel = 'dry' OR channel = 'restored'))
    AND business_day BETWEEN :first AND :last AND EXISTS (SELECT 1 FROM reminder WHERE message_id = message.id)
    GROUP BY 1
"""


def read_effects(connection: sqlite3.Connection, first: date, last: date, today: date, zone: tzinfo) -> Effects:
    """What the messages of the business days from `first` to `last` did; days are those of `zone`."""
    days = {"first": day_text(first), "last": day_text(last)}
    with sweep(connection), _aside(connection, days):
        about = {"today": day_text(today), "deadlines": json_text(_deadlines(connection, zone))}
        messages = connection.execute(_MESSAGES, about).fetchall()
        reminders = connection.execute(_REMINDERS, {"today": day_text(today)}).fetchall()
        chases = tuple(_false_chases(connection))
        [(sent, notes, invoices)] = connection.execute(_DONE)
        left_out = dict(connection.execute(_LEFT_OUT, days).fetchall())
    return Effects(
        first=first,
        last=last,
        today=today,
        messages=tuple(map(_messages, messages)),
        reminders=tuple(map(_reminders, reminders)),
        false_chases=chases,
        sent=sent,
        notes=notes,
        invoices=invoices,
        dry=left_out.get("dry", 0),
        restored=left_out.get("restored", 0),
        unsure=left_out.get("unsure", 0),
    )


def _deadlines(connection: sqlite3.Connection, zone: tzinfo) -> dict[str, str]:
    """Of each day on which a message left, the instant from which an answer comes too late to be a response."""
    return {
        sent_on: instant_text(_midnight_after(date.fromisoformat(sent_on) + timedelta(days=LONGEST_WINDOW), zone))
        for (sent_on,) in connection.execute("SELECT DISTINCT sent_on FROM temp.effect")
    }


def _midnight_after(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)


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
        unproven=row[9],
    )


def _false_chases(connection: sqlite3.Connection) -> Iterator[FalseChase]:
    rows = connection.execute(_FALSE).fetchall()
    wishes = living_preferences(connection, read_families(connection)) if rows else {}
    for row in rows:
        wish = wishes.get(row[15])
        yield _false_chase(row, wish.language if wish else None)


def _false_chase(row: tuple[Any, ...], language: str | None) -> FalseChase:
    return FalseChase(
        reminder_id=row[0],
        message_id=row[1],
        invoice_id=row[2],
        number=row[3],
        customer=row[4],
        country=row[14],
        language=language,
        stage=row[5],
        channel=row[6],
        sent_on=date.fromisoformat(row[7]),
        read_at=read_instant(row[8]),
        currency=row[9],
        minor=row[10],
        paid_on=date.fromisoformat(row[11]),
        surfaced_at=read_optional_instant(row[12]),
        shown_by=read_instant(row[16]),
        cause=row[13],
    )
