"""SQLite as a process sees it that may be killed before any statement, or find the disk full.

Real SQLite on real files. A killed process's connection is closed without a commit, which is what the operating system
does for it; what it had committed is there for the next one. Power is never cut here (`drill/power` does that), so
nothing waits for the disk.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from drill.simulation.moments import Moments

_WRITING = ("INSERT", "UPDATE", "DELETE", "COMMIT", "CREATE")
_DURABLE = "PRAGMA synchronous = FULL"
_connect = sqlite3.connect
_owners: list[Moments] = []


class Connection(sqlite3.Connection):
    """Belongs to the process that opened it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._moments = _owners[-1]

    def execute(self, statement: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self._pass(statement)
        return super().execute("PRAGMA synchronous = OFF" if statement == _DURABLE else statement, parameters)

    def executemany(self, statement: str, parameters: Any, /) -> sqlite3.Cursor:
        self._pass(statement)
        return super().executemany(statement, parameters)

    def _pass(self, statement: str) -> None:
        self._moments.statement(statement)
        if self._moments.disk_is_full and statement.lstrip().startswith(_WRITING):
            self._refuse()

    def _refuse(self) -> None:
        """As SQLite does: the transaction is rolled back, and the error says why."""
        if self.in_transaction:
            super().execute("ROLLBACK")
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error


@contextmanager
def owned_by(moments: Moments) -> Iterator[None]:
    """Connections opened inside belong to the process whose life `moments` counts."""

    def connect(*arguments: Any, **options: Any) -> Any:
        return _connect(*arguments, **{"factory": Connection, **options})

    before = sqlite3.connect
    sqlite3.connect = connect
    _owners.append(moments)
    try:
        yield
    finally:
        _owners.pop()
        sqlite3.connect = before
