"""Texts through Twilio's API as its clients see them: what is taken, refused, delivered, stopped and listed."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.phones import PhoneFate, is_landline
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.twilio.views import segments
from connectors.sandbox.world import Fault, World

ACCOUNT = "AC" + "5a" * 16
TOKEN = "a-token"  # any will do
FIRM, MOBILE, LANDLINE = "+441134960000", "+447700900123", "+441632960123"


class Twilio:
    """A client that knows nothing but HTTP."""

    def __init__(self, url: str) -> None:
        self.host = url
        self.base = f"{url}/twilio/2010-04-01/Accounts/{ACCOUNT}"

    def text(self, body: str = "Invoice INV-00001 is due.", token: str = TOKEN, **fields: str) -> requests.Response:
        form = {"To": MOBILE, "From": FIRM, "Body": body} | fields
        return requests.post(f"{self.base}/Messages.json", data=form, auth=(ACCOUNT, token), timeout=10)

    def get(self, path: str, **query: str) -> Any:
        return requests.get(f"{self.base}/{path}", params=query, auth=(ACCOUNT, TOKEN), timeout=10).json()


@pytest.fixture
def twilio(sandbox: RunningSandbox) -> Twilio:
    return Twilio(sandbox.url)


def test_a_text_is_queued_at_first_and_costs_nothing_yet(twilio: Twilio) -> None:
    answer = twilio.text()
    shown = answer.json()
    assert answer.status_code == 201
    assert (shown["status"], shown["price"], shown["date_sent"], shown["error_code"]) == ("queued", None, None, None)
    assert (shown["num_segments"], shown["num_media"], shown["direction"]) == ("1", "0", "outbound-api")
    assert parsedate_to_datetime(shown["date_created"]).utcoffset() == timedelta(0)
    assert shown["uri"] == f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{shown['sid']}.json"


def test_the_status_moves_with_the_clock(twilio: Twilio, world: World) -> None:
    sid = twilio.text().json()["sid"]
    seen = []
    for seconds in (0, 3, 10):
        world.clock.advance(timedelta(seconds=seconds))
        seen.append(twilio.get(f"Messages/{sid}.json"))
    assert [one["status"] for one in seen] == ["queued", "sent", "delivered"]
    assert [one["price"] for one in seen] == [None, None, "-0.04000"]


@pytest.mark.parametrize(("end", "error"), [("undelivered", 30003), ("failed", 30008)])
def test_a_text_may_not_arrive(twilio: Twilio, world: World, end: Any, error: int) -> None:
    world.outside.phones.fates[MOBILE] = PhoneFate(end, error)
    sid = twilio.text().json()["sid"]
    world.clock.advance(timedelta(minutes=1))
    shown = twilio.get(f"Messages/{sid}.json")
    assert (shown["status"], shown["error_code"]) == (end, error)
    assert world.messages[0].unreached == {MOBILE}


def test_a_landline_takes_no_text(twilio: Twilio, world: World) -> None:
    sid = twilio.text(To=LANDLINE).json()["sid"]
    world.clock.advance(timedelta(minutes=1))
    assert twilio.get(f"Messages/{sid}.json")["error_code"] == 30006


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "07700 900123"}, 21211),
        ({"From": ""}, 21603),
        ({"From": "no number!"}, 21212),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
    ],
)
def test_what_makes_no_text_is_refused_by_code(twilio: Twilio, world: World, fields: Any, code: int) -> None:
    answer = twilio.text(**fields)
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)
    assert set(answer.json()) == {"code", "message", "more_info", "status"}
    assert world.messages == []


@pytest.mark.parametrize(
    ("switch", "value", "to", "code"),
    [
        ("twilio.landlines", "refused", LANDLINE, 21614),
        ("twilio.numbers", "+441134960001", MOBILE, 21606),
        ("twilio.closed_regions", "+44", MOBILE, 21408),
    ],
)
def test_switches_close_what_an_account_may_lack(
    twilio: Twilio, world: World, switch: str, value: str, to: str, code: int
) -> None:
    world.switches[switch] = value
    assert twilio.text(To=to).json()["code"] == code


def test_the_first_token_of_an_account_is_its_own(twilio: Twilio) -> None:
    assert twilio.text().status_code == 201
    refused = twilio.text(token="another")
    assert (refused.status_code, refused.json()["code"]) == (401, 20003)


def test_stop_closes_a_number_until_start(twilio: Twilio, world: World) -> None:
    twilio.text()
    phones = world.outside.phones
    phones.write(ACCOUNT, MOBILE, FIRM, " stop ", world.clock.now())
    assert twilio.text().json()["code"] == 21610
    assert twilio.text(From="+441134960001").status_code == 201
    phones.write(ACCOUNT, MOBILE, FIRM, "START", world.clock.now())
    assert twilio.text().status_code == 201


def test_customers_texts_and_the_carriers_own_stand_in_the_list(twilio: Twilio, world: World) -> None:
    twilio.text()
    world.clock.advance(timedelta(hours=1))
    world.outside.phones.write(ACCOUNT, MOBILE, FIRM, "STOP", world.clock.now())
    world.clock.advance(timedelta(minutes=1))
    listed = twilio.get("Messages.json")["messages"]
    assert [one["direction"] for one in listed] == ["outbound-reply", "inbound", "outbound-api"]
    assert [one["body"] for one in twilio.get("Messages.json", To=FIRM)["messages"]] == ["STOP"]


def test_a_list_is_walked_by_the_addresses_of_its_pages(twilio: Twilio) -> None:
    bodies = [f"text {number}" for number in range(5)]
    for body in bodies:
        twilio.text(body)
    page, found = twilio.get("Messages.json", PageSize="2"), list[str]()
    while True:
        found += [one["body"] for one in page["messages"]]
        if page["next_page_uri"] is None:
            break
        twilio.text("meanwhile")
        page = requests.get(twilio.host + page["next_page_uri"], auth=(ACCOUNT, TOKEN), timeout=10).json()
    assert found == bodies[::-1]


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("DateSent", "2026-03-02", 1),
        ("DateSent", "2026-03-02T00:00:00Z", 1),
        ("DateSent", "2026-03-03", 0),
        ("DateSent>", "2026-03-02T09:00:00Z", 0),
        ("DateSent>", "2026-03-02", 1),
        ("DateSent>", "2026-03-03", 0),
        ("DateSent<", "2026-03-02", 1),
        ("DateSent<", "2026-03-01", 0),
    ],
)
def test_a_list_is_narrowed_by_the_day_of_sending(
    twilio: Twilio, world: World, name: str, value: str, count: int
) -> None:
    twilio.text()
    world.clock.advance(timedelta(minutes=1))
    assert len(twilio.get("Messages.json", **{name: value})["messages"]) == count


@pytest.mark.parametrize("query", [{"DateSent": "yesterday"}, {"PageSize": "many"}, {"PageToken": "PAnone"}])
def test_a_list_asked_for_wrongly_is_refused(twilio: Twilio, query: dict[str, str]) -> None:
    twilio.text()
    assert twilio.get("Messages.json", **query)["code"] == 20001


def test_what_does_not_exist_is_named(twilio: Twilio) -> None:
    assert twilio.get("Messages/SMnone.json")["code"] == 20404


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("500", 500), ("401", 401), ("21610", 400)])
def test_faults_speak_twilios_words(twilio: Twilio, world: World, kind: str, status: int) -> None:
    raise_fault(world, Fault("twilio", kind))
    answer = twilio.text()
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert world.messages == []


def test_an_answer_lost_on_the_way_leaves_a_text_behind(twilio: Twilio, world: World) -> None:
    raise_fault(world, Fault("twilio", "drop_after"))
    with pytest.raises(requests.ConnectionError):
        twilio.text()
    assert [message.acknowledged for message in world.messages] == [False]


def test_a_text_is_judged_by_the_telephone_of_the_customer(
    twilio: Twilio, world: World, books: Books, invoice_for: Callable[..., Invoice]
) -> None:
    customer = books.add_customer("Fernbridge Joinery Ltd", phone="07700 900123")
    invoice_for(customer, "10.00", number="INV-00001")
    twilio.text()
    twilio.text(To="+447700900999")
    assert [[mention.verdict for mention in message.mentions] for message in world.messages] == [["owed"], []]


@given(st.text(max_size=400))
def test_a_text_is_never_cut_into_fewer_parts_than_it_needs(body: str) -> None:
    assert segments(body) * 160 >= len(body)
    assert segments(body + "ш") >= segments(body)


@pytest.mark.parametrize(
    ("number", "landline"), [(MOBILE, False), (LANDLINE, True), ("+4930901820", True), ("+12025550143", False)]
)
def test_landlines_are_told_from_mobiles(number: str, landline: bool) -> None:
    assert is_landline(number) is landline
