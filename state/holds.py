"""Holds: somebody, or something, says *not now*. They end by themselves on their last day, or when released."""

import sqlite3
from datetime import date, datetime
from typing import Any, Literal

from state.columns import day_text, instant_text, read_day, read_instant
from state.database import immediate
from state.errors import explaining
from state.model import Hold

Scope = Literal["invoice", "contact", "tenant"]
HANDED_OVER = "handed_over"  # ends by returning the invoice, not by a release
OPERATOR = "operator"  # owner of the holds that Dun places by itself: whoever runs this installation

_COLUMNS = "id, scope, target, reason, until, note, placed_at, owner"
# What a release may end. A forgotten customer, an invoice that is with an agency, and one that is to be written off go
# on by deeds of their own: a release would ask for what somebody else asks for, or what somebody is giving up.
_RELEASABLE = """
    released_at IS NULL AND reason NOT IN ('forgotten', 'handed_over') AND NOT (
        reason = 'write_off' AND EXISTS (
            SELECT 1 FROM write_off WHERE invoice_id = hold.target AND state IN ('proposed', 'approved')
        )
    )
"""


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
        owner: str | None = None,
    ) -> Hold:
        """Hold an invoice, a contact, or the tenant (target '*') up to and including `until`; None: until released.

        A hold without an end has an owner, who has to see to it; if none is named, that is whoever runs Dun.
        """
        owner = owner or (OPERATOR if until is None else None)
        with immediate(self._connection) as connection:
            key = connection.execute(
                "INSERT INTO hold (scope, target, reason, until, note, placed_at, owner) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (scope, target, reason, day_text(until), note, instant_text(at), owner),
            ).lastrowid
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM hold WHERE id = ?",  # noqa: S608 - a constant from above
                (key,),
            ).fetchone()
        return _read(row)

    def release(self, scope: Scope, target: str, at: datetime, by: str | None = None) -> int:
        """End all holds on the target that a release may end; returns how many. `by`: the person."""
        with immediate(self._connection) as connection:
            return connection.execute(
                f"UPDATE hold SET released_at = ?, released_by = ? WHERE scope = ? AND target = ? AND {_RELEASABLE}",  # noqa: S608
                (instant_text(at), by, scope, target),
            ).rowcount

    def release_one(self, key: int, at: datetime, by: str) -> Hold | None:
        """End this hold and no other; None if it has ended, or is of a kind that `release` does not end either."""
        with immediate(self._connection) as connection:
            rows = connection.execute(
                "UPDATE hold SET released_at = ?, released_by = ? WHERE id = ?"  # noqa: S608 - constants from above
                f" AND {_RELEASABLE} RETURNING {_COLUMNS}",
                (instant_text(at), by, key),
            ).fetchall()
        return _read(rows[0]) if rows else None

    @explaining()
    def unreleased(self, scope: Scope, target: str) -> list[Hold]:
        """Those on the target that nobody has ended, also where their last day is over; oldest first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM hold WHERE scope = ? AND target = ? AND released_at IS NULL ORDER BY id",  # noqa: S608
            (scope, target),
        )
        return [_read(row) for row in rows]

    @explaining()
    def ended(self, key: int) -> Hold | None:
        """The hold, if somebody has ended it."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM hold WHERE id = ? AND released_at IS NOT NULL",  # noqa: S608 - as above
            (key,),
        ).fetchone()
        return None if row is None else _read(row)

    def release_for(self, scope: Scope, target: str, reason: str, at: datetime, by: str) -> int:
        """End the holds on the target that stand there for `reason`; how many there were."""
        with immediate(self._connection) as connection:
            return connection.execute(
                "UPDATE hold SET released_at = ?, released_by = ?"
                " WHERE scope = ? AND target = ? AND reason = ? AND released_at IS NULL",
                (instant_text(at), by, scope, target, reason),
            ).rowcount

    @explaining()
    def placed_by(self) -> dict[int, str]:
        """Who placed each hold that a person placed by itself, by its id; other deeds have rows of their own."""
        return dict(
            self._connection.execute("SELECT json_extract(details, '$.id'), who FROM audit WHERE action = 'hold'")
        )

    @explaining()
    def active(self, today: date) -> list[Hold]:
        """Oldest first."""
        return read_active(self._connection, today)


def read_active(connection: sqlite3.Connection, today: date) -> list[Hold]:
    """See Holds.active."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM hold"  # noqa: S608 - a constant from above
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
        owner=row[7],
    )
