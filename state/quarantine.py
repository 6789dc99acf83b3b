"""Records nobody could read, kept until the same document is read well. They block their customer, not their page."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from state.columns import ids_text, instant_text
from state.families import Families
from state.model import ContactId, EntityKind, InvoiceId, Rejected

_NAME_CHARACTERS, _REASON_CHARACTERS, _PAYLOAD_CHARACTERS = (
    200,
    300,
    2_000,
)  # reasons quote what they are about, which may be a megabyte
_ADD = """
    INSERT INTO quarantine (entity, key, id, contact_id, reason, payload, name, first_seen_at, last_seen_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
    ON CONFLICT (entity, key) DO UPDATE SET contact_id = coalesce(excluded.contact_id, contact_id),
        reason = excluded.reason, payload = excluded.payload, name = coalesce(excluded.name, name),
        last_seen_at = excluded.last_seen_at
"""
# A document too old to be saved proves nothing about the newer one that could not be read.
_CLEAR: dict[EntityKind, str] = {
    "invoice": """DELETE FROM quarantine WHERE entity = 'invoice' AND id = ?1
                  AND EXISTS (SELECT 1 FROM invoice WHERE id = ?1 AND updated_at <= ?2)""",
    "contact": """DELETE FROM quarantine WHERE entity = 'contact' AND id = ?1
                  AND EXISTS (SELECT 1 FROM contact WHERE id = ?1 AND updated_at <= ?2)""",
    "payment": """DELETE FROM quarantine WHERE entity = 'payment' AND id = ?1
                  AND EXISTS (SELECT 1 FROM payment WHERE id = ?1 AND updated_at <= ?2)""",
    "credit": """DELETE FROM quarantine WHERE entity = 'credit' AND id = ?1
                 AND EXISTS (SELECT 1 FROM credit WHERE id = ?1 AND updated_at <= ?2)""",
}
_BLOCKED = """
    SELECT quarantine.entity, quarantine.id, quarantine.contact_id, invoice.contact_id, payment.contact_id,
           credit.contact_id
    FROM quarantine
    LEFT JOIN invoice ON quarantine.entity = 'invoice' AND invoice.id = quarantine.id
    LEFT JOIN payment ON quarantine.entity = 'payment' AND payment.id = quarantine.id
    LEFT JOIN credit ON quarantine.entity = 'credit' AND credit.id = quarantine.id
"""


def add_rejected(connection: sqlite3.Connection, rejected: Iterable[Rejected], at: datetime) -> None:
    """Upsert by entity and id; a record without an id is known by its contents."""
    connection.executemany(_ADD, _rows(rejected, instant_text(at)))


class Document(Protocol):
    """Whatever the ledger stamps."""

    @property
    def id(self) -> str: ...

    @property
    def updated_at(self) -> datetime: ...


def clear_rejected(connection: sqlite3.Connection, entity: EntityKind, documents: Iterable[Document]) -> None:
    """Forget the records that `documents`, just saved, have replaced by something readable."""
    listed = {key for (key,) in connection.execute("SELECT id FROM quarantine WHERE entity = ?", (entity,)) if key}
    if listed:
        readable = [(document.id, instant_text(document.updated_at)) for document in documents if document.id in listed]
        connection.executemany(_CLEAR[entity], readable)


def forget_rejected(connection: sqlite3.Connection, entity: EntityKind, ids: Iterable[str]) -> None:
    """These documents are no more, or no longer matter."""
    connection.execute(
        "DELETE FROM quarantine WHERE entity = ? AND id IN (SELECT value FROM json_each(?))", (entity, ids_text(ids))
    )


def forget_nameless(connection: sqlite3.Connection, before: datetime) -> None:
    """Records without an id cannot be asked for; those that a complete reading no longer brings are no more."""
    connection.execute("DELETE FROM quarantine WHERE id IS NULL AND last_seen_at < ?", (instant_text(before),))


def rejected_records(connection: sqlite3.Connection) -> list[Rejected]:
    """Oldest first."""
    rows = connection.execute(
        "SELECT entity, id, contact_id, reason, payload, name FROM quarantine ORDER BY first_seen_at, entity, key"
    )
    return [Rejected(*row) for row in rows]


class Unreadable(Struct, frozen=True):
    """What may not be written about, after merges."""

    invoices: frozenset[InvoiceId]
    contacts: frozenset[ContactId]  # winners
    families: frozenset[ContactId]  # tops: credit that nobody can read could cover any invoice of the family
    everybody: bool  # credit of which not even the owner is known could cover any invoice at all

    def blocks(self, contact: ContactId, families: Families) -> bool:
        return (
            self.everybody
            or contact in self.contacts
            or (bool(self.families) and families.top(contact) in self.families)
        )


def unreadable(connection: sqlite3.Connection, families: Families) -> Unreadable:
    invoices: set[InvoiceId] = set()
    contacts: set[ContactId] = set()
    tops: set[ContactId] = set()
    everybody = False
    for entity, key, *named in connection.execute(_BLOCKED):
        owners = {contact for contact in named if contact is not None}
        if entity == "invoice" and key is not None:
            invoices.add(key)
        if entity == "contact" and key is not None:
            owners.add(key)
        contacts.update(families.winner(contact) for contact in owners)
        if entity in ("payment", "credit"):
            tops.update(families.top(contact) for contact in owners)
            everybody = everybody or not owners
    return Unreadable(frozenset(invoices), frozenset(contacts), frozenset(tops), everybody)


def _rows(rejected: Iterable[Rejected], at: str) -> Iterator[tuple[str | None, ...]]:
    for record in rejected:
        key = record.id or "sha256:" + hashlib.sha256(record.payload.encode()).hexdigest()
        reason, payload = record.reason[:_REASON_CHARACTERS], record.payload[:_PAYLOAD_CHARACTERS]
        name = record.name[:_NAME_CHARACTERS] if record.name else None
        yield record.entity, key, record.id, record.contact_id, reason, payload, name, at
