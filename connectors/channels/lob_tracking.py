"""What Lob's tracking events mean: the US mail scans envelopes, and Lob tells which scans it heard of.

Ordinary letters are scanned now and then, certified ones to the end; a letter to a foreign country is last seen where
it leaves the United States. Source: Lob API reference, "Tracking Events".
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import msgspec
from msgspec import Struct

from connectors.channels.delivery import DeliveryFact, DeliveryKind
from connectors.unreadable import NOT_JSON
from state.clock import aware_utc

_FINAL: Mapping[str, tuple[DeliveryKind, str]] = {
    "Delivered": ("delivered", "delivered"),
    "Returned to Sender": ("returned", "returned to the sender"),
}
_NOT_UNDERSTOOD = "Lob's answer about the letter is not one that Dun understands"
_LOST = frozenset({"package_lost", "package_disposed", "package_undeliverable"})
_ON_THE_WAY = {
    "Mailed": "handed to the mail",
    "In Transit": "on its way",
    "In Local Area": "near its destination",
    "Processed for Delivery": "out for delivery",
    "Pickup Available": "waits to be picked up",
    "Re-Routed": "sent on to another address",
    "International Exit": "left the United States",
    "Issue": "held up; the US mail needs something of the recipient",
}


class DeliveryUnknown(Exception):
    """Lob could not be asked, or said nothing that can be understood; `str()` says why. Ask again later."""


class _Details(Struct):
    event: str = ""


class _Event(Struct):
    name: str = ""
    time: datetime | None = None
    date_created: datetime | None = None
    details: _Details | None = None

    @property
    def at(self) -> datetime:
        instant = self.time or self.date_created
        return datetime.min.replace(tzinfo=UTC) if instant is None else aware_utc(instant)


class _Letter(Struct):
    id: str
    date_created: datetime
    status: str = ""
    deleted: bool = False
    expected_delivery_date: str | None = None
    tracking_events: list[_Event] | None = None


def fact_of(provider_id: str, body: bytes) -> DeliveryFact:
    """The newest fact in `body`, a letter as Lob tells it; what ends its way counts more than what came after.

    Raises DeliveryUnknown if the answer cannot be understood.
    """
    try:
        letter = msgspec.json.decode(body, type=_Letter)
        if letter.id == provider_id:
            return _fact(letter)
    except (*NOT_JSON, ValueError, OverflowError):
        raise DeliveryUnknown(_NOT_UNDERSTOOD) from None
    raise DeliveryUnknown(_NOT_UNDERSTOOD)


def _fact(letter: _Letter) -> DeliveryFact:
    provider_id, created = letter.id, aware_utc(letter.date_created)
    if letter.status == "failed":
        return DeliveryFact(provider_id, "failed", created, "Lob could not print the letter", None)
    if letter.deleted:
        return DeliveryFact(provider_id, "failed", created, "cancelled at Lob before it was printed", None)
    events = sorted(letter.tracking_events or (), key=lambda event: event.at)
    final = [event for event in events if event.name in _FINAL or _lost(event)]
    for event in reversed(final or events):
        return _of_event(provider_id, event, created)
    expected = f"; expected {letter.expected_delivery_date}" if _is_day(letter.expected_delivery_date) else ""
    return DeliveryFact(provider_id, "in_transit", created, f"being printed or handed to the mail{expected}", None)


def _of_event(provider_id: str, event: _Event, created: datetime) -> DeliveryFact:
    at = max(event.at, created)  # an event without a time is no older than its letter
    if event.name in _FINAL:
        kind, words = _FINAL[event.name]
        return DeliveryFact(provider_id, kind, at, words, None)
    if _lost(event):
        return DeliveryFact(provider_id, "failed", at, "lost or undeliverable", None)
    return DeliveryFact(provider_id, "in_transit", at, _ON_THE_WAY.get(event.name, "on its way"), None)


def _lost(event: _Event) -> bool:
    return event.details is not None and event.details.event in _LOST


def _is_day(text: str | None) -> bool:
    try:
        return bool(text and date.fromisoformat(text))
    except ValueError:
        return False
