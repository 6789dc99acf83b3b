"""Copies of SQLite files that are being written to, and the examination that a copy has to pass.

A plain copy of a file in use may miss what lies in its write-ahead log, or mix two moments. SQLite makes the copy
itself: of one moment, without keeping writers waiting, and without the remains of rows that were deleted.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from state.errors import DamagedFile, explaining


def copy_database(source: Path, target: Path) -> None:
    """A copy of `source`, as it is at this moment, at `target`, which must not exist. Raises a StateError."""
    with explaining(), closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)


def examine(path: Path) -> None:
    """Read every page of the file at `path` and every index; DamagedFile with SQLite's first finding."""
    with explaining(), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        finding = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if finding != "ok":
        raise DamagedFile(f"{path.name} is damaged ({finding}).")
