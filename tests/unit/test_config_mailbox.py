"""The tables about mail that comes back: what is filled in, what is refused, and which secrets are asked for."""

from datetime import timedelta
from pathlib import Path

import pytest

from connector.config.settings import Config, ConfigError, Problem, load
from connector.intake import Sources
from connector.post import Post
from connector.wiring import missing_secrets
from connectors.mail_tokens import GrantedTokens
from connectors.mailbox.mailbox import Mailbox
from state.clock import SystemClock

MINIMAL = """
[sending]
from = "Accounts <Accounts@example.com>"
reply_to = "desk@example.com"
[xero]
client_id = "app"
[tenants.acme]
ledger = "xero"
zone = "Europe/London"
"""
MAILBOX = """
[tenants.acme.mailbox]
host = "imap.example.com"
username = "accounts@example.com"
"""
BY_PASSWORD = MAILBOX + 'password = "env:DUN_TEST_MAILBOX"\n'
MICROSOFT = """
provider = "microsoft"
directory = "example.com"
client_id = "app"
client_secret = "env:DUN_TEST_APP"
"""
GOOGLE = """
provider = "google"
client_id = "app"
client_secret = "env:DUN_TEST_APP"
refresh_token = "env:DUN_TEST_REFRESH"
"""


@pytest.fixture
def read(tmp_path: Path):
    def load_text(text: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return load_text


@pytest.fixture
def problem(read):
    def of(text: str) -> Problem:
        with pytest.raises(ConfigError) as caught:
            read(MINIMAL + text)
        [only] = caught.value.problems
        return only

    return of


def sources(config: Config) -> Sources:
    return Post(config, SystemClock()).sources(config.tenant("acme"))


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DUN_TEST_MAILBOX", "DUN_TEST_APP", "DUN_TEST_REFRESH", "DUN_TEST_KEY"):
        monkeypatch.setenv(name, "secret")


def test_without_a_mailbox_none_is_read(read) -> None:
    assert sources(read(MINIMAL)).mailbox is None


def test_a_mailbox_is_read_by_password(read, secrets) -> None:
    made = sources(read(MINIMAL + BY_PASSWORD + "poll_minutes = 5\n"))

    assert isinstance(made.mailbox, Mailbox)
    assert made.own == {"accounts@example.com", "desk@example.com"}
    assert made.every == timedelta(minutes=5)


@pytest.mark.parametrize("oauth", [MICROSOFT, GOOGLE], ids=["microsoft", "google"])
def test_a_mailbox_is_read_by_token(read, secrets, oauth: str) -> None:
    made = sources(read(f"{MINIMAL}{MAILBOX}[tenants.acme.mailbox.oauth]{oauth}"))

    assert isinstance(made.mailbox, Mailbox)


@pytest.mark.parametrize("oauth", [MICROSOFT, GOOGLE], ids=["microsoft", "google"])
def test_smtp_logs_in_by_token(read, secrets, oauth: str) -> None:
    smtp = '[email.smtp]\nhost = "smtp.example.com"\nusername = "accounts@example.com"\n[email.smtp.oauth]'
    config = read(f'{MINIMAL}channel = "smtp"\n{smtp}{oauth}')

    post = Post(config, SystemClock())

    assert isinstance(post.tokens(config.email.smtp.oauth), GrantedTokens)
    assert post.tokens(config.email.smtp.oauth) is post.tokens(config.email.smtp.oauth)


def test_sendgrids_lists_are_read_by_whoever_sends_by_sendgrid(read, secrets) -> None:
    sendgrid = 'channel = "sendgrid"\n[email.sendgrid]\napi_key = "env:DUN_TEST_KEY"\n'

    assert sources(read(MINIMAL)).facts is None
    assert sources(read(MINIMAL + sendgrid)).facts is not None
    assert sources(read(f"{MINIMAL}read_only = true\n{sendgrid}")).facts is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[tenants.acme.mailbox]\nhost = "i.example.com"\npassword = "env:P"', "username"),
        (MAILBOX, "password"),
        (f"{BY_PASSWORD}[tenants.acme.mailbox.oauth]{GOOGLE}", "password"),
        (f'{BY_PASSWORD}security = "none"', "security"),
        (f"{MAILBOX}[tenants.acme.mailbox.oauth]\n{MICROSOFT.replace('directory', '# ')}", "oauth.directory"),
        (f"{MAILBOX}[tenants.acme.mailbox.oauth]\n{GOOGLE.replace('refresh_token', '# ')}", "oauth.refresh_token"),
    ],
)
def test_a_mailbox_that_cannot_be_opened_is_refused(problem, text: str, key: str) -> None:
    assert problem(text).key == f"tenants.acme.mailbox.{key}"


def test_two_clients_do_not_share_a_mailbox(problem) -> None:
    second = '[tenants.bolt]\nledger = "xero"\nzone = "Europe/London"\n'
    told = problem(BY_PASSWORD + second + BY_PASSWORD.replace("acme", "bolt"))

    assert told.key == "tenants.bolt.mailbox.username"
    assert "acme" in told.what


def test_two_clients_may_share_a_server_by_folders(read) -> None:
    second = '[tenants.bolt]\nledger = "xero"\nzone = "Europe/London"\n'

    read(MINIMAL + BY_PASSWORD + second + BY_PASSWORD.replace("acme", "bolt") + 'folder = "Bolt"\n')


@pytest.mark.parametrize("key", ["mailbox.password", "mailbox.oauth.client_secret", "mailbox.oauth.refresh_token"])
def test_secrets_are_not_written_out(problem, key: str) -> None:
    table, _, name = f"tenants.acme.{key}".rpartition(".")

    assert problem(f'[{table}]\n{name} = "hunter2"').key == f"tenants.acme.{key}"


def test_an_smtp_login_is_by_password_or_by_token(problem) -> None:
    smtp = '[email.smtp]\nhost = "smtp.example.com"\nusername = "me"\npassword = "env:P"\n[email.smtp.oauth]'

    assert problem(f'channel = "smtp"\n{smtp}{GOOGLE}').key == "email.smtp.password"


def test_missing_secrets_of_a_mailbox_are_told_before_it_is_opened(read) -> None:
    [told] = missing_secrets(read(MINIMAL + BY_PASSWORD))

    assert "DUN_TEST_MAILBOX" in told


def test_a_rehearsal_reads_no_real_mailbox(problem) -> None:
    xero = '[xero.endpoints]\napi = "http://127.0.0.1:1/api"\n'
    told = problem(f'{BY_PASSWORD}{xero}[rehearsal]\nclock = "http://127.0.0.1:1/clock"\n')

    assert "mailbox.host" in told.mend
