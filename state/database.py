"""How Dun opens and writes an SQLite file: durable, one writer at a time, and sure whose file it is.

Claims must survive a power cut the moment they are made, hence `synchronous=FULL` and explicit `BEGIN IMMEDIATE`; the
`sqlite3` module is kept from opening transactions by itself. A connection belongs to the thread that opened it.
"""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from state.errors import DamagedFile, DiskFull, LostFile, NewerFile, NotADunFile, StateError, explaining
from state.folders import make_folder

_BUSY_SECONDS = 15.0
_CROWD = 10  # processes that may open a new file at the same moment
_CACHE_KIB = 16_000  # the index of 200,000 document ids stays in memory
_CACHE_OF_SWEEP_KIB = 2_000
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
    f"PRAGMA cache_size = -{_CACHE_KIB}",
)

Step = Callable[[Any], None]


class Kind(Struct, frozen=True):
    """A sort of file: its name, the mark in its header, and how it came to be."""

    name: str
    application_id: int
    steps: tuple[Step, ...]  # migrations, oldest first; never edited after a release


def open_database(path: Path, kind: Kind, *, create: bool = True) -> sqlite3.Connection:
    """Open `path`, creating or migrating it as needed; without `create`, LostFile if it is not there.

    Raises NotADunFile, NewerFile, DamagedFile or another StateError, always naming the file.
    """
    if not create and not path.exists():
        raise LostFile(f"{path} is gone; see whether its disk is mounted. If it is lost, `dun restore` a backup.")
    _create_private(path)
    try:
        with explaining():
            connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)
            try:
                _prepare(connection, kind)
            except BaseException:
                connection.close()
                raise
    except StateError as error:
        raise type(error)(f"{path}: {error}") from error
    return connection


def _create_private(path: Path) -> None:
    """Customers' names and letters are for the owner alone; SQLite gives its side files the rights of the main one.

    A file that is there is never opened here: closing it again would let go of this process's SQLite locks on it.
    """
    try:
        make_folder(path.parent)
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        family = DiskFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StateError
        raise family(f"{path} cannot be created: {error.strerror}. Check the data folder.") from error
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK):
        raise StateError(
            f"{path} may not be written to; nothing was changed. Check the owner and the rights of the data folder,"
            " and whether its disk is mounted read-only."
        )


def _prepare(connection: sqlite3.Connection, kind: Kind) -> None:
    _recognise(connection, kind)
    _refuse_newer(connection, kind)
    mode = _write_ahead(connection)
    if mode != "wal":
        raise StateError(f"journal mode is {mode!r}, not WAL; keep the data folder on a local disk.")
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    _migrate(connection, kind)


def _write_ahead(connection: sqlite3.Connection) -> str:
    """The journal's mode after asking for WAL. SQLite does not wait for others with that, unlike with a transaction."""
    for _ in range(_CROWD):
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])


def _recognise(connection: sqlite3.Connection, kind: Kind) -> None:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    if found == kind.application_id:
        return
    if found or connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise NotADunFile(f"this is not a {kind.name} of Dun; nothing was changed. Check the path.")


def _refuse_newer(connection: sqlite3.Connection, kind: Kind) -> None:
    if _applied(connection) - {step.__name__ for step in kind.steps}:
        raise NewerFile("a newer version of Dun has written this file; update Dun, or restore an older backup.")


def _applied(connection: sqlite3.Connection) -> set[str]:
    """The steps that the file has been through, as sqlite-utils writes them down."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = '_sqlite_migrations'").fetchone():
        return set()
    return {name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'dun'")}


def _migrate(connection: sqlite3.Connection, kind: Kind) -> None:
    if {step.__name__ for step in kind.steps} <= _applied(connection):
        return
    from sqlite_utils import Database, Migrations  # nine megabytes, which a file that is up to date does without

    migrations = Migrations("dun")
    for step in kind.steps:
        migrations()(step)
    with immediate(connection):  # two processes may open a new file at once; the second finds nothing pending
        migrations.apply(Database(connection, execute_plugins=False))
        connection.execute(f"PRAGMA application_id = {kind.application_id}")


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing, with the write lock held from the start; joins a transaction that is already open."""
    if connection.in_transaction:
        with explaining():
            yield connection
        return
    with explaining():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise


def _roll_back(connection: sqlite3.Connection) -> None:
    """SQLite has done it already after some errors, a full disk among them."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Several reads of one and the same moment; joins a transaction that is already open."""
    if connection.in_transaction:
        with explaining():
            yield connection
        return
    with explaining():
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            _roll_back(connection)


@contextmanager
def sweep(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A snapshot for reading whole tables: of what is read once and never again, little is kept in memory."""
    if connection.in_transaction:
        with explaining():
            yield connection
        return
    with explaining():
        connection.execute(f"PRAGMA cache_size = -{_CACHE_OF_SWEEP_KIB}")
    try:
        with snapshot(connection):
            yield connection
    finally:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")


def check_integrity(connection: sqlite3.Connection) -> None:
    """Read the whole file and raise DamagedFile with SQLite's first finding; seconds for a large file."""
    with explaining():
        finding = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if finding != "ok":
        raise DamagedFile(f"The database file is damaged ({finding}). Keep it, and restore the last backup.")
