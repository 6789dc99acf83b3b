"""Credit memos and their application: what is made of them, what is refused, and what is repeated."""

from decimal import Decimal
from typing import Any

import pytest
import requests
from truth.quickbooks_truth import Wire

from connectors.sandbox.documents import Invoice


@pytest.fixture
def invoice(firm: Wire) -> Invoice:
    return next(i for i in firm.books.invoices.values() if not i.bill and i.state == "open" and i.due_amount > 1)


def memo(invoice: Invoice, **changes: Any) -> dict[str, Any]:
    detail = {"ItemRef": {"value": "2"}}
    line = {"Amount": 1.5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {
        "DocNumber": "WO-1",
        "CustomerRef": {"value": str(invoice.customer_id)},
        "TxnDate": "2026-03-02",
        "CurrencyRef": {"value": invoice.currency},
        "Line": [line],
    } | changes


def application(invoice: Invoice, memo_id: str, first: float = 1.5, second: float = 1.5, **changes: Any) -> Any:
    links = ((first, "Invoice", str(invoice.id)), (second, "CreditMemo", memo_id))
    lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": key, "TxnType": kind}]} for amount, kind, key in links]
    body = {"CustomerRef": {"value": str(invoice.customer_id)}, "TotalAmt": 0, "TxnDate": "2026-03-02", "Line": lines}
    return body | changes


def code(answer: requests.Response) -> str:
    return str(answer.json()["Fault"]["Error"][0]["code"])


def test_a_memo_is_read_back_as_every_other(firm: Wire, invoice: Invoice) -> None:
    made = firm.post("/creditmemo", memo(invoice)).json()["CreditMemo"]

    assert (made["DocNumber"], made["TotalAmt"], made["Balance"]) == ("WO-1", 1.5, 1.5)
    assert firm.get(f"/creditmemo/{made['Id']}").json()["CreditMemo"] == made


def test_a_payment_of_nothing_applies_it(firm: Wire, invoice: Invoice) -> None:
    due = invoice.due_amount
    made = firm.post("/creditmemo", memo(invoice)).json()["CreditMemo"]

    payment = firm.post("/payment", application(invoice, made["Id"])).json()["Payment"]

    assert invoice.due_amount == due - Decimal("1.50")
    assert payment["TotalAmt"] == 0
    assert firm.get(f"/payment/{payment['Id']}").json()["Payment"] == payment
    assert firm.get(f"/creditmemo/{made['Id']}").json()["CreditMemo"]["Balance"] == 0


def test_a_requestid_writes_one_memo_however_late(firm: Wire, invoice: Invoice) -> None:
    before = len(firm.books.credits)

    first, second = (firm.post("/creditmemo?requestid=r-1", memo(invoice)).json() for _ in range(2))

    assert first["CreditMemo"]["Id"] == second["CreditMemo"]["Id"]
    assert len(firm.books.credits) == before + 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"CustomerRef": {}}, "2020"),
        ({"CustomerRef": {"value": "999999"}}, "6000"),
        ({"Line": []}, "2020"),
        ({"Line": [{"Amount": 1, "DetailType": "SubTotalLineDetail"}]}, "2020"),
        ({"DocNumber": "X" * 22}, "2050"),
        ({"Betrag": 1}, "2010"),
    ],
)
def test_a_memo_that_is_not_right_is_refused(
    firm: Wire, invoice: Invoice, changes: dict[str, Any], refusal: str
) -> None:
    before = len(firm.books.credits)

    answer = firm.post("/creditmemo", memo(invoice, **changes))

    assert (answer.status_code, code(answer)) == (400, refusal)
    assert len(firm.books.credits) == before


def test_an_item_that_is_not_there_is_refused(firm: Wire, invoice: Invoice) -> None:
    line = {"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "77"}}}

    assert code(firm.post("/creditmemo", memo(invoice, Line=[line]))) == "2500"


@pytest.mark.parametrize(
    "body",
    [
        {"first": 1.0},
        {"first": 9.0, "second": 9.0},
        {"first": 0, "second": 0},
    ],
)
def test_an_application_that_does_not_add_up_is_refused(firm: Wire, invoice: Invoice, body: dict[str, Any]) -> None:
    made = firm.post("/creditmemo", memo(invoice)).json()["CreditMemo"]
    due = invoice.due_amount

    answer = firm.post("/payment", application(invoice, made["Id"], **body))

    assert (answer.status_code, code(answer)) == (400, "6000")
    assert invoice.due_amount == due


def test_money_itself_is_not_taken_from_an_app(firm: Wire, invoice: Invoice) -> None:
    made = firm.post("/creditmemo", memo(invoice)).json()["CreditMemo"]

    assert code(firm.post("/payment", application(invoice, made["Id"], TotalAmt=5))) == "500"
