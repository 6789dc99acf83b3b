"""Is what the sandbox's QuickBooks sends what QuickBooks sends? Intuit's schema and the recordings answer."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from starlette.requests import Request
from truth.quickbooks_truth import (
    ENVELOPE_TIME,
    STAMP,
    Schema,
    Wire,
    company,
    connected,
    furnished,
    in_same_order,
    recorded_headers,
    recordings,
    ruby,
    shape,
)

from connectors.sandbox.quickbooks.face import quickbooks_face

ENTITIES = (
    *("Invoice", "Payment", "CreditMemo", "Customer", "CustomerType", "Term", "Attachable"),
    *("CompanyInfo", "Preferences"),
)


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema()


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with connected(furnished()) as client:
        yield client


def everything(wire: Wire, entity: str) -> list[Any]:
    active = "where Active in (true, false)" if entity == "Customer" else ""
    return wire.rows(" ".join(["select * from", entity, active, "maxresults 1000"]))


@pytest.mark.parametrize("tape", ["create/invoice.yml", "void/invoice.yml", "all/customers.yml", "cdc/basic.yml"])
def test_the_judge_accepts_what_intuit_itself_sent(schema: Schema, tape: str) -> None:
    problems = [problem for body in recordings(tape) for problem in schema.problems(body)]
    assert [problem for problem in problems if "CustomField" not in problem] == []  # those come without their value


def test_the_judge_refuses_what_the_schema_does_not_know(schema: Schema) -> None:
    assert schema.problems({"Invoice": {"Id": "1", "Betrag": 1}}) == ["Invoice has no Betrag"]
    assert schema.problems({"Invoice": {"Id": "1", "Balance": "much"}}) != []


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_row_of_every_entity_is_valid_against_intuits_schema(wire: Wire, schema: Schema, entity: str) -> None:
    answer = wire.ask(" ".join(["select * from", entity, "maxresults 1000"])).json(parse_float=Decimal)
    assert answer["QueryResponse"][entity]
    assert schema.problems(answer) == []


@pytest.mark.parametrize("entity", ENTITIES[:7])
def test_every_row_read_by_id_is_valid_and_the_same_as_in_the_query(wire: Wire, schema: Schema, entity: str) -> None:
    for row in everything(wire, entity):
        answer = wire.get(f"/{entity.lower()}/{row['Id']}").json(parse_float=Decimal)
        assert answer[entity] == row
        assert schema.problems(answer) == []


def test_changes_are_valid_against_intuits_schema(wire: Wire, schema: Schema) -> None:
    answer = wire.get("/cdc", entities="Invoice,Payment,CreditMemo,Customer", changedSince="2026-02-20").json()
    assert schema.problems({**answer, "CDCResponse": answer["CDCResponse"][0]}) == []


def test_a_batch_of_everything_is_valid_against_intuits_schema(wire: Wire, schema: Schema) -> None:
    note = {"Note": "hello", "AttachableRef": [{"EntityRef": {"type": "Customer", "value": "1"}}]}
    items = [
        {"bId": "1", "Query": "select * from Invoice"},
        {"bId": "2", "operation": "create", "Attachable": note},
        {"bId": "3", "operation": "delete", "Invoice": {"Id": "999999", "SyncToken": "0"}},
    ]
    answer = wire.post("/batch", {"BatchItemRequest": items}).json()
    assert schema.problems(answer) == []


FAULTS = ["400", "120", "403", "610", "4002", "5010", "6000", "6190", "6210", "500_fault", "fault_in_200", "401", "429"]
FAULTS_IN_XML = ["401_xml", "130", "429_xml", "403_throttle"]


def ordered(kind: str) -> bytes:
    response = quickbooks_face(company()).error(kind, Request({"type": "http", "headers": []}))
    assert response is not None
    return bytes(response.body)


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_in_capitals_is_valid_against_intuits_schema(schema: Schema, kind: str) -> None:
    answer = json.loads(ordered(kind))
    if "fault" in answer:  # the gateway's own notation, which no schema describes
        assert set(answer["fault"]) == {"error", "type"}
    else:
        assert schema.problems(answer) == []


@pytest.mark.parametrize("kind", FAULTS_IN_XML)
def test_every_fault_in_xml_is_valid_against_intuits_schema(schema: Schema, kind: str) -> None:
    schema.validator.validate(etree.fromstring(ordered(kind)))
    assert [str(error.message) for error in schema.validator.error_log] == []


@pytest.mark.parametrize("name", ["query_validation_error.xml", "throttle_exceeded_error.xml", "generic_error.xml"])
def test_the_judge_accepts_the_faults_that_were_recorded(schema: Schema, name: str) -> None:
    assert schema.validator.validate(ruby(name))


def test_counts_voids_and_deletions_are_valid_against_intuits_schema(schema: Schema) -> None:
    with connected(furnished()) as own:
        count = own.ask("select count(*) from Invoice").json()
        row = own.rows("select * from Invoice where DocNumber = '1001'")[0]
        void = own.post("/invoice", {"Id": row["Id"], "SyncToken": row["SyncToken"]}, operation="void").json()
        token = void["Invoice"]["SyncToken"]
        gone = own.post("/invoice", {"Id": row["Id"], "SyncToken": token}, operation="delete").json()
    assert [schema.problems(answer) for answer in (count, void, gone)] == [[], [], []]


def recorded_invoices() -> list[dict[str, Any]]:
    return [body["Invoice"] for tape in ("create/invoice.yml", "void/invoice.yml") for body in recordings(tape)]


def test_an_invoice_has_every_key_of_the_recorded_ones_in_their_order(wire: Wire) -> None:
    ours = next(row for row in everything(wire, "Invoice") if row["DocNumber"] == "1001")
    for recorded in recorded_invoices():
        assert recorded.keys() - ours.keys() <= {"PrivateNote"}
        assert in_same_order(list(ours), list(recorded))
        assert in_same_order(list(ours["Line"][0]), list(recorded["Line"][0]))


def test_a_void_invoice_looks_like_the_recorded_void(wire: Wire) -> None:
    recorded = recordings("void/invoice.yml")[1]["Invoice"]
    ours = next(row for row in everything(wire, "Invoice") if row.get("PrivateNote", "").startswith("Voided"))
    assert {name: ours[name] for name in ("TotalAmt", "Balance", "LinkedTxn", "TxnTaxDetail")} == {
        name: recorded[name] for name in ("TotalAmt", "Balance", "LinkedTxn", "TxnTaxDetail")
    }
    assert [line["Amount"] for line in ours["Line"]] == [line["Amount"] for line in recorded["Line"]] == [0, 0]
    assert ours["DueDate"] == "2026-02-14"
    assert ours["CustomerRef"]["value"] == "1"


def test_a_customer_has_the_keys_every_recorded_one_has_in_their_order(wire: Wire) -> None:
    recorded = [row for body in recordings("all/customers.yml") for row in body["QueryResponse"].get("Customer", [])]
    always = set.intersection(*(set(row) for row in recorded))
    for ours in everything(wire, "Customer"):
        assert always <= ours.keys()
        assert all(in_same_order(list(ours), list(row)) for row in recorded)


def test_a_job_hangs_under_its_parent_as_recorded(wire: Wire) -> None:
    recorded = next(
        row
        for body in recordings("all/alt_select.yml")
        for row in body["QueryResponse"].get("Customer", [])
        if row["Job"]
    )
    ours = next(row for row in everything(wire, "Customer") if row["Job"])
    for key in ("Job", "ParentRef", "Level"):
        assert shape(ours[key]) == shape(recorded[key])
    assert ours["FullyQualifiedName"] == "Bramble Bakery:Oven hire"


def test_a_payment_has_the_elements_of_the_recorded_one(wire: Wire) -> None:
    recorded = {child.tag for child in ruby("payment_with_line_extras.xml")}
    ours = next(row for row in everything(wire, "Payment") if row["TotalAmt"] == Decimal("150.00"))
    assert recorded <= ours.keys()
    names = [pair["value"]["Name"] for pair in ours["Line"][0]["LineEx"]["any"]]
    assert names == ["txnId", "txnOpenBalance", "txnReferenceNumber"]


def test_a_credit_memo_has_the_elements_of_the_recorded_one(wire: Wire) -> None:
    memo = next(iter(ruby("fetch_credit_memo.xml")))
    recorded = {child.tag.split("}")[1] for child in memo}
    ours = everything(wire, "CreditMemo")[0]
    assert recorded - ours.keys() <= {"BillAddr", "ShipAddr", "GlobalTaxCalculation"}


def test_a_tombstone_has_exactly_the_recorded_keys(wire: Wire) -> None:
    recorded = ruby("payment_changes.xml").find(".//{*}Payment")
    assert recorded is not None
    answer = wire.get("/cdc", entities="Payment", changedSince="2026-02-20").json()
    dead = [row for row in answer["CDCResponse"][0]["QueryResponse"][0]["Payment"] if row.get("status") == "Deleted"]
    keys = {*recorded.attrib, *(child.tag.split("}")[1] for child in recorded)}
    assert [set(row) for row in dead] == [keys]
    assert set(dead[0]["MetaData"]) == {"LastUpdatedTime"}


def test_the_cdc_envelope_has_the_recorded_shape(wire: Wire) -> None:
    recorded = recordings("cdc/basic.yml")[0]
    ours = wire.get("/cdc", entities="invoice", changedSince="2026-02-20").json()
    strip = {"Estimate", "Invoice"}
    for body in (recorded, ours):
        group = body["CDCResponse"][0]["QueryResponse"][0]
        assert [key for key in group if key not in strip] == ["startPosition", "maxResults"]
        assert list(body) == ["CDCResponse", "time"]


def test_counts_pages_and_ends_look_as_recorded(wire: Wire) -> None:
    count, page, *_, end = recordings("all/alt_select.yml")
    assert shape(wire.ask("select count(*) from Customer").json()) == shape(count)
    ours = wire.ask("select * from Customer maxresults 2 startposition 1").json()
    assert list(ours["QueryResponse"]) == list(page["QueryResponse"])
    assert wire.ask("select * from Customer startposition 900").json()["QueryResponse"] == end["QueryResponse"] == {}


def test_customers_come_sorted_by_full_name_as_recorded(wire: Wire) -> None:
    recorded = [
        row["FullyQualifiedName"].lower() for row in recordings("all/customers.yml")[1]["QueryResponse"]["Customer"]
    ]
    ours = [row["FullyQualifiedName"].lower() for row in everything(wire, "Customer")]
    assert recorded == sorted(recorded)
    assert ours == sorted(ours)


def test_stamps_are_whole_pacific_seconds_and_the_envelope_has_milliseconds(wire: Wire) -> None:
    recorded = recordings("create/invoice.yml")[0]
    ours = wire.get("/invoice/6").json()
    for body in (recorded, ours):
        assert ENVELOPE_TIME.fullmatch(body["time"])
        assert all(STAMP.fullmatch(text) for text in body["Invoice"]["MetaData"].values())


def test_money_is_printed_with_two_digits_and_nothing_as_a_bare_zero(wire: Wire) -> None:
    text = wire.ask("select * from Invoice where DocNumber = '1001'").text
    assert '"TotalAmt":258.12' in text
    assert '"UnitPrice":239,"Qty":1,' in text
    void = wire.ask("select * from Invoice where Balance = '0'").text
    assert '"TotalAmt":0,' in void


def test_answers_carry_the_recorded_headers_and_no_rate_limit(wire: Wire) -> None:
    recorded = recorded_headers("create/invoice.yml")
    ours = wire.get("/invoice/6").headers
    for name in ("intuit-tid", "content-type", "qbo-version", "service-time", "cache-control", "expires"):
        assert name in recorded
        assert name in {key.lower() for key in ours}
    assert ours["content-type"] == recorded["content-type"]
    assert not [name for name in ours if "ratelimit" in name.lower() or name.lower() == "retry-after"]
