"""Everything the decision pass has to know, read in a handful of queries and grouped by customer.

Nothing here is stored as a flag: what is owed, who may be written to and how far a sequence has come are derived from
the mirror and the reminders each time. Grouping happens in Python, which beats both a query per customer and a sort
of all open invoices in SQLite.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from state.columns import ids_text, read_day
from state.database import snapshot
from state.families import Families, read_families
from state.holds import read_active
from state.model import (
    Account,
    ContactId,
    ContactStatus,
    Hold,
    InvoiceId,
    Receivable,
    ReminderState,
    StageProgress,
)
from state.quarantine import Unreadable, unreadable
from state.reminders import last_contacted

Row = tuple[Any, ...]
_CONTACT, _DUE_ON, _BILLED_TO = 2, 5, 10

_OPEN = """
    SELECT id, number, contact_id, currency, due_minor, due_on, expected_on, payment_scheduled, disputed, round,
           billed_to
    FROM invoice WHERE status = 'open' AND due_minor > 0
"""
_CONTACTS = """
    SELECT id, name, status, email, cc FROM contact
    WHERE id IN (SELECT contact_id FROM invoice WHERE status = 'open' AND due_minor > 0)
    OR id IN (SELECT value FROM json_each(?))
"""
_CREDITS = """
    SELECT contact_id, currency, remaining_minor FROM credit WHERE status = 'valid' AND remaining_minor > 0
    UNION ALL
    SELECT contact_id, currency, unapplied_minor FROM payment
    WHERE status = 'valid' AND unapplied_minor > 0 AND contact_id IS NOT NULL
"""
_PROGRESS = """
    SELECT reminder.invoice_id, reminder.stage, reminder.state, reminder.sent_on
    FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id AND invoice.round = reminder.round
    WHERE invoice.status = 'open' AND invoice.due_minor > 0
    ORDER BY reminder.rowid
"""


class _Facts(Struct, frozen=True):
    """All that was read in one moment, ready to be put together customer by customer."""

    invoices: dict[ContactId, list[Row]]
    contacts: dict[ContactId, Row]
    families: Families
    credits: dict[ContactId, dict[str, int]]  # by head of the family
    progress: dict[InvoiceId, tuple[StageProgress, ...]]
    holds: dict[tuple[str, str], tuple[Hold, ...]]
    contacted: dict[ContactId, date]
    unreadable: Unreadable


class Receivables:
    """Reads for the decision pass."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def accounts(self, today: date) -> Iterator[Account]:
        """Every customer with something due, by name, each with its receivables, the oldest due first.

        `today` is the business day for which holds count. All is read at the moment of the call; the records are
        built one customer at a time. A customer whom the mirror does not know is unreadable, hence not written to.
        """
        with snapshot(self._connection) as connection:
            facts = _read(connection, today)
        return _accounts(facts)


def _read(connection: sqlite3.Connection, today: date) -> _Facts:
    families = read_families(connection)
    return _Facts(
        invoices=_open_invoices(connection, families),
        contacts={row[0]: row for row in connection.execute(_CONTACTS, (ids_text(families.winners),))},
        families=families,
        credits=_credits(connection, families),
        progress=_progress(connection),
        holds=_holds(connection, families, today),
        contacted=_contacted(connection, families),
        unreadable=unreadable(connection, families),
    )


def _open_invoices(connection: sqlite3.Connection, families: Families) -> dict[ContactId, list[Row]]:
    by_named: dict[ContactId, list[Row]] = {}
    for row in connection.execute(_OPEN):
        by_named.setdefault(row[_CONTACT], []).append(row)
    by_winner: dict[ContactId, list[Row]] = {}
    for contact, rows in by_named.items():
        by_winner.setdefault(families.winner(contact), []).extend(rows)
    return by_winner


def _credits(connection: sqlite3.Connection, families: Families) -> dict[ContactId, dict[str, int]]:
    sums: dict[ContactId, dict[str, int]] = {}
    for contact, currency, minor in connection.execute(_CREDITS):
        of_family = sums.setdefault(families.top(contact), {})
        of_family[currency] = of_family.get(currency, 0) + minor
    return sums


def _progress(connection: sqlite3.Connection) -> dict[InvoiceId, tuple[StageProgress, ...]]:
    stages: dict[InvoiceId, tuple[StageProgress, ...]] = {}
    for invoice, stage, state, sent_on in connection.execute(_PROGRESS):
        step = StageProgress(stage, ReminderState(state), read_day(sent_on))
        stages[invoice] = (*stages.get(invoice, ()), step)
    return stages


def _holds(connection: sqlite3.Connection, families: Families, today: date) -> dict[tuple[str, str], tuple[Hold, ...]]:
    holds: dict[tuple[str, str], tuple[Hold, ...]] = {}
    for hold in read_active(connection, today):
        target = families.winner(ContactId(hold.target)) if hold.scope == "contact" else hold.target
        holds[hold.scope, target] = (*holds.get((hold.scope, target), ()), hold)
    return holds


def _contacted(connection: sqlite3.Connection, families: Families) -> dict[ContactId, date]:
    latest: dict[ContactId, date] = {}
    for contact, day in last_contacted(connection).items():
        winner = families.winner(contact)
        latest[winner] = max(day, latest.get(winner, day))
    return latest


def _accounts(facts: _Facts) -> Iterator[Account]:
    nameless = (None, None)
    for contact in sorted(facts.invoices, key=lambda key: (facts.contacts.get(key, nameless)[1] or key, key)):
        yield _account(facts, contact, facts.invoices.pop(contact))


def _account(facts: _Facts, contact: ContactId, rows: list[Row]) -> Account:
    known = facts.contacts.get(contact)
    _, name, status, email, cc = known or (contact, contact, ContactStatus.ACTIVE, None, "[]")
    if len(rows) > 1:
        rows.sort(key=_by_due_date)
    return Account(
        contact_id=contact,
        name=name,
        status=ContactStatus(status),
        reachable=_usable(email) or _usable(cc) or any(_usable(row[_BILLED_TO]) for row in rows),
        unreadable=known is None or facts.unreadable.blocks(contact, facts.families),
        credits=facts.credits.get(facts.families.top(contact), {}),
        last_contacted_on=facts.contacted.get(contact),
        holds=facts.holds.get(("contact", contact), ()) + facts.holds.get(("tenant", "*"), ()),
        receivables=_receivables(facts, contact, rows),
    )


def _receivables(facts: _Facts, contact: ContactId, rows: Sequence[Row]) -> tuple[Receivable, ...]:
    quarantined, progress, holds = facts.unreadable.invoices, facts.progress, facts.holds
    return tuple(
        [
            Receivable(
                invoice_id=key,
                contact_id=contact,
                number=number,
                currency=currency,
                due_minor=due_minor,
                due_on=read_day(due_on),
                expected_on=read_day(expected_on),
                payment_scheduled=scheduled == 1,
                disputed=disputed == 1,
                unreadable=key in quarantined,
                round=turn,
                progress=progress.get(key, ()),
                holds=holds.get(("invoice", key), ()),
            )
            for key, number, _, currency, due_minor, due_on, expected_on, scheduled, disputed, turn, _ in rows
        ]
    )


def _by_due_date(row: Row) -> tuple[bool, str, str]:
    return row[_DUE_ON] is None, row[_DUE_ON] or "", row[1] or ""


def _usable(addresses: str | None) -> bool:
    return addresses is not None and "@" in addresses
