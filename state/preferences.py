"""How single customers are to be treated: one row each, and nothing for the many who are like all others."""

import sqlite3
from datetime import datetime
from typing import Any

from state.agreed import Preference
from state.columns import instant_text, list_text, read_list
from state.database import immediate
from state.errors import explaining
from state.ids import ContactId

_COLUMNS = (
    "contact_id, do_not_chase, owner, language, kind, escalation_name, escalation_email, channel, opted_out, segment"
)
_SAVE = f"""
    INSERT INTO preference ({_COLUMNS}, changed_at, changed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (contact_id) DO UPDATE SET
        do_not_chase = excluded.do_not_chase, owner = excluded.owner, language = excluded.language,
        kind = excluded.kind, escalation_name = excluded.escalation_name, escalation_email = excluded.escalation_email,
        channel = excluded.channel, opted_out = excluded.opted_out, segment = excluded.segment,
        changed_at = excluded.changed_at, changed_by = excluded.changed_by
"""  # noqa: S608 - a constant from above


class Preferences:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def save(self, preference: Preference, by: str, at: datetime) -> None:
        """Raises Contradiction for a customer who is not to be chased and has no owner."""
        row = (
            preference.contact_id,
            preference.do_not_chase,
            preference.owner,
            preference.language,
            preference.kind,
            preference.escalation_name,
            preference.escalation_email,
            preference.channel,
            list_text(preference.opted_out),
            preference.segment,
            instant_text(at),
            by,
        )
        with immediate(self._connection) as connection:
            connection.execute(_SAVE, row)

    @explaining()
    def of(self, contact_id: ContactId) -> Preference:
        """What is known of the customer; an empty one if nothing is."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM preference WHERE contact_id = ?",  # noqa: S608 - a constant from above
            (contact_id,),
        ).fetchone()
        return Preference(contact_id=contact_id) if row is None else _preference(row)


def read_preferences(connection: sqlite3.Connection) -> dict[ContactId, Preference]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM preference")  # noqa: S608 - a constant from above
    return {row[0]: _preference(row) for row in rows}


def _preference(row: tuple[Any, ...]) -> Preference:
    return Preference(
        contact_id=row[0],
        do_not_chase=row[1],
        owner=row[2],
        language=row[3],
        kind=row[4],
        escalation_name=row[5],
        escalation_email=row[6],
        channel=row[7],
        opted_out=read_list(row[8]),
        segment=row[9],
    )
