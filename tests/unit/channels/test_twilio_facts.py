"""What Twilio tells later about a text or a call: whether it arrived, and what it cost."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_twilio import BASE, SID, TOKEN, scripted_twilio

from connectors.channels.delivery import DeliveryFact
from connectors.channels.twilio_facts import Cost, TwilioReports, call_standing, cost, text_standing
from connectors.channels.twilio_rest import NoAnswer, TwilioAccount, TwilioRest
from state.clock import ManualClock

SEEN = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
UPDATED = "Thu, 12 Mar 2026 09:01:45 +0000"
CUSTOMER = "+447700900123"


def text(**fields: object) -> bytes:
    told = {
        "sid": "SM1",
        "status": "delivered",
        "to": CUSTOMER,
        "date_updated": UPDATED,
        "error_code": None,
        "error_message": None,
        "price": "-0.00750",
        "price_unit": "USD",
        "num_segments": "1",
    }
    return json.dumps({**told, **fields}).encode()


def call(**fields: object) -> bytes:
    return text(**{"sid": "CA1", "status": "completed", "duration": "34", "answered_by": None, **fields})


def test_a_delivered_text_is_a_fact_with_its_price() -> None:
    standing = text_standing(text(), SEEN)

    at = datetime(2026, 3, 12, 9, 1, 45, tzinfo=UTC)
    assert standing.fact == DeliveryFact("SM1", "delivered", at, "delivered", CUSTOMER)
    assert standing.cost == Cost(Decimal("0.00750"), "USD")
    assert standing.settled


@pytest.mark.parametrize(
    ("status", "kind"),
    [(status, "in_transit") for status in ("accepted", "scheduled", "queued", "sending", "sent")]
    + [("delivered", "delivered"), ("read", "delivered"), ("undelivered", "failed")]
    + [("failed", "failed"), ("canceled", "failed")],
)
def test_every_status_of_a_text_means_something(status, kind) -> None:
    assert text_standing(text(status=status), SEEN).fact.kind == kind


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("queued", "in_transit", "queued"),
        ("ringing", "in_transit", "ringing"),
        ("in-progress", "in_transit", "in-progress"),
        ("completed", "delivered", "answered, 34 seconds"),
        ("busy", "failed", "the line was busy"),
        ("no-answer", "failed", "nobody answered"),
        ("failed", "bounced", "no such number"),
        ("canceled", "failed", "cancelled"),
    ],
)
def test_every_status_of_a_call_means_something(status, kind, words) -> None:
    fact = call_standing(call(status=status), SEEN).fact
    assert fact.kind == kind
    assert words in fact.detail


@pytest.mark.parametrize(
    ("by", "words"),
    [("human", "by a person"), ("machine_end_beep", "by a machine"), ("machine_start", "by a machine"), ("fax", "fax")],
)
def test_who_answered_is_told(by, words) -> None:
    assert words in call_standing(call(answered_by=by), SEEN).fact.detail


@pytest.mark.parametrize(
    ("code", "words"), [(30003, "out of reach"), (30005, "does not exist"), (30006, "landline"), (39999, "39999")]
)
def test_why_a_text_did_not_arrive_is_told_in_words(code, words) -> None:
    assert words in text_standing(text(status="undelivered", error_code=code), SEEN).fact.detail


@pytest.mark.parametrize(
    ("code", "kind", "texts_alone"),
    [(30003, "failed", False), (30005, "bounced", False), (30006, "bounced", True), (30008, "failed", False)],
)
def test_only_a_number_that_stays_so_is_blamed(code: int, kind: str, *, texts_alone: bool) -> None:
    fact = text_standing(text(status="undelivered", error_code=code), SEEN).fact
    assert (fact.kind, fact.texts_alone) == (kind, texts_alone)


def test_a_price_comes_later_than_the_status() -> None:
    standing = text_standing(text(price=None), SEEN)
    assert standing.cost is None
    assert not standing.settled


@pytest.mark.parametrize("stamp", [None, "", "yesterday", "2026-03-12", "Thu, 12 Mar 2026 09:01:45"])
def test_a_time_that_is_none_is_replaced_by_that_of_looking(stamp) -> None:
    assert text_standing(text(date_updated=stamp), SEEN).fact.at == SEEN


@pytest.mark.parametrize("recipient", [None, "", "whatsapp:+447700900123", "someone"])
def test_a_recipient_that_is_no_number_is_none(recipient) -> None:
    assert text_standing(text(to=recipient), SEEN).fact.recipient is None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff\xfe", b"<html>", text(status="teleported"), text(status=7), b"[" * 100_000]
)
def test_an_answer_that_cannot_be_read_is_none(body) -> None:
    with pytest.raises(NoAnswer):
        text_standing(body, SEEN)


@pytest.mark.parametrize(
    ("price", "unit"),
    [
        (None, "USD"),
        ("", "USD"),
        ("NaN", "USD"),
        ("-Infinity", "USD"),
        ("-1e999990", "USD"),
        ("-0,75", "USD"),
        ("-0.75", None),
        ("-0.75", "dollars"),
        ("-0.75", "€€€"),
        ("-9999999", "USD"),
    ],
)
def test_what_is_no_price_is_not_known(price, unit) -> None:
    assert cost(price, unit) is None


def test_money_back_counts_as_nothing() -> None:
    assert cost("0.75", "usd") == Cost(Decimal(0), "USD")


@given(st.decimals(min_value=0, max_value=1000, places=5))
def test_no_fraction_of_a_price_is_lost(amount) -> None:
    assert cost(f"{-amount:f}", "EUR") == Cost(amount, "EUR")


def test_texts_and_calls_are_asked_about_where_they_live() -> None:
    with scripted_twilio() as twilio:
        twilio.pages = {f"{BASE}/Messages/SM1.json": text(), f"{BASE}/Calls/CA1.json": call()}
        reports = TwilioReports(TwilioRest(TwilioAccount(SID, SID, TOKEN, twilio.url)), ManualClock(SEEN))

        assert reports.text("SM1").fact.provider_id == "SM1"
        assert reports.call("CA1").fact.detail == "answered, 34 seconds"


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_refused_question_is_no_answer(status) -> None:
    with scripted_twilio() as twilio:
        twilio.refuse(status, None)
        reports = TwilioReports(TwilioRest(TwilioAccount(SID, SID, TOKEN, twilio.url)), ManualClock(SEEN))

        with pytest.raises(NoAnswer, match=str(status)):
            reports.text("../../Other")


@pytest.mark.parametrize("behaviour", ["reset-before", "reset-after", "truncate", "silence"])
def test_a_line_that_breaks_is_no_answer(behaviour) -> None:
    with scripted_twilio() as twilio:
        twilio.behaviour, twilio.status = behaviour, 200
        rest = TwilioRest(TwilioAccount(SID, SID, TOKEN, twilio.url), (1, 0.3))

        with pytest.raises(NoAnswer):
            TwilioReports(rest, ManualClock(SEEN)).text("SM1")
