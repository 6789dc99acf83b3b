"""The reads that stand between a decision and a message: exact, cheap, and closed when in doubt."""

import pytest

from connectors.ledger import BadData, KnownCredits, Outage
from state.model import ContactStatus


@pytest.fixture
def company(xero, documents):
    """A company with 1,000 open invoices of as many customers, and one credit of each kind."""

    def reply(seen):
        key = seen.path.rsplit("/", 1)[1]
        rows = {
            "Invoices": lambda: [documents.invoice(int(i[-12:]), Payments=...) for i in seen.query["IDs"].split(",")],
            "Contacts": lambda: [documents.contact(int(i[-12:]) - 500) for i in seen.query["IDs"].split(",")],
            "CreditNotes": lambda: [documents.credit_note(1)],
            "Overpayments": lambda: [documents.overpayment(2)],
            "Prepayments": lambda: [documents.prepayment(3)],
        }[key]()
        return documents.reply(documents.wire(documents.answer(key, rows)))

    xero.answers_by(reply)


@pytest.mark.usefixtures("company")
def test_invoices_are_read_forty_to_a_call_as_summaries(xero, ledger, documents) -> None:
    ids = [documents.guid(n) for n in range(1, 82)]
    reading = ledger.read_invoices([*ids, *ids])
    assert set(reading.found) == set(ids)
    assert [len(seen.query["IDs"].split(",")) for seen in xero.seen] == [40, 40, 1]
    rest = {name: value for name, value in xero.seen[0].query.items() if name != "IDs"}
    assert rest == {"page": "1", "pageSize": "100", "summaryOnly": "true"}


@pytest.mark.usefixtures("company")
def test_the_url_of_a_live_read_stays_below_the_limit(xero, ledger, documents, client) -> None:
    ledger.read_invoices([documents.guid(n) for n in range(1, 41)])
    sent = len(xero.seen[0].query["IDs"].replace(",", "%2C")) + len("IDs=&page=1&pageSize=100&summaryOnly=true")
    assert sent < 2_048


@pytest.mark.usefixtures("company")
def test_verifying_a_thousand_reminders_costs_at_most_fifty_five_calls(ledger, documents, meter) -> None:
    ledger.read_invoices([documents.guid(n) for n in range(1, 1001)])
    ledger.read_contacts([documents.guid(500 + n) for n in range(1, 1001)])
    ledger.open_credits(KnownCredits())
    assert meter.total <= 55


def test_an_invoice_that_is_not_returned_is_in_neither_mapping(xero, ledger, documents) -> None:
    xero.says(documents.answer("Invoices", [documents.invoice(1), documents.invoice(2, AmountDue=...)]))
    reading = ledger.read_invoices([documents.guid(n) for n in (1, 2, 3)])
    assert set(reading.found) == {documents.guid(1)}
    assert [bad.id for bad in reading.rejected] == [documents.guid(2)]


def test_reading_nothing_costs_nothing(xero, ledger) -> None:
    assert ledger.read_invoices([]).found == {}
    assert ledger.read_contacts([]).found == {}
    assert xero.seen == []


def test_a_reading_is_as_old_as_its_first_request(xero, ledger, documents, clock) -> None:
    started = clock.now()
    xero.replies_with(documents.reply(status=503)).says(documents.answer("Invoices", []))
    assert ledger.read_invoices([documents.guid(1)]).read_at == started
    assert clock.now() > started


def test_more_documents_than_asked_for_prove_nothing(xero, ledger, documents) -> None:
    xero.says(documents.answer("Invoices", [documents.invoice(1), documents.invoice(2)]))
    with pytest.raises(BadData):
        ledger.read_invoices([documents.guid(1)])


def test_a_live_read_that_fails_is_no_reading(xero, ledger, documents) -> None:
    xero.always(documents.reply(b"offline", status=503))
    with pytest.raises(Outage):
        ledger.read_invoices([documents.guid(1)])


def test_archived_contacts_are_read_too(xero, ledger, documents) -> None:
    xero.says(documents.answer("Contacts", [documents.contact(1, ContactStatus="ARCHIVED")]))
    reading = ledger.read_contacts([documents.guid(501)])
    assert reading.found[documents.guid(501)].status is ContactStatus.ARCHIVED
    assert xero.seen[0].query["includeArchived"] == "true"


@pytest.mark.usefixtures("company")
def test_open_credits_are_three_calls_for_what_is_authorised(xero, ledger) -> None:
    reading = ledger.open_credits(KnownCredits())
    assert len(reading.credits) == 3
    assert [seen.query for seen in xero.seen] == [
        {"where": 'Status=="AUTHORISED"', "page": "1", "pageSize": "1000"}
    ] * 3


def test_credits_without_a_rest_are_not_open(xero, ledger, documents) -> None:
    rows = [documents.credit_note(1, RemainingCredit=0.0), documents.credit_note(2, RemainingCredit=...)]
    xero.says(documents.answer("CreditNotes", rows))
    xero.says(documents.answer("Overpayments", [])).says(documents.answer("Prepayments", []))
    reading = ledger.open_credits(KnownCredits())
    assert reading.credits == ()
    assert [bad.contact_id for bad in reading.rejected] == [documents.guid(502)]


def test_open_invoices_are_the_authorised_sales_with_something_due(xero, ledger, documents) -> None:
    xero.says(documents.answer("Invoices", [documents.invoice(1), documents.invoice(2, AmountDue=0.0)]))
    (page,) = ledger.open_invoices()
    assert [invoice.id for invoice in page.invoices] == [documents.guid(1)]
    assert page.invoices[0].allocations is None
    assert page.cursor is None
    assert xero.seen[0].query == {
        "where": 'Type=="ACCREC"',
        "Statuses": "AUTHORISED",
        "summaryOnly": "true",
        "page": "1",
        "pageSize": "1000",
    }


def test_many_open_invoices_are_read_from_the_last_page_to_the_first(xero, ledger, documents) -> None:
    def reply(seen):
        page = int(seen.query["page"])
        rows = [documents.invoice(page)]
        paging = {"page": page, "pageSize": 1, "pageCount": 3, "itemCount": 3}
        return documents.reply(documents.wire(documents.answer("Invoices", rows, **paging)))

    xero.answers_by(reply)
    numbers = [invoice.number for page in ledger.open_invoices() for invoice in page.invoices]
    assert numbers == ["INV-0003", "INV-0002", "INV-0001"]
    assert [seen.query["page"] for seen in xero.seen] == ["1", "3", "2", "1"]


def test_the_online_invoice_is_where_the_customer_can_pay(xero, ledger, documents) -> None:
    xero.says({"OnlineInvoices": [{"OnlineInvoiceUrl": "https://in.xero.example/abc"}]})
    assert ledger.online_invoice_url(documents.guid(1)) == "https://in.xero.example/abc"
    assert xero.seen[0].path == f"/api.xro/2.0/Invoices/{documents.guid(1)}/OnlineInvoice"


@pytest.mark.parametrize(
    "answer",
    [{"OnlineInvoices": []}, {"OnlineInvoices": [{}]}, {"OnlineInvoices": [{"OnlineInvoiceUrl": "javascript:x"}]}],
    ids=str,
)
def test_an_invoice_without_an_online_page_has_no_url(xero, ledger, documents, answer) -> None:
    xero.says(answer)
    assert ledger.online_invoice_url(documents.guid(1)) is None


@pytest.mark.parametrize("status", [404, 400])
def test_a_draft_has_no_url(xero, ledger, documents, status) -> None:
    xero.replies_with(documents.reply(status=status))
    assert ledger.online_invoice_url(documents.guid(1)) is None


def test_another_answer_than_an_online_invoice_is_bad_data(xero, ledger, documents) -> None:
    xero.says({"Invoices": []})
    with pytest.raises(BadData):
        ledger.online_invoice_url(documents.guid(1))


def test_the_pdf_is_asked_for_as_a_pdf(xero, ledger, documents) -> None:
    xero.replies_with(documents.reply(b"%PDF-1.7 ...", headers={"Content-Type": "application/pdf"}))
    assert ledger.invoice_pdf(documents.guid(1)) == b"%PDF-1.7 ..."
    assert xero.seen[0].headers["accept"] == "application/pdf"
    assert xero.seen[0].path == f"/api.xro/2.0/Invoices/{documents.guid(1)}"


def test_an_invoice_xero_does_not_know_has_no_pdf(xero, ledger, documents) -> None:
    xero.replies_with(documents.reply(status=404))
    assert ledger.invoice_pdf(documents.guid(1)) is None


def test_html_with_status_200_is_no_pdf(xero, ledger, documents) -> None:
    xero.always(documents.reply(b"<html>Please log in</html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(Outage):
        ledger.invoice_pdf(documents.guid(1))
