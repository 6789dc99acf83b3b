"""Messages that ask for nothing: thanks for a payment that came after a reminder.

They are no reminders, because everything that ends a reminder (nothing is due any more) is what begins these. The
discipline is the reminders' own: claimed on the disk before the first byte leaves, once per invoice, round and
occasion, and never tried again where nobody knows whether it left. The message counts like any other for the gap
between two messages and for the day's cap.
"""

import sqlite3
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from state.allocated import ALLOCATED
from state.attempts import WRITE_MESSAGE, NotAllClaimed, all_or_none, message_columns
from state.columns import day_text, ids_text, instant_text, read_day
from state.database import immediate
from state.errors import NestedClaim, explaining
from state.ids import ContactId, InvoiceId, MessageId
from state.records import MessageDraft
from state.reminders import new_reminder_id

PAID = "paid"  # the occasion of an invoice that is paid in full; that of a part is the payment's id
_MEMORY = timedelta(days=400)  # reminders older than this are thanked for no more
_COLUMNS = (
    "id, invoice_id, contact_id, round, occasion, currency, amount_minor, paid_on, planned_for, state, reason,"
    " message_id"
)
# Reminders that really left after the due date, by invoice and round.
_REMINDED = """
    SELECT DISTINCT reminder.invoice_id FROM reminder
    JOIN invoice ON invoice.id = reminder.invoice_id AND invoice.round = reminder.round
    JOIN message ON message.id = reminder.message_id
    WHERE reminder.sent_on > coalesce(?1, '') AND reminder.state IN ('sent', 'noted') AND message.channel <> 'dry'
    AND reminder.sent_on > invoice.due_on AND (invoice.status = 'paid' OR (?2 AND invoice.status = 'open'))
    AND NOT EXISTS (SELECT 1 FROM write_off WHERE write_off.invoice_id = invoice.id AND write_off.state <> 'refused')
    AND NOT EXISTS (
        SELECT 1 FROM courtesy_message AS known
        WHERE known.invoice_id = invoice.id AND known.round = invoice.round AND known.occasion = 'paid'
    )
"""
_PLAN = """
    INSERT INTO courtesy_message (id, invoice_id, contact_id, round, occasion, currency, amount_minor, paid_on,
                                  planned_for, changed_at)
    SELECT ?, id, contact_id, round, ?, currency, ?, ?, ?, ? FROM invoice WHERE id = ?
    AND NOT EXISTS (
        SELECT 1 FROM courtesy_message AS known
        WHERE known.invoice_id = invoice.id AND known.round = invoice.round AND known.occasion = ?
    )
"""
_CLAIM = """
    UPDATE courtesy_message SET state = 'sending', message_id = ?1, proof = ?2, reason = NULL, changed_at = ?3
    WHERE id IN (SELECT value FROM json_each(?4)) AND state = 'planned'
"""
_SETTLE_MESSAGE = "UPDATE message SET outcome = ?2, settled_at = ?3, reason = ?4, provider_id = ?5 WHERE id = ?1"
_LOST = "the program ended while the message was being sent"


class Settlement(Struct, frozen=True, kw_only=True):
    """What took money off an invoice: a payment, or a credit of whatever kind."""

    source: str
    source_id: str
    amount_minor: int
    applied_on: date | None


class NewCourtesy(Struct, frozen=True, kw_only=True):
    """Thanks to be said from `planned_for` on."""

    invoice_id: InvoiceId
    occasion: str
    amount_minor: int
    paid_on: date
    planned_for: date


class Courtesy(Struct, frozen=True, kw_only=True):
    """One invoice's thanks, and how far they have come."""

    id: str
    new: NewCourtesy
    contact_id: ContactId
    round: int
    currency: str
    state: Literal["planned", "sending", "sent", "failed", "unknown", "skipped"]
    reason: str | None = None
    message_id: MessageId | None = None


class Courtesies:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @explaining()
    def reminded(self, today: date, *, parts: bool) -> list[InvoiceId]:
        """Paid invoices that a reminder after the due date had asked for, not yet thanked for; with `parts`, open ones
        as well."""
        rows = self._connection.execute(_REMINDED, (day_text(today - _MEMORY), int(parts)))
        return [InvoiceId(key) for (key,) in rows]

    @explaining()
    def settlements(self, invoice_id: InvoiceId) -> list[Settlement]:
        """What the ledger has put against the invoice, as far as the mirror knows."""
        rows = self._connection.execute(ALLOCATED, (invoice_id,))
        return [
            Settlement(source=source, source_id=key, amount_minor=minor, applied_on=read_day(day))
            for source, key, minor, day in rows
        ]

    def plan(self, courtesies: Iterable[NewCourtesy], at: datetime) -> int:
        """Returns how many are new; one per invoice, round and occasion."""
        rows = [
            (
                new_reminder_id(),
                each.occasion,
                each.amount_minor,
                day_text(each.paid_on),
                day_text(each.planned_for),
                instant_text(at),
                each.invoice_id,
                each.occasion,
            )
            for each in courtesies
        ]
        with immediate(self._connection) as connection:
            return max(connection.executemany(_PLAN, rows).rowcount, 0)

    def planned(self) -> list[Courtesy]:
        """Earliest first."""
        return self._read("state = 'planned' ORDER BY planned_for, rowid")

    def all(self) -> list[Courtesy]:
        """Oldest first."""
        return self._read("1 = 1 ORDER BY rowid")

    def skip(self, ids: Iterable[str], reason: str, at: datetime) -> int:
        """Planned ones will not be said."""
        return self._update(
            "UPDATE courtesy_message SET state = 'skipped', reason = ?, changed_at = ?"
            " WHERE id IN (SELECT value FROM json_each(?)) AND state = 'planned'",
            (reason, instant_text(at), ids_text(ids)),
        )

    def claim(self, ids: Collection[str], message: MessageDraft, proof: str, owner: str, at: datetime) -> bool:
        """Take all of `ids` for one attempt, or none. Only True permits sending; the attempt is on the disk then.

        `proof`: JSON of the live read that found them paid. NestedClaim inside `transaction()`.
        """
        if self._connection.in_transaction:
            raise NestedClaim("A claim must be a transaction of its own; call it outside `transaction()`.")
        try:
            with immediate(self._connection) as connection:
                connection.execute(WRITE_MESSAGE, (*message_columns(message), owner, instant_text(at)))
                claimed = connection.execute(_CLAIM, (message.id, proof, instant_text(at), ids_text(ids))).rowcount
                all_or_none(len(set(ids)), claimed)
        except NotAllClaimed:
            return False
        return True

    def sent(self, message_id: MessageId, provider_id: str | None, at: datetime) -> int:
        """The carrier took it."""
        return self._settle(message_id, "sent", "sent", None, at, provider_id)

    def not_sent(self, message_id: MessageId, reason: str, at: datetime) -> int:
        """Certainly not handed over: planned again, to be verified afresh."""
        with immediate(self._connection) as connection:
            connection.execute(_SETTLE_MESSAGE, (message_id, "not_sent", instant_text(at), reason, None))
            return connection.execute(
                "UPDATE courtesy_message SET state = 'planned', message_id = NULL, proof = NULL, reason = ?,"
                " changed_at = ? WHERE message_id = ? AND state = 'sending'",
                (reason, instant_text(at), message_id),
            ).rowcount

    def refused(self, message_id: MessageId, reason: str, at: datetime) -> int:
        """The carrier will not take it; thanks are not tried twice."""
        return self._settle(message_id, "failed", "refused", reason, at)

    def unsure(self, message_id: MessageId, reason: str, at: datetime) -> int:
        """Perhaps handed over: never tried again."""
        return self._settle(message_id, "unknown", "unsure", reason, at)

    def recover(self, at: datetime) -> int:
        """After a restart, under the tenant's lock: abandoned attempts become unknown. How many there were."""
        with immediate(self._connection) as connection:
            rows = connection.execute("SELECT DISTINCT message_id FROM courtesy_message WHERE state = 'sending'")
            abandoned = [MessageId(key) for (key,) in rows.fetchall()]
        return sum(self.unsure(message_id, _LOST, at) for message_id in abandoned)

    def _settle(
        self, message_id: MessageId, state: str, outcome: str, reason: str | None, at: datetime, by: str | None = None
    ) -> int:
        with immediate(self._connection) as connection:
            moved = connection.execute(
                "UPDATE courtesy_message SET state = ?, reason = ?, changed_at = ?"
                " WHERE message_id = ? AND state = 'sending'",
                (state, reason, instant_text(at), message_id),
            ).rowcount
            if moved:
                connection.execute(_SETTLE_MESSAGE, (message_id, outcome, instant_text(at), reason, by))
            return moved

    def _update(self, statement: str, parameters: tuple[Any, ...]) -> int:
        with immediate(self._connection) as connection:
            return connection.execute(statement, parameters).rowcount

    @explaining()
    def _read(self, condition: str) -> list[Courtesy]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM courtesy_message WHERE {condition}"  # noqa: S608 - conditions from above
        )
        return [_courtesy(row) for row in rows]


def _courtesy(row: tuple[Any, ...]) -> Courtesy:
    return Courtesy(
        id=row[0],
        new=NewCourtesy(
            invoice_id=row[1],
            occasion=row[4],
            amount_minor=row[6],
            paid_on=date.fromisoformat(row[7]),
            planned_for=date.fromisoformat(row[8]),
        ),
        contact_id=row[2],
        round=row[3],
        currency=row[5],
        state=row[9],
        reason=row[10],
        message_id=row[11],
    )
