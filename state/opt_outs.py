"""Numbers whose owners want no more text messages, whichever of our numbers they told it."""

import hashlib
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from state.columns import ids_text, instant_text, read_instant
from state.database import immediate
from state.errors import explaining

Teller = Literal["text", "carrier", "person"]  # a STOP that came in; Twilio's refusal; somebody who was told

_OUT = """
    INSERT INTO phone_opt_out (fingerprint, number, opted_out_at, told_by) VALUES (?, ?, ?, ?)
    ON CONFLICT (fingerprint) DO UPDATE SET opted_out_at = excluded.opted_out_at, told_by = excluded.told_by,
        ended_at = NULL
    WHERE ended_at IS NOT NULL AND ended_at < excluded.opted_out_at
"""
_IN = """
    UPDATE phone_opt_out SET ended_at = ?1 WHERE fingerprint = ?2 AND ended_at IS NULL AND opted_out_at < ?1
"""
_AMONG = """
    SELECT fingerprint FROM phone_opt_out
    WHERE ended_at IS NULL AND fingerprint IN (SELECT value FROM json_each(?))
"""


class OptOuts:
    """Numbers are E.164. Telling the same thing twice, or out of order, changes nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def opt_out(self, number: str, at: datetime, told_by: Teller) -> bool:
        """From `at` on no texts to `number`; False if that was known, or an opt-in came later."""
        with immediate(self._connection) as connection:
            row = (fingerprint_of(number), number, instant_text(at), told_by)
            return connection.execute(_OUT, row).rowcount == 1

    def opt_in(self, number: str, at: datetime) -> bool:
        """From `at` on texts to `number` again; False if it was not opted out, or was so later."""
        with immediate(self._connection) as connection:
            return connection.execute(_IN, (instant_text(at), fingerprint_of(number))).rowcount == 1

    @explaining()
    def since(self, number: str) -> datetime | None:
        """When the owner of `number` wanted no more texts; None if it may be texted."""
        row = self._connection.execute(
            "SELECT opted_out_at FROM phone_opt_out WHERE fingerprint = ? AND ended_at IS NULL",
            (fingerprint_of(number),),
        ).fetchone()
        return read_instant(row[0]) if row else None

    def opted_out(self, number: str) -> bool:
        """Whether `number` must not be texted."""
        return bool(self.opted_out_among([number]))

    @explaining()
    def opted_out_among(self, numbers: Iterable[str]) -> frozenset[str]:
        """Those of `numbers` that must not be texted."""
        named = {fingerprint_of(number): number for number in numbers}
        found = self._connection.execute(_AMONG, (ids_text(named),))
        return frozenset(named[fingerprint] for (fingerprint,) in found)


def read_opted_out(connection: sqlite3.Connection) -> frozenset[str]:
    """Fingerprints of all numbers that must not be texted."""
    rows = connection.execute("SELECT fingerprint FROM phone_opt_out WHERE ended_at IS NULL")
    return frozenset(fingerprint for (fingerprint,) in rows)


def fingerprint_of(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()
