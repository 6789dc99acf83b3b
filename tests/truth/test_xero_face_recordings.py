"""Whether the sandbox's Xero sounds like the recorded one, byte for byte where a recording allows that."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
import requests
import yaml
from starlette.requests import Request
from truth.xero_truth import (
    Tenant,
    connected,
    json_schema,
    peopled_world,
    press_allow,
    redeem,
    truth,
)

from connectors.sandbox.xero.face import xero_face
from connectors.sandbox.xero.wire import Json, Tree, pretty


@pytest.fixture
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


def recording(*parts: str) -> Any:
    """The first recorded response of a cassette."""
    cassette = yaml.safe_load(truth("samples", *parts).read_text())
    return (cassette.get("interactions") or cassette["http_interactions"])[0]["response"]


def as_tree(text: str) -> Tree:
    """Recorded JSON as the tree that should print as that JSON."""

    def convert(node: Any) -> Tree:
        if isinstance(node, dict):
            return {name: convert(value) for name, value in node.items()}
        if isinstance(node, list):
            return [convert(item) for item in node]
        if isinstance(node, str) and re.fullmatch(r"/Date\(.*\)/", node):
            return Json('"' + node.replace("/", "\\/") + '"')
        return node  # type: ignore[no-any-return]

    return convert(json.loads(text, parse_int=Json, parse_float=Json))


@pytest.mark.parametrize("name", ["test_get_organisations.yaml", "test_call_api_get_organisations.yaml"])
def test_a_recorded_body_is_printed_to_the_byte(name: str) -> None:
    recorded = recording("xero-python", name)["body"]["string"]
    assert pretty(as_tree(recorded)) == recorded


def test_the_organisation_has_the_keys_of_the_recorded_one_in_its_order(xero: Tenant) -> None:
    real = json.loads(recording("xero-python", "test_get_organisations.yaml")["body"]["string"])["Organisations"][0]
    ours = xero.get("Organisation")["Organisations"][0]
    assert list(ours) == [name for name in real if name != "TaxNumber"]


def test_the_envelope_has_the_keys_of_the_recorded_one_and_repeats_the_correlation_id(xero: Tenant) -> None:
    real = json.loads(recording("xero-python", "test_get_organisations.yaml")["body"]["string"])
    answer = xero.send("GET", "Organisation")
    assert list(answer.json()) == list(real)
    assert answer.json()["Id"] == answer.headers["Xero-Correlation-Id"]
    assert re.fullmatch(r"/Date\(\d+\)/", answer.json()["DateTimeUTC"])


def test_an_answer_has_the_headers_of_the_recorded_one(xero: Tenant) -> None:
    real = recording("xero-python", "test_get_organisations.yaml")["headers"]
    ours = xero.send("GET", "Organisation").headers
    left_to_the_server = {"connection", "date", "server", "expires"}
    assert {name.lower() for name in real} - left_to_the_server <= {name.lower() for name in ours}
    assert ours["Content-Type"] == real["Content-Type"][0]


@pytest.mark.parametrize(
    ("cassette", "change"),
    [("bad_token.yml", {"Authorization": "Bearer bad_token"}), ("bad_tenant.yml", {"xero-tenant-id": "bad_tenant"})],
)
def test_the_gateway_refuses_in_the_recorded_words(xero: Tenant, cassette: str, change: dict[str, str]) -> None:
    real = recording("xpm_ruby", cassette)
    answer = xero.send("GET", "Organisation", headers=change)
    body, recorded = answer.json(), json.loads(real["body"]["string"])
    assert answer.status_code == real["status"]["code"]
    assert len(body.pop("Instance")) == len(recorded.pop("Instance"))
    assert body == recorded
    assert " " not in answer.text
    assert answer.headers["content-type"] == "application/json"
    limits = {name for name in real["headers"] if "limit" in name}
    assert {name.lower() for name in answer.headers if "limit" in name.lower()} == limits
    assert answer.headers.get("www-authenticate") == real["headers"].get("www-authenticate", [None])[0]


def test_an_expired_token_is_refused_in_the_recorded_words(xero: Tenant) -> None:
    real = json.loads(truth("samples", "xeroizer", "expired_oauth2_token.json").read_text())
    xero.world.clock.advance(timedelta(minutes=30))
    body = xero.send("GET", "Organisation").json()
    assert {name: type(value) for name, value in body.items()}.items() >= {
        name: type(value) for name, value in real.items()
    }.items()
    assert re.fullmatch(r"TokenExpired: token expired at \d\d/\d\d/\d{4} \d\d:\d\d:\d\d", body["Detail"])
    assert len(body["Detail"]) == len(real["Detail"])


def test_an_exceeded_limit_is_answered_as_recorded(xero: Tenant) -> None:
    real = recording("xpm_ruby", "rate_limit_exceeded.yml")
    xero.world.rate_limits = True
    xero.world.switches["xero.minute_limit"] = "0"
    answer = xero.send("GET", "Organisation")
    assert answer.status_code == real["status"]["code"]
    assert answer.content == b""
    left_to_the_server = {"connection", "date", "server", "expires"}
    recorded = set(real["headers"]) - left_to_the_server
    assert recorded == {name.lower() for name in answer.headers} - left_to_the_server
    assert answer.headers["x-rate-limit-problem"] == "minute"
    assert 0 < int(answer.headers["retry-after"]) <= 60


def test_tokens_have_the_keys_of_the_recorded_ones() -> None:
    real = json.loads(recording("xero-python", "test_token_api_refresh_token.yaml")["body"]["string"])
    with connected(peopled_world()) as xero:
        answer = redeem(xero.url, press_allow(xero.url, "openid offline_access accounting.settings"))
    assert list(answer.json()) == list(real)
    assert answer.json()["expires_in"] == real["expires_in"]
    assert answer.headers["content-type"].lower() == "application/json; charset=utf-8"


def test_connections_have_the_keys_and_digits_of_the_recorded_ones(xero: Tenant) -> None:
    real = json.loads(recording("xero-python", "test_get_connections.yaml")["body"]["string"])[0]
    answer = requests.get(f"{xero.url}/Connections", headers=xero.headers, timeout=10)
    ours = answer.json()[0]
    assert set(real) < set(ours)
    assert len(ours["createdDateUtc"]) == len(real["createdDateUtc"])
    assert set(ours) == set(
        json_schema("Connection", "xero-identity.yaml")["components"]["schemas"]["Connection"]["properties"]
    )
    jsonschema.Draft202012Validator(json_schema("Connection", "xero-identity.yaml")).validate(ours)


def test_a_missing_document_is_the_recorded_text(xero: Tenant) -> None:
    bodies = json.loads(truth("samples", "pyxero", "error_bodies.json").read_text())
    real = next(body for body in bodies if body["test"] == "test_not_found")
    answer = xero.send("GET", "Invoices/00000000-0000-0000-0000-000000000000")
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (
        real["status"],
        real["content_type"],
        real["body"],
    )


def test_what_is_not_implemented_says_so_in_the_recorded_words(xero: Tenant) -> None:
    real = truth("samples", "pyxero", "not_implemented_text.xml").read_text()
    answer = xero.send("PUT", "ContactGroups", headers={"Accept": "*/*"})
    assert answer.status_code == 501
    assert re.sub(r"\s", "", answer.text) == re.sub(r"\s", "", real)


@pytest.mark.parametrize("test", ["test_internal_error", "test_not_available"])
def test_the_server_fails_in_the_words_the_samples_know(test: str) -> None:
    bodies = json.loads(truth("samples", "pyxero", "error_bodies.json").read_text())
    real = next(body for body in bodies if body["test"] == test)
    request = Request({"type": "http", "headers": [], "method": "GET", "path": "/"})
    answer = xero_face(peopled_world()).error(str(real["status"]), request)
    assert answer is not None
    assert (answer.body.decode(), answer.headers["content-type"]) == (real["body"], real["content_type"])


def test_a_recorded_xml_invoice_has_no_element_that_ours_has_not(xero: Tenant) -> None:
    real = truth("samples", "xeroizer", "invoice.xml").read_text()
    paid = next(invoice for invoice in xero.books.invoices.values() if invoice.settled and invoice.paid)
    ours = xero.send("GET", f"Invoices/{paid.guid}", headers={"Accept": "*/*"}).text
    elements = set(re.findall(r"<(\w+)", real)) - {"AddressLine2"}
    assert elements <= set(re.findall(r"<(\w+)", ours)) | {"AmountCredited"}  # which real single answers leave out
