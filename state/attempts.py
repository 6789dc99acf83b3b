"""One attempt at handing over a message, from the claim to its outcome. This is where nothing is ever sent twice.

The claim is a compare-and-set that is on the disk before the first byte leaves. Whatever happens after it, the row says
that an attempt was made; only evidence or a person moves it on.
"""

import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import Literal

from state.columns import ids_text, instant_text, list_text
from state.database import immediate
from state.errors import NestedClaim
from state.model import MessageId, ReminderId
from state.records import MessageDraft, Outcome, RecoveryReport

WRITE_MESSAGE = """
    INSERT INTO message (id, contact_id, channel, stage, subject, recipients, text, totals, owner, claimed_at,
                         template, business_day, outcome)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?10, ?11, ?9,
            coalesce((SELECT business_day FROM cycle ORDER BY id DESC LIMIT 1), substr(?11, 1, 10)), 'sending')
"""
_CLAIM = """
    UPDATE reminder SET state = 'sending', message_id = ?1, reason = NULL, changed_at = ?2
    WHERE id IN (SELECT value FROM json_each(?3)) AND state = 'verified' AND verified_at BETWEEN ?4 AND ?2
"""
_SENT = """
    UPDATE reminder SET state = 'sent', sent_at = ?2, reason = NULL, changed_at = ?2,
        sent_on = (SELECT business_day FROM message WHERE id = ?1)
    WHERE message_id = ?1 AND state IN ('sending', 'unknown')
"""
_FAILED = """
    UPDATE reminder SET state = 'failed', reason = ?3, changed_at = ?2 WHERE message_id = ?1 AND state = 'sending'
"""
_BACK_TO_PLANNED = """
    UPDATE reminder SET state = 'planned', message_id = NULL, proof = NULL, verified_at = NULL, reason = ?3,
        changed_at = ?2
    WHERE message_id = ?1 AND state = 'sending'
"""
_UNKNOWN = """
    UPDATE reminder SET state = 'unknown', reason = ?3, changed_at = ?2 WHERE message_id = ?1 AND state = 'sending'
"""
_OUTCOME = """
    UPDATE message SET outcome = ?2, settled_at = ?3, reason = ?4, provider_id = coalesce(?5, provider_id) WHERE id = ?1
"""
_UNCLAIMED = """
    UPDATE reminder SET state = 'planned', proof = NULL, verified_at = NULL, changed_at = ?,
        reason = 'verified, but not sent before the program ended'
    WHERE state = 'verified'
"""
_RESOLVED_SENT = """
    UPDATE reminder SET state = 'sent', reason = ?2, changed_at = ?3,
        sent_at = (SELECT claimed_at FROM message WHERE id = message_id),
        sent_on = (SELECT business_day FROM message WHERE id = message_id)
    WHERE id = ?1 AND state = 'unknown'
"""
_RESOLVED_SKIPPED = """
    UPDATE reminder SET state = 'skipped', reason = ?2, changed_at = ?3 WHERE id = ?1 AND state = 'unknown'
"""
# A call goes onto the list in this very file, which therefore knows whether it got there.
_LISTED_CALLS = """
    SELECT id FROM message WHERE outcome = 'sending' AND channel = 'work-list'
    AND id IN (SELECT message_id FROM task)
"""
_UNLISTED_CALLS = """
    SELECT id FROM message WHERE outcome = 'sending' AND channel = 'work-list'
    AND id NOT IN (SELECT message_id FROM task WHERE message_id IS NOT NULL)
"""
_LOST = "the program ended while the message was being sent"


class Attempts:
    """Claims and outcomes. Each method returns how many reminders moved; a late or repeated call moves none."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def claim(
        self,
        ids: Collection[ReminderId],
        message: MessageDraft,
        owner: str,
        at: datetime,
        verified_after: datetime,
    ) -> bool:
        """Take all of `ids` for one attempt, or none of them. Only True permits sending.

        False: another process was first, or a proof is older than `verified_after`, or younger than `at`, because the
        clock was set back since and nobody can tell its age. True: the attempt is on the disk.
        Raises NestedClaim inside `transaction()`, since it could still be rolled back there.
        """
        if self._connection.in_transaction:
            raise NestedClaim("A claim must be a transaction of its own; call it outside `transaction()`.")
        if not ids:
            raise ValueError("a message claims at least one reminder")
        try:
            with immediate(self._connection) as connection:
                connection.execute(WRITE_MESSAGE, (*message_columns(message), owner, instant_text(at)))
                claim = (message.id, instant_text(at), ids_text(ids), instant_text(verified_after))
                all_or_none(len(set(ids)), connection.execute(_CLAIM, claim).rowcount)
        except NotAllClaimed:
            return False
        return True

    def sent(self, message_id: MessageId, provider_id: str | None, at: datetime) -> int:
        """The carrier took it; also counts as evidence for a message whose fate was unknown."""
        with immediate(self._connection) as connection:
            connection.execute(_OUTCOME, (message_id, "sent", instant_text(at), None, provider_id))
            return connection.execute(_SENT, (message_id, instant_text(at))).rowcount

    def refused(self, message_id: MessageId, reason: str, at: datetime) -> int:
        """The carrier will not take it: failed, until a person retries."""
        return self._settle(_FAILED, message_id, "refused", reason, at)

    def not_sent(self, message_id: MessageId, reason: str, at: datetime) -> int:
        """Certainly not handed over: planned again, to be verified afresh."""
        return self._settle(_BACK_TO_PLANNED, message_id, "not_sent", reason, at)

    def unsure(self, message_id: MessageId, reason: str, at: datetime) -> int:
        """Perhaps handed over: unknown, and never tried again by itself."""
        return self._settle(_UNKNOWN, message_id, "unsure", reason, at)

    def recover(self, at: datetime) -> RecoveryReport:
        """After a restart: abandoned attempts become unknown, except calls; unclaimed proofs are dropped.

        Call it while holding the tenant's lock and before sending anything: then no attempt can be under way.
        """
        with immediate(self._connection) as connection:
            for (message_id,) in connection.execute(_LISTED_CALLS).fetchall():
                self.sent(message_id, None, at)
            for (message_id,) in connection.execute(_UNLISTED_CALLS).fetchall():
                self.not_sent(message_id, _LOST, at)
            abandoned = connection.execute("SELECT id FROM message WHERE outcome = 'sending'").fetchall()
            unknown = sum(self.unsure(message_id, _LOST, at) for (message_id,) in abandoned)
            replanned = connection.execute(_UNCLAIMED, (instant_text(at),)).rowcount
        return RecoveryReport(unknown, replanned)

    def resolve(self, reminder_id: ReminderId, to: Literal["sent", "skipped"], reason: str, at: datetime) -> bool:
        """Evidence or a person says what became of an unknown one. False if it is not unknown."""
        statement, outcome = (_RESOLVED_SENT, "sent") if to == "sent" else (_RESOLVED_SKIPPED, "not_sent")
        with immediate(self._connection) as connection:
            moved = connection.execute(statement, (reminder_id, reason, instant_text(at))).rowcount
            if moved:
                connection.execute(
                    "UPDATE message SET outcome = ?, settled_at = ?, reason = ?"
                    " WHERE id = (SELECT message_id FROM reminder WHERE id = ?) AND outcome = 'unsure'",
                    (outcome, instant_text(at), reason, reminder_id),
                )
        return moved == 1

    def _settle(self, statement: str, message_id: MessageId, outcome: Outcome, reason: str, at: datetime) -> int:
        """An outcome never overrides one that is already known."""
        with immediate(self._connection) as connection:
            moved = connection.execute(statement, (message_id, instant_text(at), reason)).rowcount
            if moved:
                connection.execute(_OUTCOME, (message_id, outcome, instant_text(at), reason, None))
            return moved


class NotAllClaimed(Exception):
    """Rolls the claim back."""


def all_or_none(wanted: int, claimed: int) -> None:
    """NotAllClaimed unless everything that was wanted was taken."""
    if claimed != wanted:
        raise NotAllClaimed


def message_columns(message: MessageDraft) -> tuple[str | None, ...]:
    """For WRITE_MESSAGE, without owner and instant."""
    return (
        message.id,
        message.contact_id,
        message.channel,
        message.stage,
        message.subject,
        list_text(message.recipients),
        message.text,
        message.totals,
        message.template,
    )
