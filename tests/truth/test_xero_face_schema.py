"""Whether the sandbox's Xero answers are Xero answers: the published schemas and examples decide, not we."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from truth.xero_truth import START, Tenant, connected, json_schema, peopled_world, vocabulary, words_of

from connectors.sandbox.webhooks import changes, xero_body

LISTS = ["Invoices", "Contacts", "Payments", "CreditNotes", "Overpayments", "Prepayments"]
ID_NAMES = {name: f"{name.removesuffix('s')}ID" for name in LISTS}

ALWAYS_THERE = {
    "Invoices": "Type InvoiceID InvoiceNumber Payments CreditNotes Prepayments Overpayments AmountDue AmountPaid "
    "AmountCredited HasErrors IsDiscounted HasAttachments Contact DateString Date Status LineAmountTypes LineItems "
    "SubTotal TotalTax Total UpdatedDateUTC UpdatedDateUTCString CurrencyCode",
    "Contacts": "ContactID ContactStatus Name Addresses Phones UpdatedDateUTC ContactGroups IsSupplier IsCustomer "
    "ContactPersons HasAttachments HasValidationErrors",
    "Payments": "PaymentID Date BankAmount Amount Reference CurrencyRate PaymentType Status UpdatedDateUTC "
    "UpdatedDateUTCString HasAccount IsReconciled Account Invoice HasValidationErrors",
    "CreditNotes": "CreditNoteID Payments ID Type Reference RemainingCredit Allocations HasAttachments Contact "
    "DateString Date Status LineAmountTypes LineItems SubTotal TotalTax Total UpdatedDateUTC UpdatedDateUTCString "
    "CurrencyCode",
    "Overpayments": "OverpaymentID ID Type Reference RemainingCredit Allocations Payments HasAttachments Contact "
    "DateString Date Status LineAmountTypes LineItems SubTotal TotalTax Total UpdatedDateUTC UpdatedDateUTCString "
    "CurrencyCode",
    "Prepayments": "PrepaymentID ID Type RemainingCredit Allocations Payments HasAttachments Contact DateString Date "
    "Status LineAmountTypes LineItems SubTotal TotalTax Total UpdatedDateUTC UpdatedDateUTCString CurrencyCode",
}


@pytest.fixture(scope="module")
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


def assert_valid(answer: Any, schema: str) -> None:
    jsonschema.Draft202012Validator(json_schema(schema)).validate(answer)
    envelope = {"Id", "Status", "ProviderName", "DateTimeUTC", "HistoryRecords", "DateUTCString", "ID", "DateString"}
    assert words_of(answer) <= vocabulary() | envelope


@pytest.mark.parametrize("asked", ["", "page=1", "page=1&pageSize=3", "page=99"])
@pytest.mark.parametrize("kind", LISTS)
def test_a_list_is_what_the_specification_says(xero: Tenant, kind: str, asked: str) -> None:
    assert_valid(xero.get(f"{kind}?{asked}&includeArchived=true"), kind)


@pytest.mark.parametrize("kind", ["Invoices", "Contacts"])
def test_a_summary_is_what_the_specification_says(xero: Tenant, kind: str) -> None:
    assert_valid(xero.get(f"{kind}?summaryOnly=true&includeArchived=true"), kind)


@pytest.mark.parametrize("kind", LISTS)
def test_every_single_document_is_what_the_specification_says(xero: Tenant, kind: str) -> None:
    for row in xero.get(f"{kind}?page=1&includeArchived=true")[kind]:
        assert_valid(xero.get(f"{kind}/{row[ID_NAMES[kind]]}"), kind)


@pytest.mark.parametrize("kind", LISTS)
def test_a_page_has_the_keys_that_real_pages_always_have(xero: Tenant, kind: str) -> None:
    rows = xero.get(f"{kind}?page=1&includeArchived=true")[kind]
    assert rows
    for row in rows:
        assert set(ALWAYS_THERE[kind].split()) <= set(row)


def test_the_list_of_groups_is_what_the_specification_says(xero: Tenant) -> None:
    answer = xero.get("ContactGroups")
    assert_valid(answer, "ContactGroups")
    assert [group["Name"] for group in answer["ContactGroups"]] == ["Key accounts", "Trade"]


def test_every_single_group_is_what_the_specification_says(xero: Tenant) -> None:
    for group in xero.get("ContactGroups")["ContactGroups"]:
        answer = xero.get(f"ContactGroups/{group['ContactGroupID']}")
        assert_valid(answer, "ContactGroups")
        assert [contact["Name"] for contact in answer["ContactGroups"][0]["Contacts"]] == ["Anna Quill & Söhne"]


@pytest.mark.parametrize(
    ("path", "schema"), [("Organisation", "Organisations"), ("InvoiceReminders/Settings", "InvoiceReminders")]
)
def test_settings_are_what_the_specification_says(xero: Tenant, path: str, schema: str) -> None:
    assert_valid(xero.get(path), schema)


def test_history_read_and_written_is_what_the_specification_says(xero: Tenant) -> None:
    invoice = xero.get("Invoices?page=1&where=" + 'Type=="ACCREC"')["Invoices"][0]["InvoiceID"]
    note = {"HistoryRecords": [{"Details": "Reminder sent"}]}
    written = xero.send("PUT", f"Invoices/{invoice}/History", json=note).json()
    assert_valid(written, "HistoryRecords")
    assert_valid(xero.get(f"Invoices/{invoice}/History"), "HistoryRecords")


def test_an_online_invoice_is_what_the_specification_says(xero: Tenant) -> None:
    invoice = xero.get("Invoices?Statuses=AUTHORISED&where=" + 'Type=="ACCREC"')["Invoices"][0]["InvoiceID"]
    assert_valid(xero.get(f"Invoices/{invoice}/OnlineInvoice"), "OnlineInvoices")


def test_a_validation_error_is_what_the_specification_says(xero: Tenant) -> None:
    invoice = xero.get("Invoices?page=1")["Invoices"][0]["InvoiceID"]
    answer = xero.send("PUT", f"Invoices/{invoice}/History", json={"HistoryRecords": [{"Details": ""}]})
    assert answer.status_code == 400
    assert_valid(answer.json(), "Error")
    assert answer.json()["Elements"][0]["ValidationErrors"][0]["Message"]


def test_what_is_posted_about_changes_is_what_the_specification_says() -> None:
    world = peopled_world()
    events = changes("xero", world.companies["xero"], START - timedelta(days=1))
    # Xero told of prepayments and overpayments only after this specification had been written.
    described = [event for event in events if event.what in ("INVOICE", "CONTACT", "CREDITNOTE")]
    assert len({event.what for event in described}) == 3
    body = json.loads(xero_body(described, 1))
    schema = json_schema("WebhookEvent", "xero-webhooks.yaml")
    jsonschema.Draft202012Validator(schema).validate(body)


def test_the_answer_to_a_new_draft_is_what_the_specification_says(xero: Tenant) -> None:
    customer = next(each for each in xero.books.customers.values() if not each.archived)
    draft = {
        "Type": "ACCREC",
        "Contact": {"ContactID": customer.guid},
        "LineItems": [{"Description": "Interest", "UnitAmount": 6.43, "AccountCode": "270"}],
    }

    assert_valid(xero.send("PUT", "Invoices", json={"Invoices": [draft]}).json(), "Invoices")
