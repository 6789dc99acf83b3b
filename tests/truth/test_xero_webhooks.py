"""The examples in Xero's own description of its webhooks."""

import json
from typing import Any

import pytest
import yaml
from truth.xero_truth import truth

from connectors.webhooks import UnreadableEvents
from connectors.xero.webhooks import companies


def specification() -> dict[str, Any]:
    path = truth("openapi", "xero-webhooks.yaml")
    described: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return described


def posted(example: object) -> bytes:
    return json.dumps(example, default=lambda instant: instant.isoformat()).encode()


def test_an_event_about_a_contact_names_its_organisation() -> None:
    content = specification()["components"]["responses"]["200WebhookDataReceivedOk"]["content"]
    example = content["application/json"]["schema"]["example"]

    assert companies(posted(example)) == {"c2cc9b6e-9458-4c7d-93cc-f02b81b0594f"}


def test_an_event_about_a_credit_note_names_its_organisation() -> None:
    content = specification()["webhooks"]["creditNotes"]["post"]["requestBody"]["content"]
    example = content["application/json"]["examples"]["creditNoteCreate"]["value"]

    assert companies(posted(example)) == {"aef86862-2015-4b6b-88bc-d89032cecc50"}


def test_an_event_about_the_app_itself_names_no_organisation() -> None:
    event = {"tenantId": "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f", "tenantType": "APPLICATION"}

    assert companies(posted({"events": [event]})) == frozenset()


def test_the_intent_to_receive_names_no_organisation() -> None:
    assert companies(b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"A"}') == frozenset()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"events":[{}]}', b'{"events":[{"tenantId":7}]}', b'{"events":'])
def test_anything_else_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableEvents, match="not the list of events"):
        companies(body)
