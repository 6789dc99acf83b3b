"""Everything that went out, newest first: searched, filtered, and page by page however much there is."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from state.arrivals import Sum
from state.columns import day_text, ids_text, read_instant, read_list, read_optional_instant
from state.database import snapshot
from state.deliveries import Deliveries, Delivery
from state.model import MessageId

Place = tuple[str, int]  # of a message in the order of all

_ROWS = """
    SELECT message.rowid, message.id, message.contact_id, contact.name, message.channel, message.stage, message.subject,
           message.recipients, message.totals, message.claimed_at, message.business_day, message.outcome,
           message.reason, message.settled_at
    FROM message LEFT JOIN contact ON contact.id = message.contact_id
"""
_WANTED = """
    WHERE (:contacts IS NULL OR message.contact_id IN (SELECT value FROM json_each(:contacts)))
    AND (:channel = '' OR message.channel = :channel) AND (:outcome = '' OR message.outcome = :outcome)
    AND (:stage = '' OR message.stage = :stage)
    AND (:first IS NULL OR message.business_day >= :first) AND (:last IS NULL OR message.business_day <= :last)
    AND (:text IS NULL OR message.subject LIKE :text ESCAPE '!' OR contact.name LIKE :text ESCAPE '!'
        OR message.recipients LIKE :text ESCAPE '!' OR message.text LIKE :text ESCAPE '!' OR EXISTS (
            SELECT 1 FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id
            WHERE reminder.message_id = message.id AND invoice.number LIKE :text ESCAPE '!'
        ))
    AND (:at IS NULL OR (message.claimed_at, message.rowid) < (:at, :row))
    ORDER BY message.claimed_at DESC, message.rowid DESC LIMIT :limit
"""
_ABOUT = """
    SELECT reminder.message_id, reminder.invoice_id, coalesce(invoice.number, invoice.id), reminder.state,
           reminder.proof
    FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id
    WHERE reminder.message_id IN (SELECT value FROM json_each(?)) ORDER BY reminder.rowid
"""
_FATES = """
    SELECT message_id, kind FROM delivery WHERE message_id IN (SELECT value FROM json_each(?)) ORDER BY at, id
"""
_CHOICES = "SELECT DISTINCT {column} FROM message ORDER BY 1"


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for; empty fields ask for nothing. Days are those of the business."""

    text: str = ""
    channel: str = ""
    outcome: str = ""
    stage: str = ""
    first: date | None = None
    last: date | None = None
    contacts: tuple[str, ...] | None = None


class About(Struct, frozen=True):
    """An invoice in a message. `proof` is JSON: balance, source version, instant of the live read."""

    invoice_id: str
    invoice: str
    state: str  # of its reminder
    proof: str | None


class SentRow(Struct, frozen=True, kw_only=True):
    """A message and what became of it. `fate` is what a carrier told last; `noted`: the ledger has all its notes."""

    place: Place
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

    def page(self, wanted: Wanted, before: Place | None = None, limit: int = 50) -> list[SentRow]:
        """The newest `limit` of what is wanted, or those behind `before`."""
        at, row = before or (None, None)
        parameters = {
            "contacts": None if wanted.contacts is None else ids_text(wanted.contacts),
            "channel": wanted.channel,
            "outcome": wanted.outcome,
            "stage": wanted.stage,
            "first": day_text(wanted.first),
            "last": day_text(wanted.last),
            "text": _anywhere(wanted.text) if wanted.text else None,
            "at": at,
            "row": row,
            "limit": limit,
        }
        with snapshot(self._connection) as connection:
            return list(_read(connection, connection.execute(_ROWS + _WANTED, parameters).fetchall()))

    def all(self, wanted: Wanted) -> Iterator[SentRow]:
        """Everything that is wanted, read page by page."""
        before: Place | None = None
        while found := self.page(wanted, before, 1000):
            yield from found
            before = found[-1].place

    def get(self, message_id: str) -> tuple[SentRow, str, list[Delivery]] | None:
        """One message, its text, and what carriers told of it; None if there is none."""
        with snapshot(self._connection) as connection:
            rows = connection.execute(f"{_ROWS} WHERE message.id = ?", (message_id,)).fetchall()
            if not rows:
                return None
            [[text]] = connection.execute("SELECT text FROM message WHERE id = ?", (message_id,))
            [row] = _read(connection, rows)
            return row, text, Deliveries(connection).of_message(MessageId(message_id))

    def choices(self) -> dict[str, list[str]]:
        """Which channels, stages and outcomes there are to filter by."""
        with snapshot(self._connection) as connection:
            return {
                column: [value for (value,) in connection.execute(_CHOICES.format(column=column))]
                for column in ("channel", "stage", "outcome")
            }


def _anywhere(text: str) -> str:
    """For LIKE: what was typed, wherever it stands, with nothing in it that means something else."""
    escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_").replace("\0", "")
    return f"%{escaped}%"


def _read(connection: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> Iterator[SentRow]:
    ids = ids_text(row[1] for row in rows)
    about: dict[str, list[About]] = {}
    for message_id, *rest in connection.execute(_ABOUT, (ids,)):
        about.setdefault(message_id, []).append(About(*rest))
    fates = dict(connection.execute(_FATES, (ids,)).fetchall())
    for row in rows:
        yield _row(row, about.get(row[1], ()), fates.get(row[1], ""))


def _row(row: tuple[Any, ...], about: Iterable[About], fate: str) -> SentRow:
    totals = msgspec.json.decode(row[8], type=dict[str, int])
    return SentRow(
        place=(row[9], row[0]),
        id=row[1],
        contact_id=row[2],
        customer=row[3] or row[2],
        channel=row[4],
        stage=row[5],
        subject=row[6],
        recipients=read_list(row[7]),
        asked=tuple((minor, currency) for currency, minor in totals.items()),
        at=read_instant(row[9]),
        business_day=date.fromisoformat(row[10]),
        outcome=row[11],
        reason=row[12] or "",
        settled_at=read_optional_instant(row[13]),
        about=tuple(about),
        fate=fate,
    )
