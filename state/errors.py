"""What can go wrong with our own files, in sentences that say what to do. sqlite3's own errors stay inside `state`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


class StateError(Exception):
    """Dun's own memory could not be read or written. `str()` is fit for a person."""


class NotADunFile(StateError):
    """The file is something else: another program's database, or the wrong one of ours."""


class LostFile(StateError):
    """A file that must be there is gone. A new one in its place would have forgotten what was sent."""


class NewerFile(StateError):
    """A newer version of Dun has written this file."""


class DamagedFile(StateError):
    """SQLite says that the file is damaged."""


class DiskFull(StateError):
    """There was no room; nothing of the transaction was kept."""


class FileBusy(StateError):
    """Another process held the file for too long."""


class Busy(StateError):
    """Another process is doing this very work."""


class Contradiction(StateError):
    """The schema refused a row: a state, key or reference that cannot be."""


class IllegalMove(Contradiction):
    """The schema refused to move a reminder this way (docs/design.md)."""


class NestedClaim(StateError):
    """A claim was attempted inside a larger transaction, where it could not be made durable."""


class UnknownTenant(StateError):
    """No tenant has this name."""


class CompanyChanged(StateError):
    """The connection now leads to another company than the one this tenant's file was filled from."""


class AlreadyConnected(StateError):
    """Another tenant is connected to this company; two would chase its customers twice."""


class WrongKey(StateError):
    """The stored tokens were sealed with another key than the one at hand."""


class DamagedToken(StateError):
    """The stored tokens do not open although the key is right."""


class UnusableKey(StateError):
    """The key of the vault cannot be had where it should be, is not protected there, or is no key."""


class MissingKey(UnusableKey):
    """There is no key where it should be."""


_WORDS: dict[int, tuple[type[StateError], str]] = {
    sqlite3.SQLITE_FULL: (
        DiskFull,
        "The disk is full. Nothing of this step was kept; free some space and run again.",
    ),
    sqlite3.SQLITE_BUSY: (
        FileBusy,
        "Another process holds the database. Nothing was written; run again when it has finished.",
    ),
    sqlite3.SQLITE_LOCKED: (FileBusy, "The database is locked by another statement. Nothing was written."),
    sqlite3.SQLITE_CORRUPT: (
        DamagedFile,
        "The database file is damaged. Stop Dun, keep the file, and restore the last backup.",
    ),
    sqlite3.SQLITE_NOTADB: (NotADunFile, "The file is not an SQLite database. Check the data folder."),
    sqlite3.SQLITE_READONLY: (
        StateError,
        "The database may not be written to. Check the owner and the rights of the data folder.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StateError,
        "The database cannot be opened. Check the owner and the rights of the data folder.",
    ),
    sqlite3.SQLITE_IOERR_SHMSIZE: (  # the index of the write-ahead log found no room
        DiskFull,
        "The disk is full. Nothing of this step was kept; free some space and run again.",
    ),
    sqlite3.SQLITE_IOERR: (
        StateError,
        "The disk failed while reading or writing the database. Nothing of this step was kept; check the disk.",
    ),
    sqlite3.SQLITE_CONSTRAINT_TRIGGER: (IllegalMove, "The database refuses this: {detail}."),
    sqlite3.SQLITE_CONSTRAINT: (Contradiction, "The database refuses this row: {detail}."),
}


def explained(error: sqlite3.Error) -> StateError:
    """`error` as one of ours. SQLite's own texts name tables and columns, never values."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    family, words = _WORDS.get(code) or _WORDS.get(code & 0xFF) or (StateError, "The database failed: {detail}.")
    return family(words.format(detail=error))


@contextmanager
def explaining() -> Iterator[None]:
    """Errors of sqlite3 leave this block as StateError; mistakes in our own calls stay what they are.

    `@explaining()` does the same for a method that reads.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        raise explained(error) from error
