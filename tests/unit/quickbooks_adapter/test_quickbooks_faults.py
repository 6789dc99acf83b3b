"""Four shapes of error, dozens of codes, one family each."""

import json

import pytest

from connectors.ledger import BadData, Forbidden, LedgerError, NotFound, Outage, Reauthorise, Refused, RetryLater
from connectors.quickbooks.faults import BadReference, PoisonedQuery, classify, read_fault


def upper(code: str, detail: str = "", kind: str = "ValidationFault") -> bytes:
    error = {"Message": "Something", "Detail": detail, "code": code}
    return json.dumps({"Fault": {"Error": [error], "type": kind}, "time": "2026-03-02T04:00:00-08:00"}).encode()


def lower(code: str, kind: str) -> bytes:
    error = {"message": "message=Failed", "detail": None, "code": code, "element": None}
    return json.dumps({"warnings": None, "fault": {"error": [error], "type": kind}, "time": 1772452800000}).encode()


def xml(code: str, kind: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="2026-03-02T04:00:00-08:00">'
        f'<Fault type="{kind}"><Error code="{code}"><Message>m</Message><Detail>d</Detail></Error></Fault>'
        "</IntuitResponse>"
    ).encode()


HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
INACTIVE = "System Failure Error: Something you're trying to use has been made inactive."

FAMILIES: list[tuple[int, bytes, type[LedgerError]]] = [
    (401, lower("3200", "AUTHENTICATION"), Reauthorise),
    (401, xml("100", "AuthenticationFault"), Reauthorise),
    (401, xml("130", "AuthenticationFault"), Forbidden),
    (401, upper("120", kind="AuthenticationFault"), Forbidden),
    (401, b"", Reauthorise),
    (403, lower("3100", "SERVICE"), Forbidden),
    (403, upper("120", kind="AuthorizatonFault"), Forbidden),
    (403, upper("999", kind="AuthorizationFault"), Forbidden),
    (403, xml("3001", "SERVICE"), RetryLater),
    (403, b"", Forbidden),
    (404, HTML, Outage),
    (429, xml("003001", "SERVICE"), RetryLater),
    (429, upper("003001"), RetryLater),
    (429, b"", RetryLater),
    (400, upper("610"), NotFound),
    (400, upper("6000", "The entity Invoice 75 that you are trying to link does not exist."), NotFound),
    (400, upper("6000", "A business rule"), Refused),
    (400, upper("5010"), Refused),
    (400, upper("6210"), Refused),
    (400, upper("6240"), Refused),
    (400, upper("6190"), Forbidden),
    (200, upper("6190"), Forbidden),
    (400, upper("4001"), Refused),
    (400, upper("4002"), PoisonedQuery),
    (400, upper("2010"), Refused),
    (400, upper("2500"), BadReference),
    (400, upper(""), Refused),
    (400, upper("10000", kind="SystemFault"), Outage),
    (400, upper("10000", INACTIVE, "SystemFault"), PoisonedQuery),
    (500, upper("10000", kind="SystemFault"), Outage),
    (500, lower("3100", "SERVICE"), Outage),
    (200, upper("7", kind="SystemFault"), Outage),
    (502, HTML, Outage),
    (503, b"", Outage),
    (504, b"upstream request timeout", Outage),
    (302, b"", Outage),
    (200, HTML, Outage),
    (200, b"", Outage),
    (400, b'{"Fault": null}', Outage),
    (400, b'{"Fault": {"Error": "odd"}}', Outage),
    (400, b'{"Fault": {"Error": [{"code": 610}]}}', NotFound),
]


@pytest.mark.parametrize(("status", "body", "family"), FAMILIES)
def test_every_error_says_what_to_do(status: int, body: bytes, family: type[LedgerError]) -> None:
    assert type(classify(status, read_fault(body))) is family


def test_a_poisoned_query_is_bad_data() -> None:
    assert issubclass(PoisonedQuery, BadData)


def test_a_throttle_asks_for_a_minute() -> None:
    error = classify(429, None)
    assert isinstance(error, RetryLater)
    assert (error.after.total_seconds(), error.limit) == (60, "minute")


def test_detail_texts_are_never_repeated() -> None:
    detail = "Stale Object Error : You and Jo Public (jo@public.example) were working on this at the same time."
    error = str(classify(400, read_fault(upper("5010", detail)), tid="1-5f73"))
    assert "Jo" not in error
    assert "jo@" not in error
    assert "code 5010" in error
    assert "1-5f73" in error


@pytest.mark.parametrize("body", [b"{", b"[]", b"<Fault", b"null", b"\xff\xfe{", b'{"Fault": []}', b"<a><b/></a>"])
def test_what_is_no_fault_is_not_read_as_one(body: bytes) -> None:
    assert read_fault(body) is None


def test_xml_that_declares_entities_is_not_parsed() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Fault type="&a;"><Error code="610"/></Fault>'
    assert read_fault(bomb) is None
