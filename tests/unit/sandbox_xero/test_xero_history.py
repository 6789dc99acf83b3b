"""Notes on invoices: asymmetrical, permanent, and remembered by key for six minutes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from truth.xero_truth import Tenant, connected, peopled_world


@pytest.fixture
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


@pytest.fixture
def path(xero: Tenant) -> str:
    invoice = next(one for one in xero.books.invoices.values() if one.state == "open" and one.due_amount)
    return f"Invoices/{invoice.guid}/History"


def put(xero: Tenant, path: str, *texts: Any, key: str | None = None, method: str = "PUT") -> requests.Response:
    body = {"HistoryRecords": [{"Details": text} for text in texts]}
    return xero.send(method, path, json=body, headers={"Idempotency-Key": key} if key else None)


def texts(xero: Tenant, path: str) -> list[str]:
    return [record["Details"] for record in xero.get(path)["HistoryRecords"]]


def test_notes_are_read_newest_first(xero: Tenant, path: str) -> None:
    put(xero, path, "one")
    put(xero, path, "two", "three", method="POST")
    assert texts(xero, path) == ["three", "two", "one"]


def test_what_is_answered_to_writing_is_not_what_is_read(xero: Tenant, path: str) -> None:
    written = put(xero, path, "one").json()["HistoryRecords"][0]
    read = xero.get(path)["HistoryRecords"][0]
    assert set(written) == {"DateUTCString", "DateUTC", "Details", "ValidationErrors"}
    assert set(read) == {"Changes", "DateUTCString", "DateUTC", "User", "Details"}
    assert read["DateUTC"] == written["DateUTC"].replace(")", "+0000)")
    assert read["User"] == "System Generated"


@pytest.mark.parametrize("text", ["", "   ", None, 7, "x" * 2_501])
def test_a_note_that_is_empty_or_too_long_is_refused_with_all_its_company(xero: Tenant, path: str, text: Any) -> None:
    answer = put(xero, path, "fine", text)
    assert (answer.status_code, answer.json()["Type"]) == (400, "ValidationException")
    assert texts(xero, path) == []


def test_the_longest_note_fits(xero: Tenant, path: str) -> None:
    assert put(xero, path, "x" * 2_500).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"HistoryRecords": []}', b'{"HistoryRecords": 1}'])
def test_a_body_nobody_can_read_is_refused(xero: Tenant, path: str, body: bytes) -> None:
    answer = xero.send("PUT", path, data=body)
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 14)


def test_a_lagging_replica_has_not_heard_of_a_note_yet(xero: Tenant, path: str) -> None:
    xero.world.clock.advance(timedelta(minutes=20))
    xero.world.switches["xero.replica_lag_seconds"] = "60"
    put(xero, path, "one")
    seen_at_once = texts(xero, path)
    xero.world.clock.advance(timedelta(seconds=60))
    assert (seen_at_once, texts(xero, path)) == ([], ["one"])


def test_a_repeated_key_gets_the_first_answer_and_adds_nothing(xero: Tenant, path: str) -> None:
    first, second = put(xero, path, "one", key="k"), put(xero, path, "one", key="k")
    assert first.content == second.content
    assert first.headers["xero-correlation-id"] != second.headers["xero-correlation-id"]
    assert texts(xero, path) == ["one"]
    assert [note.key for note in xero.books.notes if note.text == "one"] == ["k"]


def test_a_key_is_forgotten_after_six_minutes(xero: Tenant, path: str) -> None:
    put(xero, path, "one", key="k")
    xero.world.clock.advance(timedelta(minutes=6))
    put(xero, path, "one", key="k")
    assert texts(xero, path) == ["one"]
    xero.world.clock.advance(timedelta(seconds=1))
    put(xero, path, "one", key="k")
    assert texts(xero, path) == ["one", "one"]


def test_a_key_given_to_another_request_is_refused(xero: Tenant, path: str) -> None:
    put(xero, path, "one", key="k")
    answer = put(xero, path, "two", key="k")
    assert answer.status_code == 400
    assert answer.json()["Message"].endswith("is used with a different request.")
    assert texts(xero, path) == ["one"]


def test_an_error_is_remembered_too(xero: Tenant, path: str) -> None:
    xero.world.switches["xero.note_limit"] = "2"
    refused = put(xero, path, "one", key="k")
    xero.world.switches["xero.note_limit"] = "250"
    assert put(xero, path, "one", key="k").content == refused.content
    assert texts(xero, path) == []


def test_a_key_that_is_too_long_is_refused(xero: Tenant, path: str) -> None:
    assert put(xero, path, "one", key="k" * 129).status_code == 400
    assert put(xero, path, "one", key="k" * 128).status_code == 200


def test_a_keyed_retry_counts_as_a_call(xero: Tenant, path: str) -> None:
    left = [int(put(xero, path, "one", key="k").headers["X-DayLimit-Remaining"]) for _ in range(2)]
    assert left[0] - left[1] == 1


@pytest.mark.parametrize(("bumps", "moved"), [("no", False), ("yes", True)])
def test_whether_a_note_moves_the_stamp_is_a_switch(xero: Tenant, path: str, bumps: str, *, moved: bool) -> None:
    xero.world.switches["xero.note_bumps_invoice"] = bumps
    xero.world.clock.advance(timedelta(minutes=20))
    url = path.removesuffix("/History")
    before = xero.get(url)["Invoices"][0]["UpdatedDateUTC"]
    put(xero, path, "one")
    assert (xero.get(url)["Invoices"][0]["UpdatedDateUTC"] != before) is moved


def test_a_note_on_an_unknown_invoice_is_not_found(xero: Tenant) -> None:
    assert put(xero, "Invoices/00000000-0000-0000-0000-000000000000/History", "one").status_code == 404


def test_only_an_approved_sales_invoice_has_a_page_to_pay_on(xero: Tenant) -> None:
    for invoice in xero.books.invoices.values():
        answer = xero.send("GET", f"Invoices/{invoice.guid}/OnlineInvoice")
        approved = invoice.state == "open" and not invoice.bill
        assert answer.status_code == (200 if approved else 400)


def test_an_invoice_can_be_had_as_pdf(xero: Tenant, path: str) -> None:
    answer = xero.send("GET", path.removesuffix("/History"), headers={"Accept": "application/pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    assert answer.content.rstrip().endswith(b"%%EOF")
