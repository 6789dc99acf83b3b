"""Intuit's own webhook posts, signed by its SDKs' tests: the signatures hold, and the companies are found."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth.quickbooks_truth import truth

from connectors.quickbooks.webhooks import companies
from connectors.webhooks import UnreadableEvents, verified


def vectors(kind: str) -> list[dict[str, Any]]:
    recorded: list[dict[str, Any]] = json.loads((truth() / "webhook-vectors.json").read_text(encoding="utf-8"))[kind]
    assert recorded
    return recorded


def signed() -> list[tuple[str, bytes, str]]:
    """Key, body and signature of the recorded posts whose key is known."""
    return [
        (vector["verifier_token"], vector["payload"].encode(), vector["intuit_signature"])
        for vector in vectors("legacy")
        if vector["verifier_token"]
    ]


def test_recorded_signatures_are_right() -> None:
    assert [verified(*vector) for vector in signed()] == [True, True]


def test_recorded_signatures_are_wrong_for_anything_else() -> None:
    for key, body, signature in signed():
        assert not verified(key + "x", body, signature)
        assert not verified(key, body + b"\n", signature)
        assert not verified(key, body, signature.rstrip("="))
        assert not verified(key, body, base64.b64decode(signature).hex())


def test_a_signature_whose_key_is_not_known_is_no_signature_of_another_key() -> None:
    [unknown] = [vector for vector in vectors("legacy") if not vector["verifier_token"]]

    assert not any(verified(key, unknown["payload"].encode(), unknown["intuit_signature"]) for key, *_ in signed())


def test_the_old_shape_names_its_companies() -> None:
    posts = [vector["payload"].encode() for vector in vectors("legacy") if "realmId" in vector["payload"]]

    assert [companies(post) for post in posts] == [{"1185883450"}, {"1269959970"}]


def test_the_new_shape_names_its_companies_whatever_members_are_missing() -> None:
    bodies = [vector["body"] for vector in vectors("cloudevents")]

    assert [companies(json.dumps(body).encode()) for body in bodies] == [{"310687"}, {"310687"}]


def test_one_post_of_the_new_shape_may_mix_companies() -> None:
    events = [event for vector in vectors("cloudevents") for event in vector["body"]]
    second = {**events[0], "intuitaccountid": "9341453000000001"}

    assert companies(json.dumps([*events, second]).encode()) == {"310687", "9341453000000001"}


def test_a_genuine_post_without_companies_is_unreadable() -> None:
    [stuff] = [body for _, body, _ in signed() if b"stuff" in body]

    with pytest.raises(UnreadableEvents, match="neither its old nor its new shape"):
        companies(stuff)


@given(st.text(), st.binary())
def test_no_text_in_the_header_is_more_than_a_wrong_signature(signature: str, body: bytes) -> None:
    assert not verified("key", body, signature)


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(lambda value: json.dumps(value).encode()))
def test_no_body_is_more_than_unreadable(body: bytes) -> None:
    try:
        found = companies(body)
    except UnreadableEvents:
        return
    assert found == frozenset()  # an empty list is a list
