"""What is asked of Twilio in between, over real HTTP and into a real file."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from scripted_twilio import BASE, SID, TOKEN, ScriptedTwilio, scripted_twilio
from unit.state.examples import AT, a_draft, verified

from connector.config.phone import NumbersSection
from connector.phone_round import learn_fates, new_texts, remember_read, take_wish
from connectors.channels.twilio_facts import TwilioReports
from connectors.channels.twilio_inbox import InboundText, TwilioInbox
from connectors.channels.twilio_rest import NoAnswer, Silent, TwilioAccount, TwilioRest
from state.clock import ManualClock
from state.model import MessageId
from state.store import TenantStore

OURS, CUSTOMER = "+442079460000", "+447700900123"
NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 12)
NUMBERS = NumbersSection(currency="EUR")
MESSAGES = f"{BASE}/Messages.json"


@pytest.fixture
def twilio() -> Iterator[ScriptedTwilio]:
    with scripted_twilio() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TenantStore]:
    with TenantStore.open(tmp_path / "dun.db") as opened:
        yield opened


@pytest.fixture
def rest(twilio) -> TwilioRest:
    return TwilioRest(TwilioAccount(SID, SID, TOKEN, twilio.url), (2, 2))


@pytest.fixture
def wishes(store, rest):
    def look(now: datetime = NOW) -> list[InboundText]:
        arrived = new_texts(store, TwilioInbox(rest), (OURS,), now)
        sentences = [text for text in arrived if not take_wish(store, text)]
        remember_read(store, arrived, now)
        return sentences

    return look


@pytest.fixture
def fates(store, rest):
    return lambda today=TODAY: learn_fates(store, TwilioReports(rest, ManualClock(NOW)), NUMBERS, today, NOW)


def came_in(*texts: tuple[str, str]) -> dict[str, object]:
    """Bodies with their times of day, newest first, as Twilio lists them."""
    rows = [
        {
            "sid": f"SM{at}",
            "direction": "inbound",
            "from": CUSTOMER,
            "body": body,
            "date_sent": f"Thu, 12 Mar 2026 {at} +0000",
        }
        for body, at in texts
    ]
    return {"messages": rows, "next_page_uri": None}


def left(store: TenantStore, channel: str, provider_id: str, message: str = "msg-1", invoice: str = "inv-1") -> None:
    store.reminders.claim([verified(store, invoice)], a_draft(message, channel=channel), "worker", AT, AT)
    store.reminders.sent(MessageId(message), provider_id, AT)


def test_stop_is_taken_down_and_other_texts_go_to_a_person(twilio, store, wishes) -> None:
    twilio.serve_json(MESSAGES, came_in(("STOP", "09:10:00"), ("Paid it yesterday!", "09:05:00")))

    assert [text.body for text in wishes()] == ["Paid it yesterday!"]
    assert store.opt_outs.opted_out(CUSTOMER)


def test_the_last_wish_counts_whatever_order_they_are_listed_in(twilio, store, wishes) -> None:
    twilio.serve_json(MESSAGES, came_in(("START", "09:10:00"), ("STOP", "09:05:00")))
    wishes()
    assert not store.opt_outs.opted_out(CUSTOMER)

    wishes()
    assert not store.opt_outs.opted_out(CUSTOMER)


def test_the_first_look_goes_back_a_month_and_later_ones_a_day_before_the_last_text(twilio, wishes) -> None:
    twilio.serve_json(MESSAGES, came_in(("Hello", "09:05:00")))
    wishes()
    wishes()

    assert [asked.wanted["DateSent>"] for asked in twilio.asked] == ["2026-02-09", "2026-03-11"]


def test_a_clock_that_was_weeks_ahead_for_a_day_leaves_no_text_unread(twilio, wishes) -> None:
    twilio.serve_json(MESSAGES, came_in(("Hello", "09:05:00")))
    wishes(NOW + timedelta(days=40))
    twilio.serve_json(MESSAGES, came_in(("STOP", "09:10:00"), ("Hello", "09:05:00")))
    wishes()

    assert twilio.asked[-1].wanted["DateSent>"] == "2026-03-11"


def test_without_an_answer_it_is_asked_anew_from_where_it_was(twilio, store, wishes) -> None:
    twilio.refuse(500, None)
    with pytest.raises(NoAnswer):
        wishes()
    twilio.serve_json(MESSAGES, came_in())
    wishes()

    assert [asked.wanted["DateSent>"] for asked in twilio.asked] == ["2026-02-09"] * 2


def test_looking_for_texts_does_not_make_the_books_look_fresh(twilio, store, wishes) -> None:
    twilio.serve_json(MESSAGES, came_in())
    wishes()

    assert store.mirror.last_pulled_at() is None


def test_what_a_text_cost_is_noted_down_once_it_is_known(twilio, store, fates) -> None:
    left(store, "twilio-sms", "SM1")
    told = {"sid": "SM1", "status": "delivered", "to": CUSTOMER, "price": None, "price_unit": "USD"}
    twilio.serve_json(f"{BASE}/Messages/SM1.json", told)

    assert [fact.kind for fact in fates().facts] == ["delivered"]
    assert store.costs.spent_in_month(date(2026, 3, 1), TODAY) == {}

    twilio.serve_json(f"{BASE}/Messages/SM1.json", {**told, "price": "-0.00750"})
    fates()
    assert store.costs.spent_in_month(date(2026, 3, 1), TODAY) == {"USD": Decimal("0.0075")}
    assert fates().facts == ()


def test_calls_are_asked_about_as_calls(twilio, store, fates) -> None:
    left(store, "twilio-voice", "CA1")
    told = {"sid": "CA1", "status": "busy", "price": "0", "price_unit": "USD"}
    twilio.serve_json(f"{BASE}/Calls/CA1.json", told)

    [fact] = fates().facts
    assert (fact.provider_id, fact.kind) == ("CA1", "failed")


DELIVERED = {"sid": "SM", "status": "delivered", "price": "-0.01", "price_unit": "USD"}


def test_one_that_twilio_does_not_know_keeps_nobody_from_the_others(twilio, store, fates) -> None:
    left(store, "twilio-sms", "SM1")
    left(store, "twilio-sms", "SM2", "msg-2", "inv-2")
    twilio.serve_json(f"{BASE}/Messages/SM2.json", DELIVERED)
    twilio.refuse(404, 20404)

    learnt = fates()
    assert [message for message, _ in learnt.unanswered] == ["msg-1"]
    assert store.costs.spent_in_month(date(2026, 3, 1), TODAY) == {"USD": Decimal("0.01")}


def test_when_twilio_is_down_it_is_not_asked_about_every_one(twilio, store, fates) -> None:
    left(store, "twilio-sms", "SM0", "msg-0", "inv-0")
    twilio.serve_json(f"{BASE}/Messages/SM0.json", DELIVERED)
    for number in range(1, 9):
        left(store, "twilio-sms", f"SM{number}", f"msg-{number}", f"inv-{number}")
    twilio.refuse(500, None)

    with pytest.raises(Silent):
        fates()
    assert len(twilio.asked) == 2
    assert store.costs.spent_in_month(date(2026, 3, 1), TODAY) == {"USD": Decimal("0.01")}


@pytest.mark.parametrize(("status", "cost"), [("failed", {"EUR": Decimal(0)}), ("sent", {})])
def test_what_ended_days_ago_without_a_price_cost_nothing(twilio, store, fates, status, cost) -> None:
    left(store, "twilio-sms", "SM1")
    twilio.serve_json(f"{BASE}/Messages/SM1.json", {"sid": "SM1", "status": status, "price": None})

    fates(TODAY)
    assert store.costs.spent_in_month(date(2026, 3, 1), TODAY) == {}

    fates(date(2026, 3, 20))
    assert store.costs.spent_in_month(date(2026, 3, 1), TODAY) == cost


def test_nobody_is_asked_about_a_text_of_which_nobody_knows_whether_it_left(twilio, store, fates) -> None:
    store.reminders.claim([verified(store)], a_draft(channel="twilio-sms"), "worker", AT, AT)
    store.reminders.unsure(MessageId("msg-1"), "no answer", AT)

    assert fates().facts == ()
    assert twilio.asked == []
