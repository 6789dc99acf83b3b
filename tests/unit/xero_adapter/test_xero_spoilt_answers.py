"""Answers of Xero that were spoilt on the way: what is lost is at most the record that was hit, and it is told."""

from datetime import timedelta

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


@pytest.mark.parametrize("ahead", [timedelta(minutes=16), timedelta(days=20_000)])
def test_a_document_from_the_future_would_outrank_the_truth_and_is_rejected(ledger, xero, documents, ahead) -> None:
    rows = [documents.invoice(1, UpdatedDateUTC=documents.date(documents.now + ahead)), documents.invoice(2)]
    xero.always(documents.reply(documents.wire(documents.answer("Invoices", rows))))
    (page,) = ledger.changes("invoices", None)
    assert [invoice.id for invoice in page.invoices] == [documents.guid(2)]
    assert [(bad.id, bad.reason) for bad in page.rejected] == [(documents.guid(1), "UpdatedDateUTC is in the future")]


def test_a_document_a_moment_younger_than_its_answer_is_believed(ledger, xero, documents) -> None:
    row = documents.invoice(1, UpdatedDateUTC=documents.date(documents.now + timedelta(minutes=3)))
    xero.always(documents.reply(documents.wire(documents.answer("Invoices", [row]))))
    (page,) = ledger.changes("invoices", None)
    assert page.rejected == []


def test_a_walk_does_not_follow_a_document_into_the_future(ledger, xero, documents) -> None:
    rows = [documents.invoice(n) for n in range(1, 7)]
    spoilt = {**rows[2], "UpdatedDateUTC": documents.date(documents.now + timedelta(days=365))}

    def reply(seen):
        since = seen.headers.get("if-modified-since", "")
        left = [row for n, row in enumerate(rows, 1) if f"2026-04-24T12:00:0{n}" >= since]
        first = (int(seen.query["page"]) - 1) * 3
        page = [spoilt if row is rows[2] else row for row in left[first : first + 3]]
        paging = {"page": first // 3 + 1, "pageSize": 3, "pageCount": -(-len(left) // 3), "itemCount": len(left)}
        return documents.reply(documents.wire(documents.answer("Invoices", page, **paging)))

    xero.answers_by(reply)
    brought = {invoice.id for page in ledger.changes("invoices", None) for invoice in page.invoices}
    assert brought == {documents.guid(n) for n in (1, 2, 4, 5, 6)}


@pytest.mark.parametrize("stream", ["invoices", "contacts", "credits"])
def test_a_cursor_is_never_ahead_of_our_own_clock(ledger, xero, documents, stream) -> None:
    ahead = documents.now + timedelta(days=9_000)

    def reply(seen):
        return documents.reply(documents.wire(documents.answer(seen.path.rsplit("/", 1)[1], [], at=ahead)))

    xero.answers_by(reply)
    *_, page = ledger.changes(stream, None)
    assert "2026-04-24T12:05:00+00:00" in page.cursor
    assert "2050" not in page.cursor


def test_a_cursor_from_the_first_day_of_the_calendar_asks_for_everything(ledger, xero, documents) -> None:
    xero.always(documents.reply(documents.wire(documents.answer("Invoices", []))))
    list(ledger.changes("invoices", "0001-01-01T00:00:00+00:00"))
    assert "if-modified-since" not in xero.seen[0].headers
