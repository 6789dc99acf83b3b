"""The log of polling cycles. Its latest business day is "today" for the views and the day a message counts for."""

import sqlite3
from datetime import date, datetime

from state.columns import day_text, instant_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import explaining
from state.records import CycleRecord


class Cycles:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def start(self, at: datetime, business_day: date) -> int:
        """`business_day` is the date where the tenant lives. Returns the cycle's id."""
        with immediate(self._connection) as connection:
            key = connection.execute(
                "INSERT INTO cycle (started_at, business_day) VALUES (?, ?)",
                (instant_text(at), day_text(business_day)),
            ).lastrowid
        return key or 0

    def finish(self, cycle_id: int, at: datetime, report_json: str) -> None:
        with immediate(self._connection) as connection:
            connection.execute(
                "UPDATE cycle SET finished_at = ?, report = ? WHERE id = ?",
                (instant_text(at), report_json, cycle_id),
            )

    @explaining()
    def last(self, count: int) -> list[CycleRecord]:
        """Newest first."""
        rows = self._connection.execute(
            "SELECT id, started_at, business_day, finished_at, report FROM cycle ORDER BY id DESC LIMIT ?", (count,)
        )
        return [
            CycleRecord(
                id=key,
                started_at=read_instant(started_at),
                business_day=date.fromisoformat(business_day),
                finished_at=read_optional_instant(finished_at),
                report=report,
            )
            for key, started_at, business_day, finished_at, report in rows
        ]
