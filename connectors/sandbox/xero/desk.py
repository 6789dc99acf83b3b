"""One company's documents in the order Xero lists them, kept so that a page costs a page and not the whole ledger.

Orderings and selections are remembered until the books move. Of lists that only grow, just the rows whose stamp has
moved are put in order again, which for a few changes among half a million invoices is next to nothing.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime, timedelta
from itertools import islice
from operator import attrgetter

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice, Note
from connectors.sandbox.xero.rows import SOURCES, Kind, Row, as_of

_LISTED = attrgetter("updated", "guid")
_STAMP = attrgetter("updated")
_GROWING: frozenset[Kind] = frozenset({"Invoices", "Contacts"})
_SMALL_TAIL = 5_000  # rows that are quicker filtered again than looked up
_REMEMBERED = 8  # selections per state of the books

Accepts = Callable[[Row], bool]


class Desk:
    """The lists of one company."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._ordered: dict[Kind, tuple[int, list[Row]]] = {}
        self._stamps: dict[Kind, list[datetime]] = {}
        self._selected: dict[Hashable, list[Row]] = {}
        self._selected_at = -1
        self._notes: dict[int, list[Note]] = {}
        self._notes_seen = 0
        self._of_customer: tuple[int, dict[int, list[Invoice]]] = (-1, {})

    def rows(self, kind: Kind, lag: timedelta) -> list[Row]:
        """Every row of a kind, oldest stamp first; with a `lag`, as a replica that far behind shows them."""
        if lag:
            horizon = self.books.clock.now() - lag
            shown = (as_of(row, self.books, horizon) for row in SOURCES[kind](self.books))
            return sorted((row for row in shown if row is not None), key=_LISTED)
        revision, order = self._ordered.get(kind, (-1, []))
        if revision != self.books.revision:
            order = self._reorder(kind, order)
            self._ordered[kind] = self.books.revision, order
        return order

    def find(self, kind: Kind, guid: str, lag: timedelta) -> Row | None:
        """One row by its id."""
        if kind not in _GROWING:
            return next((row for row in self.rows(kind, lag) if row.guid == guid), None)
        document = self.books.by_guid.get(guid)
        if document is None or not isinstance(document, Invoice if kind == "Invoices" else Customer):
            return None
        return as_of(document, self.books, self.books.clock.now() - lag) if lag else document

    def named(self, kind: Kind, guids: frozenset[str], lag: timedelta) -> list[Row]:
        """The rows with these ids, in the order of the list."""
        found = (self.find(kind, guid, lag) for guid in guids)
        return sorted((row for row in found if row is not None), key=_LISTED)

    def select(
        self, kind: Kind, lag: timedelta, since: datetime | None, accepts: Accepts | None, signature: Hashable
    ) -> list[Row]:
        """Rows with a stamp of at least `since` that `accepts` takes; equal signatures accept the same rows."""
        rows = self.rows(kind, lag)
        if accepts is None:
            return rows[_first(rows, since) :] if since is not None else rows
        start = _first(rows, since)
        if lag or len(rows) - start <= _SMALL_TAIL:
            return [row for row in rows[start:] if accepts(row)]
        chosen = self._remembered((kind, signature), rows, accepts)
        return chosen[_first(chosen, since) :]

    def notes(self, invoice_id: int) -> list[Note]:
        """The notes of an invoice, oldest first."""
        for note in islice(self.books.notes, self._notes_seen, None):
            self._notes.setdefault(note.invoice_id, []).append(note)
        self._notes_seen = len(self.books.notes)
        return self._notes.get(invoice_id, [])

    def invoices_of(self, customer_id: int) -> list[Invoice]:
        """All invoices and bills of a contact."""
        revision, grouped = self._of_customer
        if revision != self.books.revision:
            grouped = {}
            for invoice in self.books.invoices.values():
                grouped.setdefault(invoice.customer_id, []).append(invoice)
            self._of_customer = self.books.revision, grouped
        return grouped.get(customer_id, [])

    def _reorder(self, kind: Kind, order: list[Row]) -> list[Row]:
        rows: Iterable[Row] = SOURCES[kind](self.books)
        if kind not in _GROWING:
            return sorted(rows, key=_LISTED)
        stamps = self._stamps.get(kind, [])
        kept = [row for row, stamp in zip(order, stamps, strict=True) if row.updated is stamp]
        moved = [row for row, stamp in zip(order, stamps, strict=True) if row.updated is not stamp]
        moved = sorted([*moved, *islice(rows, len(order), None)], key=_LISTED)
        order = kept + moved
        if kept and moved and _LISTED(moved[0]) < _LISTED(kept[-1]):
            order.sort(key=_LISTED)
        self._stamps[kind] = [row.updated for row in order]
        return order

    def _remembered(self, key: Hashable, rows: list[Row], accepts: Accepts) -> list[Row]:
        if self._selected_at != self.books.revision:
            self._selected.clear()
            self._selected_at = self.books.revision
        if key not in self._selected:
            if len(self._selected) >= _REMEMBERED:
                del self._selected[next(iter(self._selected))]
            self._selected[key] = [row for row in rows if accepts(row)]
        return self._selected[key]


def _first(rows: list[Row], since: datetime | None) -> int:
    return 0 if since is None else bisect_left(rows, since, key=_STAMP)
