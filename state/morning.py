"""One tenant on one morning, from rows that are stored already: nothing is decided anew, so it takes milliseconds.

What needs a person, what is planned, what came in and which reminders that stopped, and what is held by which reason.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from state.arrivals import CameIn, Sum, read_came_in
from state.columns import day_text, read_instant, read_optional_instant
from state.database import snapshot
from state.held import HeldGroup, held_targets, read_groups
from state.in_hand import InHand, read_in_hand
from state.planned_facts import PlannedFacts, read_planned_facts

ConcernKind = Literal[
    "suspicious", "unknown", "failed", "delivery", "reply", "dispute", "promise", "call", "decision", "text",
    "late_payment", "person", "rejected", "write_off",
]  # fmt: skip
MOST = 500  # rows of each kind that are read; how many there are is always told


class Concern(Struct, frozen=True, kw_only=True):
    """Something only a person can go on from. `id` is that of the row; `words` are the customer's or the machine's."""

    kind: ConcernKind
    id: str
    customer: str = ""
    contact_id: str = ""
    invoice: str = ""  # its number, or its id if it has none
    invoice_id: str = ""
    since: datetime
    due: Sum | None = None
    words: str = ""
    phone: str = ""
    entity: str = ""  # what kind of record it is that cannot be read


class Planned(Struct, frozen=True, kw_only=True):
    """A reminder that has been planned and has not left."""

    reminder_id: str
    invoice: str
    invoice_id: str
    customer: str
    contact_id: str
    stage: str
    due: Sum
    approved: bool
    reason: str  # why it is still here
    edit: int  # id of the words that a person gave its message; 0: the usual ones
    disputed_minor: int  # of what is due


class Morning(Struct, frozen=True, kw_only=True):
    """`counts` tells how many concerns there are of each kind, also of those that are not listed."""

    pulled_at: datetime | None
    concerns: tuple[Concern, ...]
    counts: dict[ConcernKind, int]
    planned: tuple[Planned, ...]
    facts: tuple[PlannedFacts, ...]  # of the same reminders, on `today`
    today: date
    in_hand: InHand  # of their customers
    dropped: frozenset[str]  # reminders whose edited text fitted no more
    held_targets: frozenset[str]
    came_in: tuple[CameIn, ...]
    held: tuple[HeldGroup, ...]


_INVOICE = "coalesce(invoice.number, invoice.id), invoice.id, invoice.due_minor, invoice.currency"
_NOBODY = "'', '', NULL, NULL"
# Each: kind, id, customer, contact, invoice number, invoice id, due, currency, since, words, phone; and of what cannot
# be read, which need be no invoice, the kind of record.
_CONCERNS: tuple[str, ...] = (
    f"""
    SELECT CASE reminder.state WHEN 'unknown' THEN 'unknown' ELSE 'failed' END, reminder.id, contact.name, contact.id,
        {_INVOICE}, reminder.changed_at, reminder.stage || coalesce(': ' || reminder.reason, ''), ''
    FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id LEFT JOIN contact ON contact.id = reminder.contact_id
    WHERE reminder.state IN ('unknown', 'failed')
    """,  # noqa: S608 - columns from above
    f"""
    SELECT 'reply', reply.id, (
            SELECT group_concat(contact.name, ', ') FROM reply_contact
            JOIN contact ON contact.id = reply_contact.contact_id WHERE reply_contact.reply_id = reply.id
        ), (SELECT contact_id FROM reply_contact WHERE reply_contact.reply_id = reply.id LIMIT 1),
        {_NOBODY}, reply.received_at, substr(reply.subject || ': ' || reply.text, 1, 400), ''
    FROM reply WHERE handled_at IS NULL AND kind = 'human'
    """,  # noqa: S608 - columns from above
    f"""
    SELECT 'dispute', dispute.id, contact.name, contact.id, {_INVOICE}, dispute.opened_at, dispute.reason, ''
    FROM dispute JOIN invoice ON invoice.id = dispute.invoice_id LEFT JOIN contact ON contact.id = invoice.contact_id
    WHERE dispute.closed_at IS NULL
    """,  # noqa: S608 - columns from above
    f"""
    SELECT 'promise', decision.invoice_id, contact.name, contact.id, {_INVOICE}, decision.decided_at,
        json_extract(broken.value, '$[1].promised_on'), ''
    FROM decision, json_each(decision.reasons) AS broken
        JOIN invoice ON invoice.id = decision.invoice_id LEFT JOIN contact ON contact.id = invoice.contact_id
    WHERE json_extract(broken.value, '$[0]') = 'promise_broken'
    """,  # noqa: S608 - columns from above
    f"""
    SELECT task.kind, task.id, contact.name, contact.id, {_INVOICE}, task.opened_at, task.script, task.phone
    FROM task LEFT JOIN contact ON contact.id = task.contact_id
        LEFT JOIN invoice ON invoice.id = coalesce(
            task.invoice_id, (SELECT reminder.invoice_id FROM reminder WHERE reminder.message_id = task.message_id)
        )
    WHERE task.state = 'open' AND NOT (task.kind = 'decision' AND EXISTS (
        SELECT 1 FROM write_off WHERE write_off.invoice_id = task.invoice_id AND write_off.state = 'proposed'
    ))
    """,  # noqa: S608 - columns from above
    """
    SELECT 'write_off', write_off.id, contact.name, contact.id, coalesce(invoice.number, invoice.id), invoice.id,
        write_off.amount_minor, write_off.currency, write_off.proposed_at,
        json_array(write_off.proposed_by, write_off.reason), ''
    FROM write_off JOIN invoice ON invoice.id = write_off.invoice_id
        LEFT JOIN contact ON contact.id = invoice.contact_id
    WHERE write_off.state = 'proposed'
    """,
    f"""
    SELECT 'suspicious', hold.id, '', '', {_NOBODY}, hold.placed_at, coalesce(hold.note, hold.reason), ''
    FROM hold WHERE scope = 'tenant' AND released_at IS NULL AND (until IS NULL OR until >= :today)
    """,  # noqa: S608 - columns from above
    f"""
    SELECT 'person', decision.invoice_id, contact.name, contact.id, {_INVOICE}, decision.decided_at,
        decision.reasons, ''
    FROM decision JOIN invoice ON invoice.id = decision.invoice_id LEFT JOIN contact ON contact.id = invoice.contact_id
    WHERE decision.action = 'ask_person'
    AND json_extract(decision.reasons, '$[0][0]') IN ('plan_broken', 'policy_changed', 'discount_taken')
    """,  # noqa: S608 - columns from above
    """
    SELECT 'rejected', quarantine.key, coalesce(contact.name, iif(entity = 'contact', quarantine.name, NULL)),
        contact.id, coalesce(quarantine.name, invoice.number, quarantine.id), quarantine.id, NULL, NULL,
        first_seen_at, quarantine.reason, '', entity
    FROM quarantine LEFT JOIN invoice ON entity = 'invoice' AND invoice.id = quarantine.id
        LEFT JOIN contact ON contact.id = coalesce(quarantine.contact_id, invoice.contact_id)
    """,
)
_PLANNED = f"""
    SELECT reminder.id, contact.name, reminder.contact_id, {_INVOICE}, reminder.stage, reminder.approved,
        coalesce(reminder.reason, '')
    FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id LEFT JOIN contact ON contact.id = reminder.contact_id
    WHERE reminder.state = 'planned' ORDER BY reminder.planned_for, reminder.rowid
"""  # noqa: S608 - as above


def read_morning(connection: sqlite3.Connection, today: date, since: datetime) -> Morning:
    """The tenant's `today`; what came in is told from `since` on."""
    with snapshot(connection):
        concerns = list(_concerns(connection, today))
        facts = read_planned_facts(connection, today)
        planned = tuple(planned_rows(connection, facts))
        counts: dict[ConcernKind, int] = {}
        for concern in concerns:
            counts[concern.kind] = counts.get(concern.kind, 0) + 1
        return Morning(
            pulled_at=_pulled_at(connection),
            concerns=tuple(_first_of_each(concerns)),
            counts=counts,
            planned=planned,
            facts=facts,
            today=today,
            in_hand=read_in_hand(connection, {each.contact_id for each in planned}),
            dropped=dropped_edits(connection),
            held_targets=held_targets(connection, today),
            came_in=tuple(read_came_in(connection, since, MOST)),
            held=tuple(read_groups(connection, today)),
        )


def _concerns(connection: sqlite3.Connection, today: date) -> Iterator[Concern]:
    for statement in _CONCERNS:
        for row in connection.execute(statement, {"today": day_text(today)}):
            yield _concern(*row)


def _concern(
    kind: ConcernKind,
    key: str | int,
    customer: str | None,
    contact_id: str | None,
    invoice: str | None,
    invoice_id: str | None,
    due_minor: int | None,
    currency: str | None,
    since: str,
    words: str | None,
    phone: str | None,
    entity: str = "",
) -> Concern:
    return Concern(
        kind=kind,
        id=str(key),
        customer=customer or contact_id or "",
        contact_id=contact_id or "",
        invoice=invoice or "",
        invoice_id=invoice_id or "",
        since=read_instant(since),
        due=None if due_minor is None or currency is None else (due_minor, currency),
        words=words or "",
        phone=phone or "",
        entity=entity,
    )


def _first_of_each(concerns: list[Concern]) -> Iterator[Concern]:
    taken: dict[ConcernKind, int] = {}
    for concern in sorted(concerns, key=lambda each: each.since):
        taken[concern.kind] = taken.get(concern.kind, 0) + 1
        if taken[concern.kind] <= MOST:
            yield concern


def planned_rows(connection: sqlite3.Connection, facts: Iterable[PlannedFacts]) -> Iterator[Planned]:
    """What has been planned and has not left, the first planned first."""
    known = {each.reminder_id: each for each in facts}
    for key, name, contact_id, invoice, invoice_id, minor, currency, stage, approved, reason in connection.execute(
        _PLANNED
    ):
        yield Planned(
            reminder_id=key,
            invoice=invoice,
            invoice_id=invoice_id,
            customer=name or contact_id,
            contact_id=contact_id,
            stage=stage,
            due=(minor, currency),
            approved=bool(approved),
            reason=reason,
            edit=known[key].words,
            disputed_minor=known[key].disputed_minor,
        )


def dropped_edits(connection: sqlite3.Connection) -> frozenset[str]:
    """Reminders whose edited text fitted no more."""
    rows = connection.execute(
        "SELECT own.value FROM edited_message, json_each(reminders) AS own WHERE edited_message.state = 'dropped'"
    )
    return frozenset(key for (key,) in rows)


def _pulled_at(connection: sqlite3.Connection) -> datetime | None:
    [[at]] = connection.execute("SELECT max(pulled_at) FROM stream WHERE cursor IS NOT NULL")
    return read_optional_instant(at)
