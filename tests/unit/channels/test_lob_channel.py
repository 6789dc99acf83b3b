"""What Lob is given, and what may have happened to a letter after every kind of answer."""

import base64
import logging
import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import HTTP

import msgspec
import pytest
from hostile_people import NAMES, commanding
from scripted_post import ScriptedPost
from torrents import TorrentServer

from connectors.channels.channel import ChannelError, NotSent, RefusedMessage, Unsure
from connectors.channels.lob import LobChannel, LobSettings
from connectors.channels.lob_tracking import DeliveryUnknown
from state.model import PostalAddress

KEY = "live_never_shown"
PDF = b"%PDF-1.7\nthe \x00\xff letter\n%%EOF"
SENDER = PostalAddress(lines=("210 King St",), city="San Francisco", region="CA", postcode="94107", country="US")
AT_HOME = PostalAddress(
    lines=("185 Berry St", "Suite 6100"), city="San Francisco", region="CA", postcode="94107-1741", country="USA"
)
ABROAD = PostalAddress(lines=("1 High Street",), city="London", postcode="EC1A 1BB", country="United Kingdom")


@pytest.fixture
def post() -> Iterator[ScriptedPost]:
    server = ScriptedPost()
    yield server
    server.close()


@pytest.fixture
def letter(message):
    return msgspec.structs.replace(
        message, to=(), cc=(), kind="letter", customer="Buyer plc", postal=AT_HOME, letter=PDF, stage="final"
    )


def settings(url: str, **changes) -> LobSettings:
    fields = {"api_key": KEY, "sender": "Seller Inc", "sender_address": SENDER, "host": url, "timeout_seconds": 2}
    return LobSettings(**{**fields, **changes})


@pytest.fixture
def channel(post, clock) -> LobChannel:
    return LobChannel(settings(post.url), clock)


def fields_of(request: tuple[str, str, dict[str, str], bytes]) -> dict[str, bytes]:
    _, _, headers, body = request
    form = message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body, policy=HTTP)
    return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in form.walk()
            if not part.is_multipart()}  # fmt: skip


@pytest.fixture
def sent(channel, post):
    """Send a letter and return the form's fields that arrived."""

    def send(message, by=channel) -> dict[str, bytes]:
        by.send(message)
        return fields_of(post.requests[-1])

    return send


def test_an_accepted_letter_gives_a_receipt_with_lobs_id(channel, letter, clock) -> None:
    receipt = channel.send(letter)

    assert (receipt.channel, receipt.provider_id, receipt.accepted_at) == ("lob", "ltr_4868c3b754655f90", clock.now())


def test_one_letter_is_one_authorised_post_that_lob_can_recognise(channel, post, letter) -> None:
    channel.send(letter)
    [(method, path, headers, _)] = post.requests

    assert (method, path, headers["Idempotency-Key"]) == ("POST", "/v1/letters", "att-0001")
    assert headers["Authorization"] == "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()


def test_the_form_has_the_document_both_addresses_and_our_marks(sent, letter) -> None:
    assert sent(letter) == {
        "to[name]": b"Buyer plc",
        "to[address_line1]": b"185 Berry St",
        "to[address_line2]": b"Suite 6100",
        "to[address_city]": b"San Francisco",
        "to[address_state]": b"CA",
        "to[address_zip]": b"94107-1741",
        "to[address_country]": b"US",
        "from[name]": b"Seller Inc",
        "from[address_line1]": b"210 King St",
        "from[address_city]": b"San Francisco",
        "from[address_state]": b"CA",
        "from[address_zip]": b"94107",
        "from[address_country]": b"US",
        "description": b"att-0001",
        "metadata[dun_message]": b"att-0001",
        "metadata[dun_tenant]": b"seller",
        "color": b"false",
        "double_sided": b"true",
        "mail_type": b"usps_first_class",
        "use_type": b"operational",
        "file": PDF,
    }


@pytest.mark.parametrize(
    ("postal", "stage", "service"),
    [
        (AT_HOME, "final", b"certified_return_receipt"),
        (ABROAD, "final", b"registered"),
        (AT_HOME, "soft", None),
        (ABROAD, "soft", None),
    ],
)
def test_certified_stages_go_as_what_the_destination_has(post, clock, sent, letter, postal, stage, service) -> None:
    channel = LobChannel(settings(post.url, certified={"final": "certified_return_receipt"}), clock)
    form = sent(msgspec.structs.replace(letter, postal=postal, stage=stage), channel)

    assert form.get("extra_service") == service


def test_an_address_without_a_country_lies_in_the_senders(sent, letter) -> None:
    form = sent(msgspec.structs.replace(letter, postal=msgspec.structs.replace(AT_HOME, country=None)))

    assert form["to[address_country]"] == b"US"


@pytest.mark.parametrize("hostile", NAMES, ids=lambda hostile: f"{hostile.attacks}:{hostile.text[:20]!r}")
def test_a_hostile_name_is_one_short_field(post, channel, letter, hostile) -> None:
    postal = msgspec.structs.replace(ABROAD, lines=("1 High Street", hostile.text), region=hostile.text)
    try:
        channel.send(msgspec.structs.replace(letter, customer=hostile.text, postal=postal))
    except RefusedMessage:
        assert post.requests == []
        return
    form = fields_of(post.requests[0])

    assert len(form) <= 21
    assert len(form["to[name]"].decode()) <= 40
    assert not any(commanding(form[field].decode()) for field in form if field.startswith("to["))


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"postal": None}, "street"),
        ({"postal": PostalAddress(lines=(), city="x", postcode="y", country="GB")}, "street"),
        ({"postal": PostalAddress(lines=("x",), postcode="y", country="GB")}, "town"),
        ({"postal": PostalAddress(lines=("x",), city="y", country="GB")}, "postcode"),
        ({"postal": msgspec.structs.replace(ABROAD, country="Freedonia")}, "country"),
        ({"postal": msgspec.structs.replace(AT_HOME, region=None)}, "state"),
        ({"postal": msgspec.structs.replace(AT_HOME, region="California")}, "state"),
        ({"postal": msgspec.structs.replace(AT_HOME, lines=("x" * 51,))}, "50"),
        ({"customer": ""}, "name"),
        ({"letter": b""}, "PDF"),
        ({"id": "a/b"}, "id"),
    ],
)
def test_a_letter_that_cannot_be_delivered_is_refused_before_any_call(channel, post, letter, changes, lacks) -> None:
    with pytest.raises(RefusedMessage, match=lacks) as caught:
        channel.send(msgspec.structs.replace(letter, **changes))
    assert post.requests == []
    assert not any(private in str(caught.value) for private in ("Berry", "High Street", "Buyer"))


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 403, 404, 405, 429])
def test_an_answer_that_blames_the_account_or_the_pace_burns_no_letter(channel, post, letter, status) -> None:
    post.status, post.body = status, {"error": {"code": "invalid_api_key", "message": "x", "status_code": status}}
    with pytest.raises(NotSent, match=str(status)):
        channel.send(letter)


@pytest.mark.parametrize("code", ["foreign_return_address", "mail_use_type_can_not_be_null"])
def test_a_refusal_of_what_is_set_here_burns_no_letter(channel, post, letter, code) -> None:
    post.status, post.body = 422, {"error": {"code": code, "message": "x", "status_code": 422}}
    with pytest.raises(NotSent, match=code):
        channel.send(letter)


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"error":{"code":7}}', b'{"error":{"code":"invalid"}}'])
def test_an_answer_that_blames_the_letter_is_a_refusal(channel, post, letter, status, body) -> None:
    post.status, post.body = status, body
    with pytest.raises(RefusedMessage, match=str(status)):
        channel.send(letter)


@pytest.mark.parametrize(
    "code", ["failed_deliverability_strictness", "invalid_file_dimensions", "file_pages_exceed_max"]
)
def test_a_refusal_names_lobs_code(channel, post, letter, code) -> None:
    post.status, post.body = 422, {"error": {"code": code, "message": "185 Berry St", "status_code": 422}}
    with pytest.raises(RefusedMessage, match=code) as caught:
        channel.send(letter)
    assert "Berry" not in str(caught.value)


@pytest.mark.parametrize("status", [202, 204, 408, 409, 418, 500, 502, 503, 504])
def test_every_other_answer_leaves_us_unsure(channel, post, letter, status) -> None:
    post.status = status
    with pytest.raises(Unsure, match=str(status)):
        channel.send(letter)


@pytest.mark.parametrize("behaviour", ["reset-before", "reset-after"])
def test_a_broken_connection_leaves_us_unsure_and_is_not_tried_again(channel, post, letter, behaviour) -> None:
    post.behaviour = behaviour
    with pytest.raises(Unsure):
        channel.send(letter)
    assert len(post.requests) == (behaviour == "reset-after")


def test_silence_leaves_us_unsure(post, clock, letter) -> None:
    post.behaviour = "silence"
    with pytest.raises(Unsure):
        LobChannel(settings(post.url, timeout_seconds=0.2), clock).send(letter)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"id": 7}', b"[" * 100_000])
def test_an_acceptance_that_cannot_be_read_is_an_acceptance_without_an_id(channel, post, letter, body) -> None:
    post.body = body

    assert channel.send(letter).provider_id is None


def test_an_acceptance_that_breaks_off_is_an_acceptance(channel, post, letter) -> None:
    post.behaviour = "truncate"

    assert channel.send(letter).channel == "lob"


@pytest.mark.parametrize("torrent", ["endless", "chunked", "announced", "bomb"])
def test_an_acceptance_that_talks_on_without_end_is_an_acceptance(letter, clock, torrent) -> None:
    with TorrentServer(torrent, 200) as server:
        assert LobChannel(settings(server.url), clock).send(letter).provider_id is None
        assert server.sent < 64 << 20


def test_a_redirect_is_not_followed_with_the_key_in_hand(channel, post, letter) -> None:
    post.status, post.location = 307, f"{post.url}/elsewhere"
    with pytest.raises(NotSent):
        channel.send(letter)
    assert [path for _, path, _, _ in post.requests] == ["/v1/letters"]


def test_a_host_that_cannot_be_reached_has_not_sent(closed_port, clock, letter) -> None:
    with pytest.raises(NotSent):
        LobChannel(settings(f"http://127.0.0.1:{closed_port}"), clock).send(letter)


def test_a_name_that_does_not_resolve_has_not_sent(clock, letter, monkeypatch) -> None:
    def unresolved(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    with pytest.raises(NotSent):
        LobChannel(settings("https://api.lob.example"), clock).send(letter)


def test_a_server_that_cannot_prove_its_name_is_given_nothing(post, clock, letter, certificate) -> None:
    post.socket = certificate.server_context().wrap_socket(post.socket, server_side=True)
    with pytest.raises(NotSent):
        LobChannel(settings(post.url.replace("http:", "https:")), clock).send(letter)
    assert post.requests == []


@pytest.mark.parametrize("status", [200, 401, 422, 500])
def test_neither_errors_nor_logs_repeat_the_key_or_the_address(channel, post, letter, caplog, status) -> None:
    post.status, post.body = status, {"error": {"code": "invalid", "message": "185 Berry St", "status_code": status}}
    caplog.set_level(logging.DEBUG)
    said = ""
    try:
        channel.send(letter)
    except ChannelError as error:
        said = str(error)
    assert not any(private in said + caplog.text for private in (KEY, "Berry", "Buyer"))
    assert KEY not in repr(settings(post.url))


@pytest.mark.parametrize(
    "changes",
    [
        {"api_key": ""},
        {"api_key": "live a"},
        {"api_key": "live:a"},
        {"api_key": "live\n"},
        {"host": "api.lob.com"},
        {"sender": " "},
        {"sender_address": ABROAD},
        {"sender_address": msgspec.structs.replace(SENDER, postcode=None)},
        {"sender_address": msgspec.structs.replace(SENDER, region="California")},
    ],
)
def test_settings_that_would_fail_every_letter_are_refused_at_once(clock, changes) -> None:
    with pytest.raises(ValueError, match=r"Lob|sender") as caught:
        LobChannel(settings(changes.pop("host", "https://api.lob.com"), **changes), clock)
    assert "live" not in str(caught.value)


def test_a_good_key_passes_the_check_without_a_letter(channel, post) -> None:
    channel.check()

    assert [(method, path) for method, path, _, _ in post.requests] == [("GET", "/v1/letters?limit=1")]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_a_key_that_lob_does_not_take_is_found_by_the_check(channel, post, status) -> None:
    post.status = status
    with pytest.raises(NotSent, match=str(status)):
        channel.check()


@pytest.mark.parametrize("behaviour", ["reset-before", "reset-after", "silence", "truncate"])
def test_a_provider_that_does_not_tell_is_asked_again_later(post, clock, behaviour) -> None:
    post.behaviour = behaviour
    with pytest.raises(DeliveryUnknown):
        LobChannel(settings(post.url, timeout_seconds=0.3), clock).delivery("ltr_1")


@pytest.mark.parametrize("status", [301, 401, 404, 429, 500])
def test_a_provider_that_refuses_to_tell_is_asked_again_later(channel, post, status) -> None:
    post.status = status
    with pytest.raises(DeliveryUnknown, match=str(status)):
        channel.delivery("ltr_1")


def test_an_id_cannot_lead_to_another_address(channel, post) -> None:
    with pytest.raises(DeliveryUnknown):
        channel.delivery("../addresses?x=1#")
    assert post.requests[0][1] == "/v1/letters/..%2Faddresses%3Fx%3D1%23"


def test_the_way_of_a_letter_is_told_by_its_id(channel, post) -> None:
    post.body = {
        "id": "ltr_1",
        "date_created": "2026-03-12T09:30:00.000Z",
        "tracking_events": [{"name": "Delivered", "time": "2026-03-16T15:04:05Z", "type": "certified"}],
    }

    fact = channel.delivery("ltr_1")

    assert (fact.kind, fact.at.isoformat()) == ("delivered", "2026-03-16T15:04:05+00:00")
