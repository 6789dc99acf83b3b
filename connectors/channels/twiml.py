"""What Twilio does during a call, as TwiML: it reads a text and may connect the one who listens with the firm.

A document that is handed over with the call cannot branch on a key: <Gather> posts the key to an address, and only the
answer says what happens next. So a call offers "press 1" where there is such an address, and names the firm's number
where there is none. Names and texts of strangers become characters of <Say> and never markup.
Source: Twilio, "TwiML for Programmable Voice": Say, Gather, Dial, Hangup.
"""

import re
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from connectors.channels.spoken import Spoken
from state.plain_text import plain

LONGEST_DOCUMENT = 4000  # characters; Twilio refuses more (32018)
PRESSED = "1"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_WAIT_SECONDS = 8
_NO_CHARACTER = re.compile("[\ufffe\uffff]")  # of XML; the others that it lacks are no plain text either
HANG_UP = f"{_HEAD}<Response><Hangup/></Response>"


class Reading(Struct, frozen=True):
    """Who reads: a BCP 47 tag such as en-GB, and one of Twilio's voices; empty: Twilio's own for that language."""

    language: str
    voice: str = ""


class Offer(Struct, frozen=True):
    """How a listener reaches the firm at `number` (E.164). `action` answers key presses; empty: nobody does."""

    number: str = ""
    action: str = ""


def call_document(text: str, reading: Reading, offer: Offer, words: Spoken) -> str:
    """The whole call: `text`, then the offer, then a pause in which a key may be pressed."""
    if offer.number and offer.action:
        invitation = _say(f"{text}\n{words.press}", reading)
        gather = (
            f'<Gather input="dtmf" numDigits="1" timeout="{_WAIT_SECONDS}" method="POST"'
            f" action={quoteattr(offer.action)}>{invitation}</Gather>"
        )
        return f"{_HEAD}<Response>{gather}{_say(words.goodbye, reading)}</Response>"
    closing = words.call_us(offer.number) if offer.number else words.goodbye
    return f"{_HEAD}<Response>{_say(text, reading)}{_say(closing, reading)}</Response>"


def key_answer(digits: str, number: str, caller_id: str) -> str:
    """What follows a key press: 1 connects with the firm's `number`, everything else ends the call.

    `caller_id` is told to the firm; Twilio accepts only a number of the account.
    """
    if digits != PRESSED or not number:
        return HANG_UP
    return f"{_HEAD}<Response><Dial callerId={quoteattr(caller_id)}>{escape(number)}</Dial></Response>"


def _say(text: str, reading: Reading) -> str:
    voice = f" voice={quoteattr(reading.voice)}" if reading.voice else ""
    said = " ".join(_NO_CHARACTER.sub("", plain(text)).split())
    return f"<Say language={quoteattr(reading.language)}{voice}>{escape(said)}</Say>"
