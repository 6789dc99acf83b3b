"""What is wrong, and who has been told: one row for each trouble, so that a person hears of it once and not every hour.

A trouble that ends stays on the list until that has been told as well, and that is told only after a calm: one that
comes and goes is the same trouble to whoever reads the mail.
"""

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from state.columns import instant_text, json_text, read_instant, read_optional_instant
from state.database import immediate, snapshot
from state.errors import explaining
from state.model import TenantSlug

Severity = Literal["notice", "warning", "critical"]
CALM = timedelta(hours=1)  # so long a trouble must stay away before its end is told

_SCHEMA = (
    """
    CREATE TABLE alert (
        code TEXT NOT NULL,
        tenant TEXT NOT NULL,
        severity TEXT NOT NULL CHECK (severity IN ('notice', 'warning', 'critical')),
        words TEXT NOT NULL,
        mend TEXT NOT NULL,
        since TEXT NOT NULL,
        seen_at TEXT NOT NULL,
        told_at TEXT,
        cleared_at TEXT,
        PRIMARY KEY (code, tenant)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE alert_failure (
        only_row INTEGER PRIMARY KEY NOT NULL CHECK (only_row = 1),
        failures INTEGER NOT NULL,
        failed_at TEXT NOT NULL,
        words TEXT NOT NULL
    ) STRICT
    """,
)
# Somebody who was told of a trouble, and not of its end, still knows about it; what got worse is told again. So is what
# only a person ends and which has come back with other words: whoever mended the first believes that all is well.
_SEEN = """
    INSERT INTO alert (code, tenant, severity, words, mend, since, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
    ON CONFLICT (code, tenant) DO UPDATE SET severity = ?3, words = ?4, mend = ?5, seen_at = ?6, cleared_at = NULL,
        told_at = CASE WHEN ?3 = 'critical' AND severity <> 'critical' THEN NULL
                       WHEN ?1 IN ('parked', 'suspicious') AND words <> ?4 THEN NULL
                       ELSE told_at END
"""
_CLEARED = """
    UPDATE alert SET cleared_at = ?2
    WHERE tenant = ?1 AND cleared_at IS NULL AND code NOT IN (SELECT value FROM json_each(?3))
"""
_NEVER_TOLD = "DELETE FROM alert WHERE tenant = ? AND cleared_at IS NOT NULL AND told_at IS NULL"
_COLUMNS = "code, tenant, severity, words, mend, since, seen_at, told_at, cleared_at"
_ENDED = "DELETE FROM alert WHERE code = ? AND tenant = ? AND cleared_at IS NOT NULL"
_BACK_ALREADY = "UPDATE alert SET told_at = NULL WHERE code = ? AND tenant = ?"
_FAILED = """
    INSERT INTO alert_failure (only_row, failures, failed_at, words) VALUES (1, 1, ?1, ?2)
    ON CONFLICT (only_row) DO UPDATE SET failures = failures + 1, failed_at = ?1, words = ?2
"""


def m002_alerts(database: Any) -> None:
    for statement in _SCHEMA:
        database.conn.execute(statement)


class Finding(Struct, frozen=True, kw_only=True):
    """Something that is wrong: what, in words without customers' data, and in one sentence how to mend it."""

    code: str
    severity: Severity
    tenant: TenantSlug | None  # None: it concerns the whole installation
    words: str
    mend: str


class Alert(Struct, frozen=True, kw_only=True):
    """A finding that lasts, or that has ended without anybody having been told yet."""

    finding: Finding
    since: datetime
    seen_at: datetime
    told_at: datetime | None
    cleared_at: datetime | None


class News(Struct, frozen=True):
    """What nobody has been told yet."""

    new: tuple[Alert, ...]
    over: tuple[Alert, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.over)


class DeliveryFailure(Struct, frozen=True):
    """The last attempts at telling have failed."""

    failures: int  # in a row
    failed_at: datetime
    words: str


class Alerts:
    """The alerts of an installation, in its registry."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def observed(
        self, tenant: TenantSlug | None, findings: Collection[Finding], at: datetime, *, complete: bool = True
    ) -> None:
        """What a look at `tenant` (None: at the installation as a whole) has found.

        If the look was `complete`, what it did not find any more has ended. What ended before anybody was told of it
        is forgotten.
        """
        name = tenant or ""
        rows = [(f.code, name, f.severity, f.words, f.mend, instant_text(at)) for f in findings]
        with immediate(self._connection) as connection:
            connection.executemany(_SEEN, rows)
            if complete:
                found = json_text([finding.code for finding in findings])
                connection.execute(_CLEARED, (name, instant_text(at), found))
                connection.execute(_NEVER_TOLD, (name,))

    @explaining()
    def lasting(self) -> list[Alert]:
        """Those that have not ended, oldest first."""
        return self._read("cleared_at IS NULL")

    def news(self, at: datetime) -> News:
        """What is to be told at this instant."""
        with snapshot(self._connection):
            new = self._read("cleared_at IS NULL AND told_at IS NULL")
            over = self._read("cleared_at <= ?", instant_text(at - CALM))
        return News(tuple(new), tuple(over))

    def told(self, news: News, at: datetime) -> None:
        """Somebody has been told. What came back meanwhile, after its end was told, is news again."""
        with immediate(self._connection) as connection:
            connection.executemany(
                "UPDATE alert SET told_at = ? WHERE code = ? AND tenant = ?",
                [(instant_text(at), *key) for key in _keys(news.new)],
            )
            connection.executemany(_ENDED, _keys(news.over))
            connection.executemany(_BACK_ALREADY, _keys(news.over))
            connection.execute("DELETE FROM alert_failure")

    def not_told(self, words: str, at: datetime) -> None:
        """An attempt at telling has failed; `words` say how."""
        with immediate(self._connection) as connection:
            connection.execute(_FAILED, (instant_text(at), words))

    @explaining()
    def failure(self) -> DeliveryFailure | None:
        """None if the last attempt succeeded, or there was none."""
        row = self._connection.execute("SELECT failures, failed_at, words FROM alert_failure").fetchone()
        return None if row is None else DeliveryFailure(row[0], read_instant(row[1]), row[2])

    def _read(self, condition: str, *parameters: str) -> list[Alert]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM alert WHERE {condition} ORDER BY since, tenant, code",  # noqa: S608 - from above
            parameters,
        )
        return [_alert(row) for row in rows]


def _keys(alerts: Iterable[Alert]) -> list[tuple[str, str]]:
    return [(alert.finding.code, alert.finding.tenant or "") for alert in alerts]


def _alert(row: tuple[Any, ...]) -> Alert:
    finding = Finding(
        code=row[0],
        tenant=TenantSlug(row[1]) if row[1] else None,
        severity=row[2],
        words=row[3],
        mend=row[4],
    )
    return Alert(
        finding=finding,
        since=read_instant(row[5]),
        seen_at=read_instant(row[6]),
        told_at=read_optional_instant(row[7]),
        cleared_at=read_optional_instant(row[8]),
    )
