"""Calls through Twilio's API, and what Twilio asks of an app's own addresses: both over real HTTP."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice
from connectors.sandbox.phones import PhoneFate
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.twilio.twiml import gather, spoken
from connectors.sandbox.world import World

ACCOUNT = "AC" + "5a" * 16
TOKEN = "a-token"  # any will do
FIRM, MOBILE = "+441134960000", "+447700900123"
TWIML = (
    "<Response><Gather numDigits='1' action='{action}'><Say>Invoice INV-00001 is due.</Say></Gather>"
    "<Say>Goodbye.</Say></Response>"
)


class App:
    """An app's own server: keeps what it was asked, with whether the signature is Twilio's."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], bool]] = []
        self.document = "<Response/>"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                fields = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                signed = app.url + self.path + "".join(name + fields[name] for name in sorted(fields))
                digest = hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
                right = self.headers["X-Twilio-Signature"] == base64.b64encode(digest).decode()
                app.asked.append((self.path, fields, right))
                body = app.document.encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def app() -> Iterator[App]:
    listening = App()
    yield listening
    listening.close()


def ask(sandbox: RunningSandbox, path: str, **fields: Any) -> requests.Response:
    url = f"{sandbox.url}/twilio/2010-04-01/Accounts/{ACCOUNT}/{path}"
    return requests.post(url, data={"To": MOBILE, "From": FIRM, **fields}, auth=(ACCOUNT, TOKEN), timeout=10)


def show(sandbox: RunningSandbox, sid: str) -> Any:
    url = f"{sandbox.url}/twilio/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json"
    return requests.get(url, auth=(ACCOUNT, TOKEN), timeout=10).json()


def deliver(sandbox: RunningSandbox, **wish: Any) -> list[dict[str, Any]]:
    posts: list[dict[str, Any]] = requests.post(
        f"{sandbox.url}/_books/callbacks/deliver", json=wish, timeout=20
    ).json()["posts"]
    return posts


def test_a_call_rings_is_answered_and_ends(sandbox: RunningSandbox, world: World) -> None:
    sid = ask(sandbox, "Calls.json", Twiml=TWIML.format(action="x"), MachineDetection="Enable").json()["sid"]
    seen = []
    for seconds in (0, 2, 10, 30):
        world.clock.advance(timedelta(seconds=seconds))
        seen.append(show(sandbox, sid))
    assert [one["status"] for one in seen] == ["queued", "ringing", "in-progress", "completed"]
    assert [one["duration"] for one in seen] == [None, None, None, "24"]
    assert [one["answered_by"] for one in seen] == [None, None, "human", "human"]
    assert [one["price"] for one in seen] == [None, None, None, "-0.02000"]


@pytest.mark.parametrize("end", ["busy", "no-answer", "failed"])
def test_nobody_may_answer(sandbox: RunningSandbox, world: World, end: Any) -> None:
    world.outside.phones.fates[MOBILE] = PhoneFate(call=end)
    sid = ask(sandbox, "Calls.json", Twiml=TWIML).json()["sid"]
    world.clock.advance(timedelta(minutes=2))
    shown = show(sandbox, sid)
    assert (shown["status"], shown["duration"], shown["price"], shown["start_time"]) == (end, "0", None, None)
    assert not world.messages[0].reached


def test_a_machine_is_told_apart_only_where_that_was_asked_for(sandbox: RunningSandbox, world: World) -> None:
    world.outside.phones.fates[MOBILE] = PhoneFate(call="machine")
    asked = ask(sandbox, "Calls.json", Twiml=TWIML, MachineDetection="Enable").json()["sid"]
    not_asked = ask(sandbox, "Calls.json", Twiml=TWIML).json()["sid"]
    world.clock.advance(timedelta(minutes=2))
    assert [show(sandbox, sid)["answered_by"] for sid in (asked, not_asked)] == ["machine_start", None]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Twiml": "<Response/>", "To": ""}, 21201),
        ({"Twiml": "<Response/>", "To": "12"}, 21211),
        ({"Twiml": "<Response/>", "From": ""}, 21213),
        ({"Twiml": "<Response/>", "From": "Firm"}, 21212),
        ({}, 21205),
        ({"Url": "ftp://nowhere"}, 21205),
        ({"Twiml": "x" * 4001}, 20001),
    ],
)
def test_what_makes_no_call_is_refused_by_code(sandbox: RunningSandbox, fields: Any, code: int) -> None:
    answer = ask(sandbox, "Calls.json", **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_what_a_call_says_is_judged(
    sandbox: RunningSandbox, world: World, books: Books, invoice_for: Callable[..., Invoice]
) -> None:
    customer = books.add_customer("Fernbridge Joinery Ltd", phone="+44 7700 900123")
    invoice = invoice_for(customer, "10.00", number="INV-00001")
    books.pay(customer, invoice.due_amount, on=invoice.issued, against={invoice.id: invoice.due_amount})
    ask(sandbox, "Calls.json", Twiml=TWIML)
    assert [mention.verdict for mention in world.messages[0].mentions] == ["settled"]
    assert world.messages[0].text == "Invoice INV-00001 is due.\nGoodbye."


def test_the_app_is_asked_for_the_words_once_somebody_has_answered(
    sandbox: RunningSandbox, world: World, app: App, books: Books, invoice_for: Callable[..., Invoice]
) -> None:
    customer = books.add_customer("Fernbridge Joinery Ltd", phone=MOBILE)
    invoice_for(customer, "10.00", number="INV-00001")
    app.document = TWIML
    ask(sandbox, "Calls.json", Url=f"{app.url}/words")
    assert deliver(sandbox) == []
    world.clock.advance(timedelta(seconds=10))
    assert [post["what"] for post in deliver(sandbox)] == ["document"]
    path, fields, right = app.asked[0]
    assert (path, fields["CallStatus"], right) == ("/words", "in-progress", True)
    assert [mention.verdict for mention in world.messages[0].mentions] == ["owed"]
    assert deliver(sandbox) == []


def test_the_app_learns_what_was_pressed(sandbox: RunningSandbox, world: World, app: App) -> None:
    world.outside.phones.fates[MOBILE] = PhoneFate(digits="19")
    ask(sandbox, "Calls.json", Twiml=TWIML.format(action=f"{app.url}/pressed"))
    world.clock.advance(timedelta(minutes=1))
    deliver(sandbox)
    deliver(sandbox)
    assert [(path, fields["Digits"], right) for path, fields, right in app.asked] == [("/pressed", "1", True)]


@pytest.mark.parametrize("fate", [PhoneFate(), PhoneFate(call="machine", digits="1")])
def test_nothing_is_pressed_by_machines_and_the_silent(
    sandbox: RunningSandbox, world: World, app: App, fate: PhoneFate
) -> None:
    world.outside.phones.fates[MOBILE] = fate
    ask(sandbox, "Calls.json", Twiml=TWIML.format(action=f"{app.url}/pressed"))
    world.clock.advance(timedelta(minutes=1))
    assert deliver(sandbox) == []


def test_status_callbacks_tell_each_step_once(sandbox: RunningSandbox, world: World, app: App) -> None:
    world.outside.phones.fates[MOBILE] = PhoneFate("undelivered", 30003)
    ask(sandbox, "Messages.json", Body="Hello", StatusCallback=f"{app.url}/status?x=1")
    world.clock.advance(timedelta(seconds=3))
    deliver(sandbox)
    world.clock.advance(timedelta(days=1))
    deliver(sandbox)
    deliver(sandbox)
    told = [(fields["MessageStatus"], fields.get("ErrorCode"), right) for _, fields, right in app.asked]
    assert told == [("sent", None, True), ("undelivered", "30003", True)]


def test_a_call_tells_of_its_end_unless_asked_for_more(sandbox: RunningSandbox, world: World, app: App) -> None:
    ask(sandbox, "Calls.json", Twiml="<Response/>", StatusCallback=f"{app.url}/end")
    events = ["initiated", "ringing", "answered", "completed"]
    ask(sandbox, "Calls.json", Twiml="<Response/>", StatusCallback=f"{app.url}/all", StatusCallbackEvent=events)
    world.clock.advance(timedelta(minutes=1))
    deliver(sandbox)
    told = [(path, fields["CallStatus"]) for path, fields, _ in app.asked]
    everything = ["queued", "ringing", "in-progress", "completed"]
    assert told == [("/end", "completed"), *(("/all", status) for status in everything)]


def test_callbacks_can_be_forged_and_repeated(sandbox: RunningSandbox, world: World, app: App) -> None:
    ask(sandbox, "Messages.json", Body="Hello", StatusCallback=f"{app.url}/status")
    world.clock.advance(timedelta(seconds=3))
    deliver(sandbox, wrong_signature=True, times=2)
    assert [right for _, _, right in app.asked] == [False, False]


def test_a_customers_text_is_passed_on(sandbox: RunningSandbox, world: World, app: App) -> None:
    ask(sandbox, "Messages.json", Body="Hello")
    wish = {"sender": MOBILE, "to": FIRM, "text": "Paid yesterday"}
    assert requests.post(f"{sandbox.url}/_books/texts", json=wish, timeout=10).json()["status"] == "received"
    deliver(sandbox, inbound=f"{app.url}/texts")
    deliver(sandbox, inbound=f"{app.url}/texts")
    told = [(path, fields["From"], fields["Body"], right) for path, fields, right in app.asked]
    assert told == [("/texts", MOBILE, "Paid yesterday", True)]


def test_nothing_leaves_this_machine(sandbox: RunningSandbox, world: World) -> None:
    ask(sandbox, "Messages.json", Body="Hello", StatusCallback="https://example.com/status")
    world.clock.advance(timedelta(seconds=3))
    assert [(post["status"], post["problems"]) for post in deliver(sandbox)] == [
        (0, ["the address is not on this machine"])
    ]


@pytest.mark.parametrize("document", ["", "no xml", "<Other/>", "<!DOCTYPE x><Response><Say>x</Say></Response>"])
def test_what_is_no_twiml_says_nothing(document: str) -> None:
    assert (spoken(document), gather(document)) == ("", None)
