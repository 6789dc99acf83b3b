"""Mail servers that take tokens instead of passwords: what is said to them, and what a refusal leaves behind."""

import base64

import pytest
from token_service import TokenService

from connectors.channels.channel import NotSent
from connectors.channels.smtp import SmtpChannel, SmtpSettings
from connectors.mail_tokens import GrantedTokens, microsoft_grant

REFUSAL = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"mail"}').decode()


@pytest.fixture
def token_service():
    with TokenService.running() as service:
        yield service


@pytest.fixture
def channel(smtp_server, token_service, clock) -> SmtpChannel:
    tokens = GrantedTokens(microsoft_grant("dir", "app", "never-shown", token_service.url), clock)
    return SmtpChannel(settings(smtp_server.port, tokens=tokens), clock)


def settings(port: int, **changes) -> SmtpSettings:
    usual = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "username": "accounts@seller.example",
        "password": None,
        "timeout_seconds": 2,
    }
    return SmtpSettings(**{**usual, **changes})


def said(smtp_server) -> list[str]:
    return [command for command in smtp_server.commands if command.startswith("AUTH")]


def test_the_token_is_said_in_the_words_of_xoauth2(channel, smtp_server, message) -> None:
    channel.send(message)

    [login] = said(smtp_server)
    assert base64.b64decode(login.removeprefix("AUTH XOAUTH2 ")) == (
        b"user=accounts@seller.example\1auth=Bearer token-1\1\1"
    )
    assert len(smtp_server.texts) == 1


def test_a_second_message_uses_the_same_token(channel, token_service, message, change) -> None:
    channel.send(message)
    channel.send(change(id="att-0002"))

    assert len(token_service.forms) == 1


def test_a_refusal_is_heard_to_its_end_and_has_not_sent(channel, smtp_server, message) -> None:
    smtp_server.script |= {"AUTH": f"334 {REFUSAL}", "\r\n": "535 5.7.8 not accepted for accounts@seller.example"}

    with pytest.raises(NotSent, match="535") as caught:
        channel.send(message)
    assert smtp_server.commands[-2:] == ["", "quit"]
    assert smtp_server.texts == []
    assert "seller.example" not in str(caught.value)
    assert "token-1" not in str(caught.value)


def test_after_a_refusal_another_token_is_asked_for(channel, smtp_server, token_service, message) -> None:
    smtp_server.script |= {"AUTH": f"334 {REFUSAL}", "\r\n": "535 no"}
    with pytest.raises(NotSent):
        channel.send(message)
    smtp_server.script.clear()

    channel.send(message)

    assert len(token_service.forms) == 2


@pytest.mark.parametrize("answer", ["334 ", "334 %%%", "454 later", "break", "silence"])
def test_whatever_a_server_says_to_a_token_nothing_has_left(channel, smtp_server, message, answer) -> None:
    smtp_server.script |= {"AUTH": answer, "\r\n": answer}

    with pytest.raises(NotSent):
        channel.send(message)
    assert smtp_server.texts == []


@pytest.mark.parametrize(("status", "body"), [(400, b'{"error":"invalid_client"}'), (503, b"")])
def test_without_a_token_nothing_leaves(channel, smtp_server, token_service, message, status, body) -> None:
    token_service.status, token_service.body = status, body

    with pytest.raises(NotSent, match="token"):
        channel.send(message)
    assert said(smtp_server) == []


@pytest.mark.parametrize(
    "changes",
    [{"password": "both"}, {"username": None}, {"security": "none", "host": "mail.seller.example"}],
)
def test_settings_that_cannot_work_are_refused(clock, changes) -> None:
    tokens = GrantedTokens(microsoft_grant("dir", "app", "s"), clock)

    with pytest.raises(ValueError, match=r"SMTP|unencrypted"):
        settings(25, tokens=tokens, **changes)
