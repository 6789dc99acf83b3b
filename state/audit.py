"""Who did what: one row for each change a person makes, written in the transaction of the change itself.

The trail is only ever added to (state.agreement_tables). What a forgotten customer's rows said in free text is emptied;
that a person did something, to which document and when, stays.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from state.columns import ids_text, instant_text, json_text, optional_instant_text, read_instant
from state.database import immediate
from state.errors import explaining
from state.holds import Scope

_RECENT = """
    SELECT id, at, who, action, scope, target, details FROM audit
    WHERE (:since IS NULL OR at >= :since)
    AND (:contact IS NULL OR (scope = 'contact' AND target = :contact) OR (
        scope = 'invoice' AND target IN (SELECT invoice.id FROM invoice WHERE invoice.contact_id = :contact)
    ))
    ORDER BY id DESC LIMIT :limit
"""


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One deed. `details` are plain: dates as ISO text, amounts as minor units next to their currency."""

    id: int
    at: datetime
    who: str  # account of the operating system
    action: str
    scope: Scope
    target: str  # invoice id, contact id, or '*'
    details: dict[str, object]


class MonthlyActions(Struct, frozen=True, kw_only=True):
    """How often something was done in a month, such as 2026-03: by Dun itself, and by people."""

    month: str
    action: str
    automatic: int
    manual: int


class Audit:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def record(self, who: str, action: str, scope: Scope, target: str, details: object, at: datetime) -> None:
        """Call this inside the transaction of the change. `details`: a mapping or a record."""
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT INTO audit (at, who, action, scope, target, details) VALUES (?, ?, ?, ?, ?, ?)",
                (instant_text(at), who, action, scope, target, json_text(details)),
            )

    @explaining()
    def last(self) -> int:
        """The number of the latest entry; 0 if there is none."""
        found: int = self._connection.execute("SELECT coalesce(max(id), 0) FROM audit").fetchone()[0]
        return found

    @explaining()
    def concerned_since(self, entry: int, targets: Iterable[str]) -> bool:
        """Whether anything after `entry` was done to one of `targets`: ids of invoices or contacts, or '*'."""
        row = self._connection.execute(
            "SELECT 1 FROM audit WHERE id > ? AND target IN (SELECT value FROM json_each(?)) LIMIT 1",
            (entry, ids_text(targets)),
        ).fetchone()
        return row is not None

    @explaining()
    def entries(self, since: datetime | None = None, contact: str | None = None, limit: int = 100) -> list[AuditEntry]:
        """The latest first, of everybody or of one customer and its invoices."""
        parameters = {"since": optional_instant_text(since), "contact": contact, "limit": limit}
        return [_entry(row) for row in self._connection.execute(_RECENT, parameters)]

    @explaining()
    def by_month(self) -> list[MonthlyActions]:
        """Everything that was done, the earliest month first: the view actions_by_month."""
        rows = self._connection.execute("SELECT month, action, automatic, manual FROM actions_by_month")
        return [
            MonthlyActions(month=m, action=a, automatic=by_dun, manual=by_people) for m, a, by_dun, by_people in rows
        ]

    @explaining()
    def after(self, entry: int) -> list[AuditEntry]:
        """Everything that was done after `entry`, in its order."""
        rows = self._connection.execute(
            "SELECT id, at, who, action, scope, target, details FROM audit WHERE id > ? ORDER BY id", (entry,)
        )
        return [_entry(row) for row in rows]


def _entry(row: tuple[Any, ...]) -> AuditEntry:
    return AuditEntry(
        id=row[0],
        at=read_instant(row[1]),
        who=row[2],
        action=row[3],
        scope=row[4],
        target=row[5],
        details=msgspec.json.decode(row[6]),
    )
