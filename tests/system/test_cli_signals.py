"""Commands that run until they are stopped: they end cleanly, at once, and say so."""

import json
import signal
import socket
from typing import Any

import pytest
import requests

BOTH = [signal.SIGINT, signal.SIGTERM]


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
