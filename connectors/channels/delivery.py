"""What became of a message after its carrier took it, as the carrier tells it later."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

Outcome = Literal["delivered", "bounced", "failed", "opened_complaint", "returned", "in_transit"]


class DeliveryFact(Struct, frozen=True):
    """The newest thing that a carrier knows of one message. `detail` is in our words and names nobody."""

    provider_id: str
    kind: Outcome
    at: datetime  # aware, UTC: when it happened, by the carrier
    detail: str
    recipient: str | None  # one of several, where the carrier tells them apart


class DeliveryUnknown(Exception):
    """The carrier could not be asked, or said nothing that can be understood; `str()` says why. Ask again later."""
