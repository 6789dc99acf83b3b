"""An office beside a sandbox with several companies, and a person in front of its consent pages."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from connector.cli import main
from connector.config.settings import load
from connector.connecting import connect as journey
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World

START = datetime(2026, 3, 2, 10, tzinfo=UTC)


@dataclass
class Visitor:
    """A person at the browser. Stands in for `webbrowser.open`, and keeps where the service sent the browser."""

    choices: list[str] | None = None  # company ids; None: the first
    decision: str = "allow"
    asks: Callable[[str], str] = lambda url: url  # what becomes of the address of the page on its way
    answers: Callable[[str], str | None] = lambda url: url  # of the address it leads to; None: nobody goes there
    pages: list[requests.Response] = field(default_factory=list)
    led_to: list[str] = field(default_factory=list)

    def __call__(self, url: str) -> bool:
        page = requests.get(self.asks(url), timeout=5, allow_redirects=False)
        self.pages.append(page)
        if page.status_code == 200:
            self._decide(page)
        elif page.is_redirect:
            self._follow(page.headers["location"])
        return True

    def _decide(self, page: requests.Response) -> None:
        quickbooks = page.url.partition("?")[0].endswith("/connect/oauth2")
        form = dict(_fields(page.text))
        form["realm" if quickbooks else "tenantId"] = self.choices or [_first_choice(page.text)]
        form["decision"] = "connect" if quickbooks and self.decision == "allow" else self.decision
        address = page.url.partition("?")[0]
        answer = requests.post(address, data=form, timeout=5, allow_redirects=False)
        self._follow(answer.headers["location"])

    def _follow(self, address: str) -> None:
        self.led_to.append(address)
        target = self.answers(address)
        if target:
            requests.get(target.replace("//localhost", "//127.0.0.1"), timeout=5)


def _fields(page: str) -> Iterator[tuple[str, object]]:
    for part in page.split('<input type="hidden" name="')[1:]:
        name, _, rest = part.partition('" value="')
        yield name, rest.partition('"')[0].replace("&amp;", "&")


def _first_choice(page: str) -> str:
    after = page.partition("<option")[2] or page.partition('name="tenantId"')[2]
    return after.partition('value="')[2].partition('"')[0]


@dataclass
class Office:
    """A folder with a configuration, the sandbox it points to, and who goes to the consent page."""

    folder: Path
    sandbox: RunningSandbox
    visitor: Visitor
    runner: CliRunner = field(default_factory=CliRunner)

    @property
    def world(self) -> World:
        return self.sandbox.world

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def dun(self, *arguments: str) -> Result:
        result = self.runner.invoke(main, ["--config", str(self.config), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result

    def told(self, *arguments: str) -> str:
        result = self.dun(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, *arguments: str, code: int = 1) -> str:
        """What the command says when it refuses, on one line: no list, no traceback."""
        result = self.dun(*arguments)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        return result.stderr.strip().splitlines()[-1]

    def edit(self, before: str, after: str) -> None:
        text = self.config.read_text()
        assert text.count(before) == 1, text
        self.config.write_text(text.replace(before, after))

    def open(self) -> Installation:
        return Installation(load(self.config))

    def stored(self) -> list[tuple[str, bool]]:
        """Every tenant the registry knows, and whether it has tokens."""
        with self.open() as installation:
            tenants = installation.registry.tenants()
            return [(tenant.slug, installation.vault.load(tenant.slug) is not None) for tenant in tenants]

    def xero_connections(self) -> int:
        """How many organisations the sandbox's Xero counts as connected."""
        with self.open() as installation:
            [first, *_] = [t for t in installation.config.tenants.values() if t.ledger == "xero"]
            oauth = installation.xero_oauth(first)
            tokens = next(filter(None, map(installation.vault.load, installation.config.tenants)))
            return len(oauth.connections(tokens.access_token))


def company(number: int, name: str) -> Company:
    return Company(name, f"7b6a0f52-3f0e-4a51-9a3c-00000000000{number}", f"934145300000000{number}")


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Visitor:
    person = Visitor()
    monkeypatch.setattr("webbrowser.open", person)
    return person


@pytest.fixture
def office(tmp_path: Path, visitor: Visitor) -> Iterator[Office]:
    """Two Xero organisations (north, north-2) and two QuickBooks companies (west, west-2)."""
    world = World(WorldClock(START))
    for number, (ledger, name) in enumerate(
        [("xero", "Harbour Works"), ("xero-2", "Quay Works"), ("quickbooks", "Bay Corp"), ("quickbooks-2", "Cape Corp")]
    ):
        world.companies[ledger] = Books(company(number, name), world.clock)
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(tmp_path / "config.toml", sandbox.url)
        yield Office(tmp_path, sandbox, visitor)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody will come, nobody is waited for."""
    monkeypatch.setattr(journey, "PATIENCE_SECONDS", 0.05)


@pytest.fixture
def paste() -> Iterator[tuple[int, Callable[[str], None]]]:
    """The descriptor that a person pastes to, and how."""
    reading, writing = os.pipe()

    def write(text: str) -> None:
        os.write(writing, f"{text}\n".encode())

    yield reading, write
    os.close(reading)
    os.close(writing)
