"""Letters through Lob's API as its clients see them: what is taken, refused, made once, and where the post has it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
import typst

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Fault, World

TO = {
    "name": "Fernbridge Joinery Ltd",
    "address_line1": "210 King St",
    "address_city": "San Francisco",
    "address_state": "CA",
    "address_zip": "94107",
}
FROM = {**TO, "name": "Maplemere Foods Inc"}
ABROAD = {"name": "Fernbridge", "address_line1": "1 Mill Lane", "address_country": "GB", "address_zip": "SW1A 1AA"}
OPTIONS = {"color": "false", "use_type": "operational"}


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return page("us-letter", "Invoice INV-00001 over 10.00 is due.")


def page(paper: str, text: str) -> bytes:
    made = typst.compile(f'#set page(paper: "{paper}")\n{text}'.encode())
    assert isinstance(made, bytes)
    return made


class Lob:
    """A client that knows nothing but HTTP."""

    def __init__(self, url: str) -> None:
        self.base = f"{url}/lob/v1/letters"

    def post(
        self, pdf: bytes, *, key: str = "live_key", idempotency: str | None = None, **changes: Any
    ) -> requests.Response:
        wish = {"to": TO, "from": FROM, **OPTIONS, **changes}
        fields = {name: value for name, value in wish.items() if isinstance(value, str)}
        for role in ("to", "from", "metadata"):
            nested = wish.get(role)
            fields |= {f"{role}[{k}]": v for k, v in nested.items()} if isinstance(nested, dict) else {}
        headers = {"Idempotency-Key": idempotency} if idempotency else {}
        files = {"file": ("letter.pdf", pdf, "application/pdf")}
        return requests.post(self.base, data=fields, files=files, headers=headers, auth=(key, ""), timeout=10)

    def get(self, path: str = "", *, key: str = "live_key", **query: str) -> requests.Response:
        return requests.get(self.base + path, params=query, auth=(key, ""), timeout=10)


@pytest.fixture
def lob(sandbox: RunningSandbox) -> Lob:
    return Lob(sandbox.url)


def error(answer: requests.Response) -> tuple[int, str]:
    told = answer.json()["error"]
    assert told["status_code"] == answer.status_code
    return answer.status_code, told["code"]


def test_a_letter_is_taken_as_it_is(lob: Lob, world: World, pdf: bytes) -> None:
    shown = lob.post(pdf, metadata={"dun_message": "attempt-1"}).json()
    assert (shown["object"], shown["status"], shown["tracking_events"]) == ("letter", "processed", [])
    assert (shown["to"]["name"], shown["to"]["address_country"]) == ("FERNBRIDGE JOINERY LTD", "UNITED STATES")
    assert shown["metadata"] == {"dun_message": "attempt-1"}
    message = world.messages[0]
    assert (message.channel, message.pdf, message.attempt) == ("letter", pdf, "attempt-1")
    assert message.recipients == ("Fernbridge Joinery Ltd, 210 King St, San Francisco, 94107, US",)


def test_a_letter_may_come_as_json(lob: Lob, world: World) -> None:
    wish = {"to": TO, "from": FROM, "color": False, "use_type": "operational", "file": "<p>Invoice INV-00001</p>"}
    answer = requests.post(lob.base, json=wish, auth=("live_key", ""), timeout=10)
    assert answer.status_code == 200
    assert "INV-00001" in world.messages[0].text


def test_the_post_is_seen_as_days_pass(lob: Lob, world: World, pdf: bytes) -> None:
    letter = lob.post(pdf).json()["id"]
    names = []
    for _ in range(6):
        world.clock.advance(timedelta(days=1, minutes=5))
        names.append([event["name"] for event in lob.get(f"/{letter}").json()["tracking_events"]])
    journey = ["In Transit", "In Local Area", "Processed for Delivery", "Delivered"]
    assert names == [journey[:count] for count in (0, 1, 2, 3, 4, 4)]


@pytest.mark.parametrize(
    ("fate", "last"),
    [("returned", "Returned to Sender"), ("rerouted", "Processed for Delivery"), ("lost", "In Transit")],
)
def test_a_letter_may_go_astray(lob: Lob, world: World, pdf: bytes, fate: Any, last: str) -> None:
    world.outside.post.fates["94107"] = fate
    letter = lob.post(pdf).json()["id"]
    world.clock.advance(timedelta(days=30))
    assert lob.get(f"/{letter}").json()["tracking_events"][-1]["name"] == last
    assert world.messages[0].reached is (fate != "returned")


def test_certified_mail_is_followed_closely(lob: Lob, world: World, pdf: bytes) -> None:
    letter = lob.post(pdf, extra_service="certified").json()
    world.clock.advance(timedelta(days=30))
    events = lob.get(f"/{letter['id']}").json()["tracking_events"]
    assert letter["tracking_number"]
    assert {event["type"] for event in events} == {"certified"}
    assert [events[0]["name"], events[-1]["details"]["event"]] == ["Mailed", "delivered"]


def test_a_letter_abroad_is_last_seen_leaving(lob: Lob, world: World, pdf: bytes) -> None:
    letter = lob.post(pdf, to=ABROAD).json()["id"]
    world.clock.advance(timedelta(days=30))
    names = [event["name"] for event in lob.get(f"/{letter}").json()["tracking_events"]]
    assert names == ["In Transit", "International Exit"]


def test_a_key_makes_one_letter_for_a_day(lob: Lob, world: World, pdf: bytes) -> None:
    first = lob.post(pdf, idempotency="k").json()["id"]
    world.clock.advance(timedelta(hours=23))
    assert lob.post(pdf, idempotency="k", description="another").json()["id"] == first
    assert len(world.messages) == 1
    world.clock.advance(timedelta(hours=1))
    assert lob.post(pdf, idempotency="k").json()["id"] != first


def test_a_key_remembers_no_refusal(lob: Lob, pdf: bytes) -> None:
    assert lob.post(pdf, idempotency="k", color="").status_code == 422
    assert lob.post(pdf, idempotency="k").status_code == 200


def test_test_keys_make_letters_that_nobody_prints(lob: Lob, world: World, pdf: bytes) -> None:
    letter = lob.post(pdf, key="test_key", idempotency="k").json()["id"]
    world.clock.advance(timedelta(days=30))
    assert lob.get(f"/{letter}", key="test_key").json()["tracking_events"] == []
    assert error(lob.get(f"/{letter}")) == (404, "not_found")
    assert lob.post(pdf, idempotency="k").json()["id"] != letter
    assert len(world.messages) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": {**TO, "address_zip": ""}}, "invalid"),
        ({"to": {**TO, "address_zip": "SW1A 1AA"}}, "invalid"),
        ({"to": {**TO, "address_state": "California"}}, "invalid"),
        ({"to": {**TO, "name": ""}}, "invalid"),
        ({"to": {**TO, "name": "x" * 41}}, "invalid"),
        ({"to": "adr_unknown"}, "invalid"),
        ({"to": {**TO, "address_line1": "x" * 30, "address_line2": "y" * 21}}, "address_length_exceeds_limit"),
        ({"from": ABROAD}, "foreign_return_address"),
        ({"to": ABROAD, "extra_service": "certified"}, "invalid_international_feature"),
        ({"color": ""}, "invalid"),
        ({"use_type": None}, "mail_use_type_can_not_be_null"),
        ({"use_type": "dunning"}, "invalid"),
        ({"extra_service": "registered", "mail_type": "usps_standard"}, "invalid"),
        ({"send_date": "2026-03-01"}, "invalid"),
        ({"metadata": {"key": 'a "quoted" value'}}, "invalid"),
    ],
)
def test_what_makes_no_letter_is_refused_by_code(lob: Lob, world: World, pdf: bytes, changes: Any, code: str) -> None:
    assert error(lob.post(pdf, **changes)) == (422, code)
    assert world.messages == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 cut off", "invalid_file"),
        (b"<html>%%EOF", "invalid_file"),
        (b"%PDF-1.7\ntrailer <</Encrypt 1 0 R>>\n%%EOF", "pdf_encrypted"),
        (b"%PDF-1.7\n%%EOF", "file_pages_below_min"),
        (b"%PDF-1.7\n" + b"<</Type/Page>>" * 121 + b"%%EOF", "file_pages_exceed_max"),
        (b"%PDF-1.7\n" + b"x" * 5 * 1024 * 1024 + b"%%EOF", "file_size_exceeds_limit"),
    ],
)
def test_a_pdf_has_to_be_one(lob: Lob, content: bytes, code: str) -> None:
    assert error(lob.post(content)) == (422, code)


def test_european_paper_is_refused(lob: Lob) -> None:
    assert error(lob.post(page("a4", "Hello"))) == (422, "invalid_file_dimensions")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", (401, "unauthorized")),
        ("nonsense", (401, "invalid_api_key")),
        ("live_dead", (401, "invalid_api_key")),
        ("live_pub_key", (403, "publishable_key_not_allowed")),
    ],
)
def test_wrong_keys_are_refused(lob: Lob, world: World, pdf: bytes, key: str, told: tuple[int, str]) -> None:
    world.switches["lob.revoked_keys"] = "live_dead"
    assert error(lob.post(pdf, key=key)) == told


def test_two_idempotency_keys_are_one_too_many(lob: Lob, pdf: bytes) -> None:
    lob.base += "?idempotency_key=other"
    assert error(lob.post(pdf, idempotency="k")) == (422, "bad_request")


@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_a_body_that_cannot_be_read_is_refused(lob: Lob, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = requests.post(lob.base, data=body, headers=headers, auth=("live_key", ""), timeout=10)
    assert error(answer) == (422, "bad_request")


@pytest.mark.parametrize(("kind", "status"), [("403", 403), ("422", 422), ("429", 429), ("500", 500), ("503", 503)])
def test_faults_speak_lobs_words(lob: Lob, world: World, pdf: bytes, kind: str, status: int) -> None:
    raise_fault(world, Fault("lob", kind))
    assert error(lob.post(pdf))[0] == status
    assert world.messages == []


def test_a_letter_whose_answer_was_lost_is_found_again(lob: Lob, world: World, pdf: bytes) -> None:
    raise_fault(world, Fault("lob", "drop_after"))
    with pytest.raises(requests.ConnectionError):
        lob.post(pdf, metadata={"dun_message": "a-1"})
    lob.post(pdf)
    found = lob.get(**{"metadata[dun_message]": "a-1"}).json()
    assert (found["count"], found["data"][0]["metadata"]) == (1, {"dun_message": "a-1"})


def test_a_letter_is_judged_by_its_words_and_its_door(
    lob: Lob, world: World, books: Books, invoice_for: Callable[..., Invoice], pdf: bytes
) -> None:
    customer = books.add_customer("Fernbridge Joinery Ltd", postcode="94107")
    invoice_for(customer, "10.00", number="INV-00001")
    lob.post(pdf)
    lob.post(pdf, to={**TO, "address_zip": "94108"})
    assert [[mention.verdict for mention in message.mentions] for message in world.messages] == [["owed"], []]


def test_the_control_api_shows_the_letter_itself(lob: Lob, sandbox: RunningSandbox, pdf: bytes) -> None:
    letter = lob.post(pdf).json()["id"]
    shown = requests.get(f"{sandbox.url}/_books/letters/{letter}", timeout=10).json()
    assert len(json.dumps(shown["pdf"])) > len(pdf)
    assert requests.get(f"{sandbox.url}/_books/letters/none", timeout=10).status_code == 404
