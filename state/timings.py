"""Messages for which the lot was drawn between the usual time and the customer's own, and what they rest on."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct

from state.columns import day_text, read_instant
from state.database import immediate, snapshot
from state.errors import explaining
from state.families import read_families
from state.ids import ContactId
from state.timing_records import TimingDraw, TimingEnd, TimingOutcome

_DRAW = """
    INSERT INTO timing_draw (invoice_id, stage, round, contact_id, own, free_on, chosen_on, hour)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (invoice_id, stage, round) DO NOTHING
"""
_OUTCOMES = """
    SELECT own, outcome, days, CAST(julianday(:today) - julianday(free_on) AS INTEGER) AS age, count(*),
           sum(coalesce(sent_on <= :today, 0))
    FROM timing_outcomes WHERE free_on BETWEEN :first AND :today GROUP BY own, outcome, days, age
"""
_ANSWERS = """
    SELECT reply_contact.contact_id, contact.country, reply.received_at
    FROM reply JOIN reply_contact ON reply_contact.reply_id = reply.id
    LEFT JOIN contact ON contact.id = reply_contact.contact_id
    WHERE reply.kind = 'human' AND reply.received_at >= ?
"""


class Answer(Struct, frozen=True):
    """A person wrote to us. `country` is the customer's, as the ledger writes it."""

    contact_id: ContactId
    country: str | None
    at: datetime


class Timings:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def draw(self, draws: Iterable[TimingDraw]) -> int:
        """Write down what was drawn; how many are new. Nothing is drawn twice."""
        with immediate(self._connection) as connection:
            return max(connection.executemany(_DRAW, list(_rows(draws))).rowcount, 0)

    @explaining()
    def outcomes(self, first: date, today: date) -> tuple[TimingOutcome, ...]:
        """Of the messages that could have gone on the days from `first` to `today`, as known now."""
        rows = self._connection.execute(_OUTCOMES, {"first": day_text(first), "today": day_text(today)})
        return tuple(
            TimingOutcome(own=bool(own), outcome=outcome, days=days, age=age, messages=messages, sent=sent)
            for own, outcome, days, age, messages, sent in rows
        )

    def end(self, end: TimingEnd) -> None:
        """Write down that own times are given up; of one day, the first reason stands."""
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT INTO timing_end (ended_on, reason) VALUES (?, ?) ON CONFLICT (ended_on) DO NOTHING",
                (day_text(end.on), end.reason),
            )

    @explaining()
    def ends(self, today: date) -> tuple[TimingEnd, ...]:
        """When they were given up by the end of `today`, oldest first."""
        rows = self._connection.execute(
            "SELECT ended_on, reason FROM timing_end WHERE ended_on <= ? ORDER BY ended_on", (day_text(today),)
        )
        return tuple(TimingEnd(date.fromisoformat(on), reason) for on, reason in rows)

    @explaining()
    def answers(self, first: date) -> list[Answer]:
        """What people wrote since `first`; a merged contact's is the winner's."""
        since = day_text(first - timedelta(days=1))
        with snapshot(self._connection) as connection:
            winner = read_families(connection).winner
            rows = connection.execute(_ANSWERS, (since,)).fetchall()
        return [Answer(winner(contact), country, read_instant(at)) for contact, country, at in rows]


def _rows(draws: Iterable[TimingDraw]) -> Iterator[tuple[object, ...]]:
    for each in draws:
        yield (
            *(each.invoice_id, each.stage, each.round, each.contact_id, each.own),
            *(day_text(each.free_on), day_text(each.chosen_on), each.hour),
        )
