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
