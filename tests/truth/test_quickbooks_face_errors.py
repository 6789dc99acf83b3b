"""Does the sandbox's QuickBooks say no in the words and shapes that were recorded?"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from lxml import etree
from starlette.requests import Request
from truth.quickbooks_truth import (
    Wire,
    company,
    connected,
    furnished,
    recorded_headers,
    recordings,
    ruby,
    shape,
    token_call,
    truth,
)

from connectors.sandbox.quickbooks.face import quickbooks_face


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with connected(furnished()) as client:
        yield client


def from_issues(where: str, status: int) -> Any:
    quoted = json.loads((truth() / "errors-from-issues.json").read_text(encoding="utf-8"))
    return next(entry["body"] for entry in quoted if entry["where"].startswith(where) and entry["http"] == status)


def quoted_unqueryable() -> str:
    quoted = json.loads((truth() / "errors-from-issues.json").read_text(encoding="utf-8"))
    return next(str(entry["body"]) for entry in quoted if "not queryable" in str(entry["body"]))


def ordered(kind: str) -> tuple[int, dict[str, str], bytes]:
    """The face's own answer for a fault kind."""
    response = quickbooks_face(company()).error(kind, Request({"type": "http", "headers": []}))
    assert response is not None
    return response.status_code, dict(response.headers), bytes(response.body)


def ordered_json(kind: str) -> Any:
    return json.loads(ordered(kind)[2])


def skeleton(xml: etree._Element) -> Any:
    """Names, attributes and children of an XML tree, without times and namespaces' prefixes."""
    attributes = sorted(name for name in xml.attrib if name != "time")
    return etree.QName(xml).localname, attributes, [skeleton(child) for child in xml if isinstance(child.tag, str)]


def one_error(body: Any) -> Any:
    return body["Fault"]["Error"][0]


def test_an_expired_token_is_refused_in_the_gateways_lower_case(wire: Wire) -> None:
    answer = requests.get(f"{wire.company_url}/customer/1", headers={"Authorization": "Bearer old"}, timeout=5)
    recorded = recordings("error/401.yml")[0]
    assert answer.status_code == 401
    assert shape(answer.json()) == shape(recorded)
    assert answer.json()["fault"]["error"][0]["message"] == recorded["fault"]["error"][0]["message"]
    assert answer.headers["www-authenticate"] == recorded_headers("error/401.yml")["www-authenticate"]


def test_a_token_of_another_realm_is_forbidden_as_quoted(wire: Wire) -> None:
    url = wire.company_url.replace(wire.books.company.realm, "9341453999999999")
    answer = requests.get(f"{url}/invoice/1", headers={"Authorization": f"Bearer {wire.token}"}, timeout=5)
    quoted = from_issues("API gateway", 403)
    assert answer.status_code == 403
    assert answer.json() | {"time": 0} == quoted | {"time": 0}


def test_an_unknown_property_is_2010_as_recorded(wire: Wire) -> None:
    answer = wire.post("/invoice", {"BadJson": True})
    recorded = recordings("error/400_json.yml")[0]
    assert answer.status_code == 400
    assert shape(answer.json()) == shape(recorded)
    assert one_error(answer.json())["code"] == one_error(recorded)["code"]


def test_an_id_that_is_no_number_is_2030_without_a_time_as_recorded(wire: Wire) -> None:
    assert wire.get("/customer/1.5").json() == recordings("error/500.yml")[1]


def test_an_unknown_path_is_an_unsupported_operation_as_recorded(wire: Wire) -> None:
    answer = wire.get("/customer/1/5")
    recorded = recordings("error/500.yml")[0]
    assert answer.status_code == 400
    assert shape(answer.json()) == shape(recorded)
    assert one_error(answer.json())["code"] == one_error(recorded)["code"]


def test_batch_faults_are_610_and_5010_in_the_recorded_words(wire: Wire) -> None:
    recorded = recordings("batch/basic.yml")[0]["BatchItemResponse"]
    items = [
        {"bId": "bid2", "operation": "delete", "Invoice": {"Id": "999", "SyncToken": "0"}},
        {"bId": "bid3", "operation": "update", "Invoice": {"Id": "6", "SyncToken": "44", "sparse": True}},
        {"bId": "bid4", "Query": "select * from Invoice where Balance > '250'"},
    ]
    ours = wire.post("/batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    gone, stale, found = ours
    assert gone == recorded[1]
    assert shape(stale) == shape(recorded[2])
    name = "Sandbox Bookkeeper"
    assert one_error(stale)["Detail"] == one_error(recorded[2])["Detail"].replace("Christian Pelczarski", name)
    assert [list(item) for item in ours] == [list(item) for item in recorded[1:]]
    assert list(found["QueryResponse"])[1:] == list(recorded[3]["QueryResponse"])[1:]


def test_a_deleted_invoice_answers_as_recorded(wire: Wire) -> None:
    recorded = recordings("delete/invoice.yml")[1]
    with connected(furnished()) as own:
        invoice = own.rows("select * from Invoice where DocNumber = '1001'")[0]
        body = {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"]}
        answer = own.post("/invoice", body, operation="delete").json()
        assert shape(answer) == shape(recorded)
        assert answer["Invoice"] == recorded["Invoice"] | {"Id": invoice["Id"]}
        assert one_error(own.get(f"/invoice/{invoice['Id']}").json())["code"] == "610"


def test_a_note_on_a_missing_invoice_is_6000_in_the_recorded_words(wire: Wire) -> None:
    recorded = recordings("attachment/error_estimate.yml")[0]["AttachableResponse"][0]
    link = [{"EntityRef": {"type": "Estimate", "value": "75"}}]
    assert wire.post("/attachable", {"Note": "x", "AttachableRef": link}).json()["Fault"] == recorded["Fault"]


def test_start_position_zero_is_4001_in_the_recorded_words(wire: Wire) -> None:
    recorded = ruby("query_validation_error.xml")
    ours = one_error(wire.ask("select * from Invoice startposition 0").json())
    assert ours["Message"] == recorded.findtext(".//{*}Message")
    assert ours["Detail"] == recorded.findtext(".//{*}Detail")
    assert ours["code"] == recorded.find(".//{*}Error").attrib["code"]


def test_an_unfilterable_property_is_4001_in_the_quoted_words(wire: Wire) -> None:
    quoted = etree.fromstring(quoted_unqueryable())
    ours = one_error(wire.ask("select * from Invoice where PrivateNote = 'x'").json())
    words = quoted.findtext(".//{*}Detail") or ""
    assert ours["Detail"] == words.replace("PrimaryEmailAddr", "PrivateNote")


def test_a_poisoned_query_is_4002_in_the_quoted_words(wire: Wire) -> None:
    quoted = from_issues("query", 400)
    assert ordered_json("4002")["Fault"] == quoted["Fault"]


@pytest.mark.parametrize(
    ("kind", "name"), [("429_xml", "too_many_requests_error"), ("403_throttle", "throttle_exceeded_error")]
)
def test_the_throttle_in_xml_is_the_recorded_one(kind: str, name: str) -> None:
    recorded = ruby(f"{name}.xml")
    status, headers, body = ordered(kind)
    ours = etree.fromstring(body)
    assert status == int(kind[:3])
    assert "xml" in headers["content-type"]
    assert skeleton(ours) == skeleton(recorded)
    assert [node.text for node in ours.iter("{*}Message", "{*}Detail")] == [
        node.text for node in recorded.iter("{*}Message", "{*}Detail")
    ]


@pytest.mark.parametrize(("kind", "where"), [("401_xml", "same, code 100"), ("130", "QBO behind the gateway")])
def test_the_xml_refusals_behind_the_gateway_are_the_quoted_ones(kind: str, where: str) -> None:
    quoted = etree.fromstring(from_issues(where, 401).encode())
    ours = etree.fromstring(ordered(kind)[2])
    assert skeleton(ours) == skeleton(quoted)
    assert [node.text for node in ours.iter("{*}Message", "{*}Detail")] == [
        node.text for node in quoted.iter("{*}Message", "{*}Detail")
    ]


def test_the_gateways_500_is_the_quoted_one() -> None:
    status, _, body = ordered("500")
    assert status == 500
    assert json.loads(body) | {"time": 0} == from_issues("API gateway", 500) | {"time": 0}


def test_a_bad_refresh_token_is_the_quoted_invalid_grant(wire: Wire) -> None:
    answer = token_call(wire.base, grant_type="refresh_token", refresh_token="RT1-made-up")
    assert answer.status_code == 400
    assert answer.json() == from_issues("token endpoint", 400) == ordered_json("invalid_grant")


@pytest.mark.parametrize("kind", ["502_html", "503_html"])
def test_the_proxies_answer_html(kind: str) -> None:
    status, headers, body = ordered(kind)
    assert status == int(kind[:3])
    assert headers["content-type"].startswith("text/html")
    assert b"<h1>" in body


def test_a_fault_can_hide_in_a_200() -> None:
    status, _, body = ordered("fault_in_200")
    assert status == 200
    assert json.loads(body)["Fault"]["type"] == "SystemFault"


def test_a_bare_query_answers_200_with_a_system_fault_inside(wire: Wire) -> None:
    answer = wire.get("/query")
    assert answer.status_code == 200
    assert one_error(answer.json())["code"] == "10000"


STATUSES = {
    "400": 400, "401": 401, "401_xml": 401, "403": 403, "120": 403, "610": 400, "4002": 400, "5010": 400, "6000": 400,
    "6190": 400, "6210": 400, "429": 429, "429_xml": 429, "429_month": 429, "403_throttle": 403, "500": 500,
    "500_fault": 500, "502_html": 502, "503_html": 503, "fault_in_200": 200, "404": 404,
}  # fmt: skip


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_every_ordered_fault_has_its_status_and_a_trace_id(kind: str, status: int) -> None:
    found, headers, body = ordered(kind)
    assert found == status
    assert headers["intuit-tid"].startswith("1-")
    assert body


def test_a_fault_this_service_does_not_know_is_none() -> None:
    assert quickbooks_face(company()).error("teapot", Request({"type": "http", "headers": []})) is None
