"""Webhooks as the services send them: shapes of the published samples, signatures over the bytes, loopback only."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice, Line
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.webhooks import quickbooks_body, sign, xero_body
from connectors.sandbox.world import World

KEY = "a-webhook-key"
ROOT = Path(__file__).parents[3]


class Receiver:
    """An app's receiver: remembers what came, and answers as a well-behaved one would, unless told otherwise."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []
        self.answer_to_all: int | None = None
        self.text = b""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: bytes, signature: str) -> int:
        self.bodies.append(body)
        self.signatures.append(signature)
        return self.answer_to_all or (200 if signature == sign(KEY, body) else 401)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                names = ("x-xero-signature", "intuit-signature")
                signature = next(self.headers[name] for name in names if name in self.headers)
                self.send_response(receiver.take(body, signature))
                self.send_header("content-length", str(len(receiver.text)))
                self.end_headers()
                self.wfile.write(receiver.text)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


def deliver(sandbox: RunningSandbox, **wish: Any) -> Any:
    return requests.post(f"{sandbox.url}/_books/webhooks/deliver", json={"key": KEY, **wish}, timeout=20).json()


def written(books: Books) -> tuple[Customer, Invoice]:
    customer = books.add_customer("Fernbridge Joinery Ltd")
    services = [Line("Services", Decimal(1), Decimal("10.00"))]
    return customer, books.add_invoice(customer, services, issued=books.clock.now().date())


def test_the_signature_is_the_one_of_intuits_published_vectors() -> None:
    folder = Path(os.environ.get("DUN_TRUTH_DIR", ROOT.parent / "shared" / "truth"))
    if not folder.is_dir():
        pytest.skip(f"NO TRUTH AT {folder}: signatures are not proven in this run (set DUN_TRUTH_DIR)")
    vectors = json.loads((folder / "quickbooks" / "webhook-vectors.json").read_text())["legacy"]
    known = [vector for vector in vectors if vector["verifier_token"]]
    assert len(known) == 2
    for vector in known:
        assert sign(vector["verifier_token"], vector["payload"].encode()) == vector["intuit_signature"]


def test_what_changed_in_xero_is_told_without_saying_how(
    peopled: RunningSandbox, firms: World, receiver: Receiver
) -> None:
    books = firms.companies["xero-2"]
    customer, invoice = written(books)
    told = deliver(peopled, ledger="xero", url=receiver.url)
    assert told == {"posts": [{"right_signature": True, "status": 200, "problems": []}]}
    body = json.loads(receiver.bodies[0])
    assert (body["firstEventSequence"], body["lastEventSequence"], len(body["entropy"])) == (1, 2, 20)
    events = {event["eventCategory"]: event for event in body["events"]}
    assert events["INVOICE"] == {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Invoices/{invoice.guid}",
        "resourceId": invoice.guid,
        "tenantId": books.company.guid,
        "tenantType": "ORGANISATION",
        "eventCategory": "INVOICE",
        "eventType": "CREATE",
        "eventDateUtc": "2026-03-02T08:00:00.000",
    }
    assert events["CONTACT"]["resourceId"] == customer.guid


def test_xero_counts_its_events_and_has_none_for_payments(
    peopled: RunningSandbox, firms: World, receiver: Receiver
) -> None:
    books = firms.companies["xero"]
    customer, invoice = written(books)
    deliver(peopled, ledger="xero", url=receiver.url)
    firms.clock.advance(timedelta(hours=2))
    books.pay(customer, invoice.total, on=firms.clock.now().date(), against={invoice.id: invoice.total})
    deliver(peopled, ledger="xero", url=receiver.url)
    body = json.loads(receiver.bodies[1])
    assert [(event["eventCategory"], event["eventType"]) for event in body["events"]] == [("INVOICE", "UPDATE")]
    assert (body["firstEventSequence"], body["lastEventSequence"]) == (3, 3)


def test_a_credit_note_comes_with_its_data(peopled: RunningSandbox, firms: World, receiver: Receiver) -> None:
    books = firms.companies["xero"]
    books.credit(written(books)[0], Decimal("5.00"), on=firms.clock.now().date())
    deliver(peopled, ledger="xero", url=receiver.url)
    note = next(e for e in json.loads(receiver.bodies[0])["events"] if e["eventCategory"] == "CREDITNOTE")
    assert note["data"] == {"Type": "ACCRECCREDIT", "Status": "AUTHORISED"}


def test_one_post_of_intuits_old_shape_tells_of_several_companies(
    peopled: RunningSandbox, firms: World, receiver: Receiver
) -> None:
    for key in ("quickbooks", "quickbooks-2"):
        written(firms.companies[key])
    deliver(peopled, ledger="quickbooks", url=receiver.url, shape="legacy")
    notifications = json.loads(receiver.bodies[0])["eventNotifications"]
    assert [one["realmId"] for one in notifications] == ["9341453000000004", "9341453000000005"]
    assert notifications[0]["dataChangeEvent"]["entities"][0] == {
        "name": "Customer", "id": "1", "operation": "Create", "lastUpdated": "2026-03-02T08:00:00.000Z",
    }  # fmt: skip


def test_intuits_new_shape_has_the_keys_of_the_published_one(
    peopled: RunningSandbox, firms: World, receiver: Receiver
) -> None:
    written(firms.companies["quickbooks"])
    deliver(peopled, ledger="quickbooks", url=receiver.url, company="quickbooks")
    event = json.loads(receiver.bodies[0])[1]
    keys = "specversion id source type datacontenttype time intuitentityid intuitaccountid data"
    assert list(event) == keys.split()
    assert (event["type"], event["time"]) == ("qbo.invoice.created.v1", "2026-03-02T08:00:00.000000000Z")
    assert (event["intuitaccountid"], event["data"]) == ("9341453000000004", {})


def test_voids_deletions_and_merges_are_named(peopled: RunningSandbox, firms: World, receiver: Receiver) -> None:
    books = firms.companies["quickbooks"]
    (winner, void), (loser, deleted) = written(books), written(books)
    books.void_invoice(void)
    books.delete_invoice(deleted)
    books.merge(loser, winner)
    deliver(peopled, ledger="quickbooks", url=receiver.url, shape="legacy")
    (notification,) = json.loads(receiver.bodies[0])["eventNotifications"]
    told = {
        (e["name"], e["id"], e["operation"], e.get("deletedId")) for e in notification["dataChangeEvent"]["entities"]
    }
    assert told == {
        ("Invoice", str(void.id), "Void", None),
        ("Invoice", str(deleted.id), "Delete", None),
        ("Customer", str(winner.id), "Update", None),
        ("Customer", str(winner.id), "Merge", str(loser.id)),
    }


def test_a_forged_post_is_signed_with_another_key(peopled: RunningSandbox, receiver: Receiver) -> None:
    told = deliver(peopled, ledger="quickbooks", url=receiver.url, wrong_signature=True)
    assert told["posts"] == [{"right_signature": False, "status": 401, "problems": []}]
    assert receiver.signatures != [sign(KEY, receiver.bodies[0])]


def test_a_replay_is_the_same_bytes_again(peopled: RunningSandbox, firms: World, receiver: Receiver) -> None:
    written(firms.companies["xero"])
    assert [post["status"] for post in deliver(peopled, ledger="xero", url=receiver.url, times=3)["posts"]] == [200] * 3
    assert len(set(receiver.bodies)) == 1


def test_events_can_be_made_up_also_for_nobodys_company(peopled: RunningSandbox, receiver: Receiver) -> None:
    event = {"company": "1", "what": "Invoice", "id": "7", "operation": "Emailed"}
    deliver(peopled, ledger="quickbooks", url=receiver.url, events=[event], shape="legacy")
    (notification,) = json.loads(receiver.bodies[0])["eventNotifications"]
    assert (notification["realmId"], notification["dataChangeEvent"]["entities"][0]["operation"]) == ("1", "Emailed")


def test_a_receiver_that_checks_signatures_passes_xeros_handshake(peopled: RunningSandbox, receiver: Receiver) -> None:
    told = deliver(peopled, ledger="xero", url=receiver.url, events="intent-to-receive")
    assert told["intent_to_receive"] == "passed"
    assert {post["right_signature"] for post in told["posts"]} == {True, False}
    assert json.loads(receiver.bodies[0])["events"] == []


@pytest.mark.parametrize("wrong", ["trusts everybody", "talks"])
def test_a_receiver_that_does_not_or_talks_fails_it(peopled: RunningSandbox, receiver: Receiver, wrong: str) -> None:
    if wrong == "talks":
        receiver.text = b"ok"
    else:
        receiver.answer_to_all = 200
    assert (
        deliver(peopled, ledger="xero", url=receiver.url, events="intent-to-receive")["intent_to_receive"] == "failed"
    )


def test_a_receiver_may_ask_back_before_it_answers(peopled: RunningSandbox, firms: World, receiver: Receiver) -> None:
    asked: list[int] = []

    def take(body: bytes, signature: str) -> int:
        asked.append(requests.get(f"{peopled.url}/_books/clock", timeout=5).status_code)
        return 200

    receiver.take = take  # type: ignore[method-assign]
    assert deliver(peopled, ledger="xero", url=receiver.url)["posts"][0]["status"] == 200
    assert asked == [200]


def test_a_receiver_that_is_not_there_is_status_0(peopled: RunningSandbox, receiver: Receiver) -> None:
    receiver.close()
    told = deliver(peopled, ledger="xero", url=receiver.url)["posts"][0]
    assert (told["status"], told["problems"]) == (0, ["no answer: ConnectionError"])


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"ledger": "xero", "url": "http://dun.example/webhooks"}, "this machine only"),
        ({"ledger": "xero", "url": "nonsense"}, "this machine only"),
        ({"ledger": "quickbooks", "url": "http://localhost:1/", "events": "intent-to-receive"}, "only Xero"),
        ({"ledger": "xero", "url": "http://localhost:1/", "company": "xero-9"}, "there is no company"),
        ({"ledger": "sage", "url": "http://localhost:1/"}, "ledger"),
    ],
)
def test_nonsense_is_refused_in_words_and_nothing_is_sent(
    peopled: RunningSandbox, wish: dict[str, str], words: str
) -> None:
    answer = requests.post(f"{peopled.url}/_books/webhooks/deliver", json={"key": KEY, **wish}, timeout=10)
    assert (answer.status_code, words in answer.json()["error"]) == (400, True)


def test_empty_posts_are_well_formed() -> None:
    assert json.loads(xero_body([], 5))["firstEventSequence"] == 0
    assert json.loads(quickbooks_body([], "legacy")) == {"eventNotifications": []}
