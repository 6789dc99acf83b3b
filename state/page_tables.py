"""The tables of the page: who may sign in, who is signed in, who has been handed a link, and what they like.

They are the installation's and lie in its registry. Of every secret only a hash is kept: whoever reads the file, or a
backup of it, can neither sign in nor go on where somebody else is signed in.
"""

from typing import Any

_SCHEMA = (
    """
    CREATE TABLE page_account (
        name TEXT PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
        password_hash TEXT NOT NULL CHECK (password_hash LIKE '$argon2%'),
        role TEXT NOT NULL CHECK (role IN ('none', 'viewer', 'bookkeeper', 'admin')),
        added_at TEXT NOT NULL,
        password_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE page_session (
        token_hash TEXT PRIMARY KEY NOT NULL CHECK (length(token_hash) = 64),
        name TEXT NOT NULL,
        by_proxy INTEGER NOT NULL CHECK (by_proxy IN (0, 1)),
        began_at TEXT NOT NULL,
        seen_at TEXT NOT NULL,
        notice TEXT
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX page_session_of ON page_session (name)",
    """
    CREATE TABLE page_invitation (
        token_hash TEXT PRIMARY KEY NOT NULL CHECK (length(token_hash) = 64),
        name TEXT,
        role TEXT NOT NULL CHECK (role IN ('none', 'viewer', 'bookkeeper', 'admin')),
        ends_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE page_preference (
        name TEXT PRIMARY KEY NOT NULL,
        language TEXT NOT NULL CHECK (length(language) <= 10),
        theme TEXT NOT NULL CHECK (theme IN ('auto', 'light', 'dark')),
        shortcuts INTEGER NOT NULL CHECK (shortcuts IN (0, 1))
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER page_account_gone AFTER DELETE ON page_account BEGIN
        DELETE FROM page_session WHERE name = old.name AND by_proxy = 0;
        DELETE FROM page_invitation WHERE name = old.name;
    END
    """,
    """
    CREATE TRIGGER page_password_changed AFTER UPDATE OF password_at ON page_account BEGIN
        DELETE FROM page_session WHERE name = old.name AND by_proxy = 0;
    END
    """,
)


def m004_page(database: Any) -> None:
    for statement in _SCHEMA:
        database.conn.execute(statement)
