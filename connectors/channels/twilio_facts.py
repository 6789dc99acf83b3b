"""What Twilio tells later about a text or a call it took: whether it arrived, and what it cost.

The price comes later than the status and stays null for a while, so both are asked for until both are known.
Source: Twilio, "Messages resource" and "Calls resource".
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct, structs

from connectors.channels.delivery import DeliveryFact
from connectors.channels.twilio_faults import NO_SUCH_NUMBER, TAKES_NO_TEXTS, undelivered
from connectors.channels.twilio_rest import NoAnswer, TwilioRest
from connectors.channels.twilio_times import instant
from connectors.unreadable import NOT_JSON
from state.clock import Clock
from state.phones import is_e164

Kind = Literal["delivered", "bounced", "failed", "in_transit"]
_MESSAGE: dict[str, Kind] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), "in_transit"),
    **dict.fromkeys(("delivered", "read"), "delivered"),
    **dict.fromkeys(("undelivered", "failed", "canceled"), "failed"),
}
_CALL: dict[str, Kind] = {
    **dict.fromkeys(("queued", "initiated", "ringing", "in-progress"), "in_transit"),
    "completed": "delivered",
    "failed": "bounced",  # Twilio: most likely a number that does not exist
    **dict.fromkeys(("busy", "no-answer", "canceled"), "failed"),
}
_CALL_WORDS = {
    "failed": "the call could not be put through; most likely there is no such number",
    "busy": "the line was busy",
    "no-answer": "nobody answered",
    "canceled": "the call was cancelled before it was answered",
}
_ANSWERED = {"human": " by a person", "machine": " by a machine", "fax": " by a fax"}  # machine_end_beep and the like
_PRICE = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,8})?")
_CURRENCY = re.compile(r"[A-Za-z]{3}")


class Cost(Struct, frozen=True):
    """What Twilio charges. Prices have fractions of a cent, so this is no Money."""

    amount: Decimal  # zero or more, major units
    currency: str  # ISO 4217


class Standing(Struct, frozen=True):
    """How a text or call stands. `settled`: nothing further will be told."""

    fact: DeliveryFact
    cost: Cost | None

    @property
    def settled(self) -> bool:
        return self.fact.kind != "in_transit" and self.cost is not None


class _Resource(Struct):
    sid: str
    status: str
    to: str | None = None
    date_updated: str | None = None
    error_code: int | None = None
    price: str | None = None
    price_unit: str | None = None
    duration: str | None = None
    answered_by: str | None = None


class TwilioReports:
    """Asks about single texts and calls. Raises NoAnswer; an answer that cannot be read is one, too."""

    def __init__(self, rest: TwilioRest, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock

    def text(self, sid: str) -> Standing:
        """How the text `sid` stands."""
        return text_standing(self._rest.fetch("Messages", sid), self._clock.now())

    def call(self, sid: str) -> Standing:
        """How the call `sid` stands."""
        return call_standing(self._rest.fetch("Calls", sid), self._clock.now())


def text_standing(body: bytes, seen_at: datetime) -> Standing:
    """Of a Messages resource; `seen_at` stands in where Twilio tells no time. NoAnswer if it cannot be read."""
    resource = _read(body, _MESSAGE)
    kind = _MESSAGE[resource.status]
    if kind != "failed":
        return _standing(resource, kind, resource.status, seen_at)
    blames_number = resource.error_code in {NO_SUCH_NUMBER, TAKES_NO_TEXTS}
    detail = undelivered(resource.error_code)
    standing = _standing(resource, "bounced" if blames_number else kind, detail, seen_at)
    texts_alone = resource.error_code == TAKES_NO_TEXTS
    return structs.replace(standing, fact=structs.replace(standing.fact, texts_alone=texts_alone))


def call_standing(body: bytes, seen_at: datetime) -> Standing:
    """Of a Calls resource. A machine that answered has heard the text, and `detail` says that it was one."""
    resource = _read(body, _CALL)
    return _standing(resource, _CALL[resource.status], _told_of_call(resource), seen_at)


def cost(price: str | None, unit: str | None) -> Cost | None:
    """Twilio's price, a negative number such as "-0.00750"; None while it is not known, or if it is no price."""
    if not _PRICE.fullmatch(price or "") or not _CURRENCY.fullmatch(unit or ""):
        return None
    return Cost(max(-Decimal(price or ""), Decimal(0)), (unit or "").upper())


def _read(body: bytes, known: dict[str, Kind]) -> _Resource:
    try:
        resource = msgspec.json.decode(body, type=_Resource)
    except NOT_JSON:
        raise NoAnswer("Twilio's answer is not the text or call that was asked for") from None
    if resource.status not in known:
        raise NoAnswer("Twilio gave a status that is not known")
    return resource


def _standing(resource: _Resource, kind: Kind, detail: str, seen_at: datetime) -> Standing:
    recipient = resource.to if resource.to and is_e164(resource.to) else None
    fact = DeliveryFact(resource.sid, kind, instant(resource.date_updated) or seen_at, detail, recipient)
    return Standing(fact, cost(resource.price, resource.price_unit))


def _told_of_call(resource: _Resource) -> str:
    if resource.status != "completed":
        return _CALL_WORDS.get(resource.status, resource.status)
    who = _ANSWERED.get((resource.answered_by or "").partition("_")[0], "")
    seconds = resource.duration or ""
    lasted = f", {seconds} seconds" if seconds.isdecimal() and len(seconds) < 6 else ""
    return f"answered{who}{lasted}"
