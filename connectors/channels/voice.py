"""Calls by Twilio that read a short text: POST /2010-04-01/Accounts/{sid}/Calls.json, once per message."""

from typing import Literal

from msgspec import Struct

from connectors.channels.channel import Message, Receipt, RefusedMessage
from connectors.channels.spoken import spoken
from connectors.channels.twilio_rest import TwilioRest
from connectors.channels.twiml import LONGEST_DOCUMENT, Offer, Reading, call_document
from state.clock import Clock
from state.phones import is_e164

_RING_SECONDS = "30"


class Caller(Struct, frozen=True, kw_only=True):
    """Who calls: `number` (E.164) is shown to the customer; `offer` says how to reach a person.

    `language` is that of messages that name none; `voice` one of Twilio's, empty: its own for the language.
    """

    number: str
    language: str
    voice: str = ""
    offer: Offer = Offer()


class VoiceChannel:
    """One POST per call. The receipt says that Twilio dials, not that anybody listens."""

    def __init__(self, rest: TwilioRest, caller: Caller, clock: Clock) -> None:
        if not caller.number:
            raise ValueError("no number to call from; set [phone] call_from")
        self._rest = rest
        self._caller = caller
        self._clock = clock

    @property
    def name(self) -> Literal["twilio-voice"]:
        return "twilio-voice"

    def send(self, message: Message) -> Receipt:
        form = {"To": _number(message), "From": self._caller.number, "Twiml": self.document(message)}
        sid = self._rest.create("Calls", {**form, "Timeout": _RING_SECONDS})
        return Receipt(channel=self.name, provider_id=sid, accepted_at=self._clock.now())

    def check(self) -> None:
        """Ask, without calling anybody, whether the account lets us in; NotSent says why not."""
        self._rest.check()

    def document(self, message: Message) -> str:
        """The TwiML of the call; RefusedMessage if there is nothing to say, or too much."""
        words = spoken(message.language or self._caller.language)
        reading = Reading(words.tag, self._caller.voice)
        document = call_document(message.text, reading, self._caller.offer, words)
        if not message.text.strip() or len(document) > LONGEST_DOCUMENT:
            raise RefusedMessage(
                f"the text to read is empty or too long: the call has {len(document)} characters of {LONGEST_DOCUMENT}"
            )
        return document


def _number(message: Message) -> str:
    if message.kind != "voice" or message.phone is None or not is_e164(message.phone):
        raise RefusedMessage("this is no voice call to a number; nobody was called")
    return message.phone
