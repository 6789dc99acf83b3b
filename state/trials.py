"""Who was drawn for the control group and who was not, and how their first invoices after that were paid."""

import sqlite3
from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from state.columns import day_text, read_day
from state.database import immediate
from state.errors import explaining
from state.ids import ContactId
from state.trial_records import TrialDraws, TrialGroup

_DRAW = """
    INSERT INTO trial_member (contact_id, percent, start_days, held_back, drawn_on) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (contact_id, percent, start_days) DO NOTHING
"""
# One invoice a customer: the first that fell due after the draw. What was settled by something else than payments with
# known days is counted and not judged.
_GROUPS = """
    WITH
    due AS (
        SELECT member.held_back, invoice.id, invoice.status, invoice.total_minor, invoice.due_on,
               row_number() OVER (PARTITION BY member.contact_id ORDER BY invoice.due_on, invoice.id) AS place
        FROM trial_member AS member JOIN invoice NOT INDEXED ON invoice.contact_id = member.contact_id
        WHERE member.percent = :percent AND member.start_days = :days
        AND invoice.due_on >= member.drawn_on AND invoice.total_minor > 0
        AND (invoice.status = 'open' OR invoice.status = 'paid')
    ),
    compared AS MATERIALIZED (SELECT * FROM due WHERE place = 1 AND julianday(:today) - julianday(due_on) >= :days),
    part AS (
        SELECT invoice.id AS invoice_id, told.value
        FROM compared CROSS JOIN invoice ON invoice.id = compared.id CROSS JOIN json_each(invoice.allocations) AS told
        UNION ALL
        SELECT told.value ->> 'invoice_id', told.value FROM payment, json_each(payment.allocations) AS told
        WHERE payment.allocations IS NOT NULL AND payment.status = 'valid'
        AND told.value ->> 'invoice_id' IN (SELECT id FROM compared)
    ),
    money AS (
        SELECT invoice_id, value ->> 'amount_minor' AS minor,
               min(coalesce(value ->> 'applied_on', payment.paid_on), coalesce(payment.paid_on, value ->> 'applied_on'))
                   AS day
        FROM part LEFT JOIN payment ON payment.id = value ->> 'source_id' WHERE value ->> 'source' = 'payment'
    ),
    settled AS (
        SELECT invoice_id, total(minor) AS minor, max(day) AS day, count(*) = count(day) AS dated
        FROM money GROUP BY invoice_id
    ),
    judged AS (
        SELECT held_back, CASE WHEN status = 'open' THEN 0
               WHEN dated AND minor >= total_minor THEN julianday(day) - julianday(due_on) < :days END AS paid
        FROM compared LEFT JOIN settled ON settled.invoice_id = compared.id
    )
    SELECT held_back, count(paid), coalesce(sum(paid), 0), count(*) - count(paid) FROM judged GROUP BY held_back
"""
_BEGUN = """
    SELECT min(drawn_on) FILTER (WHERE start_days = :days),
           count(DISTINCT contact_id) FILTER (WHERE start_days <> :days)
    FROM trial_member WHERE percent = :percent
"""


class Drawn(Struct, frozen=True):
    """A customer who may be drawn, and whether it is held back."""

    contact_id: ContactId
    held_back: bool


class Trials:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def draw(self, customers: Iterable[Drawn], percent: int, start_days: int, on: date) -> int:
        """Write down who was drawn, at this share and to be held back so many days; how many are new.

        Nobody changes groups.
        """
        rows = [(each.contact_id, percent, start_days, each.held_back, day_text(on)) for each in customers]
        with immediate(self._connection) as connection:
            return max(connection.executemany(_DRAW, rows).rowcount, 0)

    @explaining()
    def groups(self, percent: int, days: int, today: date) -> tuple[TrialGroup, TrialGroup]:
        """Those held back and the others: first invoices paid less than `days` days after they fell due.

        Only of who was drawn when the control group was first reminded on that day.
        """
        values = {"percent": percent, "days": days, "today": day_text(today)}
        found = {bool(row[0]): TrialGroup(*row[1:]) for row in self._connection.execute(_GROUPS, values)}
        return found.get(True, TrialGroup(0, 0, 0)), found.get(False, TrialGroup(0, 0, 0))

    @explaining()
    def begun(self, percent: int, days: int) -> TrialDraws:
        """When this comparison began, and how many were drawn at its share for another day, or one nobody knows."""
        [(since, otherwise)] = self._connection.execute(_BEGUN, {"percent": percent, "days": days})
        return TrialDraws(read_day(since), otherwise)
