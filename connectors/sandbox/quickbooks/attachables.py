"""Attachable notes: the books' history lines as QuickBooks shows them, and the links only QuickBooks keeps."""

from dataclasses import dataclass
from datetime import datetime

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Note
from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.stamps import stamp

_FIRST_ID = 5_000_000_000_000_000_000  # ids of attachables are larger than a float can hold, as in the recordings
_FIRST_LOOSE_ID = _FIRST_ID + 10**12

Link = tuple[str, str, bool]  # entity type, entity id, IncludeOnSend


@dataclass(frozen=True, slots=True)
class Attachable:
    """A note with its links."""

    id: int
    created: datetime
    updated: datetime
    version: int
    text: str
    links: tuple[Link, ...]


class AttachableShelf:
    """The attachables of one company. Those on an invoice live in the books as notes; the rest live here."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.tombstones: list[tuple[int, datetime]] = []
        self._links: dict[int, tuple[Link, ...]] = {}
        self._loose: dict[int, Attachable] = {}

    def all(self) -> list[Attachable]:
        return [*map(self._of_note, self.books.notes), *self._loose.values()]

    def get(self, number: int) -> Attachable | None:
        return next((attachable for attachable in self.all() if attachable.id == number), None)

    def add(self, text: str, links: tuple[Link, ...], key: str | None) -> Attachable:
        """A new note; it goes into the books if it hangs on an invoice. `key` is the requestid it came with."""
        for kind, number, _ in links:
            if kind == "Invoice":
                note = self.books.add_note(self.books.invoices[int(number)], text, key=key)
                self._links[note.id] = links
                return self._of_note(note)
        now = self.books.clock.now()
        attachable = Attachable(_FIRST_LOOSE_ID + len(self._loose) + 1, now, now, 0, text, links)
        self._loose[attachable.id] = attachable
        return attachable

    def delete(self, attachable: Attachable) -> None:
        self._loose.pop(attachable.id, None)
        self.books.notes[:] = [note for note in self.books.notes if _FIRST_ID + note.id != attachable.id]
        self.books.revision += 1
        self.tombstones.append((attachable.id, self.books.clock.now()))

    def _of_note(self, note: Note) -> Attachable:
        links = self._links.get(note.id, (("Invoice", str(note.invoice_id), False),))
        return Attachable(_FIRST_ID + note.id, note.at, note.at, 0, note.text, links)


def attachable_body(attachable: Attachable) -> Payload:
    body: Payload = {
        "Note": attachable.text,
        "domain": "QBO",
        "sparse": False,
        "Id": str(attachable.id),
        "SyncToken": str(attachable.version),
        "MetaData": {"CreateTime": stamp(attachable.created), "LastUpdatedTime": stamp(attachable.updated)},
    }
    if attachable.links:
        body["AttachableRef"] = [
            {"EntityRef": {"value": number, "type": kind}, "IncludeOnSend": include}
            for kind, number, include in attachable.links
        ]
    return body
