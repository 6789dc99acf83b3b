"""An installation with two tenants, a mail server that remembers, and a watchman who writes down who called."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connector.config.settings import Config, load
from connector.wiring import Installation
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from connectors.sandbox.world import World
from state.clock import ManualClock
from state.model import TenantSlug, TokenSet
from state.store import TenantStore

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
NORTH, SOUTH = TenantSlug("north"), TenantSlug("south")
CONFIG = """
[sending]
from = "Accounts <accounts@harbour.example>"
[xero]
client_id = "app"
[email.smtp]
host = "127.0.0.1"
port = {smtp_port}
security = "none"
[alerts]
to = ["ops@harbour.example", "Second <second@harbour.example>"]
disk_free_mb = 10
{alerts}
[tenants.north]
ledger = "xero"
zone = "Europe/London"
[tenants.south]
ledger = "xero"
zone = "Europe/London"
"""


@dataclass
class Keeper:
    """Whoever looks after the installation: the folder, the clock, and what has arrived."""

    folder: Path
    world: World
    clock: ManualClock

    @property
    def config(self) -> Config:
        return load(self.folder / "config.toml")

    def opened(self) -> Installation:
        return Installation(self.config, self.clock)

    def let_pass(self, time: timedelta) -> None:
        self.clock.sleep(time.total_seconds())

    @property
    def mails(self) -> list[ReceivedMessage]:
        return self.world.messages

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mails]

    def write(self, *, alerts: str = "", smtp_port: int) -> None:
        (self.folder / "config.toml").write_text(CONFIG.format(alerts=alerts, smtp_port=smtp_port), encoding="utf-8")


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with RunningSandbox(build_world("watched", START, ())) as running:
        yield running


@pytest.fixture
def keeper(tmp_path: Path, sandbox: RunningSandbox) -> Keeper:
    made = Keeper(tmp_path, sandbox.world, ManualClock(START))
    made.write(smtp_port=sandbox.smtp_port)
    (tmp_path / "data").mkdir(mode=0o700)
    return made


@pytest.fixture
def installation(keeper: Keeper) -> Iterator[Installation]:
    """Both tenants are connected and well."""
    with keeper.opened() as opened:
        for slug in (NORTH, SOUTH):
            opened.registry.add_tenant(slug, "xero", f"org-{slug}", slug.title(), START)
            opened.vault.save(slug, tokens_until(START + timedelta(days=60)), START)
            TenantStore.open(opened.tenant_file(slug)).close()
        yield opened


def tokens_until(end: datetime) -> TokenSet:
    return TokenSet(access_token="access", refresh_token="refresh", expires_at=end, refresh_expires_at=end)


class Watchman(ThreadingHTTPServer):
    """Writes down which paths were called; answers `status`, or nothing at all until it is let go."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.calls: list[str] = []
        self.status = 200
        self.location = ""
        self.silent = False
        self.let_go = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/secret-path"


class _Call(BaseHTTPRequestHandler):
    server: Watchman

    def do_GET(self) -> None:
        self.server.calls.append(self.path)
        if self.server.silent:
            self.server.let_go.wait(30)
            return
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *parts: object) -> None:
        pass


@pytest.fixture
def watchman() -> Iterator[Watchman]:
    server = Watchman()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.let_go.set()
    server.shutdown()
    server.server_close()
