"""What happened at one place of the history, read from the table in which it stands, with the names people know."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from state.arrivals import Sum
from state.columns import ids_text, read_day, read_instant
from state.history_sources import HappeningKind
from state.sent import SentRow, read_sent

Place = tuple[str, str, str]  # instant, kind and key: of a happening in the order of all


class Name(Struct, frozen=True):
    """A customer or an invoice: its id, and what people call it."""

    id: str
    name: str


class Happening(Struct, frozen=True, kw_only=True):
    """`what` and `words` are as they were stored: a code, and what somebody said. `details` are those of the trail."""

    place: Place
    kind: HappeningKind
    at: datetime
    customers: tuple[Name, ...] = ()
    invoices: tuple[Name, ...] = ()
    amounts: tuple[Sum, ...] = ()
    who: str = ""
    what: str = ""
    words: str = ""
    on: date | None = None  # the day that money bears
    details: dict[str, Any] = {}
    message: SentRow | None = None  # of a message
    message_id: str = ""  # of what a carrier told


# Each: the key's end, customer's id and name, invoice's id and number, who, what, words, minor, currency, day, message.
_NO_INVOICE, _NO_MONEY = "NULL, NULL", "NULL, NULL, NULL, NULL"
_INVOICE = "invoice.id, coalesce(invoice.number, invoice.id)"
_KEYS = "(SELECT value FROM json_each(?))"
_SELECTS = {
    "reply": f"""
        SELECT reply.id, reply_contact.contact_id, contact.name, {_NO_INVOICE},
               CASE WHEN sender_name = '' THEN sender ELSE sender_name || ' <' || sender || '>' END, kind,
               trim(subject || ': ' || text, ': '), {_NO_MONEY}
        FROM reply LEFT JOIN reply_contact ON reply_contact.reply_id = reply.id
        LEFT JOIN contact ON contact.id = reply_contact.contact_id WHERE reply.id IN {_KEYS}
    """,  # noqa: S608 - columns from above
    "audit": f"""
        SELECT printf('%019d', audit.id), coalesce(contact.id, audit.target), contact.name, {_INVOICE}, who, action,
               details, {_NO_MONEY}
        FROM audit LEFT JOIN invoice ON audit.scope = 'invoice' AND invoice.id = audit.target
        LEFT JOIN contact ON contact.id = iif(audit.scope = 'invoice', invoice.contact_id, audit.target)
        WHERE audit.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))
    """,  # noqa: S608 - columns from above
    "payment": f"""
        SELECT payment.id, payment.contact_id, contact.name, {_INVOICE}, '', 'payment', '', payment.amount_minor,
               payment.currency, payment.paid_on, NULL
        FROM payment LEFT JOIN contact ON contact.id = payment.contact_id
        LEFT JOIN json_each(payment.allocations) AS part ON 1
        LEFT JOIN invoice ON invoice.id = part.value ->> 'invoice_id' WHERE payment.id IN {_KEYS}
    """,  # noqa: S608 - columns from above
    "credit": f"""
        SELECT credit.id, credit.contact_id, contact.name, {_NO_INVOICE}, '', kind, coalesce(number, ''), total_minor,
               currency, dated_on, NULL
        FROM credit LEFT JOIN contact ON contact.id = credit.contact_id WHERE credit.id IN {_KEYS}
    """,  # noqa: S608 - columns from above
    "invoice": f"""
        SELECT invoice.id || ' ' || part.key, invoice.contact_id, contact.name, {_INVOICE}, '', 'payment', '',
               part.value ->> 'amount_minor', invoice.currency, part.value ->> 'applied_on', NULL
        FROM json_each(?) AS sought
        JOIN invoice ON invoice.id = rtrim(rtrim(sought.value, '0123456789'), ' ')
        JOIN json_each(invoice.allocations) AS part ON invoice.id || ' ' || part.key = sought.value
        LEFT JOIN contact ON contact.id = invoice.contact_id
    """,  # noqa: S608 - columns from above
    "sentence": f"""
        SELECT ledger_note.id, invoice.contact_id, contact.name, {_INVOICE}, '', 'sentence', text, {_NO_MONEY}
        FROM ledger_note LEFT JOIN invoice ON invoice.id = ledger_note.invoice_id
        LEFT JOIN contact ON contact.id = invoice.contact_id WHERE ledger_note.id IN {_KEYS}
    """,  # noqa: S608 - columns from above
    "reminder": f"""
        SELECT printf('%019d', event.id), reminder.contact_id, contact.name, {_INVOICE}, '', 'reminder',
               reminder.stage, NULL, NULL, NULL, coalesce(event.message_id, '')
        FROM reminder_event AS event JOIN reminder ON reminder.id = event.reminder_id
        JOIN invoice ON invoice.id = reminder.invoice_id LEFT JOIN contact ON contact.id = reminder.contact_id
        WHERE event.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))
    """,  # noqa: S608 - columns from above
    "delivery": f"""
        SELECT printf('%019d', delivery.id), message.contact_id, contact.name, {_NO_INVOICE}, source, kind,
               trim(coalesce(recipient, '') || ': ' || detail, ': '), NULL, NULL, NULL, delivery.message_id
        FROM delivery LEFT JOIN message ON message.id = delivery.message_id
        LEFT JOIN contact ON contact.id = message.contact_id
        WHERE delivery.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))
    """,  # noqa: S608 - columns from above
}
_TABLES = {"deed": "audit", "automatic": "audit", "reply": "reply", "delivery": "delivery"}


def read_happenings(connection: sqlite3.Connection, found: Sequence[Place]) -> list[Happening]:
    """What happened there, in the same order."""
    messages = [key for _, kind, key in found if kind == "message"]
    sent = read_sent(connection, messages) if messages else {}
    keys: dict[str, list[str]] = {}
    for place in found:
        table, key = _where(place)
        keys.setdefault(table, []).append(key)
    rows = {table: _rows(connection, table, wanted) for table, wanted in keys.items() if table in _SELECTS}
    return [_message(each, sent[each[2]]) if each[1] == "message" else _happening(each, rows) for each in found]


def _where(place: Place) -> tuple[str, str]:
    """The select that tells of it, and its key there."""
    _, kind, key = place
    if kind in ("money", "note"):
        table, _, own = key.partition(" ")
        return table, own
    return _TABLES.get(kind, kind), key


def _rows(connection: sqlite3.Connection, table: str, keys: Iterable[str]) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for key, *row in connection.execute(_SELECTS[table], (ids_text(keys),)):
        found.setdefault(key, []).append(tuple(row))
    return found


def _message(place: Place, sent: SentRow) -> Happening:
    return Happening(
        place=place,
        kind="message",
        at=sent.at,
        customers=(Name(sent.contact_id, sent.customer),),
        invoices=tuple(Name(each.invoice_id, each.invoice) for each in sent.about),
        amounts=sent.asked,
        what=sent.outcome,
        words=sent.subject,
        message=sent,
        message_id=sent.id,
    )


def _happening(place: Place, told: dict[str, dict[str, list[tuple[Any, ...]]]]) -> Happening:
    table, key = _where(place)
    rows = told[table][key]
    _, _, _, _, who, what, words, minor, currency, day, message_id = rows[0]
    trail = table == "audit"
    return Happening(
        place=place,
        kind=place[1],  # type: ignore[arg-type] # a kind of the sources
        at=read_instant(place[0]),
        customers=_named((row[0], row[1]) for row in rows),
        invoices=_named((row[2], row[3]) for row in rows),
        amounts=() if minor is None else ((minor, currency),),
        who=who,
        what=what,
        words="" if trail else words,
        on=read_day(day),
        details=msgspec.json.decode(words) if trail else {},
        message_id=message_id or "",
    )


def _named(names: Iterable[tuple[str | None, str | None]]) -> tuple[Name, ...]:
    """Each once, those without a name by their id."""
    return tuple(dict.fromkeys(Name(key, name or key) for key, name in names if key is not None and key != "*"))
