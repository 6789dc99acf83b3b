"""Commands that run until they are stopped: they end cleanly, at once, and say so."""

import json
import signal
import socket
from typing import Any

import pytest
import requests

from state.locks import exclusive

TODAY_THERE = "2035-03-05"
BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(scope="module")
def office(books: Any, tmp_path_factory: pytest.TempPathFactory, terminal_in: Any) -> Any:
    """A folder in which one firm is connected, in a rehearsal whose clock is far ahead of this machine's."""
    books.post("clock", set=f"{TODAY_THERE}T15:00:00+00:00")
    terminal = terminal_in(tmp_path_factory.mktemp("office"))
    terminal.told("init", "--sandbox", books.url)
    terminal.connect("xero", "north")
    return terminal


@pytest.mark.parametrize("number", BOTH, ids=lambda number: number.name)
def test_run_works_until_it_is_stopped(office: Any, stop: Any, number: signal.Signals) -> None:
    running = office.start("run")
    first = [running.stdout.readline(), running.stdout.readline()]
    code, rest, complaints = stop(running, number)

    assert first[0] == "Running for north; stop with Ctrl-C.\n"
    assert first[1].startswith(f"north {TODAY_THERE}: nothing sent")
    assert (code, rest.splitlines()[-1], complaints) == (0, "Stopped.", "")


def test_run_says_what_keeps_it_from_working_and_goes_on(office: Any, stop: Any) -> None:
    with exclusive(office.folder / "data" / "locks", "north.cycle", wait=False):
        running = office.start("run")
        told = [running.stdout.readline(), running.stdout.readline()]
        code, _, complaints = stop(running, signal.SIGTERM)

    assert told[1].startswith("north: Another process is working on")
    assert (code, complaints) == (0, "")


@pytest.mark.parametrize("number", BOTH, ids=lambda number: number.name)
def test_the_sandbox_serves_until_it_is_stopped(terminal: Any, stop: Any, number: signal.Signals) -> None:
    sandbox = terminal.start("sandbox", "--ledgers", "xero", "--json")
    about = json.loads(sandbox.stdout.readline())
    now = requests.get(f"{about['url']}/_books/clock", timeout=10).json()["now"]
    code, rest, complaints = stop(sandbox, number)

    assert now
    assert (code, rest, complaints) == (0, "", "")


def test_a_sandbox_on_a_taken_port_says_so(terminal: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = terminal.dun("sandbox", "--port", str(taken.getsockname()[1]))

    assert refused.returncode != 0
    assert "choose another port" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_progress_is_for_eyes_only(office: Any) -> None:
    done = office.dun("sync")

    assert (done.returncode, done.stderr) == (0, "")
