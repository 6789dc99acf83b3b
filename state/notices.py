"""Single messages that ask for nothing, such as a statement that a person sends: a row before the first byte.

They fulfil no reminder, so nothing is planned again by itself: whoever sent it is told what became of it.
"""

import sqlite3
from datetime import datetime
from typing import Literal

from state.attempts import WRITE_MESSAGE, message_columns
from state.columns import instant_text
from state.database import immediate
from state.errors import NestedClaim
from state.model import MessageId
from state.records import MessageDraft, Outcome

STATEMENT: Literal["statement"] = "statement"  # their stage
_SETTLE = """
    UPDATE message SET outcome = ?2, settled_at = ?3, reason = ?4, provider_id = ?5
    WHERE id = ?1 AND outcome = 'sending'
"""
_ABANDONED = """
    UPDATE message SET outcome = 'unsure', settled_at = ?1, reason = 'the program ended while it was being sent'
    WHERE outcome = 'sending' AND stage = ?2
"""


class Notices:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self, message: MessageDraft, owner: str, at: datetime) -> None:
        """It is on the disk when this returns. Raises NestedClaim inside `transaction()`."""
        if self._connection.in_transaction:
            raise NestedClaim("A message is begun in a transaction of its own; call it outside `transaction()`.")
        with immediate(self._connection) as connection:
            connection.execute(WRITE_MESSAGE, (*message_columns(message), owner, instant_text(at)))

    def settle(
        self, message_id: MessageId, outcome: Outcome, reason: str | None, provider_id: str | None, at: datetime
    ) -> None:
        """What became of it; an outcome that is known stays."""
        with immediate(self._connection) as connection:
            connection.execute(_SETTLE, (message_id, outcome, instant_text(at), reason, provider_id))

    def abandoned(self, at: datetime) -> int:
        """Statements that a killed process was sending may have left. Call it while holding the tenant's lock."""
        with immediate(self._connection) as connection:
            return connection.execute(_ABANDONED, (instant_text(at), STATEMENT)).rowcount
