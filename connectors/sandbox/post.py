"""Letters on their way: what a printer took, and where the post says they are.

As with telephones, the journey is settled when a letter is handed over and shows as time passes.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

Journey = Literal["delivered", "rerouted", "returned", "lost"]

CANCELLABLE_FOR = timedelta(minutes=5)
KEYS_LAST = timedelta(hours=24)
_DAY = timedelta(days=1)
_DAYS: dict[Journey, tuple[tuple[str, int], ...]] = {
    "delivered": (("In Transit", 2), ("In Local Area", 3), ("Processed for Delivery", 4), ("Delivered", 5)),
    "rerouted": (("In Transit", 2), ("Re-Routed", 3), ("In Local Area", 5), ("Processed for Delivery", 6)),
    "returned": (("In Transit", 2), ("In Local Area", 3), ("Returned to Sender", 6)),
    "lost": (("In Transit", 2),),
}
_ABROAD = (("In Transit", 2), ("International Exit", 4))
_ALSO_DELIVERED = (("Delivered", 7),)  # certified letters are seen again after they were sent on


class Scan(NamedTuple):
    """A moment at which the post saw the letter."""

    name: str
    at: datetime


@dataclass(slots=True)
class Letter:
    """One letter. `to` and `sender` are addresses as they were handed over, with the ids the printer gave them."""

    id: str
    live: bool
    at: datetime
    send_at: datetime
    to: dict[str, Any]
    sender: dict[str, Any]
    pdf: bytes
    options: dict[str, Any]  # description, metadata, color, ... as they were wished for
    journey: Journey = "delivered"

    @property
    def certified(self) -> bool:
        return str(self.options.get("extra_service") or "").startswith("certified")

    @property
    def abroad(self) -> bool:
        return str(self.to.get("address_country") or "US") != "US"

    def scans(self) -> list[Scan]:
        """The whole journey, whether or not it lies in the future. Letters made with a test key never leave."""
        if not self.live:
            return []
        days = _ABROAD if self.abroad else _DAYS[self.journey]
        if self.certified:
            days = (("Mailed", 1), *days, *(_ALSO_DELIVERED if self.journey == "rerouted" else ()))
        return [Scan(name, self.send_at + day * _DAY) for name, day in days]


@dataclass(slots=True)
class Post:
    """Every letter of one world, oldest first."""

    letters: list[Letter] = field(default_factory=list)
    fates: dict[str, Journey] = field(default_factory=dict)  # by postcode, without spaces and in capitals
    keys: dict[tuple[bool, str], tuple[datetime, Letter]] = field(default_factory=dict)  # live or test, and the key

    def next_id(self, prefix: str, part: str = "") -> str:
        return prefix + hashlib.sha256(f"{len(self.letters)}/{part}".encode()).hexdigest()[:16]

    def made_with(self, live: bool, key: str, now: datetime) -> Letter | None:
        """The letter that this key has made already, within the time that keys are remembered."""
        at, letter = self.keys.get((live, key), (None, None))
        return letter if at is not None and now - at < KEYS_LAST else None

    def journey_to(self, postcode: str) -> Journey:
        return self.fates.get(plain_postcode(postcode), "delivered")


def plain_postcode(postcode: str | None) -> str:
    """Comparable: no spaces or hyphens, in capitals."""
    return "".join(c for c in (postcode or "").upper() if c.isalnum())
