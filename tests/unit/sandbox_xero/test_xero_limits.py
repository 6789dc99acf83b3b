"""Xero's limits: fixed windows on virtual time, told by headers, refused with nothing."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from truth.xero_truth import Tenant, connected, peopled_world

from connectors.sandbox.xero.face import xero_face


@pytest.fixture
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        tenant.world.rate_limits = True
        yield tenant


def test_the_sixty_first_call_of_a_minute_is_refused_and_the_next_minute_is_free(xero: Tenant) -> None:
    answers = [xero.send("GET", "Organisation") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert [answer.headers["X-MinLimit-Remaining"] for answer in answers[-3:]] == ["1", "0", "0"]
    xero.world.clock.advance(timedelta(seconds=int(answers[-1].headers["Retry-After"])))
    assert xero.send("GET", "Organisation").status_code == 200


def test_the_day_ends_the_allowance_for_hours(xero: Tenant) -> None:
    xero.world.switches["xero.day_limit"] = "2"
    answers = [xero.send("GET", "Organisation") for _ in range(3)]
    assert answers[1].headers["X-DayLimit-Remaining"] == "0"
    assert (answers[2].status_code, answers[2].headers["X-Rate-Limit-Problem"]) == (429, "day")
    assert 60 < int(answers[2].headers["Retry-After"]) <= 86_400
    xero.world.clock.advance(timedelta(minutes=2))
    assert xero.send("GET", "Organisation").status_code == 429


def test_an_app_has_a_limit_of_its_own(xero: Tenant) -> None:
    xero.world.switches["xero.app_minute_limit"] = "1"
    assert xero.send("GET", "Organisation").headers["X-AppMinLimit-Remaining"] == "0"
    assert xero.send("GET", "Organisation").headers["X-Rate-Limit-Problem"] == "appminute"


def test_a_sixth_call_at_once_is_refused_without_a_time_to_wait(xero: Tenant) -> None:
    xero.world.switches["xero.minute_limit"] = "100000"
    host = urlsplit(xero.url).netloc
    invoice = next(iter(xero.books.invoices))
    path = f"/api.xro/2.0/Invoices/{xero.books.invoices[invoice].guid}/History"
    lines = [f"PUT {path} HTTP/1.1", f"Host: {host}", "Content-Length: 10"]
    head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in xero.headers.items())]) + "\r\n\r\n"
    with ExitStack() as held:
        for _ in range(5):  # each has begun and does not come to its end
            name, port = host.split(":")
            connection = held.enter_context(socket.create_connection((name, int(port))))
            connection.sendall(head.encode())
        while (answer := xero.send("GET", "Organisation")).status_code == 200:
            pass
    assert answer.headers["X-Rate-Limit-Problem"] == "concurrent"
    assert "Retry-After" not in answer.headers


def test_without_rate_limits_calls_are_counted_and_never_refused(xero: Tenant) -> None:
    xero.world.rate_limits = False
    xero.world.switches["xero.minute_limit"] = "1"
    answers = [xero.send("GET", "Organisation") for _ in range(3)]
    assert [(one.status_code, one.headers["X-MinLimit-Remaining"]) for one in answers] == [(200, "0")] * 3


@pytest.mark.parametrize(
    ("kind", "status", "detail"),
    [
        ("401", 401, b"TokenExpired"),
        ("401_unsuccessful", 401, b"AuthenticationUnsuccessful"),
        ("401_scope", 401, b"AuthorizationUnsuccessful"),
        ("403", 403, b"AuthenticationUnsuccessful"),
        ("404", 404, b"cannot be found"),
        ("412", 412, b""),
        ("429", 429, b""),
        ("429_day", 429, b""),
        ("429_concurrent", 429, b""),
        ("429_app", 429, b""),
        ("500", 500, b"unhandled error"),
        ("501", 501, b"ApiMethodNotImplementedException"),
        ("503", 503, b"offline for maintenance"),
        ("503_organisation", 503, b"temporarily unavailable"),
        ("invalid_grant", 400, b"invalid_grant"),
    ],
)
def test_every_fault_has_its_answer(kind: str, status: int, detail: bytes) -> None:
    request = Request({"type": "http", "headers": [(b"accept", b"application/json")], "method": "GET", "path": "/"})
    answer = xero_face(peopled_world()).error(kind, request)
    assert answer is not None
    assert answer.status_code == status
    assert detail in answer.body
    if status == 429:
        assert answer.body == b""
        assert "content-type" not in answer.headers
        assert ("retry-after" in answer.headers) is (kind != "429_concurrent")


def test_an_unknown_fault_is_not_ours() -> None:
    request = Request({"type": "http", "headers": [], "method": "GET", "path": "/"})
    assert xero_face(peopled_world()).error("4711", request) is None
