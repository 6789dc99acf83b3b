"""Days in the life of an office at `log_level = "debug"`, and a search of every byte that was written meanwhile.

Tokens, codes, client secrets, the API key and the vault's key are looked for everywhere; customers' addresses and
letters everywhere but in the client's own file, which is there to hold them.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from recorded_secrets import addresses, found_in, lines_of_letters, recorded, refresh_tokens
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from connector.cli import main
from connector.demo.consent import agree
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world, live_one_day
from connectors.sandbox.world import Fault, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DUN = Path(sys.executable).with_name("dun")
START = datetime(2026, 3, 2, 15, tzinfo=UTC)
DAYS = 3
QUICKBOOKS_SECRET = f"quickbooks-{secrets.token_hex(16)}"
API_KEY = f"SG.{secrets.token_hex(16)}"
LOOKS = (
    ["tenants"],
    ["preview"],
    ["history"],
    ["approve"],
    ["resolve"],
    ["status"],
    ["doctor"],
    ["config", "check"],
    ["vault", "status"],
    ["vault", "rotate"],
    ["sync"],
)


@dataclass
class Listener:
    """Runs commands and keeps every byte they say."""

    folder: Path
    heard: dict[str, bytes] = field(default_factory=lambda: defaultdict(bytes))  # by command
    failed: list[str] = field(default_factory=list)

    def dun(self, *arguments: str) -> bytes:
        done = subprocess.run([DUN, *arguments], cwd=self.folder, env=_environment(), capture_output=True, timeout=60)
        self.heard[" ".join(arguments)] += done.stdout + done.stderr
        if b"Traceback" in done.stderr:
            self.failed.append(" ".join(arguments))
        return done.stdout

    def connect(self, ledger: str, tenant: str) -> None:
        with self._started("connect", ledger, "--tenant", tenant, "--no-browser") as journey:
            shown = iter(journey.stderr.readline, b"")
            page = next(line for line in shown if line.startswith(b"http"))
            agree(page.decode().strip())
            self.heard["connect"] += page + b"".join(journey.communicate(timeout=60))

    def look(self, *arguments: str) -> str:
        """As `dun`, without a process of its own."""
        result = CliRunner().invoke(main, ["--config", str(self.folder / "config.toml"), *arguments])
        self.heard[" ".join(arguments)] += result.stdout_bytes + result.stderr_bytes
        if result.exception and not isinstance(result.exception, SystemExit):
            self.failed.append(" ".join(arguments))
        return result.stdout

    def daemon(self, port: int) -> None:
        """A daemon until its first round is done, with what it serves."""
        said = self.folder / "daemon.log"
        with said.open("wb") as log:
            daemon = subprocess.Popen([DUN, "run"], cwd=self.folder, env=_environment(), stdout=log, stderr=log)
            try:
                for page in ("metrics", "health", "ready", "metrics"):
                    self.heard[page] += _served(port, page)
            finally:
                daemon.send_signal(signal.SIGTERM)
                daemon.wait(60)
        self.heard["run"] += said.read_bytes()

    def _started(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [DUN, *arguments],
            cwd=self.folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def _served(port: int, page: str) -> bytes:
    """What the daemon answers as soon as it is up."""
    with requests.Session() as session:
        patience = Retry(total=None, connect=60, backoff_factor=0.1, backoff_max=0.5)
        session.mount("http://", HTTPAdapter(max_retries=patience))
        return session.get(f"http://127.0.0.1:{port}/{page}", timeout=10).content


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DUN_")}
    return {**kept, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True)
class Aftermath:
    """What was said, what lies in the folder, and what nobody should find there."""

    said: dict[str, bytes]  # by command
    files: dict[Path, bytes]
    secrets: set[str]
    addresses: set[str]
    letters: set[str]
    tracebacks: list[str]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    listener = Listener(tmp_path_factory.mktemp("office"))
    world = build_world("leaks", START, ("xero", "quickbooks"), customers=60)
    with recorded() as given, RunningSandbox(world) as sandbox:
        _live(listener, world, sandbox.url)
        given |= refresh_tokens(world)
    files = {path: path.read_bytes() for path in (listener.folder / "data").rglob("*") if path.is_file()}
    key = (listener.folder / "data" / "vault.key").read_bytes()
    return Aftermath(
        said=listener.heard,
        files={path: content for path, content in files.items() if path.name != "vault.key"},
        secrets={*given, QUICKBOOKS_SECRET, API_KEY, key.hex(), key.decode("latin-1")},
        addresses=addresses(world),
        letters=lines_of_letters(world),
        tracebacks=listener.failed,
    )


def _live(listener: Listener, world: World, url: str) -> None:
    listener.dun("init", "--sandbox", url)
    port = _configure(listener.folder)
    listener.connect("xero", "north")
    listener.connect("quickbooks", "west")
    for day in range(DAYS):
        with world.lock:
            live_one_day(world)
            _trouble(world, day)
        listener.dun("run", "--once", *(["--json"] if day else []))
        with world.lock:
            world.clock.advance(timedelta(days=1))
    for look in LOOKS:
        listener.look(*look)
        listener.look(*look, "--json")
    _why(listener)
    listener.daemon(port)
    for state in ("expired", "revoked"):
        with world.lock:
            world.cut_off = dict.fromkeys(("xero", "quickbooks"), state)
        listener.dun("run", "--once", "--json")
        listener.look("sync")


def _configure(folder: Path) -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    path = folder / "config.toml"
    text = path.read_text().replace('mode = "approve"', 'mode = "auto"')
    path.write_text(f'log_level = "debug"\nlog_format = "json"\n{text}\n[daemon]\nlisten = "127.0.0.1:{port}"\n')
    (folder / "sandbox-quickbooks-secret").write_text(QUICKBOOKS_SECRET)
    (folder / "sandbox-sendgrid-key").write_text(API_KEY)
    return port


def _trouble(world: World, day: int) -> None:
    """What makes libraries and errors talkative: lost token answers, refused messages, broken answers."""
    for face, path, kind in (
        ("xero", "/connect/token", "drop_after"),
        ("quickbooks", "/query", "401"),
        ("sendgrid", "/v3/mail/send", ("500", "429", "drop_after")[day]),
        ("xero", "/Invoices", ("truncated", "html", "500")[day]),
    ):
        raise_fault(world, Fault(face, kind, path=path, times=1))


def _why(listener: Listener) -> None:
    number = _first_number(json.loads(listener.look("history", "--json")))
    listener.look("why", number)
    listener.look("why", number, "--json")


def _first_number(told: Any) -> str:
    """The number of an invoice in the history, wherever it stands."""
    text = json.dumps(told)
    return text.split('"invoice": "')[1].split('"')[0] if '"invoice": "' in text else "INV-0001"


def leaks(written: Mapping[Any, bytes], unwanted: set[str]) -> dict[str, set[str]]:
    """What was found, by where."""
    found = {str(place): found_in(content, unwanted) for place, content in written.items()}
    return {place: secrets for place, secrets in found.items() if secrets}


def test_the_days_were_worth_a_search(aftermath: Aftermath) -> None:
    assert len(aftermath.secrets) > 20
    assert len(aftermath.addresses) > 20
    assert len(aftermath.letters) > 20
    assert b"debug" in aftermath.said["run --once --json"]
    assert b"dun_" in aftermath.said["metrics"]
    assert {path.name for path in aftermath.files} >= {"registry.db", "dun.db"}


def test_the_search_would_find_what_it_looks_for(aftermath: Aftermath) -> None:
    everything = aftermath.secrets | aftermath.addresses | aftermath.letters

    assert found_in(b" ".join(one.encode() for one in everything), everything) == everything


def test_no_command_ends_in_a_traceback(aftermath: Aftermath) -> None:
    assert aftermath.tracebacks == []


def test_nothing_that_opens_a_door_is_ever_said(aftermath: Aftermath) -> None:
    assert leaks(aftermath.said, aftermath.secrets) == {}


def test_nothing_that_opens_a_door_lies_in_a_file(aftermath: Aftermath) -> None:
    assert leaks(aftermath.files, aftermath.secrets) == {}


def test_no_address_of_a_customer_is_ever_said(aftermath: Aftermath) -> None:
    assert leaks(aftermath.said, aftermath.addresses) == {}


def test_no_letter_is_ever_said(aftermath: Aftermath) -> None:
    assert leaks(aftermath.said, aftermath.letters) == {}


def test_only_the_clients_own_file_knows_addresses_and_letters(aftermath: Aftermath) -> None:
    personal = aftermath.addresses | aftermath.letters
    elsewhere = {path: content for path, content in aftermath.files.items() if "tenants" not in path.parts}

    assert leaks(elsewhere, personal) == {}


def test_a_demo_at_debug_says_nothing_either(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEMO, str(tmp_path / "demo"), str(tmp_path / "secrets.json")],
        env={**_environment(), "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    known = set(json.loads((tmp_path / "secrets.json").read_text()))
    data = b"".join(path.read_bytes() for path in (tmp_path / "demo" / "data").rglob("*.db*"))

    assert len(known) > 20
    assert b'"event": "sent"' in done.stderr, "it was logged"
    assert found_in(done.stdout + done.stderr, known) == set()
    assert found_in(data, {one for one in known if "@" not in one and " " not in one}) == set()


DEMO = """
import json, sys
from pathlib import Path
from recorded_secrets import addresses, lines_of_letters, recorded, refresh_tokens
from connector.demo import days
from connector.logs import configure

configure("debug", "json")
build, built = days.build_world, []
days.build_world = lambda *arguments: built.append(build(*arguments)) or built[-1]
with recorded() as given:
    days.run_demo(Path(sys.argv[1]), days=2, seed="leaks", each_day=lambda: None)
[world] = built
Path(sys.argv[2]).write_text(json.dumps([*given, *refresh_tokens(world), *addresses(world), *lines_of_letters(world)]))
"""
