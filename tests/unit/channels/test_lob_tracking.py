"""What becomes known of a letter on its way, from each thing that Lob may tell."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channels.delivery import DeliveryFact
from connectors.channels.lob_tracking import DeliveryUnknown, fact_of

CREATED = "2026-03-12T09:30:00.000Z"


def told(*events: dict, **fields) -> DeliveryFact:
    letter = {"id": "ltr_1", "date_created": CREATED, "tracking_events": list(events), **fields}
    return fact_of("ltr_1", json.dumps(letter).encode())


def event(name: str, day: int, substatus: str | None = None) -> dict:
    details = {"details": {"event": substatus, "description": "x", "action_required": False}} if substatus else {}
    return {"name": name, "time": f"2026-03-{day:02d}T12:00:00Z", "type": "normal", **details}


def on_day(day: int) -> datetime:
    return datetime(2026, 3, day, 12, tzinfo=UTC)


@pytest.mark.parametrize("events", [[], None])
def test_a_letter_that_was_not_seen_yet_is_under_way_since_it_was_made(events) -> None:
    fact = told(tracking_events=events, expected_delivery_date="2026-03-18")

    assert (fact.kind, fact.at) == ("in_transit", datetime(2026, 3, 12, 9, 30, tzinfo=UTC))
    assert "2026-03-18" in fact.detail


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Mailed", "in_transit"),
        ("In Transit", "in_transit"),
        ("In Local Area", "in_transit"),
        ("Processed for Delivery", "in_transit"),
        ("Pickup Available", "in_transit"),
        ("Re-Routed", "in_transit"),
        ("International Exit", "in_transit"),
        ("Issue", "in_transit"),
        ("Something New", "in_transit"),
        ("Delivered", "delivered"),
        ("Returned to Sender", "returned"),
    ],
)
def test_each_event_has_its_meaning(name, kind) -> None:
    fact = told(event(name, 14))

    assert (fact.kind, fact.at, fact.provider_id) == (kind, on_day(14), "ltr_1")


def test_the_newest_event_counts_in_whatever_order_they_come() -> None:
    assert told(event("In Local Area", 15), event("Mailed", 13)).at == on_day(15)


def test_what_ended_the_way_counts_more_than_a_late_scan() -> None:
    assert told(event("Delivered", 15), event("In Transit", 16)).kind == "delivered"


def test_a_letter_that_came_back_after_all_has_come_back() -> None:
    assert told(event("Delivered", 15), event("Returned to Sender", 19)).kind == "returned"


@pytest.mark.parametrize("substatus", ["package_lost", "package_disposed", "package_undeliverable"])
def test_a_lost_letter_has_failed(substatus) -> None:
    assert told(event("Issue", 15, substatus)).kind == "failed"


def test_a_notice_in_the_letterbox_is_not_the_end() -> None:
    assert told(event("Issue", 15, "notice_left")).kind == "in_transit"


@pytest.mark.parametrize("fields", [{"status": "failed"}, {"deleted": True}])
def test_a_letter_that_was_never_printed_has_failed(fields) -> None:
    assert told(event("Delivered", 15), **fields).kind == "failed"


def test_an_event_without_a_time_is_no_older_than_its_letter() -> None:
    assert told({"name": "Delivered"}).at == datetime(2026, 3, 12, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"id":"ltr_2","date_created":"2026-03-12T09:30:00Z"}',
        b'{"id":"ltr_1"}',
        b'{"id":"ltr_1","date_created":"yesterday"}',
        b'{"id":"ltr_1","date_created":"2026-03-12T09:30:00"}',
        b'{"id":"ltr_1","date_created":"0001-01-01T00:00:00+14:00"}',
        b'{"id":"ltr_1","date_created":"2026-03-12T09:30:00Z","tracking_events":{}}',
        b'{"a":' * 20_000,
    ],
)
def test_what_cannot_be_understood_is_not_guessed(body) -> None:
    with pytest.raises(DeliveryUnknown):
        fact_of("ltr_1", body)


def test_lobs_own_words_are_not_repeated() -> None:
    hostile = told(
        {"name": "Issue\n185 Berry St", "time": "2026-03-15T12:00:00Z"}, expected_delivery_date="soon\x1b[2J"
    )

    assert "Berry" not in hostile.detail
    assert "soon" not in told(expected_delivery_date="soon\x1b[2J").detail


@given(st.binary(max_size=200))
def test_bytes_that_are_no_letter_are_no_fact(body) -> None:
    with pytest.raises(DeliveryUnknown):
        fact_of("ltr_1", body)
