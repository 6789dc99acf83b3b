"""What was decided for each open invoice, and why: the answer to "why was I (not) chased today, and what comes next?"

Only a changed decision is written. From the next pass on none is in force about an invoice that is settled. What is
replaced, or ends so, is kept by triggers.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from state.columns import day_text, instant_text, read_day
from state.database import immediate
from state.errors import explaining
from state.model import DecisionRow, InvoiceId

_RECORD = """
    INSERT INTO decision (invoice_id, action, stage, reasons, next_on, decided_on, decided_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (invoice_id) DO UPDATE SET action = excluded.action, stage = excluded.stage, reasons = excluded.reasons,
        next_on = excluded.next_on, decided_on = excluded.decided_on, decided_at = excluded.decided_at
    WHERE (excluded.action, excluded.stage, excluded.reasons, excluded.next_on)
        IS NOT (decision.action, decision.stage, decision.reasons, decision.next_on)
"""
# After a pass over all open invoices the two counts differ only if something has been settled; then the table is swept.
# (A trigger on `invoice` would do this too, and make every upsert of a first synchronisation half as dear again.)
_SWEEP = """
    DELETE FROM decision
    WHERE (SELECT count(*) FROM decision) > (SELECT count(*) FROM invoice WHERE status = 'open' AND due_minor > 0)
    AND invoice_id NOT IN (SELECT id FROM invoice WHERE status = 'open' AND due_minor > 0)
"""
# By its first reason: another day or amount beside the same one is no new decision.
_SINCE = """
    SELECT invoice_id, json_extract(reasons, '$[0][0]') AS code, coalesce(
        (
            SELECT min(earlier.decided_on) FROM decision_event AS earlier
            WHERE earlier.invoice_id = decision.invoice_id AND earlier.id > coalesce(
                (
                    SELECT max(other.id) FROM decision_event AS other
                    WHERE other.invoice_id = decision.invoice_id
                    AND json_extract(other.reasons, '$[0][0]') <> json_extract(decision.reasons, '$[0][0]')
                ), 0)
        ), decided_on)
    FROM decision WHERE action <> 'send'
"""


class Decisions:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def record(self, rows: Iterable[DecisionRow], on: date, at: datetime) -> int:
        """Write what differs from before, drop what is settled; `on` is the day of the pass. Returns rows written."""
        day, instant = day_text(on), instant_text(at)
        in_order = sorted(rows, key=attrgetter("invoice_id"))  # that of the table: each page of it is visited once
        with immediate(self._connection) as connection:
            written = connection.executemany(
                _RECORD,
                (
                    (row.invoice_id, row.action, row.stage, row.reasons, day_text(row.next_on), day, instant)
                    for row in in_order
                ),
            )
            connection.execute(_SWEEP)
            return max(written.rowcount, 0)

    @explaining()
    def for_invoice(self, invoice_id: InvoiceId) -> DecisionRow | None:
        """The decision in force."""
        row = self._connection.execute(
            "SELECT invoice_id, action, stage, reasons, next_on FROM decision WHERE invoice_id = ?", (invoice_id,)
        ).fetchone()
        return None if row is None else _read(row)

    @explaining()
    def since(self) -> dict[tuple[InvoiceId, str], date]:
        """Of every invoice that is not sent for, and the code of its first reason: from which day on it has held."""
        return {(InvoiceId(row[0]), row[1]): date.fromisoformat(row[2]) for row in self._connection.execute(_SINCE)}

    @explaining()
    def current(self, action: str | None = None) -> list[DecisionRow]:
        """All decisions in force, or those with this action."""
        rows = self._connection.execute(
            "SELECT invoice_id, action, stage, reasons, next_on FROM decision"
            " WHERE ?1 IS NULL OR action = ?1 ORDER BY invoice_id",
            (action,),
        )
        return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> DecisionRow:
    return DecisionRow(row[0], row[1], row[2], row[3], read_day(row[4]))
