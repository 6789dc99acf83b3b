"""Text messages by Twilio: POST /2010-04-01/Accounts/{sid}/Messages.json, once per message."""

from typing import Literal

from msgspec import Struct

from connectors.channels.channel import Message, Receipt, RefusedMessage
from connectors.channels.segments import LONGEST_BODY, segments
from connectors.channels.twilio_rest import TwilioRest
from state.clock import Clock
from state.phones import is_e164
from state.plain_text import plain


class TextSender(Struct, frozen=True):
    """Who texts: a number in E.164 form, or a messaging service (MG...) that chooses among its numbers.

    A name in letters is not offered: nobody can answer STOP to it.
    """

    number: str = ""
    service: str = ""


class SmsChannel:
    """One POST per text. A text of more than `most_segments` is refused before it leaves: each of them is charged.

    `told_at` is the address to which Twilio posts what becomes of it; empty: nowhere.
    """

    def __init__(
        self, rest: TwilioRest, sender: TextSender, clock: Clock, most_segments: int = 3, told_at: str = ""
    ) -> None:
        if not sender.number and not sender.service:
            raise ValueError("no number and no messaging service to text from; set [phone] text_from")
        self._rest = rest
        self._sender = sender
        self._clock = clock
        self._most_segments = most_segments
        self._told_at = told_at

    @property
    def name(self) -> Literal["twilio-sms"]:
        return "twilio-sms"

    def send(self, message: Message) -> Receipt:
        form = self._form(message)
        sid = self._rest.create("Messages", form)
        return Receipt(channel=self.name, provider_id=sid, accepted_at=self._clock.now())

    def check(self) -> None:
        """Ask, without sending anything, whether the account lets us in; NotSent says why not."""
        self._rest.check()

    def _form(self, message: Message) -> dict[str, str]:
        if message.kind != "sms" or message.phone is None or not is_e164(message.phone):
            raise RefusedMessage("this is no text message to a mobile; nothing was sent")
        body = text_body(message.text)
        parts = segments(body)
        if not 0 < parts.count <= self._most_segments or len(body) > LONGEST_BODY:
            raise RefusedMessage(
                f"the text becomes {parts.count} segments ({parts.encoding}), and {self._most_segments} is the most;"
                " shorten it or raise [phone] most_segments"
            )
        sender = (
            {"MessagingServiceSid": self._sender.service} if self._sender.service else {"From": self._sender.number}
        )
        told = {"StatusCallback": self._told_at} if self._told_at else {}
        return {"To": message.phone, **sender, "Body": body, **told}


def text_body(text: str) -> str:
    """What leaves for `text`: its lines without control characters and marks of direction, no blanks around."""
    return "\n".join(plain(line).rstrip() for line in text.splitlines()).strip()
