"""The audit is red for a known hole, green for none, and loud where nobody could tell.

A service on the loopback plays OSV.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from drill.audit import LOCK, NoAnswer, judge, pins_of
from drill.plant import HOUSE

OLD_HOLE = ("jinja2", "2.10")
NEW_HOLE = ("starlette", "1.10.0")
PINS = 'colorama==0.4.6 ; sys_platform == "win32" \\\n    --hash=sha256:00\n    # via click\nstarlette==1.10.0\n'
NOT_ON_PYPI = b"""{"dependencies": [{"name": "jinja2", "skip_reason":
    "Dependency not found on PyPI and could not be audited: jinja2 (2.10)"}], "fixes": []}"""  # pip-audit's words


class Advisories(ThreadingHTTPServer):
    """Speaks as OSV does, and knows what it is told to know."""

    def __init__(self, *known: tuple[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.known = known
        self.asked: list[tuple[str, str]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/query"

    def answer(self, name: str, version: str) -> dict[str, object]:
        self.asked.append((name, version))
        if (name, version) not in self.known:
            return {}
        events = [{"introduced": "0"}, {"fixed": "99.0"}]
        affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
        return {"vulns": [{"id": f"HOLE-{name}", "summary": "a hole", "affected": [affected]}]}


class _Desk(BaseHTTPRequestHandler):
    server: Advisories
    server_version: ClassVar[str] = "advisories"

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(self.server.answer(question["package"]["name"], question["version"])).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gave it
        pass


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    with Advisories(OLD_HOLE) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def audited(tmp_path: Path, url: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "pins.lock").write_text(PINS)
    command = [sys.executable, "-m", "drill.audit", "--lock", str(tmp_path / "pins.lock"), "--osv-url", url]
    return subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)


def test_a_known_vulnerability_is_red_and_named_with_its_cure(tmp_path: Path, advisories: Advisories) -> None:
    advisories.known = (OLD_HOLE, NEW_HOLE)

    done = audited(tmp_path, advisories.url)

    assert done.returncode == 1
    assert "VULNERABLE: starlette 1.10.0: HOLE-starlette, fixed in 99.0" in done.stderr


def test_pins_without_a_known_vulnerability_are_green_and_counted(tmp_path: Path, advisories: Advisories) -> None:
    done = audited(tmp_path, advisories.url)

    assert (done.returncode, done.stderr) == (0, "")
    assert "2 pins" in done.stdout


def test_a_pin_for_another_platform_is_asked_about_too(tmp_path: Path, advisories: Advisories) -> None:
    audited(tmp_path, advisories.url)

    assert ("colorama", "0.4.6") in advisories.asked


def test_a_service_that_cannot_be_reached_is_said_aloud_and_is_no_pass(tmp_path: Path) -> None:
    done = audited(tmp_path, "http://127.0.0.1:1/v1/query")

    assert (done.returncode, done.stdout) == (0, "")
    assert "AUDIT NOT DONE: none of 2 pins" in done.stderr
    assert "http://127.0.0.1:1/v1/query" in done.stderr


def test_a_service_that_breaks_down_is_said_aloud(tmp_path: Path, advisories: Advisories) -> None:
    advisories.status = 503

    done = audited(tmp_path, advisories.url)

    assert (done.returncode, "AUDIT NOT DONE" in done.stderr) == (0, True)


def test_a_service_that_knows_no_holes_at_all_is_not_believed(tmp_path: Path, advisories: Advisories) -> None:
    advisories.known = ()

    done = audited(tmp_path, advisories.url)

    assert "does not know the hole of jinja2 2.10" in done.stderr
    assert advisories.asked == [OLD_HOLE]


def test_a_pin_that_the_index_has_not_got_is_unknown_although_pip_audit_finds_nothing() -> None:
    verdict = judge(NOT_ON_PYPI, {"jinja2": "2.10"})

    assert (verdict.is_clean, list(verdict.unknown)) == (False, ["jinja2"])


def test_a_pin_that_the_report_leaves_out_is_unknown() -> None:
    verdict = judge(b'{"dependencies": [{"name": "click", "version": "8.5.1", "vulns": []}]}', {"rich": "15.0.0"})

    assert verdict.unknown == {"rich": "not mentioned"}


def test_a_report_that_cannot_be_read_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        judge(b"<html>", {"rich": "15.0.0"})


def test_every_entry_of_the_lock_is_a_pin_that_is_asked_about() -> None:
    entries = [line for line in LOCK.read_text().splitlines() if line[:1].isalnum()]

    assert len(pins_of(LOCK.read_text())) == len(entries) > 100


def test_a_list_that_pins_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        pins_of("click>=8\n")
