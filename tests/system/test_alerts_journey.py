"""A connection dies while nobody looks: the keepers get one mail, and the watchman outside a sign each round."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests


class Watchman(ThreadingHTTPServer):
    daemon_threads = True
    calls: list[str]


class _Call(BaseHTTPRequestHandler):
    server: Watchman

    def do_GET(self) -> None:
        self.server.calls.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *parts: object) -> None:
        pass


@pytest.fixture
def watchman() -> Iterator[Watchman]:
    server = Watchman(("127.0.0.1", 0), _Call)
    server.calls = []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def watched(connected, watchman):
    """North alone is configured, with a keeper and a watchman."""
    folder = connected.folder
    (folder / "ping").write_text(f"http://127.0.0.1:{watchman.server_address[1]}/uuid")
    alerts = '\n[alerts]\nto = ["ops@harbour.example"]\nchannel = "sendgrid"\nping_url = "file:ping"\n'
    (folder / "config.toml").write_text((folder / "config.toml").read_text() + alerts)
    return connected


def alerts_in(books) -> list[dict]:
    messages = requests.get(f"{books.url}/_books/messages", timeout=10).json()
    return [message for message in messages if message["stage"] == "alert"]


def test_a_dead_connection_is_one_mail_and_a_sign_each_round(watched, books, watchman) -> None:
    watched.run("run", "--once")
    well = list(watchman.calls)
    books.post("tokens/revoke", service="xero")
    codes = [watched.run("run", "--once").exit_code for _ in range(3)]
    told = alerts_in(books)
    diagnosis = json.loads(watched.run("doctor", "--json").stdout)

    assert well == ["/uuid/start", "/uuid"]
    assert watchman.calls[2:] == ["/uuid/start", "/uuid/fail"] * 3
    assert codes == [1, 1, 1]
    [mail] = told
    assert mail["recipients"] == ["ops@harbour.example"]
    assert mail["subject"] == "Dun needs you now: north"
    assert "dun reconnect north" in mail["text"]
    assert diagnosis["worst"] == "critical"
    assert ("parked", "north") in {(finding["code"], finding["tenant"]) for finding in diagnosis["findings"]}


def test_a_dry_run_tells_nobody(watched, books, watchman) -> None:
    before = len(alerts_in(books))
    books.post("tokens/revoke", service="xero")
    watched.run("run", "--once", "--dry-run")

    assert watchman.calls == []
    assert len(alerts_in(books)) == before


@pytest.mark.slow
def test_a_daemon_tells_once_however_often_it_looks(watched, books, terminal_in) -> None:
    before = len(alerts_in(books))
    config = watched.folder / "config.toml"
    config.write_text('log_level = "debug"\n' + config.read_text())
    books.post("tokens/revoke", service="xero")
    daemon = terminal_in(watched.folder).start("run")
    try:
        told = until(daemon, "keepers told")
        for _ in range(3):
            books.post("clock", advance_seconds=3700)
            until(daemon, "looked around")
    finally:
        daemon.terminate()
        daemon.communicate(timeout=60)

    assert told["new"] == ["north:parked"]
    assert len(alerts_in(books)) == before + 1


def until(daemon, event: str) -> dict:
    """The next line of the log that says so; pytest's own limit ends a wait that lasts."""
    for text in daemon.stderr:
        line = json.loads(text)
        if line["event"] == event:
            return line
    raise AssertionError(f"it ended and never said {event!r}")
