"""Invoices that an app creates in QuickBooks: owed from then on, with the customer's terms and currency."""

from datetime import date
from typing import Any

import pytest
import requests
from truth.quickbooks_truth import Wire


def body(**changes: Any) -> dict[str, Any]:
    detail = {"ItemRef": {"value": "1", "name": "Services"}}
    line = {"Amount": 100.0, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    whole = {"Line": [line], "CustomerRef": {"value": "1"}, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def code(answer: requests.Response) -> str:
    return str(answer.json()["Fault"]["Error"][0]["code"])


def test_the_recorded_request_makes_an_invoice_that_is_owed(firm: Wire) -> None:
    made = firm.post("/invoice", body()).json()["Invoice"]

    assert (made["TotalAmt"], made["Balance"], made["SyncToken"]) == (100, 100, "0")
    assert made["DocNumber"]
    assert firm.get(f"/invoice/{made['Id']}").json()["Invoice"] == made


def test_without_a_due_date_the_customers_terms_count(firm: Wire) -> None:
    made = firm.post("/invoice", body(TxnDate="2026-03-02")).json()["Invoice"]
    terms = firm.books.customers[1].terms_days

    assert (date.fromisoformat(made["DueDate"]) - date(2026, 3, 2)).days == terms


def test_the_same_requestid_makes_one(firm: Wire) -> None:
    before = len(firm.books.invoices)

    answers = [firm.post("/invoice?requestid=r1", body()).json()["Invoice"]["Id"] for _ in range(3)]

    assert len(set(answers)) == 1
    assert len(firm.books.invoices) == before + 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"CustomerRef": None}, "2020"),
        ({"Line": None}, "2020"),
        ({"Line": [{"Amount": 1}]}, "2020"),
        ({"Line": [{"DetailType": "SalesItemLineDetail"}]}, "2020"),
        ({"CustomerRef": {"value": "999"}}, "610"),
        (
            {"Line": [{"Amount": 1, "DetailType": "SalesItemLineDetail",
                       "SalesItemLineDetail": {"ItemRef": {"value": "77"}}}]},
            "610",
        ),
        ({"CurrencyRef": {"value": "JPY"}}, "6000"),
        ({"PrivateNote": "x" * 4001}, "2050"),
        ({"TxnDate": "yesterday"}, "6000"),
        ({"Reference": "x"}, "2010"),
    ],
)  # fmt: skip
def test_what_quickbooks_would_not_take_is_refused(firm: Wire, changes: dict[str, Any], refusal: str) -> None:
    before = len(firm.books.invoices)

    assert code(firm.post("/invoice", body(**changes))) == refusal
    assert len(firm.books.invoices) == before


def test_closed_books_take_none(firm: Wire) -> None:
    firm.books.company.closed_until = date(2026, 3, 31)

    assert code(firm.post("/invoice", body(TxnDate="2026-03-02"))) == "6210"
