"""Who may sign in on the page, and who has been handed a link to choose a password with.

A link counts once and for a while. One without a name is for the first account of an installation, and counts only
until there is any: whoever finds an old one later finds a piece of paper.
"""

import hashlib
import sqlite3
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from state.columns import instant_text, read_instant
from state.database import immediate
from state.errors import StateError, explaining

AccountRole = Literal["none", "viewer", "bookkeeper", "admin"]
_COLUMNS = "name, password_hash, role, added_at, password_at"


class InvitationOver(StateError):
    """The link was used, is too old, or was never given."""


class Account(Struct, frozen=True, kw_only=True):
    """One person who may sign in with a password. `role` counts only while the configuration lists no people."""

    name: str
    password_hash: str
    role: AccountRole
    added_at: datetime
    password_at: datetime


class Invitation(Struct, frozen=True):
    """A link that somebody was handed. `name`: None for the first account, which chooses its own."""

    name: str | None
    role: AccountRole


def hashed(token: str) -> str:
    """As tokens of links and sessions are kept: they are long and random, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


class PageAccounts:
    """The accounts of an installation, in its registry."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @explaining()
    def all(self) -> list[Account]:
        """In the order of their names."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM page_account ORDER BY name")  # noqa: S608 - columns
        return [_account(row) for row in rows]

    @explaining()
    def account(self, name: str) -> Account | None:
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM page_account WHERE name = ?",  # noqa: S608 - columns
            (name,),
        ).fetchone()
        return None if row is None else _account(row)

    def invite(self, token: str, name: str | None, role: AccountRole, ends_at: datetime) -> None:
        """From now on `token` lets its holder choose the password of `name`. An earlier link to the same ends."""
        with immediate(self._connection) as connection:
            connection.execute("DELETE FROM page_invitation WHERE name IS ?", (name,))
            connection.execute(
                "INSERT INTO page_invitation (token_hash, name, role, ends_at) VALUES (?, ?, ?, ?)",
                (hashed(token), name, role, instant_text(ends_at)),
            )

    @explaining()
    def invitation(self, token: str, now: datetime) -> Invitation:
        """Raises InvitationOver."""
        row = self._connection.execute(
            "SELECT name, role FROM page_invitation WHERE token_hash = ?1 AND ends_at > ?2"
            " AND (name IS NOT NULL OR NOT EXISTS (SELECT 1 FROM page_account))",
            (hashed(token), instant_text(now)),
        ).fetchone()
        if row is None:
            raise InvitationOver("This link was used already, or is too old. Ask for a new one: dun people add NAME")
        return Invitation(row[0], row[1])

    def accept(self, token: str, name: str, password_hash: str, now: datetime) -> Account:
        """Use the link: `name` has this password. Raises InvitationOver, also if it is the link of somebody else."""
        with immediate(self._connection) as connection:
            invited = self.invitation(token, now)
            if invited.name not in (None, name):
                raise InvitationOver("This link is for another name. Ask for one of your own: dun people add NAME")
            connection.execute(
                "INSERT INTO page_account (name, password_hash, role, added_at, password_at)"
                " VALUES (?1, ?2, ?3, ?4, ?4)"
                " ON CONFLICT (name) DO UPDATE SET password_hash = ?2, password_at = ?4",
                (name, password_hash, invited.role, instant_text(now)),
            )
            connection.execute("DELETE FROM page_invitation WHERE token_hash = ? OR name = ?", (hashed(token), name))
        account = self.account(name)
        assert account is not None  # noqa: S101 - written a line ago
        return account

    def rehash(self, name: str, password_hash: str) -> None:
        """The same password under newer parameters; whoever is signed in stays so."""
        with immediate(self._connection) as connection:
            connection.execute("UPDATE page_account SET password_hash = ? WHERE name = ?", (password_hash, name))

    def set_password(self, name: str, password_hash: str, now: datetime) -> None:
        """Everybody who is signed in under `name` is signed out."""
        with immediate(self._connection) as connection:
            connection.execute(
                "UPDATE page_account SET password_hash = ?, password_at = ? WHERE name = ?",
                (password_hash, instant_text(now), name),
            )

    def set_role(self, name: str, role: AccountRole) -> None:
        """What `name` may do while the configuration lists no people."""
        with immediate(self._connection) as connection:
            connection.execute("UPDATE page_account SET role = ? WHERE name = ?", (role, name))

    def remove(self, name: str) -> bool:
        """Whether there was such an account or an open link to one; both are gone, and nobody is signed in under it."""
        with immediate(self._connection) as connection:
            invited = connection.execute("DELETE FROM page_invitation WHERE name = ?", (name,)).rowcount
            return connection.execute("DELETE FROM page_account WHERE name = ?", (name,)).rowcount + invited > 0

    @explaining()
    def invited(self, now: datetime) -> list[str]:
        """Who has been handed a link and has not used it."""
        rows = self._connection.execute(
            "SELECT name FROM page_invitation WHERE name IS NOT NULL AND ends_at > ? ORDER BY name",
            (instant_text(now),),
        )
        return [name for (name,) in rows]


def _account(row: tuple[Any, ...]) -> Account:
    return Account(
        name=row[0],
        password_hash=row[1],
        role=row[2],
        added_at=read_instant(row[3]),
        password_at=read_instant(row[4]),
    )
