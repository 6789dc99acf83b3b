"""Since when a tenant's file knows of invoices: of days before, no sum is known, however much of it is nought."""

import sqlite3
from datetime import date

from state.columns import day_text, read_day

# Any invoice of before that day will do, so that few rows are read; the first is looked for where there is none.
_OLD_ISSUE = "SELECT issued_on FROM invoice WHERE issued_on <= ? AND (status = 'open' OR status = 'paid') LIMIT 1"
_FIRST_ISSUE = "SELECT min(issued_on) FROM invoice WHERE status IN ('open', 'paid')"


def read_first_issue(connection: sqlite3.Connection, asked: date) -> date | None:
    """The day of the first invoice on file, or of any that is as old as `asked`; None: there is none."""
    found = connection.execute(_OLD_ISSUE, (day_text(asked),)).fetchone()
    return read_day((found or connection.execute(_FIRST_ISSUE).fetchone())[0])
