"""Where the daemon's port is, who may ask there, and how long anybody may take."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from unit.web.posts import NOW

from connector.config.settings import Config, load
from connector.credentials import CredentialError
from connector.running.pulse import Pulse
from connector.web import connection
from connector.web.listening import PortTaken
from connector.web.service import WebService
from state.model import TenantSlug


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], Config]:
    def read(listen: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(f'[daemon]\nlisten = "{listen}"\n', encoding="utf-8")
        return load(path)

    return read


def service(config: Config) -> WebService:
    return WebService(config, Pulse(NOW), list[TenantSlug]().append)


def test_a_taken_port_ends_in_words(configured) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = configured(f"127.0.0.1:{other.getsockname()[1]}")

        with pytest.raises(PortTaken, match=r"127\.0\.0\.1:\d+ \(Address already in use\).*\[daemon\] listen"):
            service(config).__enter__()


def test_an_address_of_another_machine_ends_in_words(configured) -> None:
    with pytest.raises(PortTaken, match="Cannot assign"):
        service(configured("203.0.113.1:8485")).__enter__()


def test_nothing_is_served_where_no_address_is_given(configured) -> None:
    with service(configured("")) as nowhere:
        assert nowhere.url == ""


def test_the_port_is_free_again_when_the_daemon_has_stopped(configured) -> None:
    with service(configured("127.0.0.1:0")) as first:
        address = first.url.removeprefix("http://")

    with service(configured(address)) as second:
        assert second.url == f"http://{address}"


def test_a_webhook_key_that_cannot_be_had_is_refused_before_anything_is_served(tmp_path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[xero]\nwebhook_key = "file:missing.key"\n', encoding="utf-8")

    with pytest.raises(CredentialError, match=r"missing\.key"):
        service(load(path))


@pytest.mark.parametrize(("listen", "warned"), [("0.0.0.0:0", True), ("127.0.0.1:0", False), ("localhost:0", False)])
def test_a_port_that_other_machines_can_reach_is_mentioned_in_the_log(configured, listen, warned) -> None:
    with structlog.testing.capture_logs() as lines, service(configured(listen)):
        pass

    assert ["other machines can reach" in line["event"] for line in lines] == [False] + [True] * warned


@pytest.mark.parametrize(
    "begun", [b"", b"POST", b"POST /webhooks/xero HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"]
)
def test_whoever_says_nothing_or_half_is_cut_off(served, monkeypatch, begun) -> None:
    monkeypatch.setattr(connection.ShortConnection, "lifetime_seconds", 0.05)

    with socket.create_connection(_address(served().url), timeout=5) as caller:
        caller.sendall(begun)

        assert caller.recv(1000) == b""


def test_nobody_keeps_a_connection(port) -> None:
    assert port.get("/health").headers["Connection"] == "close"


def test_silent_callers_cannot_fill_the_port_for_longer_than_a_connection_lasts(served, monkeypatch) -> None:
    monkeypatch.setattr(connection.ShortConnection, "lifetime_seconds", 0.2)
    port = served()
    silent = [socket.create_connection(_address(port.url), timeout=5) for _ in range(70)]

    assert [caller.recv(1) for caller in silent] == [b""] * 70
    assert port.get("/health").status_code == 200
    for caller in silent:
        caller.close()


def _address(url: str) -> tuple[str, int]:
    host, _, number = url.removeprefix("http://").rpartition(":")
    return host, int(number)
