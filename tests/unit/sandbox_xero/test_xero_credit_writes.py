"""Credit notes an app writes: what is made of them, what is refused, and what is remembered by key."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from truth.xero_truth import Tenant, connected, peopled_world

from connectors.sandbox.documents import Customer, Invoice


@pytest.fixture
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


@pytest.fixture
def invoice(xero: Tenant) -> Invoice:
    return next(i for i in xero.books.invoices.values() if not i.bill and i.state == "open" and i.due_amount > 1)


def owner(xero: Tenant, invoice: Invoice) -> Customer:
    return xero.books.customers[invoice.customer_id]


def note(xero: Tenant, invoice: Invoice, **changes: Any) -> dict[str, Any]:
    line = {"Description": "Written off", "Quantity": 1, "UnitAmount": 1.5, "AccountCode": "404"}
    return {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "CreditNoteNumber": "WO-1",
        "Contact": {"ContactID": owner(xero, invoice).guid},
        "Date": "2026-03-02",
        "CurrencyCode": invoice.currency,
        "LineItems": [line],
    } | changes


def put(xero: Tenant, path: str, body: Any, key: str | None = None) -> requests.Response:
    return xero.send("PUT", path, json=body, headers={"Idempotency-Key": key} if key else None)


def refusal(answer: requests.Response) -> str:
    assert answer.status_code == 400, answer.text
    body = answer.json()
    return str(body["Elements"][0]["ValidationErrors"][0]["Message"]) if "Elements" in body else str(body["Type"])


def test_a_note_is_read_back_as_every_other(xero: Tenant, invoice: Invoice) -> None:
    made = put(xero, "CreditNotes", {"CreditNotes": [note(xero, invoice)]}).json()["CreditNotes"][0]

    assert (made["CreditNoteNumber"], made["Status"], made["RemainingCredit"]) == ("WO-1", "AUTHORISED", 1.5)
    assert xero.get(f"CreditNotes/{made['CreditNoteID']}")["CreditNotes"][0] == made


def test_an_allocation_takes_its_amount_off_the_invoice(xero: Tenant, invoice: Invoice) -> None:
    due = invoice.due_amount
    made = put(xero, "CreditNotes", {"CreditNotes": [note(xero, invoice)]}).json()["CreditNotes"][0]
    part = {"Invoice": {"InvoiceID": invoice.guid}, "Amount": 1.5, "Date": "2026-03-02"}

    answer = put(xero, f"CreditNotes/{made['CreditNoteID']}/Allocations", {"Allocations": [part]})

    assert answer.json()["Allocations"][0]["Amount"] == 1.5
    assert invoice.due_amount == due - Decimal("1.50")


def test_the_same_key_writes_one_note(xero: Tenant, invoice: Invoice) -> None:
    body = {"CreditNotes": [note(xero, invoice)]}
    before = len(xero.books.credits)

    first, second = (put(xero, "CreditNotes", body, key="k").json() for _ in range(2))

    assert first["CreditNotes"] == second["CreditNotes"]
    assert len(xero.books.credits) == before + 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Type": "ACCPAYCREDIT"}, "Type"),
        ({"Contact": {"ContactID": "00000000-0000-0000-0000-000000000000"}}, "Contact"),
        ({"LineItems": []}, "line items"),
        ({"LineItems": [{"Description": "x", "UnitAmount": 1, "AccountCode": "999"}]}, "Account code '999'"),
        ({"LineItems": [{"Description": "", "UnitAmount": 1, "AccountCode": "404"}]}, "Description"),
        ({"LineItems": [{"Description": "x", "UnitAmount": -1, "AccountCode": "404"}]}, "greater than zero"),
        ({"Date": "soon"}, "PostDataInvalidException"),
    ],
)
def test_a_note_that_is_not_right_is_refused_and_not_kept(
    xero: Tenant, invoice: Invoice, changes: dict[str, Any], words: str
) -> None:
    before = len(xero.books.credits)

    answer = put(xero, "CreditNotes", {"CreditNotes": [note(xero, invoice, **changes)]})

    assert words in refusal(answer)
    assert len(xero.books.credits) == before


def test_numbers_are_unique(xero: Tenant, invoice: Invoice) -> None:
    put(xero, "CreditNotes", {"CreditNotes": [note(xero, invoice)]})

    assert "must be unique" in refusal(put(xero, "CreditNotes", {"CreditNotes": [note(xero, invoice)]}))


@pytest.mark.parametrize(
    ("amount", "words"), [("2.00", "remaining credit"), ("0", "not valid"), ("99999999", "outstanding")]
)
def test_more_than_there_is_cannot_be_allocated(xero: Tenant, invoice: Invoice, amount: str, words: str) -> None:
    made = put(xero, "CreditNotes", {"CreditNotes": [note(xero, invoice)]}).json()["CreditNotes"][0]
    part = {"Invoice": {"InvoiceID": invoice.guid}, "Amount": float(amount), "Date": "2026-03-02"}
    due = invoice.due_amount

    answer = put(xero, f"CreditNotes/{made['CreditNoteID']}/Allocations", {"Allocations": [part]})

    assert words in refusal(answer)
    assert invoice.due_amount == due
