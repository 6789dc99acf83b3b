"""Answers of Xero that were spoilt on the way: what is lost is at most the record that was hit, and it is told."""

import pytest

from connectors.ledger import LedgerError, Outage

BOTTOMLESS = b"[" * 5000 + b"]" * 5000


def test_an_answer_nested_without_end_is_no_usable_answer(xero, ledger, documents) -> None:
    spoilt = documents.wire(documents.answer("Invoices", [documents.invoice(Reference="@")])).replace(
        b'"@"', BOTTOMLESS
    )
    xero.always(documents.reply(spoilt))
    with pytest.raises(Outage):
        ledger.read_invoices([documents.guid(1)])


def test_a_refusal_nested_without_end_still_is_a_refusal(xero, ledger, documents) -> None:
    xero.always(documents.reply(b'{"Detail":' + BOTTOMLESS + b"}", status=403))
    with pytest.raises(LedgerError, match="does not allow invoices"):
        ledger.read_invoices([documents.guid(1)])


@pytest.mark.parametrize("garbled", [b"1e999", b'"\xff"'])
def test_a_record_with_a_member_beyond_reading_still_has_its_name(xero, ledger, documents, garbled) -> None:
    rows = [documents.invoice(1, Status="@"), documents.invoice(2)]
    xero.always(documents.reply(documents.wire(documents.answer("Invoices", rows)).replace(b'"@"', garbled)))
    reading = ledger.read_invoices([documents.guid(1), documents.guid(2)])
    assert [(one.id, one.contact_id) for one in reading.rejected] == [(documents.guid(1), documents.guid(501))]
    assert set(reading.found) == {documents.guid(2)}


@pytest.mark.parametrize("spoilt", [{"InvoiceID": ""}, {"Contact": {"ContactID": ""}}])
def test_an_empty_id_names_nothing(xero, ledger, documents, spoilt) -> None:
    xero.always(documents.reply(documents.wire(documents.answer("Invoices", [documents.invoice(**spoilt)]))))
    reading = ledger.read_invoices([documents.guid(1)])
    assert (reading.found, len(reading.rejected)) == ({}, 1)


def test_documents_that_are_announced_and_do_not_come_are_an_outage(xero, ledger, documents) -> None:
    xero.always(documents.reply(documents.wire(documents.answer("Invoices", [documents.invoice()], itemCount=2))))
    with pytest.raises(Outage, match="announced"):
        list(ledger.changes("invoices", None))
