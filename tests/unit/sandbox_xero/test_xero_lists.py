"""Lists of the accounting API: what is in them, in which order, and what a stamp does or does not tell."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from truth.xero_truth import Tenant, connected, peopled_world


@pytest.fixture
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


def ids(answer: Any) -> list[str]:
    return [invoice["InvoiceID"] for invoice in answer["Invoices"]]


def since(xero: Tenant, moment: str) -> list[str]:
    return ids(xero.send("GET", "Invoices?page=1", headers={"If-Modified-Since": moment}).json())


def refused(xero: Tenant, query: str) -> str:
    answer = xero.send("GET", f"Invoices?page=1&{query}")
    body = answer.json()
    assert (answer.status_code, body["ErrorNumber"], body["Type"]) == (400, 16, "QueryParseException")
    message: str = body["Message"]
    return message


def test_a_list_holds_every_type_and_status(xero: Tenant) -> None:
    invoices = xero.get("Invoices?page=1")["Invoices"]
    assert {invoice["Type"] for invoice in invoices} == {"ACCREC", "ACCPAY"}
    assert {invoice["Status"] for invoice in invoices} == {"DRAFT", "AUTHORISED", "PAID", "VOIDED", "DELETED"}


def test_a_list_is_ordered_by_stamp_and_then_by_id(xero: Tenant) -> None:
    invoices = xero.get("Invoices?page=1")["Invoices"]
    listed = [(invoice["UpdatedDateUTC"], invoice["InvoiceID"]) for invoice in invoices]
    assert listed == sorted(listed)


def test_an_invoice_that_changes_moves_to_the_end(xero: Tenant) -> None:
    first = ids(xero.get("Invoices?page=1"))[0]
    xero.world.clock.advance(timedelta(seconds=2))
    xero.books.edit_invoice(next(one for one in xero.books.invoices.values() if one.guid == first))
    assert ids(xero.get("Invoices?page=1"))[-1] == first


@pytest.mark.parametrize(("asked", "got"), [("0", 100), ("-5", 1), ("1001", 1000), ("7", 7)])
def test_a_page_size_is_clamped(xero: Tenant, asked: str, got: int) -> None:
    assert xero.get(f"Invoices?page=1&pageSize={asked}")["pagination"]["pageSize"] == got


def test_pages_add_up_to_the_list(xero: Tenant) -> None:
    whole = xero.get("Invoices?page=1")
    pages = [xero.get(f"Invoices?page={number}&pageSize=4") for number in (1, 2, 3)]
    assert [one for page in pages for one in ids(page)] == ids(whole)
    assert pages[0]["pagination"] == {"page": 1, "pageSize": 4, "pageCount": 3, "itemCount": 10}


def test_a_page_after_the_end_is_an_empty_list(xero: Tenant) -> None:
    assert xero.get("Invoices?page=12")["Invoices"] == []


def test_without_a_page_there_is_no_pagination_and_no_line(xero: Tenant) -> None:
    answer = xero.get("Invoices")
    assert "pagination" not in answer
    assert all(invoice["LineItems"] == [] for invoice in answer["Invoices"])


def test_an_unpaged_list_of_too_many_is_refused(xero: Tenant) -> None:
    xero.world.switches["xero.high_volume"] = "9"
    answer = xero.send("GET", "Invoices")
    assert (answer.status_code, answer.json()["Type"]) == (400, "HighVolumeException")
    assert xero.get("Invoices?page=1")["Invoices"]


def test_statuses_and_summaries_force_paging(xero: Tenant) -> None:
    paid = xero.get("Invoices?Statuses=PAID,VOIDED")
    assert {invoice["Status"] for invoice in paid["Invoices"]} == {"PAID", "VOIDED"}
    assert paid["pagination"]["itemCount"] == len(paid["Invoices"])
    assert "pagination" in xero.get("Invoices?summaryOnly=true")


def test_a_summary_leaves_keys_out(xero: Tenant) -> None:
    for invoice in xero.get("Invoices?summaryOnly=true")["Invoices"]:
        assert not {"Payments", "HasAttachments", "LineItems", "CISDeduction"} & set(invoice)
        assert {"AmountDue", "AmountPaid", "AmountCredited", "Status", "Contact"} <= set(invoice)


def test_the_amounts_of_a_living_invoice_add_up(xero: Tenant) -> None:
    for invoice in xero.get("Invoices?page=1")["Invoices"]:
        if invoice["Status"] in {"AUTHORISED", "PAID"}:
            parts = invoice["AmountDue"] + invoice["AmountPaid"] + invoice["AmountCredited"]
            assert parts == invoice["Total"]


def test_a_dead_invoice_is_due_nothing_and_keeps_its_total(xero: Tenant) -> None:
    for invoice in xero.get("Invoices?Statuses=VOIDED,DELETED")["Invoices"]:
        assert (invoice["AmountDue"], invoice["Total"] > 0) == (0, True)


def test_a_dead_invoice_may_be_shown_with_what_was_due_on_it(xero: Tenant) -> None:
    xero.world.switches["xero.void_keeps_amount_due"] = "yes"
    dead = [one for one in xero.get("Invoices?page=1")["Invoices"] if one["Status"] in {"VOIDED", "DELETED"}]
    assert [one["AmountDue"] == one["Total"] > 0 for one in dead] == [True, True]


def test_what_does_not_exist_is_absent_and_never_null(xero: Tenant) -> None:
    assert b"null" not in xero.send("GET", "Invoices?page=1").content
    draft = xero.get("Invoices?Statuses=DRAFT")["Invoices"][0]
    assert not {"DueDate", "DueDateString", "FullyPaidOnDate"} & set(draft)


def test_named_invoices_numbers_and_contacts_are_found(xero: Tenant) -> None:
    first, second, *_ = xero.books.invoices.values()
    contact = xero.books.customers[first.customer_id]
    assert set(ids(xero.get(f"Invoices?IDs={first.guid},{second.guid}"))) == {first.guid, second.guid}
    assert ids(xero.get(f"Invoices?InvoiceNumbers={first.number}")) == [first.guid]
    assert len(ids(xero.get(f"Invoices?ContactIDs={contact.guid}"))) == 6
    assert ids(xero.get(f"Invoices/{first.number}")) == [first.guid]


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ('Type=="ACCREC"', 9),
        ('Type=="ACCREC" AND Status=="AUTHORISED"', 3),
        ('Status=="VOIDED" OR (Status=="PAID" && AmountPaid>0)', 3),
        ("AmountDue>=97.50 AND AmountDue<107.5", 1),
        ("Date>=DateTime(2026,2,1) AND DueDate<DateTime(2026,9,14)", 8),
        ("DueDate==null", 2),
        ('Contact.Name=="No Address Traders"', 4),
        ('InvoiceNumber=="SUP-77"', 1),
    ],
)
def test_a_filter_finds_what_it_says(xero: Tenant, where: str, count: int) -> None:
    assert len(xero.get("Invoices", page=1, where=where)["Invoices"]) == count


def test_a_filter_compares_ids_only_with_ids(xero: Tenant) -> None:
    invoice = next(iter(xero.books.invoices.values()))
    assert ids(xero.get("Invoices", page=1, where=f'InvoiceId==guid("{invoice.guid}")')) == [invoice.guid]
    message = refused(xero, f'where=InvoiceID=="{invoice.guid}"')
    assert message == "Operator '==' incompatible with operand types 'Guid' and 'String'"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('where=Colour=="red"', "No property or field 'Colour' exists in type 'Invoice'"),
        ('where=Type=="ACCREC', "Unterminated string literal"),
        ("where=Type==", "Expression expected"),
        ("where=Type=='ACCREC'", "Character literal must contain exactly one character"),
        ('where=Type>"ACCREC"', "Operator '>' incompatible with operand types 'String' and 'String'"),
        ('where=(Type=="ACCREC"', "')' or operator expected"),
        ('where=Type=="ACCREC" AND ()', "Expression expected"),
        ('where=Name.Contains("x")', "No property or field 'Name.Contains' exists in type 'Invoice'"),
        ("order=Colour", "No property or field 'Colour' exists in type 'Invoice'"),
        ("order=Date SIDEWAYS", "Syntax error"),
    ],
)
def test_what_cannot_be_parsed_is_refused(xero: Tenant, query: str, message: str) -> None:
    assert refused(xero, query) == message


def test_an_order_is_obeyed(xero: Tenant) -> None:
    totals = [one["Total"] for one in xero.get("Invoices?page=1&order=Total DESC")["Invoices"]]
    assert totals == sorted(totals, reverse=True)


def test_a_query_that_is_too_long_is_not_found(xero: Tenant) -> None:
    long = "x" * (2_048 - len("page=1&searchTerm="))
    assert xero.send("GET", f"Invoices?page=1&searchTerm={long}").status_code == 200
    answer = xero.send("GET", f"Invoices?page=1&searchTerm={long}x")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", ["Invoices/INV-99999", "Contacts/00000000-0000-0000-0000-000000000000", "Nonsense"])
def test_what_is_unknown_is_not_found_in_html(xero: Tenant, path: str) -> None:
    answer = xero.send("GET", path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_writing_documents_is_not_implemented(xero: Tenant) -> None:
    answer = xero.send("POST", "Invoices", json={})
    assert (answer.status_code, answer.json()["Type"]) == (501, "ApiMethodNotImplementedException")


@pytest.mark.parametrize(("ims", "seen"), [("exclusive", False), ("inclusive", True)])
def test_changes_within_the_second_asked_for_are_a_switch(xero: Tenant, ims: str, *, seen: bool) -> None:
    xero.world.switches["xero.ims"] = ims
    xero.world.clock.advance(timedelta(minutes=20))
    invoice = next(iter(xero.books.invoices.values()))
    xero.books.edit_invoice(invoice)
    second = invoice.updated.isoformat()[:19]
    assert (invoice.guid in since(xero, second)) is seen
    assert since(xero, (invoice.updated - timedelta(seconds=1)).isoformat()[:19]) == [invoice.guid]


def test_a_fraction_of_a_second_asked_for_is_ignored(xero: Tenant) -> None:
    xero.world.switches["xero.ims"] = "inclusive"
    last = max(invoice.updated for invoice in xero.books.invoices.values())
    assert since(xero, last.replace(microsecond=999_999).isoformat()) == since(xero, last.isoformat()[:19]) != []


def test_a_date_nobody_can_read_is_a_failed_precondition(xero: Tenant) -> None:
    answer = xero.send("GET", "Invoices?page=1", headers={"If-Modified-Since": "yesterday"})
    assert (answer.status_code, answer.headers["content-type"]) == (412, "text/html; charset=utf-8")


def test_a_silent_edit_is_shown_but_not_in_a_delta(xero: Tenant) -> None:
    invoice = next(one for one in xero.books.invoices.values() if one.paid and one.due_amount)
    before = (xero.world.clock.now() + timedelta(minutes=1)).isoformat()[:19]
    xero.world.clock.advance(timedelta(minutes=20))
    xero.books.edit_invoice(invoice, silently=True, due=invoice.issued + timedelta(days=90))
    assert since(xero, before) == []
    shown = xero.get(f"Invoices/{invoice.guid}")["Invoices"][0]
    assert shown["DueDateString"].startswith("2026-05-02")


def test_a_change_becomes_visible_later_than_its_stamp(xero: Tenant) -> None:
    invoice = next(one for one in xero.books.invoices.values() if one.paid and one.due_amount)
    customer, asked = xero.books.customers[invoice.customer_id], xero.world.clock.now() + timedelta(minutes=19)
    owed = invoice.due_amount
    xero.world.clock.advance(timedelta(minutes=20))
    xero.world.switches["xero.replica_lag_seconds"] = "120"
    xero.books.pay(customer, owed, on=invoice.issued, against={invoice.id: owed})
    assert xero.get(f"Invoices/{invoice.guid}")["Invoices"][0]["AmountDue"] == owed
    assert since(xero, asked.isoformat()[:19]) == []
    xero.world.clock.advance(timedelta(minutes=2))
    assert xero.get(f"Invoices/{invoice.guid}")["Invoices"][0]["AmountDue"] == 0
    assert since(xero, asked.isoformat()[:19]) == [invoice.guid]


def test_a_deleted_payment_is_still_owing_nothing_where_the_replica_lags(xero: Tenant) -> None:
    payment = next(one for one in xero.books.payments.values() if len(one.allocations) == 1)
    invoice = xero.books.invoices[payment.allocations[0].invoice_id]
    xero.world.clock.advance(timedelta(minutes=20))
    xero.world.switches["xero.replica_lag_seconds"] = "120"
    xero.books.delete_payment(payment)
    assert xero.get(f"Invoices/{invoice.guid}")["Invoices"][0]["Status"] == "PAID"
    assert xero.get(f"Payments/{payment.guid}")["Payments"][0]["Status"] == "AUTHORISED"


def test_archived_contacts_are_listed_on_request_and_say_who_they_became(xero: Tenant) -> None:
    assert {one["ContactStatus"] for one in xero.get("Contacts?page=1")["Contacts"]} == {"ACTIVE"}
    everyone = xero.get("Contacts?page=1&includeArchived=true")["Contacts"]
    loser = next(one for one in everyone if one["ContactStatus"] == "ARCHIVED")
    winner = next(one for one in everyone if one["Name"].startswith("Anna"))
    assert loser["MergedToContactID"] == winner["ContactID"]


def test_an_unpaged_contact_does_not_mention_its_persons_terms_or_balance(xero: Tenant) -> None:
    full = next(one for one in xero.get("Contacts?page=1")["Contacts"] if one["ContactPersons"])
    thin = next(one for one in xero.get("Contacts")["Contacts"] if one["ContactID"] == full["ContactID"])
    assert full["ContactPersons"][0]["IncludeInEmails"] is True
    assert full["Balances"]["AccountsReceivable"]["Outstanding"] > 0
    assert thin["ContactPersons"] == []
    assert not {"Balances", "PaymentTerms", "MergedToContactID"} & set(thin)


def test_a_summary_of_a_contact_has_no_persons(xero: Tenant) -> None:
    assert all("ContactPersons" not in one for one in xero.get("Contacts?summaryOnly=true")["Contacts"])


def test_numbers_are_written_with_their_digits(xero: Tenant) -> None:
    text = xero.send("GET", "Invoices?page=1").text
    assert '"UnitAmount": 50.00,\r\n' in text
    assert '"Quantity": 2.0000,\r\n' in text
    assert '"UnitAmount": 50.0000,\r\n' in xero.send("GET", "Invoices?page=1&unitdp=4").text
    assert xero.get("Invoices?page=1")["Invoices"][0]["Total"].as_tuple().exponent == -2
    assert isinstance(xero.get("Invoices?page=1")["Invoices"][0]["Total"], Decimal)
