"""A note is written once, whatever happens to the answer."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.ledger import NotFound, Outage, Refused
from state.model import InvoiceId

INVOICE = InvoiceId("130")


def attachable(wire: Any, identifier: str, text: str | None, created: str, invoice: str = "130") -> dict[str, Any]:
    link = {"EntityRef": {"value": invoice, "type": "Invoice"}, "IncludeOnSend": False}
    stamps = {"CreateTime": created, "LastUpdatedTime": created}
    return wire.record(identifier, {"MetaData": stamps}, Note=text, AttachableRef=[link])


def test_a_note_is_attached_to_the_invoice_under_its_key(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json({"Attachable": wire.record("500", {}), "time": wire.time})]
    ledger.write_note(INVOICE, "Reminder 1 e-mailed", "key-1")
    (request,) = server.seen
    assert request.path.endswith("/attachable")
    assert request.params["requestid"] == "key-1"
    body = json.loads(request.body)
    assert body["Note"] == "Reminder 1 e-mailed"
    assert body["AttachableRef"] == [{"EntityRef": {"type": "Invoice", "value": "130"}, "IncludeOnSend": False}]


def test_a_repeated_note_carries_the_same_key(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.answer(200, b'{"Attachable": {', cut_after=5)]
    with pytest.raises(Outage):
        ledger.write_note(INVOICE, "text", "key-1")
    server.script = [wire.json({"Attachable": wire.record("500", {}), "time": wire.time})]
    ledger.write_note(INVOICE, "text", "key-1")
    assert [request.params["requestid"] for request in server.seen] == ["key-1", "key-1"]


@pytest.mark.parametrize("answer", [{}, {"Attachable": {}}, {"Attachable": "yes"}, {"AttachableResponse": []}])
def test_an_unconfirmed_note_is_an_outage(ledger: Any, server: Any, wire: Any, answer: Any) -> None:
    server.script = [wire.json(answer)]
    with pytest.raises(Outage):
        ledger.write_note(INVOICE, "text", "key-1")


def test_a_note_on_a_vanished_invoice_is_not_found(ledger: Any, server: Any, wire: Any) -> None:
    detail = "The entity Invoice 130 that you are trying to link does not exist. Invoice 130"
    server.script = [wire.json(wire.fault("6000", detail), 400)]
    with pytest.raises(NotFound):
        ledger.write_note(INVOICE, "text", "key-1")


def test_a_note_that_is_too_long_is_refused_before_the_call(ledger: Any, server: Any) -> None:
    with pytest.raises(Refused):
        ledger.write_note(INVOICE, "x" * 2001, "key-1")
    assert server.seen == []


def test_notes_are_read_back_newest_first(ledger: Any, server: Any, wire: Any) -> None:
    rows = [
        attachable(wire, "1", "older", "2026-02-01T08:00:00-08:00"),
        attachable(wire, "2", "newer", "2026-02-09T08:00:00-08:00"),
        attachable(wire, "3", None, "2026-02-10T08:00:00-08:00"),
        attachable(wire, "4", "of another invoice", "2026-02-11T08:00:00-08:00", invoice="131"),
    ]
    server.script = [wire.json(wire.query(Attachable=rows))]
    newest, oldest = ledger.notes(INVOICE)
    assert (newest.text, newest.id, newest.written_at) == ("newer", "2", datetime(2026, 2, 9, 16, tzinfo=UTC))
    assert oldest.text == "older"


def test_notes_are_asked_for_by_kind_and_id(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.query())]
    assert ledger.notes(INVOICE) == ()
    assert "AttachableRef.EntityRef.Type = 'Invoice' AND" in server.seen[0].body
    assert "AttachableRef.EntityRef.value = '130'" in server.seen[0].body
