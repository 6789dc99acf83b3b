"""The daemon's ear: a genuine post asks for a poll of the tenants it names, and every other post for nothing."""

import hashlib
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import structlog
from unit.web.posts import (
    CONFIG,
    KEYS,
    NOW,
    ORGANISATION,
    REALM,
    SECOND_REALM,
    cloud_events,
    signature,
    xero_post,
)

from connector.web.webhooks import LARGEST_BODY
from state.model import TenantSlug

GENUINE = {"xero": xero_post(ORGANISATION), "quickbooks": cloud_events(REALM)}
NAMED = {"xero": ["north"], "quickbooks": ["west"]}
LEDGERS = list(GENUINE)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_genuine_post_asks_for_a_poll_of_the_tenant_it_names(port, ledger) -> None:
    answer = port.post(ledger, GENUINE[ledger])

    assert (answer.status_code, answer.content) == (200, b"")
    assert port.nudged == NAMED[ledger]


def test_a_post_may_name_several_companies(port) -> None:
    port.post("quickbooks", cloud_events(REALM, SECOND_REALM, REALM, "4620816365000000000"))

    assert sorted(port.nudged) == ["east", "west"]


@pytest.mark.parametrize("ledger", LEDGERS)
@pytest.mark.parametrize("signed", ["", "bm8=", "not base64 !", "é", "A" * 8000])
def test_a_wrong_signature_gets_401_and_nothing_else(port, ledger, signed) -> None:
    answer = port.post(ledger, GENUINE[ledger], signed.encode())

    assert (answer.status_code, answer.content, answer.cookies) == (401, b"", {})
    assert port.nudged == []


def test_the_key_of_one_service_does_not_open_the_other_door(port) -> None:
    body = cloud_events(REALM)

    assert port.post("quickbooks", body, signature(KEYS["xero"], body)).status_code == 401


def test_a_changed_body_is_forged(port) -> None:
    body = xero_post(ORGANISATION)

    assert port.post("xero", body + b" ", signature(KEYS["xero"], body)).status_code == 401
    assert port.nudged == []


@pytest.mark.parametrize(("signed", "status"), [(None, 200), ("d3Jvbmc=", 401)])
def test_the_intent_to_receive_is_answered_without_body_and_cookies(port, signed, status) -> None:
    body = b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"ABCDEF"}'

    answer = port.post("xero", body, signed)

    assert (answer.status_code, answer.content, answer.cookies) == (status, b"", {})
    assert port.nudged == []


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_replayed_post_asks_for_nothing(port, ledger) -> None:
    assert [port.post(ledger, GENUINE[ledger]).status_code for _ in range(5)] == [200] * 5

    assert port.nudged == NAMED[ledger]


def test_a_company_that_is_not_connected_is_nobody(port) -> None:
    answer = port.post("xero", xero_post("00000000-0000-4000-8000-000000000000"))

    assert answer.status_code == 200
    assert port.nudged == []


def test_a_company_of_the_other_ledger_is_nobody(port) -> None:
    port.post("xero", xero_post(REALM))

    assert port.nudged == []


def test_a_parked_tenant_is_left_alone(port) -> None:
    with port.registry as registry:
        registry.park(TenantSlug("north"), "the consent has ended", NOW)

    assert port.post("xero", xero_post(ORGANISATION)).status_code == 200
    assert port.nudged == []


@pytest.mark.parametrize("ledger", LEDGERS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b'{"events":1}',
        b"[[[",
        b'{"x":' + b"[" * 100_000,
        b'{"events":[{"tenantId":"\xff"}]}',
        b'[{"intuitaccountid":"\xff"}]',
    ],
)
def test_a_genuine_post_that_cannot_be_read_is_taken_and_set_aside(port, ledger, body) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = port.post(ledger, body)

    assert answer.status_code == 200
    assert port.nudged == []
    assert ["set aside" in line["event"] for line in lines] == [True]


def test_a_post_that_announces_too_much_is_refused_unread(port) -> None:
    with socket.create_connection(_address(port.url), timeout=5) as caller:
        caller.sendall(
            b"POST /webhooks/xero HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1)
        )

        assert b" 413 " in caller.recv(1000)


def test_a_post_that_announces_nothing_and_sends_too_much_is_cut_off(port) -> None:
    with socket.create_connection(_address(port.url), timeout=5) as caller:
        caller.sendall(b"POST /webhooks/xero HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        caller.sendall(b"%x\r\n" % (LARGEST_BODY + 1) + b"x" * (LARGEST_BODY + 1))

        assert b" 413 " in caller.recv(1000)


def test_the_largest_post_that_is_allowed_is_read(port) -> None:
    body = xero_post(ORGANISATION).ljust(LARGEST_BODY)

    assert port.post("xero", body).status_code == 200
    assert port.nudged == ["north"]


def test_another_method_is_refused(port) -> None:
    assert requests.get(port.url + "/webhooks/xero", timeout=5).status_code == 405
    assert requests.put(port.url + "/webhooks/quickbooks", data=b"{}", timeout=5).status_code == 405


def test_the_content_type_does_not_matter_where_the_signature_is_right(port) -> None:
    body = xero_post(ORGANISATION)
    headers = {"x-xero-signature": signature(KEYS["xero"], body), "Content-Type": "text/plain"}

    assert requests.post(port.url + "/webhooks/xero", data=body, headers=headers, timeout=5).status_code == 200
    assert port.nudged == ["north"]


def test_without_a_key_there_is_no_receiver(served) -> None:
    port = served(CONFIG.replace('webhook_key = "file:xero.key"', ""))

    assert port.post("xero", xero_post(ORGANISATION)).status_code == 404
    assert port.post("quickbooks", cloud_events(REALM)).status_code == 200
    assert port.nudged == ["west"]


def test_posts_leave_no_trace_in_the_data_folder(port) -> None:
    before = dict(_contents(port.config.data))

    port.post("xero", xero_post(ORGANISATION))
    port.post("xero", xero_post(ORGANISATION), "Zm9yZ2Vk")
    port.post("quickbooks", cloud_events("4620816365000000000"))

    assert dict(_contents(port.config.data)) == before


def test_a_flood_of_forged_posts_leaves_one_log_line(port) -> None:
    with structlog.testing.capture_logs() as lines:
        for number in range(50):
            port.post("xero", xero_post(ORGANISATION, sequence=number), "Zm9yZ2Vk")

    assert [line["event"] for line in lines] == ["a webhook was refused: its signature is not ours"]


def test_a_post_that_could_not_be_looked_up_is_taken_when_it_comes_again(port) -> None:
    file = port.config.data / "registry.db"
    whole = file.read_bytes()
    file.write_bytes(b"this is no database, and long enough to be looked at as one" * 10)
    with structlog.testing.capture_logs() as lines:
        first = port.post("xero", xero_post(ORGANISATION)).status_code
    file.write_bytes(whole)

    assert (first, port.post("xero", xero_post(ORGANISATION)).status_code) == (503, 200)
    assert port.nudged == ["north"]
    assert "could not be taken" in lines[0]["event"]


def test_a_caller_who_hangs_up_in_the_middle_is_not_worth_a_traceback(served, caplog) -> None:
    with caplog.at_level(logging.INFO):
        port = served()
        with socket.create_connection(_address(port.url), timeout=5) as caller:
            caller.sendall(b"POST /webhooks/xero HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
        assert port.post("xero", xero_post(ORGANISATION)).status_code == 200  # served after the one that hung up

    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").rpartition(":")
    return host, int(port)


def _contents(folder: Path) -> Iterator[tuple[str, str]]:
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.endswith("-shm"):  # SQLite's own scratch of readers
            yield file.name, hashlib.sha256(file.read_bytes()).hexdigest()
