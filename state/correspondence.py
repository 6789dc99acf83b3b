"""Replies and where reading them stands. What a reply says is kept until somebody has handled it, and after.

A reply, its customers, their holds and the position in the mailbox belong into one `TenantStore.transaction()`: then
there is no moment at which a reply is known and its customer is not held.
"""

import secrets
import sqlite3
from base64 import b32encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from state.addresses import usable_addresses
from state.columns import ids_text, instant_text, read_instant, read_list, read_optional_instant
from state.database import immediate
from state.errors import explaining
from state.families import read_families
from state.forget import forgotten
from state.model import ContactId, MessageId

ReplyId = str
ReplyKind = Literal["human", "auto_reply", "out_of_office", "bounce", "complaint"]
MatchedBy = Literal["thread", "reference", "sender", "recipient", "nothing"]
HandledAs = Literal["answered", "paid_says", "dispute", "promise", "not_ours"]

_COLUMNS = (
    "id, received_at, sender, sender_name, subject, text, kind, doubt, matched_by, message_id, handled_at, handled_by,"
    " outcome"
)
_ADDRESSES = """
    SELECT contact.id, contact.email, contact.cc FROM contact
    WHERE EXISTS (SELECT 1 FROM invoice WHERE contact_id = contact.id AND status = 'open' AND due_minor > 0)
    OR EXISTS (SELECT 1 FROM message WHERE contact_id = contact.id)
"""
_ASKED = "SELECT contact_id, billed_to FROM invoice WHERE status = 'open' AND due_minor > 0 AND billed_to <> '[]'"
_WRITTEN_TO = "SELECT DISTINCT contact_id, value FROM message, json_each(message.recipients)"


_WAITS_AGAIN = """
    UPDATE reply SET handled_at = NULL, handled_by = NULL, outcome = NULL WHERE id = ? AND handled_at = ?
"""
_ENDED_BY_HANDLING = """
    SELECT reply_contact.contact_id, hold.id
    FROM reply JOIN reply_contact ON reply_contact.reply_id = reply.id JOIN hold ON hold.id = reply_contact.hold_id
    WHERE reply.id = ? AND reply.handled_at = ? AND hold.released_at = reply.handled_at
    AND hold.released_by = reply.handled_by
"""
# What still waits, or holds somebody, comes before what is done.
_OF_CUSTOMERS = """
    id IN (SELECT reply_id FROM reply_contact WHERE contact_id IN (SELECT value FROM json_each(?)))
    ORDER BY handled_at IS NULL OR id IN (
        SELECT reply_id FROM reply_contact JOIN hold ON hold.id = hold_id WHERE released_at IS NULL
    ) DESC, received_at DESC, rowid DESC LIMIT ?
"""
_HOLD_AGAIN = """
    INSERT INTO hold (scope, target, reason, until, note, placed_at, owner)
    SELECT scope, target, reason, until, note, ?, owner FROM hold WHERE id = ?
"""


class Position(Struct, frozen=True):
    """Up to where a source was read, and when. `validity` and `uid` are a mailbox's own numbers, elsewhere 0."""

    validity: int
    uid: int
    read_at: datetime


class ReplyDraft(Struct, frozen=True, kw_only=True):
    """A reply as it is written down. `key` recognises the same mail; addresses are ASCII and lower case."""

    key: str
    mail_id: str
    validity: int
    uid: int
    received_at: datetime
    sender: str
    sender_name: str
    subject: str
    text: str
    kind: ReplyKind
    doubt: str = ""
    matched_by: MatchedBy
    message_id: MessageId | None = None


class Reply(Struct, frozen=True, kw_only=True):
    """A stored reply. `contacts` are the customers it concerns, several if they share the sender's address."""

    id: ReplyId
    received_at: datetime
    sender: str
    sender_name: str
    subject: str
    text: str
    kind: ReplyKind
    doubt: str
    matched_by: MatchedBy
    message_id: MessageId | None
    handled_at: datetime | None
    handled_by: str | None
    outcome: HandledAs | None
    contacts: tuple[ContactId, ...]
    held: tuple[ContactId, ...]  # those whose hold for this reply is still in force


class Correspondence:
    """Replies of one tenant, and the addresses by which they find their customers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @explaining()
    def position(self, source: str) -> Position | None:
        """None: never read."""
        row = self._connection.execute(
            "SELECT validity, uid, read_at FROM read_position WHERE source = ?", (source,)
        ).fetchone()
        return Position(row[0], row[1], read_instant(row[2])) if row else None

    def move(self, source: str, validity: int, uid: int, at: datetime) -> None:
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT INTO read_position (source, validity, uid, read_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (source) DO UPDATE"
                " SET validity = excluded.validity, uid = excluded.uid, read_at = excluded.read_at",
                (source, validity, uid, instant_text(at)),
            )

    @explaining()
    def knows(self, key: str) -> bool:
        """Whether this mail was kept before."""
        return self._connection.execute("SELECT 1 FROM reply WHERE key = ?", (key,)).fetchone() is not None

    def save(self, draft: ReplyDraft, contacts: Sequence[ContactId], at: datetime) -> ReplyId:
        """The new reply's id; Contradiction if it is known. Of customers who were forgotten, only that they wrote."""
        with immediate(self._connection) as connection:
            reply_id = _new_reply_id()
            person = _nobody() if contacts and set(contacts) <= forgotten(connection) else _person(draft)
            connection.execute(
                "INSERT INTO reply (id, key, mail_id, validity, uid, received_at, read_at, sender, sender_name,"
                " subject, text, kind, doubt, matched_by, message_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    reply_id,
                    draft.key,
                    draft.mail_id,
                    draft.validity,
                    draft.uid,
                    instant_text(draft.received_at),
                    instant_text(at),
                    *person,
                    draft.kind,
                    draft.doubt,
                    draft.matched_by,
                    draft.message_id,
                ),
            )
        return reply_id

    def concern(self, reply_id: ReplyId, contact_id: ContactId, hold_id: int | None) -> None:
        """The reply is this customer's too. A person's reply has a hold for each of its customers, no other has one."""
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT INTO reply_contact (reply_id, contact_id, hold_id) VALUES (?, ?, ?)",
                (reply_id, contact_id, hold_id),
            )

    def handle(self, reply_id: ReplyId, outcome: HandledAs, by: str, at: datetime, *, release: bool) -> int:
        """Take the reply off the list; with `release`, end the holds it placed, and no others. How many ended.

        Raises IllegalMove if it was handled before.
        """
        with immediate(self._connection) as connection:
            connection.execute(
                "UPDATE reply SET handled_at = ?, handled_by = ?, outcome = ? WHERE id = ?",
                (instant_text(at), by, outcome, reply_id),
            )
            if not release:
                return 0
            return connection.execute(
                "UPDATE hold SET released_at = ?, released_by = ? WHERE released_at IS NULL"
                " AND id IN (SELECT hold_id FROM reply_contact WHERE reply_id = ?)",
                (instant_text(at), by, reply_id),
            ).rowcount

    def take_back(self, reply_id: ReplyId, handled_at: datetime, at: datetime) -> int | None:
        """The reply waits again, and the holds that its handling ended stand again, as new ones; how many.

        None if it is not handled, or was handled at another instant: that is another person's word.
        """
        with immediate(self._connection) as connection:
            handled = (reply_id, instant_text(handled_at))
            ended = connection.execute(_ENDED_BY_HANDLING, handled).fetchall()
            if not connection.execute(_WAITS_AGAIN, handled).rowcount:
                return None
            for contact, hold in ended:
                again = connection.execute(_HOLD_AGAIN, (instant_text(at), hold)).lastrowid
                connection.execute(
                    "UPDATE reply_contact SET hold_id = ? WHERE reply_id = ? AND contact_id = ?",
                    (again, reply_id, contact),
                )
            return len(ended)

    @explaining()
    def get(self, reply_id: ReplyId) -> Reply | None:
        return next(self._read("id = ?", reply_id), None)

    @explaining()
    def behind(self, hold_id: int) -> Reply | None:
        """The reply that placed the hold; None if it was no mail."""
        return next(self._read("id IN (SELECT reply_id FROM reply_contact WHERE hold_id = ?)", hold_id), None)

    @explaining()
    def of_customers(self, contacts: Iterable[str], most: int) -> list[Reply]:
        """What they and their machines answered, of more than `most` what waits or holds, and then the latest."""
        return list(self._read(_OF_CUSTOMERS, ids_text(contacts), most))

    @explaining()
    def unhandled(self, *, automatic: bool = False) -> list[Reply]:
        """What waits for a person, oldest first; with `automatic`, what machines wrote as well."""
        condition = "handled_at IS NULL" + ("" if automatic else " AND kind = 'human'")
        return list(self._read(f"{condition} ORDER BY received_at, rowid"))

    @explaining()
    def count_unhandled(self) -> int:
        """Real replies that nobody has handled."""
        [[number]] = self._connection.execute(
            "SELECT count(*) FROM reply WHERE handled_at IS NULL AND kind = 'human'"
        ).fetchall()
        return int(number)

    @explaining()
    def contact_of(self, message_id: MessageId) -> ContactId | None:
        """To whom the message went, or who that customer is now; None if there is no such message."""
        row = self._connection.execute("SELECT contact_id FROM message WHERE id = ?", (message_id,)).fetchone()
        return read_families(self._connection).winner(ContactId(row[0])) if row else None

    @explaining()
    def customers_by_address(self) -> dict[str, tuple[ContactId, ...]]:
        """Customers who owe something or were written to, by each of their addresses in lower case."""
        families = read_families(self._connection)
        found: dict[str, dict[ContactId, None]] = {}
        for contact, address in self._addresses():
            found.setdefault(address.lower(), {})[families.winner(contact)] = None
        return {address: tuple(contacts) for address, contacts in found.items()}

    def _addresses(self) -> Iterator[tuple[ContactId, str]]:
        for contact, email, cc in self._connection.execute(_ADDRESSES):
            for text in (email, *read_list(cc)):
                yield from ((ContactId(contact), address) for address in usable_addresses(text))
        for contact, billed_to in self._connection.execute(_ASKED):
            for text in read_list(billed_to):
                yield from ((ContactId(contact), address) for address in usable_addresses(text))
        for contact, address in self._connection.execute(_WRITTEN_TO):
            yield ContactId(contact), address

    def _read(self, condition: str, *parameters: str | int) -> Iterator[Reply]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM reply WHERE {condition}",  # noqa: S608 - conditions from above
            parameters,
        ).fetchall()
        concerned = self._concerned([row[0] for row in rows])
        for row in rows:
            yield _read(row, concerned.get(row[0], []))

    def _concerned(self, ids: list[ReplyId]) -> dict[ReplyId, list[tuple[ContactId, bool]]]:
        rows = self._connection.execute(
            "SELECT reply_id, contact_id, hold.id IS NOT NULL AND hold.released_at IS NULL FROM reply_contact"
            " LEFT JOIN hold ON hold.id = hold_id WHERE reply_id IN (SELECT value FROM json_each(?))",
            (ids_text(ids),),
        )
        found: dict[ReplyId, list[tuple[ContactId, bool]]] = {}
        for reply_id, contact, held in rows:
            found.setdefault(reply_id, []).append((ContactId(contact), bool(held)))
        return found


def _new_reply_id() -> ReplyId:
    """Eight letters and digits, for a person to type."""
    return b32encode(secrets.token_bytes(5)).decode().lower()


def _person(draft: ReplyDraft) -> tuple[str, str, str, str]:
    return draft.sender, draft.sender_name, draft.subject, draft.text


def _nobody() -> tuple[str, str, str, str]:
    return "", "", "", ""


def _read(row: tuple[Any, ...], concerned: list[tuple[ContactId, bool]]) -> Reply:
    return Reply(
        id=row[0],
        received_at=read_instant(row[1]),
        sender=row[2],
        sender_name=row[3],
        subject=row[4],
        text=row[5],
        kind=row[6],
        doubt=row[7],
        matched_by=row[8],
        message_id=row[9],
        handled_at=read_optional_instant(row[10]),
        handled_by=row[11],
        outcome=row[12],
        contacts=tuple(contact for contact, _ in concerned),
        held=tuple(contact for contact, held in concerned if held),
    )
