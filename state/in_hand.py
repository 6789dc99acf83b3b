"""Unapplied credit of customers, as messages to them deduct it: that of the whole family, and of each family once."""

import sqlite3
from collections.abc import Iterable

from msgspec import Struct

from state.families import Families, read_families
from state.model import ContactId

_CREDITS = """
    SELECT contact_id, currency, remaining_minor FROM credit WHERE status = 'valid' AND remaining_minor > 0
    UNION ALL
    SELECT contact_id, currency, unapplied_minor FROM payment
    WHERE status = 'valid' AND unapplied_minor > 0 AND contact_id IS NOT NULL
"""


class InHand(Struct, frozen=True):
    """`heads`: of each customer that was asked about, the head of its family; `credits`: currency -> minor units."""

    heads: dict[str, ContactId]
    credits: dict[ContactId, dict[str, int]]  # by head

    def of(self, contact_id: str) -> dict[str, int]:
        return self.credits.get(self.heads.get(contact_id, ContactId(contact_id)), {})


def read_in_hand(connection: sqlite3.Connection, contacts: Iterable[str]) -> InHand:
    families = read_families(connection)
    heads = {contact: families.top(ContactId(contact)) for contact in contacts}
    credits, wanted = read_credits(connection, families), frozenset(heads.values())
    return InHand(heads, {head: sums for head, sums in credits.items() if head in wanted})


def read_credits(connection: sqlite3.Connection, families: Families) -> dict[ContactId, dict[str, int]]:
    """By head of the family: currency -> minor units."""
    sums: dict[ContactId, dict[str, int]] = {}
    for contact, currency, minor in connection.execute(_CREDITS):
        of_family = sums.setdefault(families.top(contact), {})
        of_family[currency] = of_family.get(currency, 0) + minor
    return sums
