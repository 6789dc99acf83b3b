"""Edited messages of one tenant: which texts are in force, and about which a person has to be asked again."""

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct

from state.columns import ids_text, instant_text, read_instant, read_list
from state.database import immediate
from state.errors import explaining
from state.model import ContactId, ReminderId

_COLUMNS = "id, contact_id, reminders, kind, basis, reference, subject, text, edited_by, edited_at"
_TOUCHES = """
    EXISTS (SELECT 1 FROM json_each(reminders) AS own JOIN json_each(?) AS asked ON asked.value = own.value)
"""


class NewEdit(Struct, frozen=True, kw_only=True):
    """A message in a person's words. `reference` is the mark in them that stands for the real message's."""

    contact_id: ContactId
    reminders: tuple[ReminderId, ...]
    kind: str
    basis: str  # digest of all that the words rest on
    reference: str
    subject: str
    text: str
    edited_by: str


class Edit(NewEdit, frozen=True, kw_only=True):
    id: int
    edited_at: datetime


class Edits:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, edit: NewEdit, at: datetime) -> None:
        """In the place of what was in force for any of its reminders; a question about them is answered by it."""
        with immediate(self._connection) as connection:
            self.withdraw(edit.reminders, at)
            self._end("dropped", "answered", edit.reminders, at)
            connection.execute(
                "INSERT INTO edited_message (contact_id, reminders, kind, basis, reference, subject, text, edited_by,"
                " edited_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    edit.contact_id,
                    ids_text(sorted(edit.reminders)),
                    edit.kind,
                    edit.basis,
                    edit.reference,
                    edit.subject,
                    edit.text,
                    edit.edited_by,
                    instant_text(at),
                ),
            )

    def withdraw(self, reminders: Iterable[ReminderId], at: datetime) -> int:
        """What is in force for any of these is not used; how many there were."""
        return self._end("in_force", "withdrawn", reminders, at)

    def drop(self, reminders: Iterable[ReminderId], at: datetime) -> int:
        """What is in force for any of these fits no more, and a person is to say how they go: see `unanswered`."""
        return self._end("in_force", "dropped", reminders, at)

    @explaining()
    def in_force(self, reminders: Collection[ReminderId]) -> list[Edit]:
        """The texts for any of these; more than one where messages that were edited apart would now go together."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM edited_message WHERE state = 'in_force' AND {_TOUCHES} ORDER BY id",  # noqa: S608
            (ids_text(reminders),),
        )
        return [_read(row) for row in rows]

    @explaining()
    def unanswered(self) -> frozenset[ReminderId]:
        """The reminders whose edited text was dropped and that nobody has worded anew since."""
        rows = self._connection.execute(
            "SELECT DISTINCT own.value FROM edited_message, json_each(reminders) AS own WHERE state = 'dropped'"
        )
        return frozenset(ReminderId(key) for (key,) in rows)

    @explaining()
    def by_reminder(self) -> dict[ReminderId, int]:
        """Of each reminder that has one, the id of the text in force."""
        return read_in_force(self._connection)

    def _end(self, before: str, after: str, reminders: Iterable[ReminderId], at: datetime) -> int:
        with immediate(self._connection) as connection:
            return connection.execute(
                f"UPDATE edited_message SET state = ?, ended_at = ? WHERE state = ? AND {_TOUCHES}",  # noqa: S608
                (after, instant_text(at), before, ids_text(reminders)),
            ).rowcount


def read_in_force(connection: sqlite3.Connection) -> dict[ReminderId, int]:
    """See Edits.by_reminder."""
    rows = connection.execute(
        "SELECT own.value, edited_message.id FROM edited_message, json_each(reminders) AS own"
        " WHERE edited_message.state = 'in_force'"
    )
    return {ReminderId(key): edit for key, edit in rows}


def _read(row: tuple[Any, ...]) -> Edit:
    return Edit(
        id=row[0],
        contact_id=row[1],
        reminders=tuple(ReminderId(key) for key in read_list(row[2])),
        kind=row[3],
        basis=row[4],
        reference=row[5],
        subject=row[6],
        text=row[7],
        edited_by=row[8],
        edited_at=read_instant(row[9]),
    )
