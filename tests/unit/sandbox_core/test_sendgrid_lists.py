"""SendGrid's suppression lists and events: whom it no longer writes to, and what it tells of it, signed."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.sandbox.documents import Customer
from connectors.sandbox.judge import verdict
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World

TO = "accounts@fernbridge-joinery.example"
HEADERS = {"Authorization": "Bearer SG.any.key"}


class Mail:
    """A client that knows nothing but HTTP."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/v3"

    def send(self, *to: str, **changes: Any) -> int:
        body = {
            "personalizations": [{"to": [{"email": one} for one in to or (TO,)]}],
            "from": {"email": "us@example.com"},
            "subject": "Invoice INV-00001",
            "content": [{"type": "text/plain", "value": "Invoice INV-00001"}],
            **changes,
        }
        return requests.post(f"{self.url}/mail/send", json=body, headers=HEADERS, timeout=10).status_code

    def listed(self, name: str, **query: int | str) -> Any:
        return requests.get(f"{self.url}/suppression/{name}", params=query, headers=HEADERS, timeout=10).json()

    def forget(self, name: str, email: str) -> int:
        return requests.delete(f"{self.url}/suppression/{name}/{email}", headers=HEADERS, timeout=10).status_code


@pytest.fixture
def mail(sandbox: RunningSandbox) -> Mail:
    return Mail(sandbox.url)


def told(world: World) -> list[tuple[str, str | None]]:
    return [(event["event"], event.get("reason")) for event in world.outside.suppressions.events]


@pytest.mark.parametrize(
    ("fate", "name", "members"),
    [
        ("bounce", "bounces", {"created", "email", "reason", "status"}),
        ("block", "blocks", {"created", "email", "reason", "status"}),
        ("invalid", "invalid_emails", {"created", "email", "reason"}),
        ("spam", "spam_reports", {"created", "email", "ip"}),
    ],
)
def test_an_address_lands_on_the_list_of_its_fate(
    mail: Mail, world: World, fate: Any, name: str, members: set[str]
) -> None:
    world.outside.suppressions.fates[TO] = fate
    assert mail.send() == 202
    entry = mail.listed(name)[0]
    assert (set(entry), entry["email"]) == (members, TO)
    assert entry["created"] == int(world.clock.now().timestamp())


def test_a_suppressed_address_is_accepted_and_dropped(mail: Mail, world: World) -> None:
    world.outside.suppressions.fates[TO] = "bounce"
    mail.send()
    world.outside.suppressions.fates.clear()
    assert mail.send() == 202
    assert told(world)[-1] == ("dropped", "Bounced Address")
    assert [message.reached for message in world.messages] == [False, False]


def test_a_blocked_address_is_tried_again(mail: Mail, world: World) -> None:
    world.outside.suppressions.fates[TO] = "block"
    mail.send()
    world.outside.suppressions.fates.clear()
    mail.send()
    assert [event for event, _ in told(world)] == ["processed", "bounce", "processed", "delivered"]


def test_an_address_taken_off_the_list_gets_mail_again(mail: Mail, world: World) -> None:
    world.outside.suppressions.fates[TO] = "bounce"
    mail.send()
    world.outside.suppressions.fates.clear()
    assert (mail.forget("bounces", TO), mail.forget("bounces", TO)) == (204, 404)
    mail.send()
    assert world.messages[-1].reached


def test_lists_are_read_by_time_and_in_pages(mail: Mail, world: World) -> None:
    began = int(world.clock.now().timestamp())
    for number in range(5):
        address = f"person-{number}@fernbridge.example"
        world.outside.suppressions.fates[address] = "bounce"
        mail.send(address)
        world.clock.advance(timedelta(hours=1))
    names = [entry["email"][7] for entry in mail.listed("bounces")]
    assert names == ["4", "3", "2", "1", "0"]
    hour = began + 3600
    assert [e["email"][7] for e in mail.listed("bounces", start_time=hour, end_time=hour)] == ["1"]
    assert [e["email"][7] for e in mail.listed("bounces", limit=2, offset=2)] == ["2", "1"]


@pytest.mark.parametrize("query", [{"limit": "many"}, {"start_time": "yesterday"}])
def test_a_list_asked_for_wrongly_is_refused(mail: Mail, query: dict[str, str]) -> None:
    assert mail.listed("bounces", **query)["errors"][0]["field"] == next(iter(query))


@pytest.mark.parametrize(
    ("scopes", "status"), [("mail.send", 403), ("suppression.bounces.read", 200), ("suppression.read", 200)]
)
def test_a_key_needs_the_right_to_read(mail: Mail, world: World, scopes: str, status: int) -> None:
    world.switches["sendgrid.scopes"] = scopes
    answer = requests.get(f"{mail.url}/suppression/bounces", headers=HEADERS, timeout=10)
    assert answer.status_code == status


def test_a_wrong_key_reads_nothing(mail: Mail) -> None:
    assert requests.get(f"{mail.url}/suppression/bounces", timeout=10).status_code == 401


def test_what_a_message_was_marked_with_is_kept(mail: Mail, world: World) -> None:
    tracking = {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}}
    mail.send(categories=["firm"], custom_args={"dun_message": "a-1"}, tracking_settings=tracking)
    message = world.messages[0]
    assert (message.categories, message.custom_args) == (("firm",), {"dun_message": "a-1"})
    assert message.tracking == tracking
    event = world.outside.suppressions.events[-1]
    assert (event["category"], event["dun_message"]) == ("firm", "a-1")


def test_a_message_that_reached_nobody_is_no_duplicate(mail: Mail, world: World, customer: Customer) -> None:
    books = world.companies["xero"]
    books.edit_customer(customer, cc=("owner@fernbridge-joinery.example",))
    world.outside.suppressions.fates[TO] = "bounce"
    mail.send()
    mail.send("owner@fernbridge-joinery.example")
    assert verdict(world)["duplicates"] == 0


class Receiver:
    """An app's receiver that checks signatures as SendGrid's documents say."""

    def __init__(self) -> None:
        self.posts: list[tuple[bytes, str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def right(self, key: str) -> list[bool]:
        public = serialization.load_der_public_key(base64.b64decode(key))
        assert isinstance(public, ec.EllipticCurvePublicKey)
        return [_verifies(public, *post) for post in self.posts]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                prefix = "X-Twilio-Email-Event-Webhook-"
                receiver.posts.append((body, self.headers[prefix + "Signature"], self.headers[prefix + "Timestamp"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def _verifies(public: ec.EllipticCurvePublicKey, body: bytes, signature: str, timestamp: str) -> bool:
    try:
        public.verify(base64.b64decode(signature), timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


def test_events_are_signed_or_forged_and_told_from_a_number_on(
    mail: Mail, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    mail.send()
    control = f"{sandbox.url}/_books/events"
    for wish in ({}, {"since": 1, "wrong_signature": True}):
        posted = requests.post(f"{control}/deliver", json={"url": receiver.url, **wish}, timeout=10).json()
        assert posted == {"posts": [{"status": 204, "problems": []}]}
    assert receiver.right(requests.get(control, timeout=10).json()["key"]) == [True, False]
    assert [[event["event"] for event in json.loads(body)] for body, _, _ in receiver.posts] == [
        ["processed", "delivered"],
        ["delivered"],
    ]


def test_events_go_to_this_machine_only(sandbox: RunningSandbox) -> None:
    wish = {"url": "https://example.com/events"}
    answer = requests.post(f"{sandbox.url}/_books/events/deliver", json=wish, timeout=10)
    assert (answer.status_code, "this machine only" in answer.json()["error"]) == (400, True)
