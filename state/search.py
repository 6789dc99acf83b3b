"""Finds invoices and customers by what a bookkeeper types: a number or a part of one, a name, a reference, an e-mail;
and messages by the reference that is printed in each, or stands in the ledger's note of it.

What is typed is only ever looked for, never obeyed: it reaches the index as quoted text. An index of three letters
finds nothing shorter, except from the start of a field, since fields begin and end with a line end in it. Accents count
for nothing.
"""

import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import Literal

from msgspec import Struct

from state.accents import unaccented
from state.columns import anywhere, read_day
from state.database import immediate, snapshot
from state.errors import explaining
from state.model import ContactId
from state.money import Money
from state.plain_text import plain
from state.search_tables import CONTACT_WORDS, INVOICE_WORDS

Kind = Literal["invoice", "contact", "message"]
LONGEST = 200  # characters that are looked for
_MOST_WORDS = 8
_AT_ONCE = 5000  # entries in one transaction, so that nobody else waits for long
BEFORE_A_SEARCH = 4 * _AT_ONCE  # entered by whoever is about to search, and no more
_SHORTEST = 3  # of the index
_REFERENCE = re.compile(r"\[?dun:([A-Za-z0-9._-]{4,120}?)[].]*")  # of a message, or of a reminder in the ledger

_ENTER = tuple(
    f"""
    INSERT INTO {table}_index (key, words, unaccented)
    SELECT DISTINCT queue.key, {words}, words_unaccented({words})
    FROM (SELECT * FROM search_queue ORDER BY id LIMIT ?1) AS queue
    JOIN {table} ON {table}.id = queue.key WHERE queue.kind = '{table}'
    """  # noqa: S608 - constants from above
    for table, words in (("contact", CONTACT_WORDS), ("invoice", INVOICE_WORDS))
)
_ENTERED = "DELETE FROM search_queue WHERE id IN (SELECT id FROM search_queue ORDER BY id LIMIT ?1)"
_CONTACTS = f"""
    SELECT contact.id, contact.name, contact.status FROM contact_index
    JOIN contact ON contact.id = contact_index.key AND contact_index.words = {CONTACT_WORDS}
    WHERE contact_index MATCH ? ORDER BY contact_index.rowid DESC LIMIT ?
"""  # noqa: S608 - a constant from above
_INVOICES = f"""
    SELECT invoice.id, number, contact_id, invoice.status, currency, total_minor, due_minor, due_on,
           (SELECT name FROM contact WHERE contact.id = invoice.contact_id)
    FROM invoice_index JOIN invoice ON invoice.id = invoice_index.key AND invoice_index.words = {INVOICE_WORDS}
    WHERE invoice_index MATCH ? ORDER BY invoice_index.rowid DESC LIMIT ?
"""  # noqa: S608 - a constant from above
_MESSAGES = """
    SELECT message.id, message.subject, message.outcome, message.contact_id, contact.name
    FROM message LEFT JOIN contact ON contact.id = message.contact_id
    WHERE (message.id >= :from AND message.id < :to)
    OR message.id IN (SELECT message_id FROM reminder WHERE id >= :from AND id < :to)
    ORDER BY message.claimed_at DESC LIMIT :limit
"""


_IDS = tuple(
    (
        f"""
        SELECT {table}.id FROM {table}_index
        JOIN {table} ON {table}.id = {table}_index.key AND {table}_index.words = {words}
        WHERE {table}_index MATCH ? LIMIT ?
        """,  # noqa: S608 - constants from above
        f"SELECT id FROM {table} WHERE {words} LIKE ? ESCAPE '!' LIMIT ?",  # noqa: S608 - as above
    )
    for table, words in (("contact", CONTACT_WORDS), ("invoice", INVOICE_WORDS))
)


class Hit(Struct, frozen=True, kw_only=True):
    """An invoice, a customer or a message. `total`, `due` and `due_on` are an invoice's.

    `status` is the ledger's for the first two, and how sending ended for a message.
    """

    kind: Kind
    id: str
    name: str  # the customer's name, the invoice's number, or the message's subject
    status: str
    contact_id: ContactId
    customer: str
    total: Money | None = None
    due: Money | None = None
    due_on: date | None = None


class Search:
    """The search box of one tenant."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.create_function("words_unaccented", 1, _entered_besides, deterministic=True)

    def catch_up(self, most: int | None = None) -> int:
        """Enter what is new into the index, `most` documents or all; how many were looked at."""
        entered = 0
        while (most is None or entered < most) and self._waiting():
            with immediate(self._connection) as connection:
                for statement in _ENTER:
                    connection.execute(statement, (_AT_ONCE,))
                entered += connection.execute(_ENTERED, (_AT_ONCE,)).rowcount
        return entered

    def find(self, text: str, limit: int = 20) -> list[Hit]:
        """At most `limit` customers and as many invoices, or the messages of a reference such as `dun:d7a1…`.

        First exactly `text`, then what begins so, then what has it.
        Upper and lower case are the same, and letters with and without accents. Of equals, what was heard of last comes
        first.
        """
        self.catch_up(BEFORE_A_SEARCH)
        with snapshot(self._connection) as connection:
            messages = _referred(connection, text, limit)
            return [
                *messages,
                *_found(connection, "contact", text, limit),
                *_found(connection, "invoice", text, limit),
            ]

    @explaining()
    def ids(self, text: str, most: int) -> tuple[list[str], list[str]]:
        """Of the customers and invoices that have `text` anywhere, up to `most` each. The index has no short texts."""
        sought = plain(text).strip()
        short = len(unaccented(sought)) < _SHORTEST
        asked = anywhere(sought) if short else _quoted(unaccented(sought))
        contacts, invoices = ([key for (key,) in self._connection.execute(each[short], (asked, most))] for each in _IDS)
        return contacts, invoices

    @explaining()
    def _waiting(self) -> bool:
        return self._connection.execute("SELECT 1 FROM search_queue LIMIT 1").fetchone() is not None


def _referred(connection: sqlite3.Connection, text: str, limit: int) -> list[Hit]:
    """The messages whose reference begins so; nothing of what is no reference."""
    reference = _REFERENCE.fullmatch(plain(text[:LONGEST]).strip())
    if reference is None:
        return []
    start = reference[1]
    rows = connection.execute(_MESSAGES, {"from": start, "to": f"{start}\U0010ffff", "limit": limit})
    return [_message(*row) for row in rows]


def _found(connection: sqlite3.Connection, kind: Kind, text: str, limit: int) -> list[Hit]:
    hits: dict[str, Hit] = {}
    for asked in _questions(text):
        rows = connection.execute(_CONTACTS if kind == "contact" else _INVOICES, (asked, limit))
        for row in rows:
            hits.setdefault(row[0], _contact(*row) if kind == "contact" else _invoice(*row))
        if len(hits) >= limit:
            break
    return list(hits.values())[:limit]


def _questions(text: str) -> Iterator[str]:
    """In the index's language, the narrowest first."""
    sought = unaccented(" ".join(plain(text[:LONGEST]).split()))
    if not sought:
        return
    yield _quoted(f"\n{sought}\n")
    if len(sought) >= _SHORTEST - 1:
        yield _quoted(f"\n{sought}")
    if words := [word for word in sought.split()[:_MOST_WORDS] if len(word) >= _SHORTEST]:
        yield " AND ".join(_quoted(word) for word in words)


def _entered_besides(words: str) -> str:
    """Nothing where it would say the same once more."""
    return "" if words.isascii() else unaccented(words)


def _quoted(text: str) -> str:
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def _message(key: str, subject: str, outcome: str, contact_id: str, customer: str | None) -> Hit:
    return Hit(
        kind="message",
        id=key,
        name=subject,
        status=outcome,
        contact_id=ContactId(contact_id),
        customer=customer or contact_id,
    )


def _contact(key: str, name: str, status: str) -> Hit:
    return Hit(kind="contact", id=key, name=name, status=status, contact_id=ContactId(key), customer=name)


def _invoice(
    key: str,
    number: str | None,
    contact_id: str,
    status: str,
    currency: str,
    total_minor: int,
    due_minor: int,
    due_on: str | None,
    customer: str | None,
) -> Hit:
    return Hit(
        kind="invoice",
        id=key,
        name=number or key,
        status=status,
        contact_id=ContactId(contact_id),
        customer=customer or contact_id,
        total=Money(total_minor, currency),
        due=Money(due_minor, currency),
        due_on=read_day(due_on),
    )
