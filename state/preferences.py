"""How single customers are to be treated: one row each, and nothing for the many who are like all others."""

import sqlite3
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from state.agreed import Preference
from state.columns import instant_text, list_text, read_instant, read_list
from state.database import immediate
from state.errors import explaining
from state.families import Families, read_families
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


# When and by whom it was said stands in the trail; the row itself tells of the last change of whatever kind.
_SPARED = """
    SELECT contact_id, do_not_chase, owner, coalesce(audit.at, changed_at), coalesce(audit.who, changed_by)
    FROM preference LEFT JOIN audit ON audit.id = (
        SELECT max(id) FROM audit WHERE scope = 'contact' AND target = contact_id AND action = 'customer'
        AND json_extract(details, '$.do_not_chase') IS NOT NULL
    )
    WHERE do_not_chase IS NOT NULL ORDER BY 4, contact_id
"""


class Spared(Struct, frozen=True):
    """A customer who is not to be chased: why, whose it is, since when, and who said so."""

    contact_id: ContactId
    why: str
    owner: str
    at: datetime
    by: str


class Preferences:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def save(self, preference: Preference, by: str, at: datetime) -> None:
        """In the place of all that was known, also of contacts merged into this one.

        Raises Contradiction for a customer who is not to be chased and has no owner.
        """
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
            families = read_families(connection)
            merged = [key for key in _read(connection) if key != preference.contact_id]
            let_go = [(key,) for key in merged if families.winner(key) == preference.contact_id]
            connection.executemany("UPDATE preference SET do_not_chase = NULL WHERE contact_id = ?", let_go)

    @explaining()
    def spared(self) -> list[Spared]:
        """Everybody who is not to be chased, the longest first."""
        rows = self._connection.execute(_SPARED)
        return [Spared(contact, why, owner, read_instant(at), by) for contact, why, owner, at, by in rows]

    @explaining()
    def of(self, contact_id: ContactId) -> Preference:
        """What counts for the customer, with the wishes of contacts merged into it; an empty one without any."""
        known = living_preferences(self._connection, read_families(self._connection)).get(contact_id)
        return known or Preference(contact_id=contact_id)


def living_preferences(connection: sqlite3.Connection, families: Families) -> dict[ContactId, Preference]:
    """By winner. The winner's own wish goes before that of a contact merged into it, save that nobody is chased."""
    found = _read(connection)
    merged = {
        families.winner(contact): msgspec.structs.replace(wish, contact_id=families.winner(contact))
        for contact, wish in found.items()
    } | {contact: wish for contact, wish in found.items() if families.winner(contact) == contact}
    for contact, wish in found.items():
        winner = families.winner(contact)
        if wish.do_not_chase is not None and merged[winner].do_not_chase is None:
            merged[winner] = msgspec.structs.replace(
                merged[winner], do_not_chase=wish.do_not_chase, owner=merged[winner].owner or wish.owner
            )
    return merged


def _read(connection: sqlite3.Connection) -> dict[ContactId, Preference]:
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
