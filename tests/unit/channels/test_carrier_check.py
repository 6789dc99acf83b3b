"""A carrier can be tried without sending anything, and says in words what is wrong."""

from email import message_from_bytes, policy

import pytest
from torrents import TorrentServer

from connectors.channels.channel import NotSent
from connectors.channels.sendgrid import SendGridChannel
from connectors.channels.smtp import SmtpChannel, SmtpSettings
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from connectors.sandbox.world import World

KEY = "SG.any.key"


@pytest.fixture
def smtp(smtp_server, clock) -> SmtpChannel:
    settings = SmtpSettings("127.0.0.1", smtp_server.port, "none", "clerk", "secret", timeout_seconds=2)
    return SmtpChannel(settings, clock)


@pytest.fixture
def world(clock) -> World:
    return build_world("carriers", clock.now(), ())


def test_a_mail_server_that_lets_us_in_is_fine_and_gets_no_mail(smtp, smtp_server) -> None:
    smtp.check()

    assert [line.split()[0].upper() for line in smtp_server.commands] == ["EHLO", "AUTH", "QUIT"]


@pytest.mark.parametrize(("phase", "words"), [("AUTH", "refused the login"), ("connect", "connecting failed")])
def test_a_mail_server_that_does_not_let_us_in_is_named(smtp, smtp_server, phase, words) -> None:
    smtp_server.script[phase] = "535 no" if phase == "AUTH" else "break"

    with pytest.raises(NotSent, match=words):
        smtp.check()


def test_a_key_that_may_send_is_fine(world, clock) -> None:
    with RunningSandbox(world) as sandbox:
        SendGridChannel(KEY, sandbox.url, clock).check()

    assert world.messages == []


@pytest.mark.parametrize(
    ("switch", "value", "words"),
    [
        ("sendgrid.revoked_keys", "all", "wrong or revoked"),
        ("sendgrid.scopes", "stats.read", "lacks the Mail Send permission"),
    ],
)
def test_a_key_that_may_not_send_is_named(world, clock, switch, value, words) -> None:
    world.switches[switch] = value
    with RunningSandbox(world) as sandbox, pytest.raises(NotSent, match=words):
        SendGridChannel(KEY, sandbox.url, clock).check()


def test_a_key_that_may_not_ask_what_it_may_is_not_blamed(mail_api, clock) -> None:
    mail_api.status = 403

    SendGridChannel(KEY, mail_api.url, clock, timeout_seconds=2).check()

    assert [path for _, path, _, _ in mail_api.requests] == ["/v3/scopes"]


@pytest.mark.parametrize("behaviour", ["reset-before", "reset-after", "silence"])
def test_a_service_without_an_answer_is_named(mail_api, clock, behaviour) -> None:
    mail_api.behaviour = behaviour

    with pytest.raises(NotSent, match="did not answer"):
        SendGridChannel(KEY, mail_api.url, clock, timeout_seconds=0.5).check()


def test_nobody_at_the_address_is_named(clock, closed_port) -> None:
    with pytest.raises(NotSent, match="no connection"):
        SendGridChannel(KEY, f"http://127.0.0.1:{closed_port}", clock).check()


def test_a_message_without_html_is_plain_text_alone(smtp, smtp_server, change) -> None:
    smtp.send(change(html="", attachments=()))

    mail = message_from_bytes(smtp_server.texts[0], policy=policy.default)
    assert mail.get_content_type() == "text/plain"


def test_sendgrid_takes_a_message_without_html(world, clock, change) -> None:
    with RunningSandbox(world) as sandbox:
        SendGridChannel(KEY, sandbox.url, clock).send(change(html="", attachments=()))

    assert world.messages[0].html == ""


def test_permissions_without_end_are_not_taken_for_missing_ones(clock) -> None:
    with TorrentServer("endless") as server, pytest.raises(NotSent, match="larger than 1 MB"):
        SendGridChannel(KEY, server.url, clock).check()
