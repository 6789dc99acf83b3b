"""What is held on one morning, and by which reason: as it was decided last, and as the holds stand at this moment.

A hold that somebody has just placed is in force before the next cycle decides by it, and one that was released or has
run out is not any more. Nothing else is decided anew here.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import Any

from msgspec import Struct

from state.arrivals import Sum
from state.columns import day_text, ids_text, json_text
from state.database import snapshot
from state.families import read_families
from state.holds import read_active
from state.model import ContactId, Hold

MOST = 500  # of one reason that are listed; how many there are is always told
_SHOWN_OF_A_GROUP = 10
_HELD_BY_A_HOLD = "held"  # the code of that reason in a decision
_INVOICE = "coalesce(invoice.number, invoice.id), invoice.id, invoice.due_minor, invoice.currency"
# What simply waits for its stage is not held.
_DECIDED = f"""
    SELECT json_extract(decision.reasons, '$[0][0]') AS code, decision.action, decision.reasons, contact.name,
        contact.id, {_INVOICE}
    FROM decision JOIN invoice ON invoice.id = decision.invoice_id LEFT JOIN contact ON contact.id = invoice.contact_id
    WHERE decision.action <> 'send' AND code NOT IN (
        'stage_not_due', 'keeps_distance', 'minimum_gap', 'closed_day', 'handover_not_due', 'send_under_way',
        'own_time'
    )
    ORDER BY code, decision.action, invoice.due_minor DESC
"""  # noqa: S608 - a constant from above
_OWED = f"""
    SELECT invoice.contact_id, contact.name, contact.id, {_INVOICE}
    FROM invoice LEFT JOIN contact ON contact.id = invoice.contact_id
    WHERE invoice.status = 'open' AND due_minor > 0
"""  # noqa: S608 - a constant from above
_CONCERNED = """
    AND (invoice.id IN (SELECT value FROM json_each(:invoices))
        OR invoice.contact_id IN (SELECT value FROM json_each(:contacts)))
"""
_Row = tuple[Any, ...]  # reasons, customer, contact, invoice, its id, due, currency


class HeldGroup(Struct, frozen=True, kw_only=True):
    """Invoices that are not asked for, by the first reason. `some` are the largest of them."""

    code: str
    action: str
    invoices: int
    sums: tuple[Sum, ...]
    some: tuple["HeldInvoice", ...]


class HeldInvoice(Struct, frozen=True, kw_only=True):
    """`reasons` is as it was stored."""

    invoice: str
    invoice_id: str
    customer: str
    contact_id: str
    due: Sum
    reasons: str


class _Standing(Struct, frozen=True):
    """The holds in force, by whom they concern; of several on one, the one without an end, else the earliest."""

    invoices: dict[str, Hold]
    contacts: dict[str, Hold]
    everything: Hold | None

    def on(self, invoice_id: str, contact_id: str | None) -> Hold | None:
        found = [self.invoices.get(invoice_id), self.contacts.get(contact_id or ""), self.everything]
        return min(filter(None, found), key=lambda hold: hold.until is not None, default=None)


def held_targets(connection: sqlite3.Connection, today: date) -> frozenset[str]:
    """Ids of the invoices and customers that are on hold; `*` for everything."""
    rows = connection.execute(
        "SELECT target FROM hold WHERE released_at IS NULL AND (until IS NULL OR until >= ?)", (day_text(today),)
    )
    return frozenset(target for (target,) in rows)


def read_held(connection: sqlite3.Connection, today: date, code: str, action: str) -> HeldGroup | None:
    """All that is held for this reason, up to MOST of it; None if nothing is."""
    with snapshot(connection):
        groups = (each for each in read_groups(connection, today, MOST) if (each.code, each.action) == (code, action))
        return next(groups, None)


def read_groups(connection: sqlite3.Connection, today: date, shown: int = _SHOWN_OF_A_GROUP) -> Iterator[HeldGroup]:
    """By reason, the largest invoices first."""
    groups: dict[tuple[str, str], list[_Row]] = {}
    for code, action, row in _rows(connection, today):
        groups.setdefault((code, action), []).append(row)
    for (code, action), rows in sorted(groups.items()):
        sums: dict[str, int] = {}
        for *_, minor, currency in rows:
            sums[currency] = sums.get(currency, 0) + minor
        largest = sorted(rows, key=lambda row: row[-2], reverse=True)[:shown]
        yield HeldGroup(
            code=code,
            action=action,
            invoices=len(rows),
            sums=tuple((minor, currency) for currency, minor in sorted(sums.items())),
            some=tuple(_held_invoice(*row) for row in largest),
        )


def _rows(connection: sqlite3.Connection, today: date) -> Iterator[tuple[str, str, _Row]]:
    """Each held invoice once, with its first reason."""
    standing, listed = _standing(connection, today), set()
    for code, action, *row in connection.execute(_DECIDED):
        _, _, contact_id, _, invoice_id, *_ = row
        if code == _HELD_BY_A_HOLD and standing.on(invoice_id, contact_id) is None:
            continue
        listed.add(invoice_id)
        yield code, action, tuple(row)
    for hold, row in _held_meanwhile(connection, standing):
        if row[3] not in listed:
            yield _HELD_BY_A_HOLD, "stop" if hold.until is None else "wait", (_reasons(hold), *row)


def _standing(connection: sqlite3.Connection, today: date) -> _Standing:
    """A hold on a customer is one on everybody who was merged into it, and the other way round."""
    families = read_families(connection)
    standing: dict[str, dict[str, Hold]] = {"invoice": {}, "contact": {}, "tenant": {}}
    for hold in sorted(read_active(connection, today), key=lambda hold: hold.until is not None):
        winner = families.winner(ContactId(hold.target))
        same = (each for each in families.members(winner) if families.winner(each) == winner)
        for target in same if hold.scope == "contact" else (hold.target,):
            standing[hold.scope].setdefault(target, hold)
    return _Standing(standing["invoice"], standing["contact"], standing["tenant"].get("*"))


def _held_meanwhile(connection: sqlite3.Connection, standing: _Standing) -> Iterator[tuple[Hold, _Row]]:
    targets = {"invoices": ids_text(standing.invoices), "contacts": ids_text(standing.contacts)}
    statement = _OWED if standing.everything else _OWED + _CONCERNED
    for contact_id, *row in connection.execute(statement, targets):
        hold = standing.on(row[3], contact_id)
        if hold is not None:
            yield hold, tuple(row)


def _reasons(hold: Hold) -> str:
    """As a decision by this hold has them."""
    until = {} if hold.until is None else {"until": hold.until}
    return json_text([[_HELD_BY_A_HOLD, {"scope": hold.scope, "reason": hold.reason, **until}]])


def _held_invoice(
    reasons: str, name: str | None, contact_id: str | None, invoice: str, invoice_id: str, minor: int, currency: str
) -> HeldInvoice:
    return HeldInvoice(
        invoice=invoice,
        invoice_id=invoice_id,
        customer=name or contact_id or "",
        contact_id=contact_id or "",
        due=(minor, currency),
        reasons=reasons,
    )
