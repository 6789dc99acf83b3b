"""How many calls have been made, for what, and what the services said is left: over all threads and processes.

A file of its own, because every call writes to it and losing its last second is harmless: it is not flushed with each
transaction (`synchronous = NORMAL`), and whoever deletes it loses counts, never books. Owners are names such as
'xero:<organisation>' and 'xero-app:<client id>'; what they may be asked is decided in `connectors.budget`.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from state.budget_marks import Marks
from state.columns import instant_text
from state.database import Kind, immediate, open_database
from state.errors import explaining

_SCHEMA = (
    "CREATE TABLE recent (lane TEXT NOT NULL, at INTEGER NOT NULL) STRICT",  # microseconds since 1970
    "CREATE INDEX recent_lane ON recent (lane, at)",
    """
    CREATE TABLE spent (
        owner TEXT NOT NULL,
        span TEXT NOT NULL CHECK (span IN ('hour', 'month')),
        starts TEXT NOT NULL,
        purpose TEXT NOT NULL,
        calls INTEGER NOT NULL,
        metered INTEGER NOT NULL,
        PRIMARY KEY (owner, span, starts, purpose)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE heard (
        owner TEXT NOT NULL,
        window TEXT NOT NULL,
        left_over INTEGER NOT NULL,
        at TEXT NOT NULL,
        ends_by TEXT NOT NULL,
        PRIMARY KEY (owner, window)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE pause (
        owner TEXT NOT NULL,
        kind TEXT NOT NULL,
        since TEXT NOT NULL,
        until TEXT,
        times INTEGER NOT NULL,
        PRIMARY KEY (owner, kind)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE need (
        owner TEXT PRIMARY KEY NOT NULL,
        owed INTEGER NOT NULL,
        notes INTEGER NOT NULL,
        verification INTEGER NOT NULL,
        enclosures INTEGER NOT NULL,
        at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
_HOURS_KEPT = timedelta(days=8)
_MONTHS_KEPT = timedelta(days=400)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LOOK_BACK = timedelta(minutes=1) // _MICROSECOND  # the longest window of any lane


def m001_budgets(database: Any) -> None:
    _lay_out(database.conn)


def _lay_out(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        connection.execute(statement)


BUDGETS_FILE = Kind("file of call budgets", 0x44554E42, (m001_budgets,))  # "DUNB"


class Lane(Struct, frozen=True):
    """At most `limit` calls in any `window` of up to a minute, counted under `name`."""

    name: str
    limit: int
    window: timedelta


class Call(Struct, frozen=True):
    """A call about to be made. `metered`: the service counts it against the month."""

    owner: str
    app: str
    purpose: str
    metered: bool
    lanes: tuple[Lane, ...]


class Spent(Struct, frozen=True):
    """Calls for one purpose. `metered` are those among them that the service counts against the month."""

    purpose: str
    calls: int
    metered: int


class Budgets:
    """`<data>/budgets.db`, open. It belongs to the thread that opened it; others open their own."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None = None) -> None:
        connection.execute("PRAGMA synchronous = NORMAL")
        self._connection = connection
        self.path = path  # None: in memory
        self.marks = Marks(connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file; raises a StateError that names it and says what to do."""
        return cls(open_database(path, BUDGETS_FILE), path)

    @classmethod
    def in_memory(cls) -> Self:
        """Counts that end with the process, for whoever has no data folder."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        _lay_out(connection)
        return cls(connection)

    def take(self, call: Call, at: datetime) -> timedelta:
        """Count one call and return zero if every lane has room at `at`; otherwise count nothing: how long to wait.

        Calls that seem to lie ahead, because the clock was set back, count as made now: no wait exceeds its window.
        """
        now = (at - _EPOCH) // _MICROSECOND
        with immediate(self._connection) as connection:
            for lane in call.lanes:
                self._tidy(lane, now)
            wait = max((self._wait(lane, now) for lane in call.lanes), default=0)
            if wait > 0:
                return wait * _MICROSECOND
            rows = [(name, now) for name in {lane.name for lane in call.lanes}]
            connection.executemany("INSERT INTO recent (lane, at) VALUES (?, ?)", rows)
            self._count(call, at)
        return timedelta(0)

    @explaining()
    def recent(self, lane: str, at: datetime, window: timedelta) -> int:
        """Calls counted under that name in the `window`, of up to a minute, before `at`."""
        now = (at - _EPOCH) // _MICROSECOND
        row = self._connection.execute(
            "SELECT count(*) FROM recent WHERE lane = ? AND at > ? AND at <= ?",
            (lane, now - window // _MICROSECOND, now),
        )
        return int(row.fetchone()[0])

    @explaining()
    def in_hours(self, owner: str, since: datetime, until: datetime) -> list[Spent]:
        """Calls of `owner` by purpose, from the hour `since` lies in to the one of `until`."""
        rows = self._connection.execute(
            "SELECT purpose, sum(calls), sum(metered) FROM spent WHERE owner = ? AND span = 'hour'"
            " AND starts BETWEEN ? AND ? GROUP BY purpose ORDER BY purpose",
            (owner, _hour(since), _hour(until)),
        )
        return [Spent(*row) for row in rows]

    @explaining()
    def in_month(self, app: str, at: datetime) -> list[Spent]:
        """Calls of `app` by purpose in the month (UTC) of `at`."""
        rows = self._connection.execute(
            "SELECT purpose, calls, metered FROM spent WHERE owner = ? AND span = 'month' AND starts = ?"
            " ORDER BY purpose",
            (app, _month(at)),
        )
        return [Spent(*row) for row in rows]

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _tidy(self, lane: Lane, now: int) -> None:
        """Bring calls of the future to now, and forget those that no lane looks back on."""
        self._connection.execute("UPDATE recent SET at = ?2 WHERE lane = ?1 AND at > ?2", (lane.name, now))
        self._connection.execute("DELETE FROM recent WHERE lane = ? AND at <= ?", (lane.name, now - _LOOK_BACK))

    def _wait(self, lane: Lane, now: int) -> int:
        """Microseconds until the oldest call that fills the lane has left its window."""
        row = self._connection.execute(
            "SELECT at FROM recent WHERE lane = ? ORDER BY at DESC LIMIT 1 OFFSET ?", (lane.name, lane.limit - 1)
        ).fetchone()
        return 0 if row is None else int(row[0]) + lane.window // _MICROSECOND - now

    def _count(self, call: Call, at: datetime) -> None:
        self._add(call.app, "month", _month(at), call)
        if self._add(call.owner, "hour", _hour(at), call) == 1:
            self._prune(at)
        self.marks.one_less(call.owner, at)

    def _add(self, owner: str, span: str, starts: str, call: Call) -> int:
        cursor = self._connection.execute(
            "INSERT INTO spent (owner, span, starts, purpose, calls, metered) VALUES (?, ?, ?, ?, 1, ?)"
            " ON CONFLICT DO UPDATE SET calls = calls + 1, metered = metered + excluded.metered RETURNING calls",
            (owner, span, starts, call.purpose, int(call.metered)),
        )
        return int(cursor.fetchone()[0])

    def _prune(self, at: datetime) -> None:
        self._connection.execute(
            "DELETE FROM spent WHERE (span = 'hour' AND starts < ?) OR (span = 'month' AND starts < ?)",
            (_hour(at - _HOURS_KEPT), _month(at - _MONTHS_KEPT)),
        )


def _hour(instant: datetime) -> str:
    return instant_text(instant)[:13]


def _month(instant: datetime) -> str:
    return instant_text(instant)[:7]
