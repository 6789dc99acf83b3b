"""What Twilio is given, and what may have happened after every kind of answer, for texts and calls alike."""

import base64
import socket
from collections.abc import Iterator

import pytest
from scripted_twilio import BASE, SID, TOKEN, ScriptedTwilio, scripted_twilio
from torrents import TorrentServer

from connectors.channels.channel import ChannelError, NotSent, RecipientOptedOut, RefusedMessage, Unsure
from connectors.channels.sms import SmsChannel, TextSender
from connectors.channels.twilio_rest import TwilioAccount, TwilioRest
from connectors.channels.twiml import Offer
from connectors.channels.voice import Caller, VoiceChannel

OURS, CUSTOMER = "+442079460000", "+447700900123"
TEXT = "Seller Ltd: invoice INV-1 over £600.00 was due on 2 March."


@pytest.fixture
def twilio() -> Iterator[ScriptedTwilio]:
    with scripted_twilio() as server:
        yield server


def rest_at(url: str, patience: float = 2) -> TwilioRest:
    return TwilioRest(TwilioAccount(SID, SID, TOKEN, url), (patience, patience))


@pytest.fixture
def rest(twilio) -> TwilioRest:
    return rest_at(twilio.url)


@pytest.fixture
def texting(rest, clock) -> SmsChannel:
    return SmsChannel(rest, TextSender(OURS), clock)


@pytest.fixture
def sms(change):
    return lambda **fields: change(**{"kind": "sms", "phone": CUSTOMER, "text": TEXT, **fields})


@pytest.fixture(params=["sms", "voice"])
def carrier(request, clock):
    """A channel over `rest`, and a message for it."""
    if request.param == "sms":
        return lambda rest: SmsChannel(rest, TextSender(OURS), clock)
    return lambda rest: VoiceChannel(rest, Caller(number=OURS, language="en_GB"), clock)


@pytest.fixture
def attempt(carrier, sms):
    """Send one message of the channel's kind over `rest`."""

    def attempted(rest):
        channel = carrier(rest)
        return channel.send(sms(kind="sms" if channel.name == "twilio-sms" else "voice"))

    return attempted


def test_a_text_is_one_authorised_post(texting, twilio, sms, clock) -> None:
    receipt = texting.send(sms())

    [asked] = twilio.asked
    assert (asked.method, asked.path) == ("POST", f"{BASE}/Messages.json")
    assert asked.authorization == "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    assert asked.form == {"To": CUSTOMER, "From": OURS, "Body": TEXT}
    assert (receipt.channel, receipt.provider_id, receipt.accepted_at) == ("twilio-sms", "SM1", clock.now())


def test_a_messaging_service_takes_the_place_of_the_number(rest, twilio, sms, clock) -> None:
    SmsChannel(rest, TextSender(service="MG1"), clock, told_at="https://dun.example/told").send(sms())

    assert twilio.asked[0].form == {
        "To": CUSTOMER,
        "MessagingServiceSid": "MG1",
        "Body": TEXT,
        "StatusCallback": "https://dun.example/told",
    }


def test_an_api_key_gets_in_instead_of_the_account(twilio, sms, clock) -> None:
    rest = TwilioRest(TwilioAccount(SID, "SK1", "secret", twilio.url))
    SmsChannel(rest, TextSender(OURS), clock).send(sms())

    assert twilio.asked[0].path.startswith(BASE)
    assert twilio.asked[0].authorization == "Basic " + base64.b64encode(b"SK1:secret").decode()


def test_a_call_carries_what_is_read(rest, twilio, sms, clock) -> None:
    channel = VoiceChannel(rest, Caller(number=OURS, language="en_GB"), clock)
    receipt = channel.send(sms(kind="voice"))

    [asked] = twilio.asked
    assert asked.path == f"{BASE}/Calls.json"
    assert (asked.form["To"], asked.form["From"]) == (CUSTOMER, OURS)
    assert TEXT in asked.form["Twiml"]
    assert receipt.channel == "twilio-voice"


ACCOUNT_OR_PACE = (
    *[(400, code) for code in (20003, 20005, 21210, 21212, 21603, 21606, 21611, 21701, 21703, 21705)],
    *[(status, None) for status in (301, 307, 401, 403, 404, 405, 429)],
    *[(401, 20003), (403, 20005), (404, 20404), (429, 20429)],
)


@pytest.mark.parametrize(("status", "code"), ACCOUNT_OR_PACE)
def test_an_answer_that_blames_the_account_or_the_pace_burns_no_message(attempt, rest, twilio, status, code) -> None:
    twilio.refuse(status, code)
    with pytest.raises(NotSent, match=str(status)):
        attempt(rest)


@pytest.mark.parametrize("code", [21211, 21214, 21215, 21408, 21602, 21608, 21612, 21614, 21617, 29999])
def test_an_answer_that_blames_recipient_or_text_is_a_refusal(attempt, rest, twilio, code) -> None:
    twilio.refuse(400, code)
    with pytest.raises(RefusedMessage, match=str(code)) as refused:
        attempt(rest)
    assert not isinstance(refused.value, RecipientOptedOut)


def test_whoever_answered_stop_is_told_apart(attempt, rest, twilio) -> None:
    twilio.refuse(400, 21610)
    with pytest.raises(RecipientOptedOut, match="STOP"):
        attempt(rest)


@pytest.mark.parametrize(
    ("status", "code"), [(500, None), (500, 20500), (500, 21211), (503, 20429), (502, None), (503, 20503), (504, None)]
)
def test_a_failure_inside_twilio_leaves_us_unsure(attempt, rest, twilio, status, code) -> None:
    twilio.refuse(status, code)
    with pytest.raises(Unsure, match=str(status)):
        attempt(rest)


@pytest.mark.parametrize("status", [200, 202, 204, 303, 400, 408, 418])
def test_an_answer_that_is_not_twilios_leaves_us_unsure(attempt, rest, twilio, status) -> None:
    twilio.status, twilio.body = status, b"" if status == 204 else b"<html>a proxy</html>"
    with pytest.raises(Unsure):
        attempt(rest)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"sid": 7}', b"[" * 100_000])
def test_an_acceptance_without_a_sid_leaves_us_unsure(attempt, rest, twilio, body) -> None:
    twilio.body = body
    with pytest.raises(Unsure):
        attempt(rest)


@pytest.mark.parametrize("behaviour", ["reset-before", "reset-after", "truncate"])
def test_a_broken_line_leaves_us_unsure_and_nothing_is_tried_again(attempt, rest, twilio, behaviour) -> None:
    twilio.behaviour = behaviour
    with pytest.raises(Unsure):
        attempt(rest)
    assert len(twilio.asked) == (0 if behaviour == "reset-before" else 1)


def test_silence_leaves_us_unsure(attempt, twilio) -> None:
    twilio.behaviour = "silence"
    with pytest.raises(Unsure):
        attempt(rest_at(twilio.url, 0.2))


def test_an_endless_answer_leaves_us_unsure(attempt) -> None:
    with TorrentServer("endless", 201) as torrent, pytest.raises(Unsure):
        attempt(rest_at(torrent.url))


def test_a_closed_port_means_that_nothing_left(attempt, closed_port) -> None:
    with pytest.raises(NotSent):
        attempt(rest_at(f"http://127.0.0.1:{closed_port}"))


def test_a_proxy_that_is_not_there_means_that_nothing_left(attempt, twilio, closed_port, monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(NotSent):
        attempt(rest_at(twilio.url))
    assert twilio.asked == []


@pytest.mark.parametrize("host", ["http://nowhere.invalid", "http://" + "a" * 80 + ".example"])
def test_an_unknown_host_means_that_nothing_left(attempt, host) -> None:
    with pytest.raises(NotSent):
        attempt(rest_at(host))


def test_a_certificate_nobody_vouches_for_means_that_nothing_left(attempt, twilio, certificate) -> None:
    twilio.socket = certificate.server_context().wrap_socket(twilio.socket, server_side=True)
    with pytest.raises(NotSent):
        attempt(rest_at(twilio.url.replace("http:", "https:")))
    assert twilio.asked == []


def test_a_port_that_speaks_no_tls_means_that_nothing_left(attempt, twilio) -> None:
    with pytest.raises(NotSent):
        attempt(rest_at(twilio.url.replace("http:", "https:")))


def test_silence_while_connecting_means_that_nothing_left(attempt) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for line in waiting:
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", port))
        with pytest.raises(NotSent):
            attempt(rest_at(f"http://127.0.0.1:{port}", 0.2))
        for line in waiting:
            line.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_takes_the_token_elsewhere(attempt, rest, twilio, status) -> None:
    twilio.status, twilio.body = status, b""
    twilio.location = f"{twilio.url}/elsewhere"
    with pytest.raises(ChannelError):
        attempt(rest)
    assert [asked.path.startswith(BASE) for asked in twilio.asked] == [True]


@pytest.mark.parametrize(("status", "code"), [(400, 21211), (401, 20003), (500, None), (400, 21610), (201, None)])
def test_no_error_names_a_number_or_a_secret(attempt, rest, twilio, status, code) -> None:
    twilio.refuse(status, code)
    with pytest.raises(ChannelError) as error:
        attempt(rest)
    assert CUSTOMER not in str(error.value)
    assert TOKEN not in str(error.value)


def test_the_account_shows_no_secret() -> None:
    assert TOKEN not in repr(TwilioAccount(SID, SID, TOKEN))


@pytest.mark.parametrize("secret", ["", "with blank", "line\nend", "schlüssel", "a:b"])
def test_a_secret_that_is_none_is_refused_at_once(secret) -> None:
    with pytest.raises(ValueError, match="Twilio"):
        TwilioRest(TwilioAccount(SID, SID, secret))


@pytest.mark.parametrize("host", ["", "api.twilio.com", "ftp://api.twilio.com", "https://"])
def test_a_host_that_is_none_is_refused_at_once(host) -> None:
    with pytest.raises(ValueError, match="host"):
        rest_at(host)


@pytest.mark.parametrize(
    "fields",
    [{"phone": None}, {"phone": ""}, {"phone": "whatsapp:+447700900123"}, {"kind": "email"}, {"kind": "voice"}],
)
def test_what_is_no_text_to_a_mobile_leaves_nothing(texting, twilio, sms, fields) -> None:
    with pytest.raises(RefusedMessage):
        texting.send(sms(**fields))
    assert twilio.asked == []


@pytest.mark.parametrize("text", ["", " \n ", "a" * 460, "ш" * 202, "€" * 240])
def test_an_empty_or_long_text_leaves_nothing(texting, twilio, sms, text) -> None:
    with pytest.raises(RefusedMessage, match="segments"):
        texting.send(sms(text=text))
    assert twilio.asked == []


def test_ten_segments_may_not_be_more_than_twilio_takes(rest, twilio, sms, clock) -> None:
    long = SmsChannel(rest, TextSender(OURS), clock, most_segments=11)
    with pytest.raises(RefusedMessage):
        long.send(sms(text="a" * 1601))
    assert twilio.asked == []


def test_lines_stay_and_what_phones_obey_goes(texting, twilio, sms) -> None:
    texting.send(sms(text="Seller Ltd\r\nINV\u202e-1 \x1b[2J\x00\nPay: https://pay.example \n"))

    assert twilio.asked[0].form["Body"] == "Seller Ltd\nINV-1  [2J\nPay: https://pay.example"


@pytest.mark.parametrize("fields", [{"phone": None}, {"kind": "sms"}, {"text": " "}, {"text": "a" * 4000}])
def test_what_cannot_be_read_to_anybody_calls_nobody(rest, twilio, sms, clock, fields) -> None:
    channel = VoiceChannel(rest, Caller(number=OURS, language="en"), clock)
    with pytest.raises(RefusedMessage):
        channel.send(sms(**{"kind": "voice", **fields}))
    assert twilio.asked == []


def test_a_message_is_read_in_its_own_language(rest, sms, clock) -> None:
    offer = Offer(OURS, "https://dun.example/key")
    channel = VoiceChannel(rest, Caller(number=OURS, language="en", offer=offer), clock)

    assert 'language="de-DE"' in channel.document(sms(kind="voice", language="de"))
    assert 'language="en-GB"' in channel.document(sms(kind="voice"))


def test_without_anybody_to_send_from_there_is_no_channel(rest, clock) -> None:
    with pytest.raises(ValueError, match="text_from"):
        SmsChannel(rest, TextSender(), clock)
    with pytest.raises(ValueError, match="call_from"):
        VoiceChannel(rest, Caller(number="", language="en"), clock)


def test_the_account_is_tried_without_sending(carrier, rest, twilio) -> None:
    twilio.status, twilio.body = 200, b"{}"
    carrier(rest).check()

    assert [(asked.method, asked.path) for asked in twilio.asked] == [("GET", f"{BASE}.json")]


@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_account_that_lets_nobody_in_is_said_so(carrier, rest, twilio, status) -> None:
    twilio.refuse(status, None)
    with pytest.raises(NotSent, match=str(status)):
        carrier(rest).check()


def test_a_carrier_that_is_down_fails_its_check(carrier, closed_port) -> None:
    with pytest.raises(NotSent):
        carrier(rest_at(f"http://127.0.0.1:{closed_port}")).check()
