"""Messages that reached none of their recipients, as the decisions need to know of them.

The failures are read first and by themselves, since nearly every message arrives.
"""

import sqlite3

from state.columns import ids_text, read_list
from state.model import MessageId, Missed

_FAILURES = "SELECT DISTINCT message_id FROM delivery WHERE kind IN ('bounced', 'failed', 'returned')"
_MISSED = """
    SELECT message.id, lower(message.recipients),
           EXISTS (SELECT 1 FROM task WHERE kind = 'delivery' AND subject = message.id AND state = 'done')
    FROM message_delivery JOIN message ON message.id = message_delivery.message_id
    WHERE message_delivery.state = 'undelivered'
    AND message_delivery.message_id IN (SELECT value FROM json_each(?))
"""


def read_missed(connection: sqlite3.Connection) -> dict[MessageId, Missed]:
    """Every message of which carriers say that it did not arrive anywhere."""
    failures = [key for (key,) in connection.execute(_FAILURES) if key is not None]
    rows = connection.execute(_MISSED, (ids_text(failures),)) if failures else ()
    return {MessageId(key): Missed(read_list(to), bool(settled)) for key, to, settled in rows}
