"""Holds: somebody, or something, says *not now*. They end by themselves on their last day, or when released."""

import sqlite3
from datetime import date, datetime
from typing import Any, Literal

from state.columns import day_text, instant_text, read_day, read_instant
from state.database import immediate
from state.errors import explaining
from state.model import Hold

Scope = Literal["invoice", "contact", "tenant"]


class Holds:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def place(
        self,
        scope: Scope,
        target: str,
        reason: str,
        until: date | None,
        note: str | None,
        at: datetime,
    ) -> Hold:
        """Hold an invoice, a contact, or the tenant (target '*') up to and including `until`; None: until released."""
        with immediate(self._connection) as connection:
            key = connection.execute(
                "INSERT INTO hold (scope, target, reason, until, note, placed_at) VALUES (?, ?, ?, ?, ?, ?)",
                (scope, target, reason, day_text(until), note, instant_text(at)),
            ).lastrowid
            row = connection.execute(
                "SELECT id, scope, target, reason, until, note, placed_at FROM hold WHERE id = ?", (key,)
            ).fetchone()
        return _read(row)

    def release(self, scope: Scope, target: str, at: datetime) -> int:
        """End all holds on the target, but not that on a forgotten customer; returns how many."""
        with immediate(self._connection) as connection:
            return connection.execute(
                "UPDATE hold SET released_at = ?"
                " WHERE scope = ? AND target = ? AND released_at IS NULL AND reason <> 'forgotten'",
                (instant_text(at), scope, target),
            ).rowcount

    @explaining()
    def active(self, today: date) -> list[Hold]:
        """Oldest first."""
        return read_active(self._connection, today)


def read_active(connection: sqlite3.Connection, today: date) -> list[Hold]:
    """See Holds.active."""
    rows = connection.execute(
        "SELECT id, scope, target, reason, until, note, placed_at FROM hold"
        " WHERE released_at IS NULL AND (until IS NULL OR until >= ?) ORDER BY id",
        (day_text(today),),
    )
    return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> Hold:
    return Hold(
        id=row[0],
        scope=row[1],
        target=row[2],
        reason=row[3],
        until=read_day(row[4]),
        note=row[5],
        placed_at=read_instant(row[6]),
    )
