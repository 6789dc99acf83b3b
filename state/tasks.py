"""The work list of one tenant: calls to make, and decisions that only a person can take.

A task is opened once for its subject (a message, an invoice's round), however often the cycle asks, and it ends once.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from state.columns import instant_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import explaining
from state.model import ContactId, InvoiceId, MessageId
from state.reminders import new_reminder_id

Kind = Literal["call", "decision", "delivery", "late_payment", "text"]

_COLUMNS = (
    "id, kind, subject, contact_id, invoice_id, message_id, stage, owner, phone, script, blocks, opened_at, state,"
    " outcome, note, closed_at, closed_by"
)

_OPEN = """
    INSERT INTO task (id, kind, subject, contact_id, invoice_id, message_id, stage, owner, phone, script, blocks,
                      opened_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, subject) DO NOTHING
"""


class NewTask(Struct, frozen=True, kw_only=True):
    """Something for a person to do. `subject` names what it is about; a kind and a subject have one task for ever."""

    kind: Kind
    subject: str
    contact_id: ContactId
    invoice_id: InvoiceId | None = None
    message_id: MessageId | None = None
    stage: str | None = None
    owner: str = ""  # whose list it stands on; empty: everybody's
    phone: str | None = None
    script: str = ""
    blocks: bool = True  # the next stage waits for it


class Task(Struct, frozen=True, kw_only=True):
    """A task as it stands. `outcome` says how it ended."""

    id: str
    new: NewTask
    opened_at: datetime
    state: Literal["open", "done"]
    outcome: str | None = None
    note: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None


class Tasks:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def open(self, tasks: Iterable[NewTask], at: datetime) -> int:
        """Returns how many are new; the others are known already, open or done."""
        rows = [
            (
                new_reminder_id(),
                task.kind,
                task.subject,
                task.contact_id,
                task.invoice_id,
                task.message_id,
                task.stage,
                task.owner,
                task.phone,
                task.script,
                int(task.blocks),
                instant_text(at),
            )
            for task in tasks
        ]
        with immediate(self._connection) as connection:
            made = connection.executemany(_OPEN, rows)
            return max(made.rowcount, 0)

    def close(self, task_id: str, outcome: str, note: str | None, by: str, at: datetime) -> bool:
        """A person says how it ended. False if it is not open (any more)."""
        with immediate(self._connection) as connection:
            moved = connection.execute(
                "UPDATE task SET state = 'done', outcome = ?, note = ?, closed_by = ?, closed_at = ?"
                " WHERE id = ? AND state = 'open'",
                (outcome, note, by, instant_text(at), task_id),
            )
            return moved.rowcount == 1

    def close_subjects(self, kind: Kind, subjects: Iterable[str], outcome: str, at: datetime) -> int:
        """What has settled itself; how many were open."""
        with immediate(self._connection) as connection:
            moved = connection.executemany(
                "UPDATE task SET state = 'done', outcome = ?, closed_by = 'dun', closed_at = ?"
                " WHERE kind = ? AND subject = ? AND state = 'open'",
                [(outcome, instant_text(at), kind, subject) for subject in subjects],
            )
            return max(moved.rowcount, 0)

    def decisions(self) -> list[Task]:
        """How to go on after the end of a sequence, open and done, oldest first."""
        return self._read("kind = 'decision' ORDER BY opened_at, rowid")

    def open_ones(self) -> list[Task]:
        """Oldest first."""
        return self._read("state = 'open' ORDER BY opened_at, rowid")

    def all(self) -> list[Task]:
        """Oldest first, open and done."""
        return self._read("1 = 1 ORDER BY opened_at, rowid")

    def of_invoice(self, invoice_id: InvoiceId) -> list[Task]:
        """Those about this invoice: by itself, or in a message together with others. Oldest first, open and done."""
        return self._read(
            "invoice_id = ?1 OR message_id IN (SELECT message_id FROM reminder WHERE reminder.invoice_id = ?1)"
            " ORDER BY opened_at, rowid",
            invoice_id,
        )

    def of_contact(self, contact_id: ContactId) -> list[Task]:
        """Oldest first, open and done."""
        return self._read("contact_id = ? ORDER BY opened_at, rowid", contact_id)

    def get(self, task_id: str) -> Task | None:
        found = self._read("id = ?", task_id)
        return found[0] if found else None

    @explaining()
    def knows_message(self, message_id: MessageId) -> bool:
        """Whether a call that was to be put on the list under this message stands there."""
        row = self._connection.execute("SELECT 1 FROM task WHERE message_id = ?", (message_id,)).fetchone()
        return row is not None

    @explaining()
    def _read(self, condition: str, *parameters: str) -> list[Task]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM task WHERE {condition}",  # noqa: S608 - conditions from above
            parameters,
        )
        return [_task(row) for row in rows]


def pending_calls(connection: sqlite3.Connection) -> dict[InvoiceId, tuple[str, ...]]:
    """Stages whose call nobody has written down yet and that block what comes next, by invoice."""
    rows = connection.execute(
        "SELECT reminder.invoice_id, reminder.stage FROM task JOIN reminder ON reminder.message_id = task.message_id"
        " WHERE task.state = 'open' AND task.blocks = 1 AND task.kind = 'call'"
    )
    found: dict[InvoiceId, tuple[str, ...]] = {}
    for invoice_id, stage in rows:
        found[invoice_id] = (*found.get(invoice_id, ()), stage)
    return found


def _task(row: tuple[Any, ...]) -> Task:
    return Task(
        id=row[0],
        new=NewTask(
            kind=row[1],
            subject=row[2],
            contact_id=row[3],
            invoice_id=row[4],
            message_id=row[5],
            stage=row[6],
            owner=row[7],
            phone=row[8],
            script=row[9],
            blocks=bool(row[10]),
        ),
        opened_at=read_instant(row[11]),
        state=row[12],
        outcome=row[13],
        note=row[14],
        closed_at=read_optional_instant(row[15]),
        closed_by=row[16],
    )
