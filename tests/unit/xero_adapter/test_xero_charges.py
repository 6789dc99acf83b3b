"""A draft is looked for before it is written, and a lost answer never makes a second one."""

import json
from datetime import date

import pytest

from connectors.ledger import BadData, ChargeLine, Forbidden, NewCharge, Outage, Reauthorise, Refused, RetryLater

MARK = "[dun-charge:A]"


@pytest.fixture
def charge(documents):
    lines = (ChargeLine("Interest", 123456789), ChargeLine("Fixed sum", 4000))
    return NewCharge(mark=MARK, key="dun-charge-A", contact_id=documents.guid(7), currency="GBP",
                     day=date(2026, 3, 2), lines=lines, account="270")  # fmt: skip


@pytest.fixture
def nothing(documents):
    return {"Id": documents.guid(1), "Status": "OK", "Invoices": [],
            "DateTimeUTC": documents.date(documents.now, offset="")}  # fmt: skip


def test_a_draft_is_put_once_with_its_key_and_its_mark(xero, ledger, documents, charge, nothing) -> None:
    xero.says(nothing)
    xero.says({"Invoices": [{"InvoiceID": documents.guid(9), "Status": "DRAFT", "HasErrors": False}]})

    assert ledger.raise_charge(charge) == documents.guid(9)
    look, put = xero.seen
    assert look.query["where"] == f'Type=="ACCREC" AND Reference=="{MARK}"'
    assert (put.method, put.path) == ("PUT", "/api.xro/2.0/Invoices")
    assert put.headers["idempotency-key"] == "dun-charge-A"
    [sent] = json.loads(put.body)["Invoices"]
    assert (sent["Status"], sent["Type"], sent["LineAmountTypes"]) == ("DRAFT", "ACCREC", "NoTax")
    assert (sent["Reference"], sent["Date"], "DueDate" in sent) == (MARK, "2026-03-02", False)
    assert b'"UnitAmount": 1234567.89' in put.body
    assert [line["AccountCode"] for line in sent["LineItems"]] == ["270", "270"]


@pytest.mark.parametrize("answer", [{}, {"Invoices": []}, {"Invoices": [{}]}])
def test_an_answer_that_confirms_nothing_is_an_outage(xero, ledger, charge, nothing, answer) -> None:
    xero.says(nothing)
    xero.says(answer)
    with pytest.raises(Outage):
        ledger.raise_charge(charge)
    assert len(xero.seen) == 2


@pytest.mark.parametrize("errors", [{"HasErrors": True}, {"ValidationErrors": [{"Message": "no"}]}])
def test_an_answer_with_errors_in_it_is_a_refusal(xero, ledger, documents, charge, nothing, errors) -> None:
    xero.says(nothing)
    xero.says({"Invoices": [{"InvoiceID": documents.guid(9), **errors}]})
    with pytest.raises(Refused):
        ledger.raise_charge(charge)


@pytest.mark.parametrize(
    ("status", "family"),
    [(400, Refused), (403, Forbidden), (429, RetryLater), (500, Outage), (401, Reauthorise)],
)
def test_a_draft_that_failed_has_its_family_and_is_not_repeated(
    xero, ledger, documents, charge, nothing, status, family
) -> None:
    xero.says(nothing)
    xero.always(documents.reply(status=status))
    with pytest.raises(family):
        ledger.raise_charge(charge)
    assert len([seen for seen in xero.seen if seen.method == "PUT"]) == (2 if status == 401 else 1)


def test_an_invoice_with_our_mark_that_cannot_be_read_keeps_us_from_writing(xero, ledger, charge, nothing) -> None:
    xero.says({**nothing, "Invoices": [{"InvoiceID": "not a guid", "Type": "ACCREC"}]})
    with pytest.raises(BadData, match="our mark"):
        ledger.raise_charge(charge)
    assert len(xero.seen) == 1
