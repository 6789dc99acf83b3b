"""Connecting on a server without a browser: the address is printed, and the answer pasted at the prompt."""

import os
import pty
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World
from state.clock import SystemClock

DUN = Path(sys.executable).with_name("dun")
REALM = "9341453000000001"
COMPANY = Company("Bay Corp", "7b6a0f52-3f0e-4a51-9a3c-1d2f3a4b5c6d", REALM)


@pytest.fixture
def journey(terminal: Any) -> Any:
    """`dun connect` with production keys, which accept no address of this machine; and what it prints first."""
    world = World(WorldClock(SystemClock().now()))
    world.companies["quickbooks"] = Books(COMPANY, world.clock)
    world.switches["quickbooks.keys"] = "production"
    with RunningSandbox(world) as sandbox:
        terminal.told("init", "--sandbox", sandbox.url)
        config = Path(terminal.folder / "config.toml")
        text = config.read_text()
        config.write_text(text.replace("[quickbooks]\n", '[quickbooks]\nredirect_url = "https://example.com/dun"\n'))
        with started(terminal, subprocess.PIPE, "--tenant", "west") as process:
            yield process


def started(terminal: Any, standard_input: int, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [DUN, "connect", "quickbooks", "--no-browser", *arguments],
        cwd=terminal.folder,
        env=terminal.environment,
        stdin=standard_input,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(process: "subprocess.Popen[str]") -> str:
    """Where the browser ends up after somebody has allowed access at the printed address."""
    assert process.stderr is not None
    address = next(line for line in process.stderr if line.startswith("http")).strip()
    asked, _, query = address.partition("?")
    form = {**dict(parse_qsl(query)), "realm": REALM, "decision": "connect"}
    return requests.post(asked, data=form, timeout=10, allow_redirects=False).headers["location"]


def test_the_pasted_answer_connects_and_its_code_is_nowhere_to_be_seen(journey: Any) -> None:
    address = answer(journey)
    printed, complaints = journey.communicate(f"{address}\n", timeout=60)

    assert journey.returncode == 0, complaints
    assert "Connected west: Bay Corp" in printed
    assert address.partition("code=")[2].partition("&")[0] not in printed + complaints


def test_an_input_that_ends_is_told_in_one_sentence(journey: Any) -> None:
    answer(journey)
    printed, complaints = journey.communicate("", timeout=60)

    assert (journey.returncode, printed) == (1, "")
    assert "nothing was pasted" in complaints.splitlines()[-1]


def shows_what_is_typed(descriptor: int) -> bool:
    return bool(termios.tcgetattr(descriptor)[3] & termios.ECHO)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=lambda stop: stop.name)
@pytest.mark.usefixtures("journey")  # for its configuration
def test_a_stop_at_the_prompt_gives_terminal_and_configuration_back(terminal: Any, stop: signal.Signals) -> None:
    config = Path(terminal.folder / "config.toml")
    before = config.read_bytes()
    keyboard, screen = pty.openpty()
    try:
        with started(terminal, screen, "--tenant", "new", "--zone", "Europe/London") as process:
            assert process.stderr is not None
            next(line for line in process.stderr if line.startswith("http"))
            hidden, written = not shows_what_is_typed(screen), b"[tenants.new]" in config.read_bytes()
            process.send_signal(stop)
            complaints = process.communicate(timeout=60)[1]

        assert (hidden, written) == (True, True), "the stop came before there was anything to give back"
        assert shows_what_is_typed(screen)
        assert config.read_bytes() == before
        assert process.returncode == (1 if stop is signal.SIGINT else 128 + stop)
        assert "Traceback" not in complaints
    finally:
        os.close(keyboard)
        os.close(screen)
