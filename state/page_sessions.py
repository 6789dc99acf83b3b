"""Who is signed in on the page, since when, and how they like to see it."""

import sqlite3
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from state.columns import instant_text, read_instant
from state.database import immediate
from state.errors import explaining
from state.page_accounts import hashed

Theme = Literal["auto", "light", "dark"]
_NOTED_EVERY = timedelta(minutes=1)  # so that reading a page is seldom a write


class Limits(Struct, frozen=True):
    """When a session ends: after so long without a sign of life, and so long after it began."""

    idle: timedelta
    absolute: timedelta


class Session(Struct, frozen=True, kw_only=True):
    """One browser in which somebody is signed in. `notice` is what it has still to be told, as JSON."""

    name: str
    by_proxy: bool
    seen_at: datetime
    notice: str | None


class Preference(Struct, frozen=True):
    """How somebody likes the page. `language`: empty for what the browser asks for."""

    language: str = ""
    theme: Theme = "auto"
    shortcuts: bool = True


class PageSessions:
    """The sessions and preferences of an installation, in its registry. Tokens come in plain and are kept hashed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self, token: str, name: str, now: datetime, limits: Limits, *, by_proxy: bool = False) -> None:
        """Sign `name` in; sessions that are over are cleared away."""
        with immediate(self._connection) as connection:
            connection.execute(
                "DELETE FROM page_session WHERE seen_at <= ? OR began_at <= ?",
                (instant_text(now - limits.idle), instant_text(now - limits.absolute)),
            )
            connection.execute(
                "INSERT INTO page_session (token_hash, name, by_proxy, began_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?4)",
                (hashed(token), name, by_proxy, instant_text(now)),
            )

    @explaining()
    def find(self, token: str, now: datetime, limits: Limits) -> Session | None:
        """None if there is no such session, or it is over."""
        row = self._connection.execute(
            "SELECT name, by_proxy, seen_at, notice FROM page_session"
            " WHERE token_hash = ? AND seen_at > ? AND began_at > ? AND seen_at <= ?",
            (
                hashed(token),
                instant_text(now - limits.idle),
                instant_text(now - limits.absolute),
                instant_text(now + limits.idle),  # after the clock was set back, nobody stays for longer
            ),
        ).fetchone()
        if row is None:
            return None
        return Session(name=row[0], by_proxy=bool(row[1]), seen_at=read_instant(row[2]), notice=row[3])

    def seen(self, token: str, session: Session, now: datetime) -> None:
        """Somebody is there."""
        if now - session.seen_at < _NOTED_EVERY:
            return
        with immediate(self._connection) as connection:
            connection.execute(
                "UPDATE page_session SET seen_at = ? WHERE token_hash = ?", (instant_text(now), hashed(token))
            )

    def leave_notice(self, token: str, notice: str | None) -> None:
        """What the session's next page begins with; None once it has been said."""
        with immediate(self._connection) as connection:
            connection.execute("UPDATE page_session SET notice = ? WHERE token_hash = ?", (notice, hashed(token)))

    def end(self, token: str) -> None:
        """Sign out."""
        with immediate(self._connection) as connection:
            connection.execute("DELETE FROM page_session WHERE token_hash = ?", (hashed(token),))

    @explaining()
    def preference(self, name: str) -> Preference:
        row = self._connection.execute(
            "SELECT language, theme, shortcuts FROM page_preference WHERE name = ?", (name,)
        ).fetchone()
        return Preference() if row is None else Preference(row[0], row[1], bool(row[2]))

    def prefer(self, name: str, preference: Preference) -> None:
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT INTO page_preference (name, language, theme, shortcuts) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (name) DO UPDATE SET language = ?2, theme = ?3, shortcuts = ?4",
                (name, preference.language, preference.theme, preference.shortcuts),
            )
