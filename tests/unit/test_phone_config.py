"""[phone] and what a tenant says instead of it."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connector.config.settings import Config, ConfigError, load
from connector.phone_wiring import rest, text_channel, voice_channel
from connectors.channels.channel import Address, Message
from state.clock import ManualClock

NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
TENANT = """
[sending]
from = "accounts@example.com"
[xero]
client_id = "app"
[tenants.acme]
ledger = "xero"
zone = "Europe/London"
locale = "de_DE"
"""
ACCOUNT = """
[phone]
account_sid = "AC1"
auth_token = "file:token"
text_from = "+442079460000"
call_from = "+442079460000"
forward_to = "+442079460001"
monthly_cap = "5.00"
"""

REHEARSAL = """
[xero.endpoints]
api = "http://127.0.0.1:8790/api.xro/2.0"
[rehearsal]
clock = "http://127.0.0.1:8790/_books/clock"
"""


@pytest.fixture
def read(tmp_path: Path):
    (tmp_path / "token").write_text("secret")

    def reading(text: str) -> Config:
        (tmp_path / "config.toml").write_text(TENANT + text, encoding="utf-8")
        return load(tmp_path / "config.toml")

    return reading


def test_a_tenant_has_the_shared_numbers(read) -> None:
    phone = read(ACCOUNT).tenant("acme").phone

    assert (phone.text_from, phone.inbound, phone.cap) == ("+442079460000", ("+442079460000",), Decimal("5.00"))


def test_a_tenant_may_have_its_own(read) -> None:
    phone = read(ACCOUNT + '[tenants.acme.phone]\ntext_from = "+14155552671"\nmonthly_cap = "9"\n').tenant("acme").phone

    assert (phone.text_from, phone.call_from, phone.cap) == ("+14155552671", "+442079460000", Decimal(9))


def test_a_tenant_with_a_number_of_its_own_texts_from_it(read) -> None:
    shared = ACCOUNT + 'messaging_service = "MG1"\nanswers_at = ["+442079460009"]\n'
    phone = read(shared + '[tenants.acme.phone]\ntext_from = "+14155552671"\n').tenant("acme").phone

    assert (phone.messaging_service, phone.inbound) == ("", ("+14155552671",))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("text_from", '"ACME"'),
        ("text_from", '"07700900123"'),
        ("call_from", '"+44 20 7946 0000"'),
        ("answers_at", '["+44"]'),
        ("account_sid", '"AC/1"'),
        ("auth_token", '"0123456789abcdef"'),
        ("monthly_cap", '"-1"'),
        ("monthly_cap", '"1e9"'),
        ("monthly_cap", "5"),
        ("currency", '"usd"'),
        ("host", '"http://api.twilio.com"'),
        ("callback", '"dun.example.com"'),
        ("voice", "'Polly\"/>'"),
        ("most_segments", "0"),
    ],
)
def test_what_is_wrong_is_refused_at_its_key(read, key, value) -> None:
    with pytest.raises(ConfigError) as refused:
        read(f"[phone]\n{key} = {value}\n")
    assert f"phone.{key}" in str(refused.value)


def test_a_rehearsal_must_not_reach_the_real_twilio(read) -> None:
    with pytest.raises(ConfigError, match=r"phone\.host"):
        read(ACCOUNT + REHEARSAL)


def test_a_rehearsal_may_text_in_the_sandbox(read) -> None:
    account = ACCOUNT.replace("[phone]", '[phone]\nhost = "http://127.0.0.1:8790/twilio"')
    assert read(account + REHEARSAL).phone.host == "http://127.0.0.1:8790/twilio"


@pytest.mark.parametrize(("callback", "keys"), [("", False), ('callback = "https://dun.example.com"\n', True)])
def test_calls_offer_a_key_only_where_somebody_answers_it(read, callback, keys) -> None:
    config = read(ACCOUNT + callback)
    channel = voice_channel(config, config.tenant("acme"), ManualClock(NOW))
    document = channel.document(_spoken())

    assert ("https://dun.example.com/webhooks/twilio/acme/key" in document) is keys
    assert ("Sie erreichen uns unter" in document) is not keys


def test_texts_leave_by_the_configured_account(read) -> None:
    config = read(ACCOUNT)
    assert text_channel(config, config.tenant("acme"), ManualClock(NOW)).name == "twilio-sms"


@pytest.mark.parametrize("text", ["", '[phone]\naccount_sid = "AC1"\n', '[phone]\nauth_token = "file:token"\n'])
def test_without_an_account_nobody_is_called(read, text) -> None:
    with pytest.raises(ValueError, match="account_sid"):
        rest(read(text))


def _spoken() -> Message:
    return Message(
        id="att-1",
        sender=Address("accounts@seller.example"),
        reply_to=None,
        to=(),
        subject="",
        text="600 Euro sind offen.",
        html="",
        stage="soft",
        tenant="acme",
        kind="voice",
        phone="+447700900123",
    )
