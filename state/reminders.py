"""The reminders of one tenant: what is planned, how far each has come, and which notes are still owed.

The legal moves are enforced by the schema (migration m002), which also writes the history; each update here
names the states it starts from, so a row that has moved on is left alone rather than refused.
"""

import sqlite3
from base64 import b32encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import uuid4

import msgspec

from state.attempts import Attempts
from state.columns import (
    day_text,
    ids_text,
    instant_text,
    read_list,
    read_optional_instant,
)
from state.database import immediate
from state.errors import explaining
from state.model import ContactId, InvoiceId, MessageId, Reminder, ReminderId, ReminderState
from state.records import MessageDraft, MessageRecord, PlannedStage
from state.terms import Terms

_COLUMNS = (
    "id, invoice_id, contact_id, stage, round, state, planned_for, approved, reason, message_id, proof,"
    " sent_at, channel"
)
_REFRESH = """
    UPDATE reminder SET contact_id = :contact, planned_for = :day, channel = :channel, changed_at = :at
    WHERE invoice_id = :invoice AND stage = :stage AND round = :round AND state = 'planned'
    AND (contact_id, planned_for, channel) IS NOT (:contact, :day, :channel)
"""
_APPROVE = """
    UPDATE reminder SET approved = 1, approved_by = :by, changed_at = :at, approved_contact = contact_id,
        approved_minor = (SELECT due_minor FROM invoice WHERE invoice.id = reminder.invoice_id),
        terms = (SELECT value FROM json_each(:terms) WHERE key = reminder.id),
        reason = CASE WHEN reason LIKE '%\\_since\\_approved' ESCAPE '\\' THEN NULL ELSE reason END
    WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'planned' AND approved = 0
"""
_PLAN = """
    INSERT INTO reminder (id, invoice_id, contact_id, stage, round, state, planned_for, approved, changed_at, channel)
    SELECT :id, :invoice, :contact, :stage, :round, 'planned', :day, 0, :at, :channel
    WHERE NOT EXISTS (
        SELECT 1 FROM reminder WHERE invoice_id = :invoice AND stage = :stage AND round = :round
    )
"""
_SKIP_SETTLED = """
    UPDATE reminder SET state = 'skipped', changed_at = ?, reason = (
        SELECT CASE WHEN invoice.round > reminder.round THEN 'settled_before'
                    WHEN invoice.status = 'open' THEN 'paid' ELSE invoice.status END
        FROM invoice WHERE invoice.id = reminder.invoice_id
    )
    WHERE state IN ('planned', 'verified') AND NOT EXISTS (
        SELECT 1 FROM invoice
        WHERE invoice.id = reminder.invoice_id AND invoice.round = reminder.round AND status = 'open' AND due_minor > 0
    )
    RETURNING reason
"""


_REHEARSED = "EXISTS (SELECT 1 FROM message WHERE message.id = reminder.message_id AND message.channel = 'dry')"
_END_REHEARSAL = f"""
    UPDATE invoice SET round = round + 1 WHERE EXISTS (
        SELECT 1 FROM reminder
        WHERE reminder.invoice_id = invoice.id AND reminder.round = invoice.round AND state = 'sent' AND {_REHEARSED}
    )
"""  # noqa: S608 - a constant from above


_NOTE_IS_OWED = f"""
    state = 'sent' AND NOT {_REHEARSED} AND NOT (note_attempts > 0 AND EXISTS (
        SELECT 1 FROM invoice WHERE invoice.id = reminder.invoice_id AND invoice.status IN ('deleted', 'gone')
    ))
    ORDER BY sent_at, rowid
"""  # noqa: S608 - a constant from above


class Reminders(Attempts):
    """Methods that take several ids ignore those that are not in a fitting state, and return how many moved."""

    def plan(self, rows: Iterable[PlannedStage], at: datetime) -> int:
        """Returns how many are new. One per invoice, stage and round: known ones are refreshed while still planned."""
        with immediate(self._connection) as connection:
            planned = list(_plan_parameters(rows, instant_text(at)))
            connection.executemany(_REFRESH, planned)
            return max(connection.executemany(_PLAN, planned).rowcount, 0)

    def approve(
        self, ids: Iterable[ReminderId], by: str, at: datetime, terms: Mapping[ReminderId, Terms] | None = None
    ) -> int:
        """A person lets planned reminders go, to the customer and for the amount they stand at now, under `terms`."""
        kept = msgspec.json.encode(terms or {}).decode()
        with immediate(self._connection) as connection:
            row = {"by": by, "at": instant_text(at), "terms": kept, "ids": ids_text(ids)}
            return connection.execute(_APPROVE, row).rowcount

    def end_rehearsal(self) -> int:
        """Messages leave for real from now on: what only the dry channel has written begins again, in a new round."""
        return self._update(_END_REHEARSAL, ())

    def forget_reason(self, ids: Iterable[ReminderId], reason: str, at: datetime) -> int:
        """It is true no more of these, which stay planned."""
        return self._update(
            "UPDATE reminder SET reason = NULL, changed_at = ?"
            " WHERE id IN (SELECT value FROM json_each(?)) AND state = 'planned' AND reason = ?",
            (instant_text(at), ids_text(ids), reason),
        )

    def withdraw(self, ids: Iterable[ReminderId], reason: str, at: datetime) -> int:
        """What was approved about planned ones holds no more; a person is to look again."""
        return self._update(
            "UPDATE reminder SET approved = 0, approved_by = NULL, reason = ?, changed_at = ?"
            " WHERE id IN (SELECT value FROM json_each(?)) AND state = 'planned'",
            (reason, instant_text(at), ids_text(ids)),
        )

    def take_back(self, ids: Iterable[ReminderId], reason: str, at: datetime) -> list[ReminderId]:
        """Those of `ids` that were approved and have not left, and are it no more. Others are left as they are."""
        with immediate(self._connection) as connection:
            rows = connection.execute(
                "UPDATE reminder SET approved = 0, approved_by = NULL, reason = ?, changed_at = ?"
                " WHERE id IN (SELECT value FROM json_each(?)) AND state IN ('planned', 'verified') AND approved = 1"
                " RETURNING id",
                (reason, instant_text(at), ids_text(ids)),
            )
            return [ReminderId(key) for (key,) in rows]

    def skip(self, ids: Iterable[ReminderId], reason: str, at: datetime) -> int:
        """Planned or verified ones will not be sent in this round."""
        return self._update(
            "UPDATE reminder SET state = 'skipped', reason = ?, changed_at = ?"
            " WHERE id IN (SELECT value FROM json_each(?)) AND state IN ('planned', 'verified')",
            (reason, instant_text(at), ids_text(ids)),
        )

    def skip_settled(self, at: datetime) -> dict[str, int]:
        """Skip what is no longer owed; how many, by reason.

        The reason is the invoice's status (paid, void, deleted, gone, draft), or `settled_before` if it was settled
        and came back since.
        """
        with immediate(self._connection) as connection:
            return dict(Counter(reason for (reason,) in connection.execute(_SKIP_SETTLED, (instant_text(at),))))

    def verified(self, reminder_id: ReminderId, proof: str, at: datetime) -> bool:
        """Store the proof of a live read (JSON: balance, source version, instant). True: it may be claimed."""
        moved = self._update(
            "UPDATE reminder SET state = 'verified', proof = ?, verified_at = ?, reason = NULL, changed_at = ?"
            " WHERE id = ? AND state IN ('planned', 'verified')",
            (proof, instant_text(at), instant_text(at), reminder_id),
        )
        return moved == 1

    def unverify(self, ids: Iterable[ReminderId], reason: str, at: datetime) -> int:
        """Back to planned, without a proof."""
        return self._update(
            "UPDATE reminder SET state = 'planned', proof = NULL, verified_at = NULL, reason = ?, changed_at = ?"
            " WHERE id IN (SELECT value FROM json_each(?)) AND state = 'verified'",
            (reason, instant_text(at), ids_text(ids)),
        )

    def note_reason(self, ids: Iterable[ReminderId], reason: str, at: datetime) -> int:
        """They stay planned, and say why."""
        return self._update(
            "UPDATE reminder SET reason = ?1, changed_at = ?2"
            " WHERE id IN (SELECT value FROM json_each(?3)) AND state = 'planned' AND reason IS NOT ?1",
            (reason, instant_text(at), ids_text(ids)),
        )

    def retry(self, ids: Iterable[ReminderId], by: str, at: datetime) -> int:
        """A person has mended the cause: failed ones are planned again."""
        return self._update(
            "UPDATE reminder SET state = 'planned', message_id = NULL, proof = NULL, verified_at = NULL,"
            " reason = 'retry by ' || ?, changed_at = ?"
            " WHERE id IN (SELECT value FROM json_each(?)) AND state = 'failed'",
            (by, instant_text(at), ids_text(ids)),
        )

    def noted(self, reminder_id: ReminderId, at: datetime) -> bool:
        """The note is in the ledger."""
        moved = self._update(
            "UPDATE reminder SET state = 'noted', reason = NULL, changed_at = ? WHERE id = ? AND state = 'sent'",
            (instant_text(at), reminder_id),
        )
        return moved == 1

    def note_tried(self, reminder_id: ReminderId, at: datetime) -> None:
        """A note is about to be written; after a kill, this is what tells the next run to look before it writes."""
        self._update(
            "UPDATE reminder SET note_attempts = note_attempts + 1, changed_at = ? WHERE id = ? AND state = 'sent'",
            (instant_text(at), reminder_id),
        )

    @explaining()
    def note_was_tried(self, reminder_id: ReminderId) -> bool:
        row = self._connection.execute("SELECT note_attempts FROM reminder WHERE id = ?", (reminder_id,)).fetchone()
        return row is not None and row[0] > 0

    def note_failed(self, reminder_id: ReminderId, reason: str, at: datetime) -> None:
        """The note is still owed."""
        self._update(
            "UPDATE reminder SET reason = ?, changed_at = ? WHERE id = ? AND state = 'sent'",
            (reason, instant_text(at), reminder_id),
        )

    def planned(self) -> list[Reminder]:
        """Earliest first, approved or not."""
        return self._read("state = 'planned' ORDER BY planned_for, rowid")

    def owed_notes(self) -> list[Reminder]:
        """Sent, but without a note in the ledger; oldest first. Where the invoice is gone, one refusal is enough.

        What the dry channel wrote down reached nobody, and the ledger is not told otherwise.
        """
        return self._read(_NOTE_IS_OWED)

    def in_state(self, state: ReminderState) -> list[Reminder]:
        """Oldest first."""
        return self._read("state = ? ORDER BY rowid", str(state))

    def get(self, reminder_id: ReminderId) -> Reminder | None:
        rows = self._read("id = ?", reminder_id)
        return rows[0] if rows else None

    def for_invoice(self, invoice_id: InvoiceId) -> list[Reminder]:
        """All rounds, oldest first."""
        return self._read("invoice_id = ? ORDER BY rowid", invoice_id)

    def for_message(self, message_id: MessageId) -> list[Reminder]:
        """What the message is about, unless it was not sent."""
        return self._read("message_id = ? ORDER BY rowid", message_id)

    @explaining()
    def count_by_state(self) -> dict[ReminderState, int]:
        """States without any are left out."""
        rows = self._connection.execute("SELECT state, count(*) FROM reminder GROUP BY state")
        return {ReminderState(state): count for state, count in rows}

    @explaining()
    def messages(self, contact_id: ContactId | None, limit: int) -> list[MessageRecord]:
        """Newest first, of one customer or of all."""
        rows = self._connection.execute(
            "SELECT id, contact_id, channel, stage, subject, recipients, text, totals, owner, claimed_at, business_day,"
            " outcome, reason, provider_id, settled_at, template FROM message WHERE ?1 IS NULL OR contact_id = ?1"
            " ORDER BY claimed_at DESC, rowid DESC LIMIT ?2",
            (contact_id, limit),
        )
        return [_read_message(row) for row in rows]

    @explaining()
    def messages_on(self, day: date, zone: tzinfo) -> int:
        """How many messages left, or may have left, between two midnights in `zone`."""
        midnights = [datetime.combine(day + timedelta(days=days), time.min, zone) for days in (0, 1)]
        count: int = self._connection.execute(
            "SELECT count(*) FROM message"
            " WHERE claimed_at >= ? AND claimed_at < ? AND outcome IN ('sending', 'sent', 'unsure')",
            [instant_text(midnight) for midnight in midnights],
        ).fetchone()[0]
        return count

    @explaining()
    def recipients(self, message_id: MessageId) -> tuple[str, ...]:
        """To whom the message was addressed; empty if there is no such message."""
        row = self._connection.execute("SELECT recipients FROM message WHERE id = ?", (message_id,)).fetchone()
        return read_list(row[0]) if row else ()

    @explaining()
    def thread(self, contact_id: ContactId) -> tuple[str, ...]:
        """Ids of the messages this customer has certainly got, oldest first."""
        rows = self._connection.execute(
            "SELECT id FROM message WHERE contact_id = ? AND outcome = 'sent'"
            " AND channel NOT IN ('dry', 'restored')"
            " ORDER BY claimed_at, rowid",
            (contact_id,),
        )
        return tuple(message_id for (message_id,) in rows)

    def _update(self, statement: str, parameters: tuple[Any, ...]) -> int:
        with immediate(self._connection) as connection:
            return connection.execute(statement, parameters).rowcount

    @explaining()
    def _read(self, condition: str, *parameters: str) -> list[Reminder]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM reminder WHERE {condition}",  # noqa: S608 - conditions from above
            parameters,
        )
        return [_read_reminder(row) for row in rows]


def last_contacted(connection: sqlite3.Connection) -> dict[ContactId, date]:
    """See Reminders.last_contacted."""
    rows = connection.execute(
        "SELECT contact_id, max(business_day) FROM message WHERE outcome IN ('sending', 'sent', 'unsure')"
        " GROUP BY contact_id"
    )
    return {ContactId(contact): date.fromisoformat(day) for contact, day in rows}


def new_reminder_id() -> ReminderId:
    """Twelve letters and digits: short enough for a note in a ledger, 60 random bits."""
    return ReminderId(b32encode(uuid4().bytes)[:12].decode())


def _plan_parameters(rows: Iterable[PlannedStage], at: str) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            "id": new_reminder_id(),
            "invoice": row.invoice_id,
            "contact": row.contact_id,
            "stage": row.stage,
            "round": row.round,
            "day": day_text(row.planned_for),
            "channel": row.channel,
            "at": at,
        }


def _read_reminder(row: tuple[Any, ...]) -> Reminder:
    return Reminder(
        id=row[0],
        invoice_id=row[1],
        contact_id=row[2],
        stage=row[3],
        round=row[4],
        state=ReminderState(row[5]),
        planned_for=date.fromisoformat(row[6]),
        approved=bool(row[7]),
        reason=row[8],
        message_id=row[9],
        proof=row[10],
        sent_at=read_optional_instant(row[11]),
        channel=row[12],
    )


def _read_message(row: tuple[Any, ...]) -> MessageRecord:
    return MessageRecord(
        draft=MessageDraft(
            id=row[0],
            contact_id=row[1],
            channel=row[2],
            stage=row[3],
            subject=row[4],
            recipients=read_list(row[5]),
            text=row[6],
            totals=row[7],
            template=row[15],
        ),
        owner=row[8],
        claimed_at=datetime.fromisoformat(row[9]),
        business_day=date.fromisoformat(row[10]),
        outcome=row[11],
        reason=row[12],
        provider_id=row[13],
        settled_at=read_optional_instant(row[14]),
    )
