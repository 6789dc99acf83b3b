"""Attempts at a stage: a message that carriers say reached nobody has not been one (invariants 2 and 6).

What the carriers said is the drill's own; that the file has it is what the product goes by.
"""

import sqlite3
from collections.abc import Collection

_LOST = """
    SELECT reminder.message_id, task.state FROM reminder
    JOIN message_delivery ON message_delivery.message_id = reminder.message_id
    LEFT JOIN task ON task.kind = 'delivery' AND task.subject = reminder.message_id
    WHERE reminder.invoice_id = ? AND message_delivery.state = 'undelivered'
"""


def base_of(stage: str) -> str:
    """The stage of the policy of which `soft/2` is an attempt."""
    return stage.split("/")[0]


def is_further(stage: str) -> bool:
    return "/" in stage


def lost(file: sqlite3.Connection, invoice_key: str) -> dict[str, bool]:
    """The messages about an invoice that reached nobody, and whether a person has dealt with each."""
    return {message: state == "done" for message, state in file.execute(_LOST, (invoice_key,))}


class Gone:
    """The messages about one invoice in one round, in their order: day of the stage, its name, the message."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, str, str]] = []

    def wrong(self, day: int, stage: str, message: str, lost: Collection[str]) -> str | None:
        """Take down one more; why it should not have gone, in words, or None."""
        before, self._steps = self._steps, [*self._steps, (day, stage, message)]
        if any(each == message for _, _, each in before):
            return None
        if any(earlier >= day and each not in lost for earlier, _, each in before):
            return "went after this or a later stage had gone"
        if is_further(stage) and not any(base_of(name) == base_of(stage) for _, name, _ in before):
            return "is a further attempt, and there was none before"
        return None
