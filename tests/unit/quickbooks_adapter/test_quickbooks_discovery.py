"""Intuit's discovery document: welcome, kept for a week, never needed."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.quickbooks.discovery import LIFETIME, Discovered, Discovery
from state.clock import ManualClock

DOCUMENT = {
    "issuer": "https://oauth.platform.intuit.com/op/v1",
    "authorization_endpoint": "https://one.example/consent",
    "token_endpoint": "https://one.example/token",
    "revocation_endpoint": "https://one.example/revoke",
    "response_types_supported": ["code"],
}
ONE = Discovered(
    authorize="https://one.example/consent", token="https://one.example/token", revoke="https://one.example/revoke"
)


@pytest.fixture
def discovery(server: Any, tmp_path: Path, clock: ManualClock) -> Discovery:
    return Discovery(f"{server.address}/.well-known/x/", tmp_path / "kept.json", clock, timeout=(1, 0.1))


def test_the_document_tells_where_to_go(discovery: Discovery, server: Any, wire: Any) -> None:
    server.script = [wire.json(DOCUMENT)]
    assert discovery.current() == ONE
    assert server.seen[0].path == "/.well-known/x/"


def test_what_is_kept_is_not_asked_for_again_within_a_week(
    discovery: Discovery, server: Any, wire: Any, clock: ManualClock
) -> None:
    server.script = [wire.json(DOCUMENT)]
    discovery.current()
    clock.set(clock.now() + LIFETIME - timedelta(seconds=1))
    assert discovery.current() == discovery.known() == ONE
    assert len(server.seen) == 1


def test_after_a_week_it_is_asked_for_again(discovery: Discovery, server: Any, wire: Any, clock: ManualClock) -> None:
    server.script = [wire.json(DOCUMENT), wire.json({**DOCUMENT, "token_endpoint": "https://two.example/token"})]
    discovery.current()
    clock.set(clock.now() + LIFETIME)
    found = discovery.current()
    assert found is not None
    assert found.token == "https://two.example/token"


def test_a_daemon_asks_nobody(discovery: Discovery, server: Any) -> None:
    assert discovery.known() is None
    assert server.seen == []


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, b""), (302, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"token_endpoint":"https://x.example/t"}')],
)
def test_a_document_that_cannot_be_used_leaves_the_kept_one(
    discovery: Discovery, server: Any, wire: Any, clock: ManualClock, status: int, body: bytes
) -> None:
    server.script = [wire.json(DOCUMENT), wire.answer(status, body)]
    discovery.current()
    clock.set(clock.now() + LIFETIME)
    assert discovery.current() == ONE


def test_a_silent_service_is_as_good_as_none(discovery: Discovery, server: Any, wire: Any) -> None:
    for_ever = threading.Event()
    server.script = [wire.answer(200, b"{}", stall=for_ever)]
    assert discovery.current() is None
    for_ever.set()


@pytest.mark.parametrize("address", ["ftp://x.example/token", "javascript:1", "", "https://", "https://[x/token"])
def test_an_address_that_is_no_web_address_is_not_believed(
    discovery: Discovery, server: Any, wire: Any, address: str
) -> None:
    server.script = [wire.json({**DOCUMENT, "token_endpoint": address})]
    assert discovery.current() is None


def test_secrets_are_not_led_from_https_to_http(tmp_path: Path, clock: ManualClock) -> None:
    discovery = Discovery("https://developer.example/x/", tmp_path / "kept.json", clock)
    assert not discovery._is_safe(Discovered(authorize=ONE.authorize, token="http://x.example/t", revoke=ONE.revoke))


def test_a_damaged_copy_is_as_good_as_none(discovery: Discovery, server: Any, wire: Any, tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_bytes(b'{"source":')
    server.script = [wire.json(DOCUMENT)]
    assert discovery.current() == ONE


def test_the_copy_of_another_document_is_not_used(
    discovery: Discovery, server: Any, wire: Any, tmp_path: Path, clock: ManualClock
) -> None:
    server.script = [wire.json(DOCUMENT)]
    discovery.current()
    assert Discovery(f"{server.address}/other/", tmp_path / "kept.json", clock).known() is None


def test_a_copy_that_cannot_be_kept_does_not_matter(server: Any, wire: Any, tmp_path: Path, clock: ManualClock) -> None:
    server.script = [wire.json(DOCUMENT)]
    assert Discovery(f"{server.address}/x/", tmp_path / "missing" / "kept.json", clock).current() == ONE
