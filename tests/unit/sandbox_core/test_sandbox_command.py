"""`dun sandbox` as a process: it says where everything is, serves, and stops when it is told to."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
from click.testing import CliRunner

from connector.commands.sandbox import sandbox

START = "from connector.commands.sandbox import sandbox; sandbox()"


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    arguments = [
        "--json",
        "--seed",
        "command",
        "--clock",
        "2026-03-02T08:00:00Z",
        "--ledgers",
        "xero",
        "--invoices",
        "50",
    ]
    running = subprocess.Popen([sys.executable, "-c", START, *arguments], stdout=subprocess.PIPE, text=True)
    yield running
    running.kill()
    running.communicate()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_where_it_is_serves_and_stops(process: subprocess.Popen[str], stop: signal.Signals) -> None:
    assert process.stdout is not None
    about = json.loads(process.stdout.readline())
    assert about["clock"] == {"now": "2026-03-02T08:00:00+00:00", "running": False}
    assert list(about["companies"]) == ["xero"]
    assert set(about["endpoints"]) == {"xero", "quickbooks", "sendgrid", "twilio", "lob"}
    assert requests.get(about["control"], timeout=5).json()["companies"][0]["invoices"] == 50
    process.send_signal(stop)
    assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ledgers", "sage"], "choose from xero, quickbooks"),
        (["--clock", "2026-03-02T08:00:00"], "no time zone"),
        (["--clock", "yesterday"], "for example"),
        (["--port", "70000"], "not in the range"),
        (["--customers", "40", "--invoices", "50"], "choose one"),
    ],
)
def test_wrong_options_are_refused_in_words(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(sandbox, arguments)
    assert (result.exit_code, words in result.output) == (2, True)
