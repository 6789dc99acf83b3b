"""One bad document costs itself; a bad page says whose fault it is."""

import pytest

from connectors.ledger import BadData, Outage
from connectors.xero.decode import CONTACTS, INVOICES


@pytest.fixture
def page(documents):
    return lambda *rows, **paging: documents.wire(documents.answer("Invoices", list(rows), **paging))


def test_one_bad_record_among_good_ones_is_quarantined_alone(documents, page) -> None:
    body = page(documents.invoice(1), documents.invoice(2, CurrencyCode="XBT"), documents.invoice(3))
    sheet = INVOICES.read(body)
    assert [invoice.id for invoice in sheet.records] == [documents.guid(1), documents.guid(3)]
    assert sheet.rows == 3
    (bad,) = sheet.rejected
    assert (bad.entity, bad.id, bad.contact_id) == ("invoice", documents.guid(2), documents.guid(502))
    assert bad.reason == "unknown currency 'XBT'"
    assert bad.name == "INV-0002"
    assert '"INV-0002"' in bad.payload


def test_a_record_that_does_not_even_decode_is_quarantined_alone(documents, page) -> None:
    sheet = INVOICES.read(page(documents.invoice(1), documents.invoice(2, Total=None)))
    assert [invoice.id for invoice in sheet.records] == [documents.guid(1)]
    assert sheet.rejected[0].id == documents.guid(2)


@pytest.mark.parametrize("row", [None, "text", 7, [], {}], ids=repr)
def test_a_record_that_is_no_document_is_quarantined_without_an_id(documents, page, row) -> None:
    sheet = INVOICES.read(page(documents.invoice(1), row))
    assert len(sheet.records) == 1
    assert (sheet.rejected[0].id, sheet.rejected[0].contact_id) == (None, None)


@pytest.mark.parametrize(
    ("changed", "contact"), [({"Contact": None}, None), ({"Contact": "x"}, None), ({"InvoiceID": 5}, True)], ids=str
)
def test_what_can_be_read_of_a_bad_record_is_kept(documents, page, changed, contact) -> None:
    (bad,) = INVOICES.read(page(documents.invoice(2, **changed))).rejected
    assert bad.contact_id == (documents.guid(502) if contact else None)
    assert bad.id == (None if "InvoiceID" in changed else documents.guid(2))


def test_a_bad_contact_blocks_itself(documents) -> None:
    body = documents.wire(documents.answer("Contacts", [documents.contact(1, ContactStatus="ODD")]))
    (bad,) = CONTACTS.read(body).rejected
    assert (bad.entity, bad.id, bad.contact_id) == ("contact", documents.guid(501), documents.guid(501))
    assert bad.name == documents.contact(1)["Name"]


def test_broken_letters_spoil_one_record_only(documents, page) -> None:
    body = page(documents.invoice(1), documents.invoice(2, Reference="XYZZY")).replace(b"XYZZY", b"\xff\xfe")
    sheet = INVOICES.read(body)
    assert len(sheet.records) == 1
    assert len(sheet.rejected) == 1


def test_half_a_character_costs_nothing_but_itself(documents, page) -> None:
    body = page(documents.invoice(1, Reference="thanks \ud83d"), documents.invoice(2, Url="x\ude00"))
    sheet = INVOICES.read(body)
    assert [invoice.reference for invoice in sheet.records] == ["thanks \ufffd", sheet.records[1].reference]
    assert (len(sheet.records), sheet.rejected) == (2, [])


def test_half_a_character_next_to_a_bad_record_costs_the_bad_record_only(documents, page) -> None:
    sheet = INVOICES.read(page(documents.invoice(1, Reference="\ud83d"), documents.invoice(2, Total=None)))
    assert [invoice.id for invoice in sheet.records] == [documents.guid(1)]
    assert [bad.id for bad in sheet.rejected] == [documents.guid(2)]


def test_the_kept_payload_ends_after_two_thousand_characters(documents, page) -> None:
    row = {"InvoiceNumber": "é" * 5000} | documents.invoice(1, Status="ODD", InvoiceNumber=...)
    assert len(INVOICES.read(page(row)).rejected[0].payload) == 2000


def test_the_answer_tells_when_it_was_given(documents, page) -> None:
    assert INVOICES.read(page()).answered_at == documents.now


def test_stamps_of_bad_and_ignored_records_are_kept_for_paging(documents, page) -> None:
    rows = [documents.invoice(1), documents.invoice(2, Type="ACCPAY"), documents.invoice(3, Status="ODD")]
    assert INVOICES.read(page(*rows)).stamps == [row["UpdatedDateUTC"] for row in rows]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Sorry</html>", b'{"Invoices": [', b'{"Invoices": []', b"Internal error", b"\xff\xff"],
    ids=repr,
)
def test_what_is_not_json_to_its_end_is_an_outage(body) -> None:
    with pytest.raises(Outage):
        INVOICES.read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"Contacts": []}',
        b'{"Invoices": null}',
        b'{"Invoices": {}}',
        b'{"Invoices": [], "DateTimeUTC": "yesterday"}',
        b'{"Invoices": [], "DateTimeUTC": 5}',
        b'{"Invoices": [], "pagination": "none"}',
    ],
    ids=repr,
)
def test_json_of_another_shape_is_bad_data_and_never_an_empty_list(body) -> None:
    with pytest.raises(BadData):
        INVOICES.read(body)


@pytest.mark.parametrize(
    ("paging", "full"),
    [
        ({"pageSize": 2, "pageCount": 1}, True),
        ({"pageSize": 3, "pageCount": 1}, False),
        ({"pageSize": 3, "pageCount": 2}, True),
        ({"pageSize": 0, "pageCount": 0}, True),
    ],
)
def test_a_page_is_full_if_there_may_be_more(documents, page, paging, full) -> None:
    assert INVOICES.read(page(documents.invoice(1), documents.invoice(2), **paging)).full is full


def test_more_pages_than_documents_are_not_believed(documents, page) -> None:
    sheet = INVOICES.read(page(documents.invoice(1), pageSize=1000, pageCount=1_000_000, itemCount=1))
    with pytest.raises(BadData):
        _ = sheet.pages


def test_a_full_page_without_a_count_is_not_walked(documents) -> None:
    answer = documents.answer("Invoices", [documents.invoice(n) for n in range(100)])
    del answer["pagination"]
    with pytest.raises(BadData):
        _ = INVOICES.read(documents.wire(answer)).pages


def test_a_flood_of_rows_that_are_no_documents_is_not_looked_at_one_by_one(documents, page) -> None:
    with pytest.raises(BadData, match="10,001 rows at once"):
        INVOICES.read(page(*[{}] * 10_001))
