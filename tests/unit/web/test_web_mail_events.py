"""SendGrid's posts become facts about our messages if the signature is right, and change nothing otherwise."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from unit.state.examples import a_contact, claimed
from unit.web.posts import CONFIG, NOW

from connector.web.webhooks import LARGEST_BODY
from connector.wiring import tenant_file
from connectors.channels.sendgrid_facts import SIGNATURE_HEADER, TIMESTAMP_HEADER
from state.model import MessageId, TenantSlug
from state.store import TenantStore

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
TENANTS = f"""
[email.sendgrid]
webhook_key = "{PUBLIC}"
[tenants.north]
ledger = "xero"
zone = "Europe/London"
"""


@pytest.fixture
def port(served: Callable[..., Any]) -> Any:
    return served(CONFIG + TENANTS)


@pytest.fixture
def store(port: Any) -> Iterator[TenantStore]:
    """North has sent the message msg-1."""
    with TenantStore.open(tenant_file(port.config, TenantSlug("north"))) as opened:
        opened.mirror.save_contacts([a_contact()])
        claimed(opened)
        opened.reminders.sent(MessageId("msg-1"), "sg-1", NOW)
        yield opened


def event(**fields: object) -> dict[str, object]:
    return {
        "event": "bounce",
        "email": "customer@example.test",
        "timestamp": int(NOW.timestamp()),
        "reason": "550 unknown",
        "status": "5.1.1",
        "sg_message_id": "sg-1.recvd-1",
        "dun_message": "msg-1",
        "dun_tenant": "north",
        **fields,
    }


def post(port: Any, body: bytes, signature: str | None = None) -> requests.Response:
    timestamp = "1773307860"
    signed = base64.b64encode(KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {SIGNATURE_HEADER: signed if signature is None else signature, TIMESTAMP_HEADER: timestamp}
    return requests.post(f"{port.url}/webhooks/sendgrid", data=body, headers=headers, timeout=5)


def test_a_bounce_is_kept_with_its_message_and_the_address_is_not_used_again(port: Any, store: TenantStore) -> None:
    answer = post(port, json.dumps([event()]).encode())

    assert (answer.status_code, answer.content) == (200, b"")
    [fact] = store.deliveries.of_message(MessageId("msg-1"))
    assert (fact.kind, fact.recipient, fact.source) == ("bounced", "customer@example.test", "sendgrid")
    assert [address.address for address in store.deliveries.suppressed()] == ["customer@example.test"]


def test_a_delivery_is_kept_and_a_repetition_is_not(port: Any, store: TenantStore) -> None:
    body = json.dumps([event(event="delivered")]).encode()

    assert [post(port, body).status_code for _ in range(3)] == [200] * 3
    assert [fact.kind for fact in store.deliveries.of_message(MessageId("msg-1"))] == ["delivered"]


@pytest.mark.parametrize("signature", ["", "bm8=", "not base64 !", "A" * 8000])
def test_a_wrong_signature_gets_401_and_nothing_else(port: Any, store: TenantStore, signature: str) -> None:
    answer = post(port, json.dumps([event()]).encode(), signature)

    assert (answer.status_code, answer.content) == (401, b"")
    assert store.deliveries.of_message(MessageId("msg-1")) == []


@pytest.mark.parametrize(
    "fields",
    [{"dun_tenant": "../north"}, {"dun_tenant": "west"}, {"dun_tenant": "nobody"}, {"dun_message": "msg-9"}],
)
def test_an_event_of_a_tenant_or_message_that_is_not_there_changes_nothing(
    port: Any, store: TenantStore, fields: dict[str, object]
) -> None:
    assert post(port, json.dumps([event(**fields)]).encode()).status_code == 200
    assert store.deliveries.suppressed() == []


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff"])
def test_a_genuine_post_that_is_no_list_is_set_aside(port: Any, body: bytes) -> None:
    assert post(port, body).status_code == 200


def test_a_post_that_is_too_large_is_not_read(port: Any, store: TenantStore) -> None:
    assert post(port, b" " * (LARGEST_BODY + 1)).status_code == 413


def test_without_a_key_there_is_no_door(served: Callable[..., Any]) -> None:
    assert post(served(), b"[]").status_code == 404
