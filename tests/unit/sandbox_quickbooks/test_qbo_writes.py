"""Notes, edits, voids, deletes and batches: what the service does, what it refuses, and what it repeats."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import requests
from truth.quickbooks_truth import Wire

DAY = date(2026, 1, 1)


def note(text: str, *links: tuple[str, str]) -> dict[str, Any]:
    return {"Note": text, "AttachableRef": [{"EntityRef": {"type": kind, "value": value}} for kind, value in links]}


def code(answer: requests.Response) -> str:
    return str(answer.json()["Fault"]["Error"][0]["code"])


def invoice(wire: Wire, number: int) -> dict[str, Any]:
    return dict(wire.get(f"/invoice/{number}").json(parse_float=Decimal)["Invoice"])


def test_a_note_on_invoice_and_customer_is_one_line_in_the_books(firm: Wire) -> None:
    made = firm.post("/attachable", note("hello", ("Invoice", "6"), ("Customer", "1"))).json()["Attachable"]
    assert [(kept.text, kept.invoice_id) for kept in firm.books.notes][1:] == [("hello", 6)]
    assert [link["EntityRef"]["type"] for link in made["AttachableRef"]] == ["Invoice", "Customer"]
    assert made["AttachableRef"][0]["IncludeOnSend"] is False
    assert firm.get(f"/attachable/{made['Id']}").json()["Attachable"] == made
    assert int(made["Id"]) > 2**53  # no float can hold it


def test_a_note_on_a_customer_alone_is_no_line_on_an_invoice(firm: Wire) -> None:
    made = firm.post("/attachable", note("hello", ("Customer", "1"))).json()["Attachable"]
    assert len(firm.books.notes) == 1
    assert firm.get(f"/attachable/{made['Id']}").json()["Attachable"]["Note"] == "hello"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (note("x", ("Invoice", "999")), "6000"),
        (note("x", ("Invoice", "11")), "6000"),  # deleted
        (note("x", ("Invoice", "abc")), "6000"),
        (note("x" * 2001, ("Invoice", "6")), "2050"),
        (note(""), "2020"),
        ({"Note": "x", "Betrag": 1}, "2010"),
    ],
)
def test_a_note_that_cannot_be_kept_is_refused(firm: Wire, body: dict[str, Any], refusal: str) -> None:
    assert code(firm.post("/attachable", body)) == refusal
    assert len(firm.books.notes) == 1


def test_two_thousand_characters_fit(firm: Wire) -> None:
    assert firm.post("/attachable", note("ä" * 2000, ("Invoice", "6"))).status_code == 200


@pytest.mark.parametrize(("switch", "token"), [("no", "0"), ("yes", "1")])
def test_a_note_bumps_its_invoice_only_by_switch(firm: Wire, switch: str, token: str) -> None:
    firm.world.switches["quickbooks.attachable_bumps_invoice"] = switch
    firm.post("/attachable", note("hello", ("Invoice", "6")))
    assert invoice(firm, 6)["SyncToken"] == token


def test_the_same_request_id_gives_the_first_answer_and_writes_once(firm: Wire) -> None:
    first = firm.post("/attachable", note("once", ("Invoice", "6")), requestid="r1")
    second = firm.post("/attachable", note("other", ("Invoice", "7")), requestid="r1")
    assert second.content == first.content
    assert second.headers["intuit-tid"] != first.headers["intuit-tid"]
    assert [(kept.text, kept.key) for kept in firm.books.notes][1:] == [("once", "r1")]


def test_the_first_answer_comes_again_even_after_the_note_was_deleted(firm: Wire) -> None:
    first = firm.post("/attachable", note("once", ("Invoice", "6")), requestid="r1")
    made = first.json()["Attachable"]
    gone = firm.post("/attachable", {"Id": made["Id"], "SyncToken": "0"}, operation="delete").json()["Attachable"]
    assert gone == {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}
    assert firm.post("/attachable", note("once", ("Invoice", "6")), requestid="r1").content == first.content
    assert code(firm.get(f"/attachable/{made['Id']}")) == "610"
    assert len(firm.books.notes) == 1


def test_a_refused_request_id_may_be_used_again(firm: Wire) -> None:
    assert code(firm.post("/attachable", note("x", ("Invoice", "999")), requestid="r1")) == "6000"
    assert firm.post("/attachable", note("x", ("Invoice", "6")), requestid="r1").status_code == 200


def test_a_sparse_update_changes_the_private_note_and_nothing_else(firm: Wire) -> None:
    before = invoice(firm, 6)
    body = {"Id": "6", "SyncToken": "0", "sparse": True, "PrivateNote": "chased"}
    after = firm.post("/invoice", body).json(parse_float=Decimal)["Invoice"]
    assert after == before | {"PrivateNote": "chased", "SyncToken": "1", "MetaData": after["MetaData"]}
    assert after["MetaData"]["CreateTime"] == before["MetaData"]["CreateTime"]


def test_a_full_update_clears_what_is_not_in_it(firm: Wire) -> None:
    body = {key: value for key, value in firm.get("/invoice/6").json()["Invoice"].items() if key != "PrivateNote"}
    after = firm.post("/invoice", body).json()["Invoice"]
    assert "PrivateNote" not in after


def test_a_full_update_without_lines_is_refused(firm: Wire) -> None:
    assert code(firm.post("/invoice", {"Id": "6", "SyncToken": "0", "PrivateNote": "x"})) == "2020"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"Id": "6", "SyncToken": "9", "sparse": True}, "5010"),
        ({"Id": "6", "sparse": True}, "2020"),
        ({"Id": "999", "SyncToken": "0", "sparse": True}, "610"),
        ({"Id": "six", "SyncToken": "0", "sparse": True}, "2030"),
        ({"Id": "6", "SyncToken": "0", "sparse": True, "PrivateNote": "x" * 4001}, "2050"),
    ],
)
def test_an_update_that_does_not_fit_is_refused(firm: Wire, body: dict[str, Any], refusal: str) -> None:
    before = invoice(firm, 6)
    assert code(firm.post("/invoice", body)) == refusal
    assert invoice(firm, 6) == before


def test_closed_books_take_no_change_but_a_note_of_ours(firm: Wire) -> None:
    firm.books.company.closed_until = date(2026, 1, 31)
    body = {"Id": "6", "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    assert code(firm.post("/invoice", body)) == "6210"
    assert code(firm.post("/invoice", {"Id": "6", "SyncToken": "0"}, operation="void")) == "6210"
    assert firm.post("/attachable", note("hello", ("Invoice", "6"))).status_code == 200
    assert firm.get("/preferences").json()["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"] == "2026-01-31"


def test_voiding_zeroes_the_amounts_and_keeps_due_date_and_customer(firm: Wire) -> None:
    before = invoice(firm, 6)
    after = firm.post("/invoice", {"Id": "6", "SyncToken": "0"}, operation="void").json()["Invoice"]
    assert (after["TotalAmt"], after["Balance"], after["SyncToken"]) == (0, 0, "1")
    assert {line["Amount"] for line in after["Line"]} == {0}
    assert after["PrivateNote"] == "Voided - call"
    assert (after["DueDate"], after["CustomerRef"]) == (before["DueDate"], before["CustomerRef"])


@pytest.mark.parametrize("operation", ["void", "delete"])
def test_a_paid_invoice_can_be_neither_voided_nor_deleted(firm: Wire, operation: str) -> None:
    token = invoice(firm, 7)["SyncToken"]
    assert code(firm.post("/invoice", {"Id": "7", "SyncToken": token}, operation=operation)) == "6000"
    assert firm.books.invoices[7].settled


def test_a_void_payment_stays_with_nothing_in_it_and_its_invoice_is_due_again(firm: Wire) -> None:
    payment = next(p for p in firm.books.payments.values() if p.amount == 150)
    body = {"Id": str(payment.id), "SyncToken": str(payment.version), "sparse": True}
    after = firm.post("/payment", body, operation="update", include="void").json()["Payment"]
    assert (after["TotalAmt"], after["UnappliedAmt"], after["Line"], after["PrivateNote"]) == (0, 0, [], "Voided")
    assert invoice(firm, 7)["Balance"] == 100


def test_making_a_customer_inactive_needs_a_balance_of_zero(firm: Wire) -> None:
    body = {"Id": "1", "SyncToken": "1", "sparse": True, "Active": False}
    assert code(firm.post("/customer", body)) == "6000"


def test_what_the_sandbox_does_not_create_is_refused_in_words(firm: Wire) -> None:
    assert code(firm.post("/customer", {"DisplayName": "Somebody"})) == "500"


def test_a_body_that_is_no_json_is_refused(firm: Wire) -> None:
    headers = {"Authorization": f"Bearer {firm.token}"}
    answer = requests.post(f"{firm.company_url}/attachable", data=b"{", headers=headers, timeout=5)
    assert code(answer) == "2010"


def test_a_batch_answers_each_item_in_order_with_its_own_fault(firm: Wire) -> None:
    items = [
        {"bId": "a", "Query": "select * from Invoice where Id in ('6', '7') orderby Id"},
        {"bId": "b", "operation": "create", "Attachable": note("from a batch", ("Invoice", "6"))},
        {"bId": "c", "Query": "select * from Invoice where LinkedTxn = '1'"},
        {"bId": "d", "operation": "update", "Invoice": {"Id": "6", "SyncToken": "5", "sparse": True}},
        {"bId": "e", "operation": "update", "Invoice": {"Id": "6", "SyncToken": "0"}, "optionsData": "void"},
        {"bId": "f", "operation": "create"},
        {"bId": "g", "CDCQuery": {"Entities": "Invoice", "ChangedSince": "2026-03-01"}},
    ]
    answer = firm.post("/batch", {"BatchItemRequest": items})
    assert answer.status_code == 200
    parts = answer.json()["BatchItemResponse"]
    assert [part["bId"] for part in parts] == ["a", "b", "c", "d", "e", "f", "g"]
    assert [row["Id"] for row in parts[0]["QueryResponse"]["Invoice"]] == ["6", "7"]
    assert parts[1]["Attachable"]["Note"] == "from a batch"
    assert [part["Fault"]["Error"][0]["code"] for part in (*parts[2:4], *parts[5:])] == ["4001", "5010", "500", "500"]
    assert parts[4]["Invoice"]["Balance"] == 0


def test_a_cdc_query_in_a_batch_works_only_by_switch(firm: Wire) -> None:
    firm.world.switches["quickbooks.batch_cdc"] = "yes"
    items = [{"bId": "1", "CDCQuery": {"Entities": "Invoice", "ChangedSince": "2026-03-01"}}]
    part = firm.post("/batch", {"BatchItemRequest": items}).json()["BatchItemResponse"][0]
    assert part["CDCResponse"][0]["QueryResponse"][0]["Invoice"]


def test_thirty_items_fit_into_a_batch_and_thirty_one_do_not(firm: Wire) -> None:
    items = [{"bId": str(number), "Query": "select count(*) from Invoice"} for number in range(31)]
    assert len(firm.post("/batch", {"BatchItemRequest": items[:30]}).json()["BatchItemResponse"]) == 30
    assert firm.post("/batch", {"BatchItemRequest": items}).status_code == 400


def test_an_empty_batch_is_refused(firm: Wire) -> None:
    assert code(firm.post("/batch", {"BatchItemRequest": []})) == "2020"
