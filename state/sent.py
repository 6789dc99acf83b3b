"""Messages that left or were to leave: to whom, about which invoices, with which proof, and what became of each."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from state.arrivals import Sum
from state.columns import ids_text, read_instant, read_list, read_optional_instant
from state.database import snapshot
from state.deliveries import Deliveries, Delivery
from state.model import MessageId

_ROWS = """
    SELECT message.id, message.contact_id, contact.name, message.channel, message.stage, message.subject,
           message.recipients, message.totals, message.claimed_at, message.business_day, message.outcome,
           message.reason, message.settled_at
    FROM message LEFT JOIN contact ON contact.id = message.contact_id
"""
_ABOUT = """
    SELECT reminder.message_id, reminder.invoice_id, coalesce(invoice.number, invoice.id), reminder.state,
           reminder.proof
    FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id
    WHERE reminder.message_id IN (SELECT value FROM json_each(?)) ORDER BY reminder.rowid
"""
# Written as the index of deliveries has it, and sorted here: in order of time there may be a hundred thousand.
_FATES = """
    SELECT message_id, kind FROM delivery WHERE coalesce(message_id, '') IN (SELECT value FROM json_each(?))
    ORDER BY +at, id
"""


class About(Struct, frozen=True):
    """An invoice in a message. `proof` is JSON: balance, source version, instant of the live read."""

    invoice_id: str
    invoice: str
    state: str  # of its reminder
    proof: str | None


class SentRow(Struct, frozen=True, kw_only=True):
    """A message and what became of it. `fate` is what a carrier told last; `noted`: the ledger has all its notes."""

    id: str
    contact_id: str
    customer: str
    channel: str
    stage: str
    subject: str
    recipients: tuple[str, ...]
    asked: tuple[Sum, ...]
    at: datetime
    business_day: date
    outcome: str
    reason: str
    settled_at: datetime | None
    about: tuple[About, ...]
    fate: str

    @property
    def noted(self) -> bool:
        return bool(self.about) and all(each.state == "noted" for each in self.about)


class SentMessages:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def latest(self, contacts: Collection[str], limit: int) -> list[SentRow]:
        """The newest messages to these customers."""
        condition = "WHERE message.contact_id IN (SELECT value FROM json_each(?))"
        order = "ORDER BY message.claimed_at DESC, message.rowid DESC LIMIT ?"
        with snapshot(self._connection) as connection:
            rows = connection.execute(f"{_ROWS} {condition} {order}", (ids_text(contacts), limit)).fetchall()
            return list(_read(connection, rows))

    def get(self, message_id: str) -> tuple[SentRow, str, list[Delivery]] | None:
        """One message, its text, and what carriers told of it; None if there is none."""
        with snapshot(self._connection) as connection:
            rows = connection.execute(f"{_ROWS} WHERE message.id = ?", (message_id,)).fetchall()
            if not rows:
                return None
            [[text]] = connection.execute("SELECT text FROM message WHERE id = ?", (message_id,))
            [row] = _read(connection, rows)
            return row, text, Deliveries(connection).of_message(MessageId(message_id))


def read_sent(connection: sqlite3.Connection, keys: Collection[str]) -> dict[str, SentRow]:
    """Messages by their ids."""
    condition = "WHERE message.id IN (SELECT value FROM json_each(?))"
    rows = connection.execute(f"{_ROWS} {condition}", (ids_text(keys),)).fetchall()
    return {row.id: row for row in _read(connection, rows)}


def _read(connection: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> Iterator[SentRow]:
    ids = ids_text(row[0] for row in rows)
    about: dict[str, list[About]] = {}
    for message_id, *rest in connection.execute(_ABOUT, (ids,)):
        about.setdefault(message_id, []).append(About(*rest))
    fates = dict(connection.execute(_FATES, (ids,)).fetchall())
    for row in rows:
        yield _row(row, about.get(row[0], ()), fates.get(row[0], ""))


def _row(row: tuple[Any, ...], about: Iterable[About], fate: str) -> SentRow:
    totals = msgspec.json.decode(row[7], type=dict[str, int])
    return SentRow(
        id=row[0],
        contact_id=row[1],
        customer=row[2] or row[1],
        channel=row[3],
        stage=row[4],
        subject=row[5],
        recipients=read_list(row[6]),
        asked=tuple((minor, currency) for currency, minor in totals.items()),
        at=read_instant(row[8]),
        business_day=date.fromisoformat(row[9]),
        outcome=row[10],
        reason=row[11] or "",
        settled_at=read_optional_instant(row[12]),
        about=tuple(about),
        fate=fate,
    )
