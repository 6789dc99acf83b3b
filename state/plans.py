"""Payment plans. One is written in a single transaction, and becomes active only if its parts sum to the balance.

The schema sees to it (state.agreement_tables), also that no invoice is in two active plans.
"""

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from state.agreed import Instalment, Plan, PlanState, Share
from state.columns import day_text, instant_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import explaining
from state.ids import ContactId, InvoiceId

_COLUMNS = "id, contact_id, currency, state, baseline_minor, made_at, made_by, settled_at"
_BEGIN = """
    INSERT INTO plan (contact_id, currency, state, baseline_minor, made_at, made_by)
    VALUES (?, ?, 'draft', ?, ?, ?)
"""
_SHARES = """
    SELECT plan_invoice.invoice_id, plan_invoice.baseline_minor FROM plan_invoice
    LEFT JOIN invoice ON invoice.id = plan_invoice.invoice_id
    WHERE plan_id = ? ORDER BY coalesce(invoice.due_on, '9999'), plan_invoice.rowid
"""
# A broken plan counts until one of its invoices is in a newer plan, or a person cancels it.
_STANDING = """
    state = 'active' OR (state = 'broken' AND NOT EXISTS (
        SELECT 1 FROM plan_invoice AS own JOIN plan_invoice AS newer ON newer.invoice_id = own.invoice_id
        WHERE own.plan_id = plan.id AND newer.plan_id > plan.id
    ))
"""


class Plans:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def make(
        self,
        contact_id: ContactId,
        currency: str,
        shares: Sequence[Share],
        instalments: Sequence[Instalment],
        by: str,
        at: datetime,
    ) -> Plan:
        """Raises IllegalMove, and keeps nothing, if the sums differ or an invoice is in another active plan."""
        baseline = sum(share.baseline_minor for share in shares)
        with immediate(self._connection) as connection:
            key = connection.execute(_BEGIN, (contact_id, currency, baseline, instant_text(at), by)).lastrowid
            connection.executemany(
                "INSERT INTO plan_invoice (plan_id, invoice_id, baseline_minor) VALUES (?, ?, ?)",
                [(key, share.invoice_id, share.baseline_minor) for share in shares],
            )
            connection.executemany(
                "INSERT INTO instalment (plan_id, number, due_on, amount_minor) VALUES (?, ?, ?, ?)",
                [(key, part.number, day_text(part.due_on), part.amount_minor) for part in instalments],
            )
            connection.execute("UPDATE plan SET state = 'active' WHERE id = ?", (key,))
            return _read(connection, "id = ?", key)[0]

    def settle(self, plan_id: int, state: PlanState, at: datetime) -> bool:
        """An active plan ends, or a broken one is cancelled; False if it is over already."""
        with immediate(self._connection) as connection:
            moved = connection.execute(
                "UPDATE plan SET state = ?1, settled_at = ?2"
                " WHERE id = ?3 AND (state = 'active' OR (state = 'broken' AND ?1 = 'cancelled'))",
                (state, instant_text(at), plan_id),
            ).rowcount
        return moved == 1

    def active(self) -> list[Plan]:
        """Of everybody, the oldest first."""
        return _read(self._connection, "state = 'active'")

    def standing(self) -> list[Plan]:
        """Active ones, and broken ones that nothing has replaced, the oldest first."""
        return read_plans(self._connection)

    def of_contact(self, contact_id: ContactId) -> list[Plan]:
        """All plans of a customer, the oldest first, over or not."""
        return _read(self._connection, "contact_id = ? AND state <> 'draft'", contact_id)

    def holding(self, invoice_id: InvoiceId) -> Plan | None:
        """The active plan that the invoice is in."""
        found = _read(
            self._connection,
            "state = 'active' AND id IN (SELECT plan_id FROM plan_invoice WHERE invoice_id = ?)",
            invoice_id,
        )
        return found[0] if found else None


def read_plans(connection: sqlite3.Connection) -> list[Plan]:
    """What counts now: active plans, and broken ones that nothing has replaced."""
    return _read(connection, _STANDING)


@explaining()
def _read(connection: sqlite3.Connection, condition: str, *parameters: object) -> list[Plan]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM plan WHERE {condition} ORDER BY id",  # noqa: S608 - our own
        parameters,
    ).fetchall()
    return [_plan(connection, row) for row in rows]


def _plan(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Plan:
    parts = connection.execute(
        "SELECT number, due_on, amount_minor FROM instalment WHERE plan_id = ? ORDER BY number", (row[0],)
    )
    return Plan(
        id=row[0],
        contact_id=row[1],
        currency=row[2],
        state=PlanState(row[3]),
        baseline_minor=row[4],
        made_at=read_instant(row[5]),
        made_by=row[6],
        settled_at=read_optional_instant(row[7]),
        shares=tuple(Share(InvoiceId(key), minor) for key, minor in connection.execute(_SHARES, (row[0],))),
        instalments=tuple(Instalment(number, date.fromisoformat(day), minor) for number, day, minor in parts),
    )
