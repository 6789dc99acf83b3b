"""Telephones: texts and calls on their way, what becomes of them, and who no longer wants any.

What happens to a text or a call is settled when it is handed over and shows as time passes: every step has an instant,
and the status at any moment is the last step that lies behind it.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import phonenumbers

TextEnd = Literal["delivered", "undelivered", "failed"]
CallEnd = Literal["human", "machine", "busy", "no-answer", "failed"]

E164 = re.compile(r"\+[1-9]\d{6,14}")
STOP_WORDS = frozenset("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT".split())
START_WORDS = frozenset("START YES UNSTOP".split())
LANDLINE = 30006
TERMINAL = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})

_STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number."
    " Reply START to resubscribe."
)
_STARTED = "You have successfully been re-subscribed to messages from this number. Reply STOP to unsubscribe."
_BRITISH_LANDLINES = re.compile(r"\+44[123]\d{9}")  # also those kept for drama, which no numbering plan lists


class Step(NamedTuple):
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PhoneFate:
    """What becomes of whatever goes to one number. `error` is Twilio's code where a text does not arrive."""

    text: TextEnd = "delivered"
    error: int | None = None
    call: CallEnd = "human"
    digits: str = ""  # what a person presses when asked to


@dataclass(slots=True)
class Text:
    """A text message; `told` counts the steps that a status callback has told of."""

    sid: str
    account: str
    direction: Literal["outbound-api", "outbound-reply", "inbound"]
    sender: str
    to: str
    body: str
    at: datetime
    fate: PhoneFate = PhoneFate()
    service: str | None = None  # the messaging service it went through
    callback: str | None = None
    told: int = 0

    def steps(self) -> list[Step]:
        """From the first status to the last, whether or not they lie in the future."""
        if self.direction == "inbound":
            return [Step("received", self.at)]
        first = Step("queued", self.at)
        if self.fate.text == "failed":
            return [first, Step("failed", self.at + timedelta(seconds=2))]
        return [
            first,
            Step("sent", self.at + timedelta(seconds=2)),
            Step(self.fate.text, self.at + timedelta(seconds=10)),
        ]


@dataclass(slots=True)
class VoiceCall:
    """A call; `twiml` is empty until the address in `url` has been asked for it."""

    sid: str
    account: str
    sender: str
    to: str
    at: datetime
    twiml: str = ""
    url: str | None = None
    method: str = "POST"
    fate: PhoneFate = PhoneFate()
    detect_machine: bool = False
    callback: str | None = None
    callback_events: tuple[str, ...] = ("completed",)
    told: int = 0
    asked: bool = False  # whether the person who answered has been heard

    @property
    def answered(self) -> bool:
        return self.fate.call in {"human", "machine"}

    def steps(self) -> list[Step]:
        """From the first status to the last, whether or not they lie in the future."""
        steps = [Step("queued", self.at)]
        if self.fate.call == "failed":
            return [*steps, Step("failed", self.at + timedelta(seconds=1))]
        steps.append(Step("ringing", self.at + timedelta(seconds=1)))
        if self.fate.call == "busy":
            return [*steps, Step("busy", self.at + timedelta(seconds=4))]
        if self.fate.call == "no-answer":
            return [*steps, Step("no-answer", self.at + timedelta(seconds=61))]
        answered = self.at + timedelta(seconds=8)
        return [*steps, Step("in-progress", answered), Step("completed", answered + timedelta(seconds=24))]


@dataclass(slots=True)
class Phones:
    """Every text and call of one world, oldest first."""

    texts: list[Text] = field(default_factory=list)
    calls: list[VoiceCall] = field(default_factory=list)
    fates: dict[str, PhoneFate] = field(default_factory=dict)
    opted_out: set[tuple[str, str]] = field(default_factory=set)  # whose texts, and who wants no more of them
    tokens: dict[str, str] = field(default_factory=dict)  # account -> the secret it has shown first

    def next_sid(self, prefix: str) -> str:
        number = len(self.texts) + len(self.calls)
        return prefix + hashlib.sha256(f"{prefix}/{number}".encode()).hexdigest()[:32]

    def fate_of(self, number: str) -> PhoneFate:
        """As it was settled for this number, or what lies in its nature: landlines take no texts."""
        known = self.fates.get(number)
        if known is not None:
            return known
        return PhoneFate("undelivered", LANDLINE) if is_landline(number) else PhoneFate()

    def text(self, sid: str) -> Text | None:
        return next((text for text in self.texts if text.sid == sid), None)

    def call(self, sid: str) -> VoiceCall | None:
        return next((call for call in self.calls if call.sid == sid), None)

    def write(self, account: str, customer: str, firm: str, body: str, now: datetime) -> Text:
        """A customer texts the firm; STOP and START are answered by the carrier itself."""
        arrived = Text(self.next_sid("SM"), account, "inbound", customer, firm, body, now)
        self.texts.append(arrived)
        word = body.strip().upper()
        if word in STOP_WORDS:
            self._answer(arrived, _STOPPED)
            self.opted_out.add((firm, customer))
        elif word in START_WORDS and (firm, customer) in self.opted_out:
            self.opted_out.discard((firm, customer))
            self._answer(arrived, _STARTED)
        return arrived

    def _answer(self, to: Text, words: str) -> None:
        sid = self.next_sid("SM")
        self.texts.append(Text(sid, to.account, "outbound-reply", to.to, to.sender, words, to.at))


def is_landline(number: str) -> bool:
    """Whether a number in E.164 form is certainly no mobile."""
    if _BRITISH_LANDLINES.fullmatch(number):
        return True
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
    return kind == phonenumbers.PhoneNumberType.FIXED_LINE


def status_at(steps: list[Step], now: datetime) -> Step:
    """The last step that lies behind `now`."""
    return [step for step in steps if step.at <= now][-1]


def passed(steps: list[Step], now: datetime) -> Iterator[Step]:
    """All steps that lie behind `now`."""
    return (step for step in steps if step.at <= now)
