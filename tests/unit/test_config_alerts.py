"""Whoever is to be told must be within reach, and from a rehearsal nobody is told but this machine."""

from pathlib import Path

import pytest

from connector.config.settings import Config, ConfigError, load

SENDER = '[sending]\nfrom = "Accounts <accounts@example.com>"\n'
ALERTS = '[alerts]\nto = ["ops@example.com"]\n'
RELAY = '[email.smtp]\nhost = "127.0.0.1"\nport = 25\nsecurity = "none"\n'
REHEARSAL = '[rehearsal]\nclock = "http://127.0.0.1:8790/_books/clock"\n'


@pytest.fixture
def read(tmp_path: Path):
    def load_text(text: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return load_text


@pytest.fixture
def refusal(read):
    """The only thing that is wrong with a file."""

    def of(text: str) -> str:
        with pytest.raises(ConfigError) as caught:
            read(text)
        [problem] = caught.value.problems
        return str(problem)

    return of


def test_alerts_come_from_the_firms_sender_unless_they_have_their_own(read) -> None:
    own = ALERTS + 'from = "Dun <dun@example.com>"\n'

    assert read(SENDER + ALERTS + RELAY).alerts_sender.email == "accounts@example.com"
    assert read(SENDER + own + RELAY).alerts_sender.email == "dun@example.com"


def test_alerts_without_anybody_who_writes_are_refused(refusal) -> None:
    assert "alerts.from is missing" in refusal(ALERTS + RELAY)


@pytest.mark.parametrize(
    ("more", "words"),
    [("", "email.smtp.host is missing, and alerts are sent by it"), ('channel = "sendgrid"\n', "sendgrid.api_key")],
)
def test_alerts_without_a_carrier_are_refused(refusal, more: str, words: str) -> None:
    assert words in refusal(SENDER + ALERTS + more)


def test_alerts_to_nobody_need_no_carrier(read) -> None:
    assert read("").alerts.to == ()


@pytest.mark.parametrize(
    "carrier",
    ['[email.smtp]\nhost = "smtp.example.com"\n', 'channel = "sendgrid"\n[email.sendgrid]\napi_key = "env:KEY"\n'],
)
def test_a_rehearsal_writes_to_no_real_keeper(refusal, carrier: str) -> None:
    assert "alerts reach" in refusal(SENDER + ALERTS + carrier + REHEARSAL)


def test_a_rehearsal_may_write_to_the_sandboxs_mailbox(read) -> None:
    assert read(SENDER + ALERTS + RELAY + REHEARSAL).rehearsal_clock


def test_a_rehearsal_pings_nobody_elsewhere_and_does_not_repeat_the_address(refusal, tmp_path: Path) -> None:
    (tmp_path / "ping").write_text("https://watchman.example/secret-path")

    words = refusal('[alerts]\nping_url = "file:ping"\n' + REHEARSAL)

    assert "alerts reach another machine" in words
    assert "secret-path" not in words


@pytest.mark.parametrize("secret", ["http://127.0.0.1:9/x", "http://[", None])
def test_a_rehearsal_may_ping_this_machine_or_nowhere(read, tmp_path: Path, secret: str | None) -> None:
    if secret is not None:
        (tmp_path / "ping").write_text(secret)

    assert read('[alerts]\nping_url = "file:ping"\n' + REHEARSAL).alerts.ping_url == "file:ping"
