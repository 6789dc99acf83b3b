"""Notes on an invoice, as attachments that are nothing but text.

An attachable is created and never changed: no race with the bookkeeper, nothing printed on a statement, and
`requestid` makes a repeated attempt harmless. Finding our own marker among the notes is the caller's business.
"""

from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, Outage, Refused
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.decode import QueryAnswer, envelope
from connectors.quickbooks.query import linked_to_invoice, select
from connectors.quickbooks.wire import AttachableRow
from connectors.unreadable import NOT_JSON
from state.model import InvoiceId, Note

NOTE_CHARACTERS = 2000
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class _Attachables(Struct, rename="pascal"):
    attachable: list[AttachableRow] = []


class _Created(Struct, rename="pascal"):
    attachable: AttachableRow


def read_notes(client: QuickBooksClient, invoice_id: InvoiceId) -> tuple[Note, ...]:
    """The text attachments of one invoice, newest first."""
    rows = client.query(select("Attachable", linked_to_invoice(invoice_id)), _rows)
    notes = [_note(row) for row in rows if row.note and _belongs_to(row, invoice_id)]
    return tuple(sorted(notes, key=lambda note: note.written_at or _BEGINNING, reverse=True))


def write_note(client: QuickBooksClient, invoice_id: InvoiceId, text: str, key: str) -> None:
    """Attach `text` to the invoice. The same `key` never writes twice, not even after the note was deleted."""
    if len(text) > NOTE_CHARACTERS:
        raise Refused(f"QuickBooks keeps {NOTE_CHARACTERS:,} characters of a note; this one has {len(text):,}")
    link = {"EntityRef": {"type": "Invoice", "value": invoice_id}, "IncludeOnSend": False}
    answer = client.create_attachable({"Note": text, "AttachableRef": [link]}, request_id=key)
    _confirm(answer)


def _confirm(answer: bytes) -> None:
    try:
        created = envelope(answer, _Created)
    except (BadData, RecursionError):
        created = None
    if created is None or not created.attachable.id:
        raise Outage("QuickBooks did not confirm the note; it may or may not be there")


def _rows(body: bytes) -> list[AttachableRow]:
    answer = envelope(body, QueryAnswer)
    try:
        return msgspec.json.decode(answer.query_response, type=_Attachables).attachable
    except NOT_JSON as error:
        raise BadData(f"QuickBooks sent notes of an unexpected shape: {error}") from None


def _belongs_to(row: AttachableRow, invoice_id: InvoiceId) -> bool:
    links = (link.entity_ref for link in row.attachable_ref or ())
    return any(link is not None and link.type == "Invoice" and link.value == invoice_id for link in links)


def _note(row: AttachableRow) -> Note:
    created = row.meta_data.create_time if row.meta_data else None
    return Note(row.note or "", created.astimezone(UTC) if created else None, row.id)
