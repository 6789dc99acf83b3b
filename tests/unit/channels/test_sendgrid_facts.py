"""What SendGrid tells later: its lists page by page, its events if the signature is right."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from torrents import TorrentServer

from connectors.channels.delivery import DeliveryFact
from connectors.channels.sendgrid_facts import (
    PAGE,
    FactsUnavailable,
    PostedFact,
    SendGridFacts,
    posted_facts,
    verified,
)
from connectors.webhooks import UnreadableEvents

START = datetime(2026, 3, 1, tzinfo=UTC)
AT = int(datetime(2026, 3, 12, 9, 31, tzinfo=UTC).timestamp())
KEY = ec.generate_private_key(ec.SECP256R1())


class Lists(ThreadingHTTPServer):
    """Suppression lists with paging."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Clerk)
        self.rows: dict[str, list[object]] = {}
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.status = 200
        self.body: bytes | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Clerk(BaseHTTPRequestHandler):
    server: Lists

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.server.asked.append((url.path, asked, self.headers["Authorization"]))
        begin, many = int(asked["offset"]), int(asked["limit"])
        rows = self.server.rows.get(url.path.rpartition("/")[2], [])[begin : begin + many]
        body = json.dumps(rows).encode() if self.server.body is None else self.server.body
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *parts: object) -> None:
        pass


@pytest.fixture
def lists() -> Iterator[Lists]:
    server = Lists()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def told(lists: Lists) -> list[DeliveryFact]:
    return list(SendGridFacts("SG.never-shown", lists.url).since(START))


def test_each_list_becomes_facts_of_its_kind(lists: Lists) -> None:
    lists.rows = {
        "bounces": [{"created": AT, "email": "AP@buyer.example", "reason": "550 5.1.1 unknown", "status": "5.1.1"}],
        "blocks": [{"created": AT, "email": "bo@buyer.example", "reason": "blocked", "status": "4.0.0"}],
        "invalid_emails": [{"created": AT, "email": "typo@buyer.example", "reason": "Mail domain is wrong"}],
        "spam_reports": [{"created": AT, "email": "cross@buyer.example", "ip": "192.0.2.1"}],
    }

    assert [(fact.kind, fact.recipient, fact.detail) for fact in told(lists)] == [
        ("bounced", "ap@buyer.example", "550 5.1.1 unknown"),
        ("failed", "bo@buyer.example", "4.0.0 blocked"),
        ("bounced", "typo@buyer.example", "invalid address: Mail domain is wrong"),
        ("opened_complaint", "cross@buyer.example", "reported as spam"),
    ]


def test_the_lists_are_asked_from_a_moment_on_with_the_key(lists: Lists) -> None:
    told(lists)

    assert [path for path, _, _ in lists.asked] == [
        f"/v3/suppression/{name}" for name in ("bounces", "blocks", "invalid_emails", "spam_reports")
    ]
    assert lists.asked[0][1:] == (
        {"start_time": str(int(START.timestamp())), "limit": str(PAGE), "offset": "0"},
        "Bearer SG.never-shown",
    )


@pytest.mark.parametrize("number", [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
def test_every_page_is_read(lists: Lists, number: int) -> None:
    lists.rows["bounces"] = [{"created": AT, "email": f"a{n}@buyer.example"} for n in range(number)]

    assert len({fact.recipient for fact in told(lists)}) == number


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"email": "nobody", "created": AT},
        {"email": "a@buyer.example", "created": "soon"},
        {"email": "a@buyer.example", "created": 10**18},
        {"email": None},
        {"email": "a@buyer.example", "created": None},
        [],
        "text",
    ],
)
def test_a_spoilt_row_does_not_take_the_others_along(lists: Lists, row: object) -> None:
    lists.rows["bounces"] = [row, {"created": AT, "email": "ap@buyer.example"}]

    assert [fact.recipient for fact in told(lists)] == ["ap@buyer.example"]


def test_a_list_without_end_is_given_up(lists: Lists) -> None:
    lists.body = json.dumps([{"created": AT, "email": "a@buyer.example"}] * PAGE).encode()

    with pytest.raises(FactsUnavailable, match="does not come to an end"):
        told(lists)


@pytest.mark.parametrize(("status", "person"), [(401, True), (403, True), (429, False), (500, False), (302, False)])
def test_a_refusal_is_told_in_words(lists: Lists, status: int, person: bool) -> None:
    lists.status = status

    with pytest.raises(FactsUnavailable, match=str(status)) as caught:
        told(lists)
    assert caught.value.needs_person is person
    assert "never-shown" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[" * 5000, b"null"])
def test_an_answer_that_is_no_list_is_told_in_words(lists: Lists, body: bytes) -> None:
    lists.body = body

    with pytest.raises(FactsUnavailable, match="not the list"):
        told(lists)


@pytest.mark.parametrize("torrent", ["endless", "announced", "bomb"])
def test_an_answer_without_end_is_not_read(torrent) -> None:
    with TorrentServer(torrent) as server, pytest.raises(FactsUnavailable):
        list(SendGridFacts("SG.k", server.url).since(START))


def test_nobody_there_is_told_in_words() -> None:
    with pytest.raises(FactsUnavailable):
        list(SendGridFacts("SG.k", "http://127.0.0.1:1").since(START))


# -- events ------------------------------------------------------------------------------------------------------


def public(key) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def signed(body: bytes, timestamp: str = "1773307860", key=KEY) -> str:
    return base64.b64encode(key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()


def test_a_post_that_sendgrid_signed_is_genuine() -> None:
    assert verified(public(KEY), b"[]", signed(b"[]"), "1773307860")


@pytest.mark.parametrize(
    ("body", "timestamp"), [(b"[ ]", "1773307860"), (b"[]", "1773307861"), (b"[]", ""), (b"", "1773307860")]
)
def test_a_signature_covers_body_and_time(body: bytes, timestamp: str) -> None:
    assert not verified(public(KEY), body, signed(b"[]"), timestamp)


def test_another_key_signs_nothing_for_us() -> None:
    assert not verified(public(KEY), b"[]", signed(b"[]", key=ec.generate_private_key(ec.SECP256R1())), "1773307860")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "not base64!",
        "AAAA",
        public(ec.generate_private_key(ec.SECP384R1())),
        public(rsa.generate_private_key(65537, 2048)),
    ],
)
def test_what_is_no_key_of_sendgrids_verifies_nothing(key: str) -> None:
    assert not verified(key, b"[]", signed(b"[]"), "1773307860")


@settings(max_examples=100, deadline=None)
@given(signature=st.text(max_size=100) | st.binary(max_size=80).map(lambda raw: base64.b64encode(raw).decode()))
def test_no_other_text_is_a_signature(signature: str) -> None:
    assert not verified(public(KEY), b"[]", signature, "1773307860")


def event(**fields: object) -> dict[str, object]:
    return {
        "email": "ap@buyer.example",
        "timestamp": AT,
        "event": "bounce",
        "type": "bounce",
        "reason": "550 unknown",
        "status": "5.1.1",
        "sg_message_id": "14c5d75ce93.filterdrecv-7.1.0",
        "dun_message": "att-0001",
        "dun_tenant": "seller",
        **fields,
    }


def test_an_event_is_a_fact_about_our_message() -> None:
    fact = DeliveryFact(
        provider_id="14c5d75ce93",
        kind="bounced",
        at=datetime.fromtimestamp(AT, UTC),
        detail="5.1.1 550 unknown",
        recipient="ap@buyer.example",
    )

    assert posted_facts(json.dumps([event()]).encode()) == [PostedFact("seller", "att-0001", fact)]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"event": "delivered"}, "delivered"),
        ({"event": "deferred"}, "in_transit"),
        ({"event": "bounce", "type": "blocked"}, "failed"),
        ({"event": "dropped", "reason": "Content policy"}, "failed"),
        ({"event": "dropped", "reason": "Bounced Address"}, "bounced"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "opened_complaint"),
        ({"event": "spamreport"}, "opened_complaint"),
        ({"reason": None, "status": None, "type": None, "sg_message_id": None}, "bounced"),
    ],
)
def test_events_have_their_kinds(fields: dict[str, str], kind: str) -> None:
    [posted] = posted_facts(json.dumps([event(**fields)]).encode())

    assert posted.fact.kind == kind


@pytest.mark.parametrize(
    "spoilt",
    [
        event(event="open"),
        event(event="click"),
        event(dun_message=""),
        event(dun_tenant=""),
        event(timestamp=-1),
        event(timestamp="x"),
        [],
        None,
        7,
    ],
)
def test_what_is_no_fact_of_ours_is_left_alone(spoilt: object) -> None:
    assert len(posted_facts(json.dumps([spoilt, event()]).encode())) == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[" * 5000])
def test_a_post_that_is_no_list_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableEvents):
        posted_facts(body)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=20)
)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        posted_facts(json.dumps([value, event(email=value, reason=value)]).encode())
    except UnreadableEvents:
        pytest.fail("a list of events is readable whatever its events are")
