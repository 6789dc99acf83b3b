"""What customers text back: read page by page, and STOP understood as Twilio understands it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_twilio import BASE, SID, TOKEN, ScriptedTwilio, scripted_twilio

from connectors.channels.twilio_inbox import InboundText, TwilioInbox, wish_in
from connectors.channels.twilio_rest import NoAnswer, TwilioAccount, TwilioRest

OURS, CUSTOMER = "+442079460000", "+447700900123"
DAY = datetime(2026, 3, 11, 15, 30, tzinfo=UTC)
MESSAGES = f"{BASE}/Messages.json"


@pytest.fixture
def twilio() -> Iterator[ScriptedTwilio]:
    with scripted_twilio() as server:
        yield server


@pytest.fixture
def since(twilio):
    inbox = TwilioInbox(TwilioRest(TwilioAccount(SID, SID, TOKEN, twilio.url), (2, 2)))
    return lambda: list(inbox.since(OURS, DAY))


def row(sid: str = "SM1", **fields: object) -> dict[str, object]:
    sent = "Thu, 12 Mar 2026 09:01:45 +0000"
    told = {"sid": sid, "direction": "inbound", "from": CUSTOMER, "to": OURS, "body": "STOP", "date_sent": sent}
    return {**told, "status": "received", "price": None, **fields}


def page(*rows: object, following: str | None = None) -> dict[str, object]:
    return {"messages": rows, "next_page_uri": following, "page": 0, "page_size": 100}


def test_a_text_that_came_in_is_read(twilio, since) -> None:
    twilio.serve_json(MESSAGES, page(row()))

    assert since() == [InboundText("SM1", CUSTOMER, "STOP", datetime(2026, 3, 12, 9, 1, 45, tzinfo=UTC))]


def test_one_number_and_the_days_since_are_asked_for(twilio, since) -> None:
    twilio.serve_json(MESSAGES, page())
    since()

    assert twilio.asked[0].wanted == {"To": OURS, "DateSent>": "2026-03-11", "PageSize": "100"}


def test_all_pages_are_read(twilio, since) -> None:
    second, third = f"{MESSAGES}?Page=1&PageToken=PASM1", f"{MESSAGES}?Page=2&PageToken=PASM2"
    pages = {"0": page(row("SM1"), following=second), "1": page(row("SM2"), following=third), "2": page(row("SM3"))}
    twilio.pages = {second: json.dumps(pages["1"]).encode(), third: json.dumps(pages["2"]).encode()}
    twilio.status, twilio.body = 200, json.dumps(pages["0"]).encode()

    assert [text.sid for text in since()] == ["SM1", "SM2", "SM3"]


def test_a_list_without_end_is_left(twilio, since) -> None:
    twilio.serve_json(MESSAGES, page(row(), following=f"{MESSAGES}?Page=1"))

    with pytest.raises(NoAnswer, match="does not end"):
        since()


@pytest.mark.parametrize(
    "following",
    [
        "https://elsewhere.example/x",
        "//elsewhere.example/x",
        "@elsewhere.example",
        "/2010-04-01/Accounts/ACother/x",
        f"{BASE}/../ACother/Messages.json",
    ],
)
def test_a_next_page_elsewhere_takes_no_token_there(twilio, since, following) -> None:
    twilio.serve_json(MESSAGES, page(row(), following=following))

    with pytest.raises(NoAnswer):
        since()
    assert len(twilio.asked) == 1


@pytest.mark.parametrize("following", [None, ""])
def test_without_a_next_page_that_was_all(twilio, since, following) -> None:
    twilio.serve_json(MESSAGES, page(row(), following=following))

    assert len(since()) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {},
        7,
        None,
        row(direction="outbound-api"),
        row(**{"from": "whatsapp:+447700900123"}),
        row(**{"from": "ACME"}),
        row(date_sent="soon", date_created=None),
        row(sid=None),
    ],
)
def test_a_row_that_is_none_leaves_the_others(twilio, since, broken) -> None:
    twilio.serve_json(MESSAGES, page(broken, row("SM2")))

    assert [text.sid for text in since()] == ["SM2"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"messages": 1}', b"[" * 100_000])
def test_a_page_that_cannot_be_read_is_no_answer(twilio, since, body) -> None:
    twilio.status, twilio.body = 200, body

    with pytest.raises(NoAnswer):
        since()


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_refused_question_is_no_answer(twilio, since, status) -> None:
    twilio.refuse(status, None)

    with pytest.raises(NoAnswer, match=str(status)):
        since()


STOPS = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]


@pytest.mark.parametrize("word", STOPS)
@pytest.mark.parametrize("wrapped", ["{}", " {} \n", "{}.", '"{}"', "{}!"])
def test_stop_and_its_like_are_understood(word, wrapped) -> None:
    assert wish_in(wrapped.format(word)) == "stop"
    assert wish_in(wrapped.format(word.lower())) == "stop"


@pytest.mark.parametrize("word", ["stopp", "Arret", "ARRÊT", "baja"])
def test_stop_is_understood_in_neighbouring_languages(word) -> None:
    assert wish_in(word) == "stop"


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
def test_start_and_its_like_are_understood(word) -> None:
    assert wish_in(word) == "start"


@pytest.mark.parametrize(
    "body", ["", "please stop", "STOP PLEASE", "stop by tomorrow", "end of month", "HELP", "stop" * 50]
)
def test_a_sentence_is_for_a_person(body) -> None:
    assert wish_in(body) is None


@given(st.text(max_size=60))
def test_any_text_is_a_wish_or_none(body) -> None:
    assert wish_in(body) in {"stop", "start", None}
