"""What SendGrid is given, and what may have happened after every kind of answer."""

import json
import logging
import socket
from contextlib import suppress

import pytest
from torrents import TorrentServer

from connectors.channels.channel import Address, NotSent, RefusedMessage, Unsure
from connectors.channels.sendgrid import SendGridChannel

KEY = "SG.never-shown.0123456789"


@pytest.fixture
def channel(mail_api, clock) -> SendGridChannel:
    return SendGridChannel(KEY, mail_api.url, clock, timeout_seconds=2)


@pytest.fixture
def payload(channel, mail_api):
    """Send a message and return the JSON that arrived."""

    def sent(message) -> dict:
        channel.send(message)
        return json.loads(mail_api.requests[-1][3])

    return sent


def test_an_accepted_message_gives_a_receipt_with_sendgrids_id(channel, message, clock) -> None:
    receipt = channel.send(message)
    assert (receipt.channel, receipt.provider_id, receipt.accepted_at) == ("sendgrid", "sg-77", clock.now())


def test_one_message_is_one_authorised_post(channel, mail_api, message) -> None:
    channel.send(message)
    [(method, path, headers, _)] = mail_api.requests
    assert (method, path, headers["Authorization"]) == ("POST", "/v3/mail/send", f"Bearer {KEY}")


def test_the_payload_names_the_people(payload, message) -> None:
    sent = payload(message)
    assert sent["from"] == {"email": "accounts@seller.example", "name": "Seller Ltd"}
    assert sent["reply_to"] == {"email": "desk@seller.example", "name": "Credit desk"}
    assert sent["personalizations"] == [
        {"to": [{"email": "ap@buyer.example", "name": "Buyer plc"}], "cc": [{"email": "boss@buyer.example"}]}
    ]


def test_the_payload_can_be_found_again(payload, message) -> None:
    sent = payload(message)
    assert sent["categories"] == ["soft"]
    assert sent["custom_args"] == {"dun_message": "att-0001", "dun_tenant": "seller"}
    assert sent["headers"] == {
        "Message-ID": "<att-0001@seller.example>",
        "X-Dun-Message": "att-0001",
        "X-Dun-Stage": "soft",
        "Auto-Submitted": "auto-generated",
        "In-Reply-To": "<att-0000b@seller.example>",
        "References": "<att-0000@seller.example> <att-0000b@seller.example>",
    }


def test_the_payload_carries_the_text_the_html_and_the_pdf(payload, message) -> None:
    sent = payload(message)
    assert sent["content"] == [
        {"type": "text/plain", "value": message.text},
        {"type": "text/html", "value": message.html},
    ]
    [pdf] = sent["attachments"]
    assert (pdf["filename"], pdf["type"], pdf["content"]) == (
        "Invoice-INV-1.pdf",
        "application/pdf",
        "JVBERi0xLjcgAP8=",
    )


def test_nobody_is_tracked(payload, message) -> None:
    tracking = payload(message)["tracking_settings"]
    assert tracking["click_tracking"] == {"enable": False, "enable_text": False}
    assert tracking["open_tracking"] == {"enable": False}


def test_nobody_is_named_twice(payload, change) -> None:
    """SendGrid answers 400 to a message whose to and cc share an address."""
    sent = payload(change(cc=(Address("AP@buyer.example"), Address("boss@buyer.example"))))
    assert sent["personalizations"][0]["cc"] == [{"email": "boss@buyer.example"}]


def test_newlines_reach_no_field_that_becomes_a_header(payload, change) -> None:
    sent = payload(change(subject="a\r\nBcc: x@evil.example", sender=Address("accounts@seller.example", "S\r\nX: y")))
    assert sent["subject"] == "a Bcc: x@evil.example"
    assert sent["from"]["name"] == "S X: y"


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 429])
def test_an_answer_that_blames_the_account_or_the_pace_burns_no_message(channel, mail_api, message, status) -> None:
    mail_api.status = status
    with pytest.raises(NotSent, match=str(status)):
        channel.send(message)


@pytest.mark.parametrize("status", [400, 413])
def test_an_answer_that_blames_the_message_is_a_refusal(channel, mail_api, message, status) -> None:
    mail_api.status = status
    with pytest.raises(RefusedMessage, match=str(status)):
        channel.send(message)


@pytest.mark.parametrize("status", [200, 204, 303, 408, 418, 500, 502, 503, 504])
def test_every_other_answer_leaves_us_unsure(channel, mail_api, message, status) -> None:
    mail_api.status = status
    with pytest.raises(Unsure, match=str(status)):
        channel.send(message)


@pytest.mark.parametrize("behaviour", ["reset-before", "reset-after", "truncate"])
def test_a_broken_connection_leaves_us_unsure(channel, mail_api, message, behaviour) -> None:
    mail_api.behaviour = behaviour
    with pytest.raises(Unsure):
        channel.send(message)


def test_silence_leaves_us_unsure(mail_api, message, clock) -> None:
    mail_api.behaviour = "silence"
    with pytest.raises(Unsure):
        SendGridChannel(KEY, mail_api.url, clock, timeout_seconds=0.2).send(message)


def test_a_message_is_never_posted_twice(channel, mail_api, message) -> None:
    mail_api.behaviour = "reset-after"
    with pytest.raises(Unsure):
        channel.send(message)
    assert len(mail_api.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_a_redirect_is_not_followed_with_the_key_in_hand(channel, mail_api, message, status) -> None:
    mail_api.status, mail_api.location = status, f"{mail_api.url}/elsewhere"
    with pytest.raises((NotSent, Unsure)):
        channel.send(message)
    assert [path for _, path, _, _ in mail_api.requests] == ["/v3/mail/send"]


@pytest.mark.parametrize("host", ["127.0.0.1", "a" * 70 + ".invalid"])
def test_a_host_that_cannot_be_reached_has_not_sent(closed_port, message, clock, host) -> None:
    with pytest.raises(NotSent):
        SendGridChannel(KEY, f"http://{host}:{closed_port}", clock, timeout_seconds=2).send(message)


def test_a_name_that_does_not_resolve_has_not_sent(message, clock, monkeypatch) -> None:
    def unresolved(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    with pytest.raises(NotSent, match="gaierror"):
        SendGridChannel(KEY, "https://api.seller.example", clock).send(message)


def test_a_server_that_speaks_no_tls_gets_nothing(mail_api, message, clock) -> None:
    encrypted = mail_api.url.replace("http:", "https:")
    with pytest.raises(NotSent):
        SendGridChannel(KEY, encrypted, clock, timeout_seconds=2).send(message)
    assert mail_api.requests == []


def test_a_server_that_cannot_prove_its_name_is_given_no_key(mail_api, message, clock, certificate) -> None:
    mail_api.socket = certificate.server_context().wrap_socket(mail_api.socket, server_side=True)
    with pytest.raises(NotSent, match="SSLCertVerificationError"):
        SendGridChannel(KEY, mail_api.url.replace("http:", "https:"), clock, timeout_seconds=2).send(message)
    assert mail_api.requests == []


def test_a_server_that_proves_its_name_gets_the_message_over_tls(
    mail_api, message, clock, certificate, monkeypatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    mail_api.socket = certificate.server_context().wrap_socket(mail_api.socket, server_side=True)
    SendGridChannel(KEY, mail_api.url.replace("http:", "https:"), clock, timeout_seconds=2).send(message)
    assert len(mail_api.requests) == 1


@pytest.mark.parametrize("status", [202, 400, 401, 500])
def test_the_key_is_in_no_log_record_at_debug(channel, mail_api, message, caplog, status) -> None:
    mail_api.status = status
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="python_http_client.client")
    with suppress(NotSent, RefusedMessage, Unsure):
        channel.send(message)
    assert not any(private in caplog.text for private in (KEY, "buyer.example", "1,234.50"))


@pytest.mark.parametrize("status", [400, 401, 500])
def test_no_error_repeats_the_key_an_address_or_what_sendgrid_said(channel, mail_api, message, status) -> None:
    mail_api.status = status
    with pytest.raises((NotSent, RefusedMessage, Unsure)) as caught:
        channel.send(message)
    assert not any(private in str(caught.value) for private in (KEY, "buyer", "is bad"))


@pytest.mark.parametrize("key", ["", "SG.with a blank", "SG.newline\n", "SG.ümlaut"])
def test_a_key_that_cannot_be_a_header_is_refused_without_repeating_it(clock, key) -> None:
    with pytest.raises(ValueError, match="API key") as caught:
        SendGridChannel(key, "https://api.sendgrid.com", clock)
    assert "SG." not in str(caught.value)


@pytest.mark.parametrize("host", ["api.sendgrid.com", "ftp://api.sendgrid.com", "https://"])
def test_a_host_that_is_no_base_url_is_refused(clock, host) -> None:
    with pytest.raises(ValueError, match="base URL"):
        SendGridChannel(KEY, host, clock)


@pytest.mark.parametrize("torrent", ["endless", "chunked", "announced"])
def test_an_acceptance_that_talks_on_without_end_is_an_acceptance(message, clock, torrent) -> None:
    with TorrentServer(torrent, 202) as server:
        SendGridChannel(KEY, server.url, clock).send(message)

        assert server.sent < 16 << 20


@pytest.mark.parametrize("torrent", ["endless", "chunked", "announced"])
def test_a_refusal_that_talks_on_without_end_is_a_refusal(message, clock, torrent) -> None:
    with TorrentServer(torrent, 400) as server:
        with pytest.raises(RefusedMessage):
            SendGridChannel(KEY, server.url, clock).send(message)

        assert server.sent < 16 << 20
