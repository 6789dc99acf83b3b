"""Invoices that an app puts into Xero: drafts unless it says otherwise, all of a body or none."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from truth.xero_truth import Tenant, connected, peopled_world


@pytest.fixture
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


def draft(xero: Tenant, **changes: Any) -> dict[str, Any]:
    customer = next(each for each in xero.books.customers.values() if not each.archived)
    record = {
        "Type": "ACCREC",
        "Status": "DRAFT",
        "Contact": {"ContactID": customer.guid},
        "Date": "2026-03-02",
        "LineAmountTypes": "NoTax",
        "Reference": "[a-mark]",
        "LineItems": [{"Description": "Interest", "Quantity": 1, "UnitAmount": 6.43, "AccountCode": "270"}],
    }
    return {name: value for name, value in {**record, **changes}.items() if value is not None}


def put(xero: Tenant, *records: Any, key: str | None = None) -> requests.Response:
    headers = {"Idempotency-Key": key} if key else None
    return xero.send("PUT", "Invoices", json={"Invoices": list(records)}, headers=headers)


def test_a_draft_is_created_with_a_number_and_no_due_date(xero: Tenant) -> None:
    [made] = put(xero, draft(xero)).json()["Invoices"]

    assert (made["Status"], made["Total"], made["Reference"]) == ("DRAFT", 6.43, "[a-mark]")
    assert made["InvoiceNumber"]
    assert "DueDate" not in made
    assert xero.get(f"Invoices/{made['InvoiceID']}")["Invoices"][0]["Status"] == "DRAFT"


def test_it_is_found_by_its_reference_and_as_made_by_an_app(xero: Tenant) -> None:
    [made] = put(xero, draft(xero)).json()["Invoices"]

    by_reference = xero.get('Invoices?where=Type=="ACCREC" AND Reference=="[a-mark]"&page=1')["Invoices"]
    by_app = xero.get("Invoices?createdByMyApp=true&page=1")["Invoices"]
    assert [each["InvoiceID"] for each in by_reference] == [made["InvoiceID"]]
    assert [each["InvoiceID"] for each in by_app] == [made["InvoiceID"]]


def test_the_same_key_creates_one(xero: Tenant) -> None:
    before, record = len(xero.books.invoices), draft(xero)

    answers = {put(xero, record, key="k").content for _ in range(3)}

    assert (len(answers), len(xero.books.invoices)) == (1, before + 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"Type": "ACCPAY"},
        {"Status": "PAID"},
        {"Status": "AUTHORISED"},  # without a due date
        {"Contact": {"ContactID": "00000000-0000-4000-8000-000000000000"}},
        {"Contact": None},
        {"LineItems": []},
        {"LineItems": [{"UnitAmount": 1}]},
        {"LineItems": [{"Description": "x", "AccountCode": "nope"}]},
        {"CurrencyCode": "KWD"},
        {"Reference": "x" * 256},
    ],
)
def test_what_xero_would_not_take_is_refused_with_all_its_company(xero: Tenant, changes: dict[str, Any]) -> None:
    before = len(xero.books.invoices)

    answer = put(xero, draft(xero), draft(xero, **changes))

    assert (answer.status_code, answer.json()["Type"]) == (400, "ValidationException")
    assert len(xero.books.invoices) == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"Invoices": []}', b'{"Invoices": 1}'])
def test_a_body_nobody_can_read_is_refused(xero: Tenant, body: bytes) -> None:
    answer = xero.send("PUT", "Invoices", data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400


def test_an_archived_contact_gets_none(xero: Tenant) -> None:
    customer = xero.books.add_customer("Gone Ltd", archived=True)

    answer = put(xero, draft(xero, Contact={"ContactID": customer.guid}))

    assert (answer.status_code, answer.json()["Type"]) == (400, "ValidationException")


def test_an_authorised_one_is_owed_at_once(xero: Tenant) -> None:
    [made] = put(xero, draft(xero, Status="AUTHORISED", DueDate="2026-03-09")).json()["Invoices"]

    assert (made["Status"], made["AmountDue"]) == ("AUTHORISED", 6.43)
