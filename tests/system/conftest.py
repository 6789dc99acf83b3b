"""The installed `dun` as people run it: a process of its own, in a folder of its own, against a sandbox of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from connector.cli import main
from connector.demo.consent import agree

DUN = Path(sys.executable).with_name("dun")
PATIENCE_SECONDS = 60
MONDAY_MORNING = "2026-03-02T15:00:00+00:00"  # inside the sending window of London and of New York


@dataclass(frozen=True)
class Terminal:
    """A person's terminal: 80 columns, standing in `folder`."""

    folder: Path

    def dun(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [DUN, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def told(self, *arguments: str) -> str:
        """What a command that succeeds prints for people."""
        done = self.dun(*arguments)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def read(self, *arguments: str) -> str:
        """As `told`, without a process of its own: for looks that change nothing."""
        config = str(self.folder / "config.toml")
        result = CliRunner().invoke(main, ["--config", config, *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Begin a command that waits for something."""
        return subprocess.Popen(
            [DUN, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def connect(self, ledger: str, tenant: str, *more: str) -> str:
        """The consent journey, with a person who agrees."""
        journey = self.start("connect", ledger, "--tenant", tenant, "--no-browser", *more)
        assert journey.stderr is not None
        agree(next(line for line in journey.stderr if line.startswith("http")).strip())
        printed, complaints = journey.communicate(timeout=PATIENCE_SECONDS)
        assert journey.returncode == 0, complaints
        return printed

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DUN_")}
        return {**kept, "COLUMNS": "80", "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True)
class Books:
    """A running sandbox's control API."""

    url: str

    def get(self, path: str) -> Any:
        return self._json(requests.get(f"{self.url}/_books/{path}", timeout=PATIENCE_SECONDS))

    def post(self, path: str, **wish: object) -> Any:
        return self._json(requests.post(f"{self.url}/_books/{path}", json=wish, timeout=PATIENCE_SECONDS))

    def delete(self, path: str) -> Any:
        return self._json(requests.delete(f"{self.url}/_books/{path}", timeout=PATIENCE_SECONDS))

    def _json(self, answer: requests.Response) -> Any:
        assert answer.ok, answer.text
        return answer.json()


def end(process: "subprocess.Popen[str]", with_signal: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
    """Ask a process to end; its exit code and what it printed."""
    process.send_signal(with_signal)
    printed, complaints = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, printed, complaints


class Ask:
    """`dun` without a process of its own, for the many ways of being refused. Says what went to standard error."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runner = CliRunner()

    def refused(self, *arguments: str, code: int = 2) -> str:
        """What the command says when it refuses: the exit code, no traceback, and nothing on standard output."""
        result = self.run(*arguments)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        return result.stderr

    def run(self, *arguments: str) -> Result:
        """The command, whatever comes of it but a traceback."""
        result = self._runner.invoke(main, list(arguments))
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result

    def told(self, *arguments: str) -> str:
        """What a command that succeeds prints."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """In an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DUN_CONFIG", raising=False)
    return Ask(tmp_path)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.fixture(scope="module")
def size() -> list[str]:
    """Of the firms in the sandbox: a small one's books are served, pulled and judged in half the time."""
    return ["--customers", "40"]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory, size: list[str]) -> Iterator[Books]:
    """A sandbox whose clock stands still, shared by the tests of a module."""
    terminal = Terminal(tmp_path_factory.mktemp("sandbox"))
    sandbox = terminal.start("sandbox", "--port", "0", "--seed", "tour", "--clock", MONDAY_MORNING, *size, "--json")
    assert sandbox.stdout is not None
    yield Books(json.loads(sandbox.stdout.readline())["url"])
    end(sandbox)


@pytest.fixture(scope="session")
def terminal_in() -> type[Terminal]:
    """A terminal in any folder, for journeys that several tests look at."""
    return Terminal


@pytest.fixture(scope="module")
def filled_office(books: Books, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both firms connected and synced, to be copied by tests that break things."""
    terminal = Terminal(tmp_path_factory.mktemp("filled"))
    terminal.told("init", "--sandbox", books.url)
    terminal.connect("xero", "north")
    terminal.connect("quickbooks", "west")
    terminal.told("sync")
    return terminal.folder


@pytest.fixture
def connected_twice(ask: Ask, filled_office: Path) -> Ask:
    """A copy with both firms."""
    shutil.copytree(filled_office, ask.folder, dirs_exist_ok=True)
    return ask


@pytest.fixture
def connected(connected_twice: Ask) -> Ask:
    """A copy in which only north is configured."""
    config = connected_twice.folder / "config.toml"
    north, _, west = config.read_text().partition("[tenants.west")
    assert west
    config.write_text(north)
    return connected_twice


@pytest.fixture(scope="session")
def stop() -> Callable[..., tuple[int, str, str]]:
    """`stop(process, signal)` asks a process to end; its exit code and what it still printed."""
    return end
