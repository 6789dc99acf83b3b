"""How long reminders have been due without leaving: what a dead-man's switch looks at."""

import sqlite3
from datetime import datetime

from msgspec import Struct

from state.columns import read_instant, read_optional_instant
from state.database import snapshot

# Due since the later of two instants: when it was last planned or approved by a hand, and when the decision turned to
# sending. Attempts that failed put a reminder back to planned, too; they do not make it any younger. What waits because
# enough has left today is not late.
_DUE = """
    WITH due AS (
        SELECT reminder.approved, reminder.stage, reminder.id IN (
            SELECT own.value FROM edited_message, json_each(reminders) AS own WHERE edited_message.state = 'dropped'
        ) AS asked, max(
            (SELECT max(at) FROM reminder_event
             WHERE reminder_id = reminder.id
             AND (from_state IS NULL OR from_state = 'failed'
                  OR (from_state = 'planned' AND to_state = 'planned' AND reason LIKE 'approved by %'))),
            coalesce(
                (SELECT min(decided_at) FROM decision_event
                 WHERE invoice_id = reminder.invoice_id AND action = 'send' AND id > coalesce(
                     (SELECT max(id) FROM decision_event
                      WHERE invoice_id = reminder.invoice_id AND action <> 'send'), 0)),
                decision.decided_at)
        ) AS since
        FROM reminder JOIN decision ON decision.invoice_id = reminder.invoice_id AND decision.stage = reminder.stage
        WHERE reminder.state = 'planned' AND reminder.reason IS NOT 'daily_cap' AND decision.action = 'send'
    )
    SELECT approved, stage, asked, count(*), min(since) FROM due GROUP BY approved, stage, asked
"""


class Backlog(Struct, frozen=True, kw_only=True):
    """Reminders of one stage that today's decisions want sent and that are still here."""

    stage: str
    approved: bool
    asked: bool  # an edited text was dropped, and a person is to say how they go
    reminders: int
    since: datetime  # the oldest of them


class Waiting(Struct, frozen=True):
    """What is due, by stage and by whether a person has approved it, and when a message last left."""

    backlogs: tuple[Backlog, ...]
    last_left_at: datetime | None


def read_waiting(connection: sqlite3.Connection) -> Waiting:
    with snapshot(connection):
        backlogs = tuple(
            Backlog(
                stage=stage, approved=bool(approved), asked=bool(asked), reminders=number, since=read_instant(since)
            )
            for approved, stage, asked, number, since in connection.execute(_DUE)
        )
        [[left_at]] = connection.execute("SELECT max(settled_at) FROM message WHERE outcome = 'sent'")
    return Waiting(backlogs, read_optional_instant(left_at))
