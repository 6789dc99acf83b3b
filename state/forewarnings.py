"""Which days' messages their firm's owner has been told about, so that nobody is told twice."""

import sqlite3
from datetime import date, datetime
from typing import Literal

from state.columns import day_text, instant_text
from state.database import immediate
from state.errors import explaining

MOST_TRIES = 20


class Forewarnings:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def claim(self, day: date, at: datetime) -> bool:
        """Whether it is on us to tell what leaves on `day`: nobody has, or every attempt has certainly failed."""
        with immediate(self._connection) as connection:
            claimed = connection.execute(
                "INSERT INTO forewarning (day, claimed_at) VALUES (?, ?) ON CONFLICT (day) DO UPDATE"
                " SET outcome = 'sending', claimed_at = excluded.claimed_at, tries = tries + 1"
                " WHERE outcome = 'failed' AND tries < ?",
                (day_text(day), instant_text(at), MOST_TRIES),
            )
            return claimed.rowcount == 1

    def settle(self, day: date, outcome: Literal["sent", "unsure", "failed"], reason: str | None) -> None:
        """What became of it; `failed` ones may be claimed again."""
        with immediate(self._connection) as connection:
            connection.execute(
                "UPDATE forewarning SET outcome = ?, reason = ? WHERE day = ? AND outcome = 'sending'",
                (outcome, reason, day_text(day)),
            )

    @explaining()
    def outcome(self, day: date) -> str | None:
        """None: nobody has tried. `sending` of a process that is gone: perhaps told, and never told again."""
        row = self._connection.execute("SELECT outcome FROM forewarning WHERE day = ?", (day_text(day),)).fetchone()
        return None if row is None else str(row[0])

    @explaining()
    def perhaps_untold(self, first: date, *, claimed_before: datetime) -> list[date]:
        """Days from `first` on of which nobody knows whether they were told: unsure, or `sending` of a process gone."""
        rows = self._connection.execute(
            "SELECT day FROM forewarning WHERE day >= ?"
            " AND (outcome = 'unsure' OR (outcome = 'sending' AND claimed_at < ?)) ORDER BY day",
            (day_text(first), instant_text(claimed_before)),
        )
        return [date.fromisoformat(day) for (day,) in rows]
