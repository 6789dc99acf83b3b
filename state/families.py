"""Who belongs to whom among the customers: merged contacts, and QuickBooks parents with their jobs.

A document of a merged contact belongs to the winner. A payment may sit on the parent while the invoice is a job's, so
credit counts for the whole family.
"""

import sqlite3
from collections.abc import Callable, Iterable
from functools import cached_property

from state.model import ContactId

Relation = tuple[ContactId, ContactId | None, ContactId | None]  # contact, merged into, parent


class Families:
    """Answers for one moment. Contacts without any relation need not be listed."""

    def __init__(self, relations: Iterable[Relation]) -> None:
        self._merged_into: dict[ContactId, ContactId] = {}
        self._parent: dict[ContactId, ContactId] = {}
        for contact, merged_into, parent in relations:
            if merged_into is not None:
                self._merged_into[contact] = merged_into
            if parent is not None:
                self._parent[contact] = parent

    def winner(self, contact: ContactId) -> ContactId:
        """The contact that lives on after all merges."""
        if contact not in self._merged_into:
            return contact
        return _last(contact, self._merged_into.get)

    def top(self, contact: ContactId) -> ContactId:
        """The head of the family: the winner's topmost parent."""
        return _last(self.winner(contact), self._parent_winner)

    def members(self, contact: ContactId) -> set[ContactId]:
        """The whole family, with contacts that were merged into one of it."""
        top = self.top(contact)
        return {top} | self._members.get(top, set())

    @cached_property
    def _members(self) -> dict[ContactId, set[ContactId]]:
        members: dict[ContactId, set[ContactId]] = {}
        for contact in (*self._merged_into, *self._merged_into.values(), *self._parent, *self._parent.values()):
            members.setdefault(self.top(contact), set()).add(contact)
        return members

    def _parent_winner(self, contact: ContactId) -> ContactId | None:
        parent = self._parent.get(contact)
        return None if parent is None else self.winner(parent)


def read_families(connection: sqlite3.Connection) -> Families:
    return Families(
        connection.execute(
            "SELECT id, merged_into, parent_id FROM contact WHERE merged_into IS NOT NULL OR parent_id IS NOT NULL"
        )
    )


def _last(start: ContactId, step: Callable[[ContactId], ContactId | None]) -> ContactId:
    """Follow `step` to its end; a loop in the ledger's data ends at its smallest member, wherever one enters it."""
    path = [start]
    while (following := step(path[-1])) is not None:
        if following in path:
            return min(path[path.index(following) :])
        path.append(following)
    return path[-1]
