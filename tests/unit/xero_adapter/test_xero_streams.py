"""Which requests the streams of changes make, and what their pages carry."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.ledger import BadData, NotFound, Outage


@pytest.fixture
def lists(xero, documents):
    """Answers every list with the rows given for it."""

    def serve(**rows):
        def reply(seen):
            key = seen.path.rsplit("/", 1)[1]
            return documents.reply(documents.wire(documents.answer(key, rows.get(key, []))))

        xero.answers_by(reply)

    return serve


def test_the_first_load_of_invoices_asks_for_all_sales_whatever_their_status(xero, ledger, lists) -> None:
    lists()
    list(ledger.changes("invoices", None))
    (asked,) = xero.seen
    assert (asked.method, asked.path) == ("GET", "/api.xro/2.0/Invoices")
    assert asked.query == {"where": 'Type=="ACCREC"', "page": "1", "pageSize": "1000"}
    assert "if-modified-since" not in asked.headers


def test_a_poll_asks_for_what_changed_with_five_minutes_of_overlap(xero, ledger, lists) -> None:
    lists()
    list(ledger.changes("invoices", "2026-04-24T12:05:00.759000+00:00"))
    assert xero.seen[0].headers["if-modified-since"] == "2026-04-24T12:00:00"


def test_the_cursor_is_xeros_clock_and_comes_with_the_page(ledger, documents, lists) -> None:
    lists(Invoices=[documents.invoice(1), documents.invoice(2, Status="ODD")])
    (page,) = ledger.changes("invoices", None)
    assert [invoice.id for invoice in page.invoices] == [documents.guid(1)]
    assert [bad.id for bad in page.rejected] == [documents.guid(2)]
    assert datetime.fromisoformat(page.cursor) == documents.now
    assert page.ledger_time == documents.now


def test_the_cursor_of_one_poll_starts_the_next(xero, ledger, documents, lists) -> None:
    lists()
    (page,) = ledger.changes("invoices", None)
    list(ledger.changes("invoices", page.cursor))
    asked = datetime.fromisoformat(xero.seen[1].headers["if-modified-since"]).replace(tzinfo=UTC)
    assert asked == documents.now - timedelta(minutes=5)


def test_a_second_page_is_asked_for_by_stamp_and_repeats_nothing(xero, ledger, documents) -> None:
    rows = [documents.invoice(n) for n in range(1, 5)]
    paging = {"pageSize": 3, "pageCount": 2, "itemCount": 4}
    xero.says(documents.answer("Invoices", rows[:3], **paging))
    xero.says(documents.answer("Invoices", rows[1:], pageSize=3, pageCount=1, itemCount=3))
    xero.says(documents.answer("Invoices", rows[3:], pageSize=3, pageCount=1, itemCount=1))
    pages = list(ledger.changes("invoices", None))
    assert [[i.number for i in page.invoices] for page in pages] == [
        ["INV-0001", "INV-0002", "INV-0003"],
        ["INV-0004"],
        [],
    ]
    assert [page.cursor is None for page in pages] == [True, True, False]
    assert [seen.query["page"] for seen in xero.seen] == ["1", "1", "1"]
    assert [seen.headers.get("if-modified-since") for seen in xero.seen] == [
        None,
        "2026-04-24T12:00:02",
        "2026-04-24T12:00:03",
    ]


def test_contacts_come_with_the_archived_ones(xero, ledger, documents, lists) -> None:
    lists(Contacts=[documents.contact(1), documents.contact(2, ContactStatus="ARCHIVED")])
    (page,) = ledger.changes("contacts", None)
    assert len(page.contacts) == 2
    assert xero.seen[0].query == {"includeArchived": "true", "page": "1", "pageSize": "1000"}


def test_credits_are_three_lists_with_one_cursor_at_their_end(xero, ledger, documents, lists) -> None:
    lists(
        CreditNotes=[documents.credit_note(1)],
        Overpayments=[documents.overpayment(2)],
        Prepayments=[documents.prepayment(3)],
    )
    pages = list(ledger.changes("credits", None))
    assert [seen.path.rsplit("/", 1)[1] for seen in xero.seen] == ["CreditNotes", "Overpayments", "Prepayments"]
    assert [[credit.id for credit in page.credits] for page in pages] == [[documents.guid(n)] for n in (1, 2, 3)]
    assert [page.cursor is None for page in pages] == [True, True, False]
    assert set(json.loads(pages[-1].cursor)) == {"credit_notes", "overpayments", "prepayments"}


def test_each_list_of_credits_goes_on_where_it_stood(xero, ledger, lists) -> None:
    lists()
    marks = {"credit_notes": "2026-04-24T10:05:00+00:00", "overpayments": "2026-04-24T11:05:00+00:00"}
    list(ledger.changes("credits", json.dumps(marks)))
    assert [seen.headers.get("if-modified-since") for seen in xero.seen] == [
        "2026-04-24T10:00:00",
        "2026-04-24T11:00:00",
        None,
    ]


def test_a_stream_nobody_has_heard_of_is_a_mistake(ledger) -> None:
    with pytest.raises(ValueError, match="no stream"):
        ledger.changes("journals", None)


def test_an_outage_between_pages_leaves_no_cursor(xero, ledger, documents) -> None:
    rows = [documents.invoice(n) for n in range(1, 4)]
    xero.says(documents.answer("Invoices", rows, pageSize=3, pageCount=2, itemCount=4))
    xero.always(documents.reply(status=503))
    pages = []
    with pytest.raises(Outage):
        pages.extend(ledger.changes("invoices", None))
    assert all(page.cursor is None for page in pages)


def test_a_page_of_html_is_asked_for_again(xero, ledger, documents) -> None:
    xero.replies_with(documents.reply(b"<html>Sorry</html>", headers={"Content-Type": "text/html"}))
    xero.says(documents.answer("Invoices", [documents.invoice()]))
    (page,) = ledger.changes("invoices", None)
    assert len(page.invoices) == 1


def test_an_answer_without_a_time_gives_no_cursor_and_says_so(xero, ledger, documents) -> None:
    answer = documents.answer("Invoices", [documents.invoice()])
    del answer["DateTimeUTC"]
    xero.says(answer)
    with pytest.raises(BadData, match="when it answered"):
        list(ledger.changes("invoices", None))


def test_a_page_of_html_with_404_is_not_an_empty_ledger(xero, ledger, documents) -> None:
    xero.always(documents.reply(b"<html>not here</html>", status=404, headers={"Content-Type": "text/html"}))
    with pytest.raises(NotFound):
        list(ledger.changes("invoices", None))


def test_the_streams_tell_how_often_they_are_worth_a_call(ledger) -> None:
    assert {stream.name: stream.every for stream in ledger.streams} == {
        "invoices": timedelta(0),
        "contacts": timedelta(hours=1),
        "credits": timedelta(hours=1),
        "customers": timedelta(days=1),
    }


def test_all_customers_are_asked_for_whenever_they_were_last_changed(xero, ledger, documents, lists) -> None:
    group = {"ContactGroupID": documents.guid(9), "Name": "Trade", "Status": "ACTIVE", "Contacts": []}
    lists(Contacts=[documents.contact(1, ContactGroups=[group])])
    (page,) = ledger.changes("customers", "2026-04-24T12:05:00+00:00")
    (asked,) = xero.seen
    assert asked.query == {"page": "1", "pageSize": "1000", "includeArchived": "true"}
    assert "if-modified-since" not in asked.headers
    assert [contact.groups for contact in page.contacts] == [("Trade",)]
    assert page.cursor is not None
