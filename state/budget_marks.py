"""What is remembered beside the counts: the services' own words, doors that are closed for a while, calls kept back."""

import sqlite3
from datetime import datetime, timedelta

from msgspec import Struct

from state.columns import instant_text, optional_instant_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import explaining

_DAY = timedelta(hours=24)
_NO_ACCIDENT = 20  # calls: an answer that overtook another, or a call that never arrived, moves the count by less


class Heard(Struct, frozen=True):
    """What a service said is left of a window. By `ends_by` at the latest the window is a new one."""

    left: int
    at: datetime
    ends_by: datetime


class Pause(Struct, frozen=True):
    """A door that is closed until `until`; None: it is being watched since `since`. `times` in a row so far."""

    kind: str
    since: datetime
    until: datetime | None
    times: int


class Need(Struct, frozen=True):
    """Calls that today's reminders still need.

    `owed`: notes of what has left or is about to. `notes`, `verification`, `enclosures`: of what is due and waits.
    """

    owed: int = 0
    notes: int = 0
    verification: int = 0
    enclosures: int = 0

    @property
    def total(self) -> int:
        return self.owed + self.notes + self.verification + self.enclosures


class Marks:
    """The part of `budgets.db` in which rows are replaced rather than counted up."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def hear(self, owner: str, window: str, left: int, at: datetime, lasts: timedelta = _DAY) -> None:
        """Keep what the service just said is left of a window that `lasts` so long.

        Windows are fixed and begin nobody knows when. More than before means that one has just begun.
        """
        with immediate(self._connection):
            ends_by = _ends_by(self.heard(owner, window), left, at, lasts)
            self._connection.execute(
                "INSERT OR REPLACE INTO heard (owner, window, left_over, at, ends_by) VALUES (?, ?, ?, ?, ?)",
                (owner, window, left, instant_text(at), instant_text(ends_by)),
            )

    @explaining()
    def heard(self, owner: str, window: str) -> Heard | None:
        row = self._connection.execute(
            "SELECT left_over, at, ends_by FROM heard WHERE owner = ? AND window = ?", (owner, window)
        ).fetchone()
        return Heard(row[0], read_instant(row[1]), read_instant(row[2])) if row else None

    def one_less(self, owner: str, at: datetime) -> None:
        """A call is made: its answer may never come, so it is taken off beforehand."""
        with immediate(self._connection) as connection:
            connection.execute(
                "UPDATE heard SET left_over = max(left_over - 1, 0) WHERE owner = ? AND ends_by > ?",
                (owner, instant_text(at)),
            )

    def pause(self, owner: str, kind: str, since: datetime, until: datetime | None, times: int = 1) -> None:
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO pause (owner, kind, since, until, times) VALUES (?, ?, ?, ?, ?)",
                (owner, kind, instant_text(since), optional_instant_text(until), times),
            )

    def resume(self, owner: str, kind: str) -> None:
        """Forget a pause; nothing if there is none."""
        with immediate(self._connection) as connection:
            connection.execute("DELETE FROM pause WHERE owner = ? AND kind = ?", (owner, kind))

    @explaining()
    def pauses(self, *owners: str) -> list[Pause]:
        """Of any of `owners`, those that are over included."""
        rows = self._connection.execute(
            "SELECT kind, since, until, times FROM pause WHERE owner IN (?, ?) ORDER BY kind",
            (owners[0], owners[-1]),
        )
        return [Pause(kind, read_instant(since), read_optional_instant(until), n) for kind, since, until, n in rows]

    def keep_back(self, owner: str, need: Need, at: datetime) -> None:
        """Replace what is known of `owner`'s need."""
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO need (owner, owed, notes, verification, enclosures, at) VALUES (?,?,?,?,?,?)",
                (owner, need.owed, need.notes, need.verification, need.enclosures, instant_text(at)),
            )

    @explaining()
    def need(self, owner: str, at: datetime) -> Need:
        """What was kept back within the last day; an older need is nobody's any more."""
        row = self._connection.execute(
            "SELECT owed, notes, verification, enclosures FROM need WHERE owner = ? AND at > ?",
            (owner, instant_text(at - _DAY)),
        ).fetchone()
        return Need(*row) if row else Need()


def _ends_by(before: Heard | None, left: int, at: datetime, lasts: timedelta) -> datetime:
    """The latest instant at which the window heard of can end; a window that has passed hands its phase to the next."""
    if before is None or left > before.left + _NO_ACCIDENT:
        return at + lasts
    passed = max(-(-(at - before.ends_by) // lasts), 0) if at != before.ends_by else 1
    return min(before.ends_by + passed * lasts, at + lasts)
