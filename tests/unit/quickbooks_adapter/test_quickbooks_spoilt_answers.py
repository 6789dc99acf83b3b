"""Answers of QuickBooks that were spoilt on the way: what is lost is at most the record that was hit, and it is told."""

import pytest

from connectors.ledger import Outage

BOTTOMLESS = b"[" * 5000 + b"]" * 5000


def test_an_answer_nested_without_end_is_no_usable_answer(server, ledger, wire) -> None:
    spoilt = wire.json(wire.batch(wire.rows(Invoice=[wire.invoice(DocNumber="@")])))
    server.otherwise = lambda _: wire.answer(200, spoilt.body.replace(b'"@"', BOTTOMLESS))
    with pytest.raises(Outage):
        ledger.read_invoices(["130"])


def test_a_fault_nested_without_end_is_an_outage(server, ledger, wire) -> None:
    server.otherwise = lambda _: wire.answer(400, b'{"Fault":' + BOTTOMLESS + b"}")
    with pytest.raises(Outage):
        ledger.read_invoices(["130"])
