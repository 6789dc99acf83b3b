"""History and notes of an invoice. What is read back does not look like what was answered to the writing of it."""

import json
from typing import Any

from starlette.responses import Response

from connectors.sandbox.documents import Invoice, Note
from connectors.sandbox.xero.accounting import one_invoice
from connectors.sandbox.xero.errors import unreadable_body, validation
from connectors.sandbox.xero.gateway import Call
from connectors.sandbox.xero.wire import Node, Tree, bare_instant, instant, second_string


def read_history(call: Call) -> Response:
    """GET: newest first, with who did what, as far as a lagging replica has heard of it."""
    invoice, horizon = one_invoice(call), call.world.clock.now() - call.lag
    notes = [note for note in call.desk.notes(invoice.id) if note.at <= horizon]
    return call.answer({"HistoryRecords": [_as_read(note) for note in reversed(notes)]})


def write_history(call: Call) -> Response:
    """PUT or POST: every note of the body is added, or none."""
    invoice = one_invoice(call)
    limit = int(call.world.switch("xero.note_limit", "2500"))
    texts = [_details(record, limit) for record in _records(call.body)]
    key = call.request.headers.get("idempotency-key")
    added: list[Tree] = [_as_written(call.books.add_note(invoice, text, key=key)) for text in texts]
    _bump(call, invoice)
    return call.answer({"HistoryRecords": added})


def _bump(call: Call, invoice: Invoice) -> None:
    """Whether a note moves the invoice's stamp is not settled by any source: a switch."""
    if call.world.switch("xero.note_bumps_invoice", "no") == "yes":
        call.books.edit_invoice(call.books.invoices[invoice.id])


def _records(body: bytes) -> list[Any]:
    try:
        records = json.loads(body)["HistoryRecords"]
    except (ValueError, KeyError, TypeError):
        raise unreadable_body("JSON for post data was invalid") from None
    if not isinstance(records, list) or not records:
        raise unreadable_body("JSON for post data was invalid")
    return records


def _details(record: Any, limit: int) -> str:
    text = record.get("Details") if isinstance(record, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise validation("The Details field is required.", {})
    if len(text) > limit:
        raise validation(f"The Details field must be {limit} characters or less.", {"Details": text})
    return text


def _as_read(note: Note) -> Node:
    return {
        "Changes": note.kind,
        "DateUTCString": second_string(note.at),
        "DateUTC": instant(note.at),
        "User": note.user,
        "Details": note.text,
    }


def _as_written(note: Note) -> Node:
    return {
        "DateUTCString": second_string(note.at),
        "DateUTC": bare_instant(note.at),
        "Details": note.text,
        "ValidationErrors": [],
    }
