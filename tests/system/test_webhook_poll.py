"""A webhook of the sandbox reaches the running daemon, which looks at that tenant sooner, and at nobody else."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

DUN = Path(sys.executable).with_name("dun")
PATIENCE_SECONDS = 30
SOON = 15  # seconds of the books: more than between two polls of a tenant, much less than to the next regular one
KEYS = {"xero": "a key of Xero's", "quickbooks": "a verifier token of Intuit's"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class Daemon:
    """`dun run` beside the books it looks at, after the first cycle of both firms."""

    def __init__(self, folder: Path, books: Any) -> None:
        self._books = books
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DUN_")}
        self.process = subprocess.Popen([DUN, "run"], cwd=folder, env=kept, stderr=subprocess.PIPE, text=True)
        self.url: str = self.hears("the daemon's port is open")["at"]
        for _ in ("north", "west"):
            self.hears("cycle ended")

    def hears(self, event: str) -> dict[str, Any]:
        """The next line of the log that says so."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            said: dict[str, Any] = json.loads(line)
            if said["event"] == event:
                return said
        raise AssertionError(f"the log ended without {event!r}")

    def let_pass(self, seconds: float) -> None:
        """Let the books' time pass, and the daemon look who is due."""
        self._books.post("clock", advance_seconds=seconds)
        now = datetime.fromisoformat(self._books.get("clock")["now"])
        while datetime.fromisoformat(self.get("health").json()["beat_at"]) < now:
            pass

    def cycles(self) -> dict[str, float]:
        """By tenant, with those that are under way."""
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(self.get("metrics").text):
            for sample in family.samples:
                if sample.name in {"dun_cycles_total", "dun_cycle_running"}:
                    found[sample.labels["tenant"]] = found.get(sample.labels["tenant"], 0) + sample.value
        return found

    def get(self, page: str) -> requests.Response:
        return requests.get(f"{self.url}/{page}", timeout=PATIENCE_SECONDS)

    def posted(self, ledger: str, **wish: object) -> Any:
        """What the service makes of the daemon's answers."""
        address = f"{self.url}/webhooks/{ledger}"
        return self._books.post("webhooks/deliver", ledger=ledger, url=address, key=KEYS[ledger], **wish)


@pytest.fixture(scope="module")
def daemon(filled_office: Path, books: Any) -> Iterator[Daemon]:
    folder = filled_office
    for ledger, key in KEYS.items():
        (folder / f"{ledger}.webhook").write_text(key)
    config = folder / "config.toml"
    text = config.read_text().replace("[xero]\n", '[xero]\nwebhook_key = "file:xero.webhook"\n')
    text = text.replace("[quickbooks]\n", '[quickbooks]\nwebhook_token = "file:quickbooks.webhook"\n')
    config.write_text(text + '\n[daemon]\nlisten = "127.0.0.1:0"\n')
    started = Daemon(folder, books)
    yield started
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(PATIENCE_SECONDS) == 0
    assert started.process.stderr is not None
    started.process.stderr.close()


def company(books: Any, ledger: str) -> str:
    """As the service itself names it."""
    [found] = [row for row in books.get("companies") if row["company"] == ledger]
    identity: str = found["guid" if ledger == "xero" else "realm"]
    return identity


@pytest.mark.parametrize(("ledger", "tenant"), [("xero", "north"), ("quickbooks", "west")])
def test_only_a_genuine_post_makes_the_daemon_look_and_only_at_the_tenant_it_names(
    daemon: Daemon, books: Any, ledger: str, tenant: str
) -> None:
    events = [{"company": company(books, ledger), "what": "INVOICE", "id": "1", "operation": "UPDATE"}]
    before = daemon.cycles()
    forged = daemon.posted(ledger, events=events, wrong_signature=True)
    stranger = daemon.posted(ledger, events=[{**events[0], "company": "00000000-0000-4000-8000-000000000000"}])
    daemon.let_pass(SOON)
    undisturbed = daemon.cycles()
    genuine = daemon.posted(ledger, events=events, times=3)
    daemon.let_pass(SOON)

    assert daemon.hears("cycle ended")["tenant"] == tenant
    statuses = [post["status"] for answer in (forged, stranger, genuine) for post in answer["posts"]]
    assert statuses == [401, 200, 200, 200, 200]
    assert undisturbed == before
    assert daemon.cycles() == before | {tenant: before[tenant] + 1}


def test_xero_is_content_with_the_handshake(daemon: Daemon) -> None:
    assert daemon.posted("xero", events="intent-to-receive")["intent_to_receive"] == "passed"


@pytest.mark.parametrize("shape", ["legacy", "cloudevents"])
def test_quickbooks_posts_in_both_shapes_are_taken(daemon: Daemon, books: Any, shape: str) -> None:
    events = [{"company": company(books, "quickbooks"), "what": "Invoice", "id": "1", "operation": "Update"}]

    assert daemon.posted("quickbooks", events=events, shape=shape)["posts"] == [
        {"right_signature": True, "status": 200, "problems": []}
    ]
