"""What may have been sent, for every place where a conversation with a mail server can end."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as KeepsMessage
from aiosmtpd.smtp import AuthResult

from connectors.channels.channel import NotSent, RefusedMessage, Unsure
from connectors.channels.smtp import SmtpChannel, SmtpSettings

PASSWORD = "hunter2-never-shown"


def settings(port: int, **changes) -> SmtpSettings:
    defaults = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "username": "clerk",
        "password": PASSWORD,
        "timeout_seconds": 2,
        "local_hostname": "dun.seller.example",
    }
    return SmtpSettings(**{**defaults, **changes})


@pytest.fixture
def channel(smtp_server, clock) -> SmtpChannel:
    return SmtpChannel(settings(smtp_server.port), clock)


def test_an_accepted_message_gives_a_receipt_with_its_message_id(channel, message, clock) -> None:
    receipt = channel.send(message)
    assert (receipt.channel, receipt.provider_id) == ("smtp", "<att-0001@seller.example>")
    assert receipt.accepted_at == clock.now()


def test_to_and_cc_are_each_named_once_in_the_envelope(channel, smtp_server, change) -> None:
    message = change(cc=change().to)
    channel.send(message)
    assert [line for line in smtp_server.commands if line.startswith("rcpt")] == ["rcpt TO:<ap@buyer.example>"]


@pytest.mark.parametrize("phase", ["connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
def test_a_line_that_breaks_before_the_text_has_not_sent(channel, smtp_server, message, phase) -> None:
    smtp_server.script[phase] = "break"
    with pytest.raises(NotSent):
        channel.send(message)
    assert smtp_server.texts == []


@pytest.mark.parametrize("phase", ["connect", "MAIL", "DATA"])
def test_a_server_that_falls_silent_before_the_text_has_not_sent(smtp_server, message, clock, phase) -> None:
    smtp_server.script[phase] = "silence"
    with pytest.raises(NotSent):
        SmtpChannel(settings(smtp_server.port, timeout_seconds=0.2), clock).send(message)


@pytest.mark.parametrize("phase", ["connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "dot"])
def test_a_temporary_refusal_has_not_sent(channel, smtp_server, message, phase) -> None:
    smtp_server.script[phase] = "451 try later"
    with pytest.raises(NotSent):
        channel.send(message)


@pytest.mark.parametrize("phase", ["RCPT", "DATA", "dot"])
def test_a_permanent_refusal_of_the_message_is_a_refusal(channel, smtp_server, message, phase) -> None:
    smtp_server.script[phase] = "550 no"
    with pytest.raises(RefusedMessage, match="550"):
        channel.send(message)


@pytest.mark.parametrize("phase", ["connect", "EHLO", "AUTH", "MAIL"])
def test_a_permanent_refusal_of_the_account_burns_no_message(channel, smtp_server, message, phase) -> None:
    smtp_server.script[phase] = "550 not you"
    with pytest.raises(NotSent):
        channel.send(message)


def test_a_message_announced_as_too_big_is_a_refusal(channel, smtp_server, message) -> None:
    smtp_server.extensions = ("SIZE 100",)
    smtp_server.script["MAIL"] = "552 too big"
    with pytest.raises(RefusedMessage, match="size"):
        SmtpChannel(settings(smtp_server.port, username=None, password=None), channel._clock).send(message)
    assert any("size=" in command for command in smtp_server.commands)


@pytest.mark.parametrize("phase", ["text", "dot"])
def test_a_line_that_breaks_after_the_text_began_leaves_us_unsure(channel, smtp_server, message, phase) -> None:
    smtp_server.script[phase] = "break"
    with pytest.raises(Unsure):
        channel.send(message)


def test_silence_after_the_final_dot_leaves_us_unsure(smtp_server, message, clock) -> None:
    smtp_server.script["dot"] = "silence"
    with pytest.raises(Unsure):
        SmtpChannel(settings(smtp_server.port, timeout_seconds=0.2), clock).send(message)
    assert len(smtp_server.texts) == 1


@pytest.mark.parametrize("answer", ["what?", "354 go on", "250" + " x" * smtplib._MAXLINE])
def test_a_garbled_answer_to_the_final_dot_leaves_us_unsure(channel, smtp_server, message, answer) -> None:
    smtp_server.script["dot"] = answer
    with pytest.raises(Unsure):
        channel.send(message)


@pytest.mark.parametrize("answer", ["break", "451 busy", "550 no"])
def test_a_lost_goodbye_after_acceptance_is_a_success(channel, smtp_server, message, answer) -> None:
    smtp_server.script["QUIT"] = answer
    assert channel.send(message).channel == "smtp"


def test_one_refused_recipient_stops_the_message_for_all(channel, smtp_server, message) -> None:
    smtp_server.script["RCPT"] = "550 unknown"
    with pytest.raises(RefusedMessage):
        channel.send(message)
    assert not any(command.upper() == "DATA" for command in smtp_server.commands)


def test_nobody_listening_has_not_sent(closed_port, message, clock) -> None:
    with pytest.raises(NotSent, match="ConnectionRefusedError"):
        SmtpChannel(settings(closed_port), clock).send(message)


def test_a_host_that_is_no_host_name_has_not_sent(message, clock) -> None:
    impossible = settings(25, host="a" * 70 + ".invalid", username=None, password=None)
    with pytest.raises(NotSent):
        SmtpChannel(impossible, clock).send(message)


def test_a_server_without_starttls_is_never_spoken_to_in_the_clear(smtp_server, message, clock) -> None:
    with pytest.raises(NotSent, match="STARTTLS"):
        SmtpChannel(settings(smtp_server.port, security="starttls"), clock).send(message)
    assert not any(command.startswith(("AUTH", "mail")) for command in smtp_server.commands)


def test_tls_to_a_server_that_speaks_plain_has_not_sent(smtp_server, message, clock) -> None:
    with pytest.raises(NotSent):
        SmtpChannel(settings(smtp_server.port, security="tls", timeout_seconds=0.5), clock).send(message)


@pytest.mark.parametrize("phase", ["AUTH", "MAIL", "RCPT", "DATA", "dot"])
def test_no_error_repeats_an_address_the_password_or_what_the_server_said(channel, smtp_server, message, phase) -> None:
    smtp_server.script[phase] = f"550 <ap@buyer.example> clerk {PASSWORD} go away"
    with pytest.raises((NotSent, RefusedMessage)) as caught:
        channel.send(message)
    assert not any(secret in str(caught.value) for secret in ("buyer", "clerk", PASSWORD, "away"))


def test_settings_do_not_show_the_password() -> None:
    assert PASSWORD not in repr(settings(25))


def test_a_password_is_not_sent_unencrypted_to_another_machine() -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        settings(25, host="mail.seller.example")


@pytest.mark.parametrize("change", [{"host": ""}, {"password": None}, {"password": "pässword"}])
def test_impossible_settings_are_refused_at_once(change) -> None:
    with pytest.raises(ValueError, match="SMTP"):
        settings(25, **change)


def test_every_line_of_the_text_ends_in_crlf_and_leading_dots_are_doubled(channel, smtp_server, change) -> None:
    channel.send(change(text="one\r.two\n.\r\nthree\r\n.\r\n", attachments=()))
    text = smtp_server.texts[0]
    assert b"\r" not in text.replace(b"\r\n", b"")
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert b"\r\n..two\r\n..\r\nthree\r\n..\r\n" in text


class _Inbox(KeepsMessage):
    def __init__(self) -> None:
        super().__init__()
        self.received: list[bytes] = []
        self.logins: list[tuple[bytes, bytes]] = []

    def handle_message(self, message) -> None:
        self.received.append(message.as_bytes())

    def authenticate(self, server, session, envelope, mechanism, login) -> AuthResult:
        self.logins.append((login.login, login.password))
        return AuthResult(success=True)


@contextmanager
def mail_server(port: int, inbox: _Inbox, **options) -> Iterator[None]:
    controller = Controller(inbox, hostname="127.0.0.1", port=port, ready_timeout=10, **options)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def test_an_ordinary_mail_server_receives_the_message_whole(message, clock, closed_port) -> None:
    inbox = _Inbox()
    with mail_server(closed_port, inbox):
        SmtpChannel(settings(closed_port, username=None, password=None), clock).send(message)
    received = message_from_bytes(inbox.received[0], policy=policy.default)
    assert received["Subject"] == message.subject
    assert received.get_body(("plain",)).get_content().replace("\r\n", "\n") == message.text
    assert [part.get_content() for part in received.iter_attachments()] == [b"%PDF-1.7 \x00\xff"]


def test_starttls_encrypts_before_the_login(message, clock, closed_port, certificate, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    inbox = _Inbox()
    demanding = {
        "tls_context": certificate.server_context(),
        "require_starttls": True,
        "auth_required": True,
        "authenticator": inbox.authenticate,
    }
    with mail_server(closed_port, inbox, **demanding):
        SmtpChannel(settings(closed_port, security="starttls"), clock).send(message)
    assert inbox.logins == [(b"clerk", PASSWORD.encode())]
    assert len(inbox.received) == 1


def test_tls_from_the_first_byte_delivers(message, clock, closed_port, certificate, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    inbox = _Inbox()
    with mail_server(closed_port, inbox, ssl_context=certificate.server_context()):
        SmtpChannel(settings(closed_port, security="tls", username=None, password=None), clock).send(message)
    assert len(inbox.received) == 1


@pytest.mark.parametrize(("security", "option"), [("starttls", "tls_context"), ("tls", "ssl_context")])
def test_a_server_that_cannot_prove_its_name_gets_nothing(
    message, clock, closed_port, certificate, monkeypatch, security, option
) -> None:
    inbox = _Inbox()
    server_context = certificate.server_context()
    if security == "tls":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))  # lets only the controller's own probe in
    with mail_server(closed_port, inbox, **{option: server_context}):
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(NotSent, match="certificate"):
            SmtpChannel(settings(closed_port, security=security), clock).send(message)
    assert inbox.received == []


@pytest.mark.parametrize(
    ("phase", "known"), [("connect", NotSent), ("EHLO", NotSent), ("RCPT", NotSent), ("dot", Unsure)]
)
def test_a_reply_without_end_is_a_broken_line(channel, smtp_server, message, phase, known) -> None:
    smtp_server.script[phase] = "250-and another thing\r\n" * 100_000 + "250 that is all"

    with pytest.raises(known):
        channel.send(message)


def test_a_reply_of_many_lines_is_read_to_its_end(channel, smtp_server, message) -> None:
    smtp_server.script["dot"] = "250-and another thing\r\n" * 199 + "250 that is all"

    assert channel.send(message).channel == "smtp"
