"""How a message leaves, and how certain we are of it.

A channel does one thing: hand one message to one carrier, once. Its errors say what may have happened to the bytes,
because that alone decides whether a reminder may ever be tried again (docs/design.md, steps 8 to 10).
"""

from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from state.model import PostalAddress

Kind = Literal["email", "sms", "voice", "letter", "call"]  # what reaches the customer; a channel carries one kind


class Address(Struct, frozen=True):
    """An e-mail address with an optional display name."""

    email: str
    name: str | None = None


class Attachment(Struct, frozen=True):
    filename: str
    content_type: str
    content: bytes


class Message(Struct, frozen=True, kw_only=True):
    """A finished message: these bytes, to these people. `id` is the attempt; carriers see it as a header.

    An e-mail has `to`; a text message and a voice call have `phone` and say `text`; a letter is the PDF in `letter`,
    to the address `postal`; a call is a person's task: `phone` if it is known, and `text` is the script.
    """

    id: str
    sender: Address
    reply_to: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    subject: str
    text: str
    html: str  # empty: plain text alone
    stage: str
    tenant: str
    references: tuple[str, ...] = ()  # ids of earlier messages of the same conversation, oldest first
    attachments: tuple[Attachment, ...] = ()
    kind: Kind = "email"
    customer: str = ""  # whom it is about, by name; empty where the kind does not say it
    phone: str | None = None  # E.164, such as +447700900123
    language: str = ""  # of `text`, such as de or en_GB, for a voice that reads it; empty: the carrier's setting
    postal: PostalAddress | None = None
    letter: bytes = b""
    owner: str = ""  # of a call: whose list it stands on; empty: everybody's
    blocks: bool = True  # of a call: the next stage waits for its outcome


class Receipt(Struct, frozen=True):
    """The carrier took the message. `provider_id` is its name for it, where it gives one."""

    channel: str
    provider_id: str | None
    accepted_at: datetime


class Channel(Protocol):
    @property
    def name(self) -> str:
        """The carrier, such as smtp, twilio-sms or letter-folder; stored with every message."""
        ...

    def send(self, message: Message) -> Receipt:
        """Hand over once. Raises NotSent, RefusedMessage or Unsure; never retries by itself."""
        ...


class ChannelError(Exception):
    """A message was not accepted for certain. `str()` names no address and no secret."""


class NotSent(ChannelError):
    """Certainly not handed over: safe to try again later."""


class RecipientBusy(NotSent):
    """Not handed over because of this recipient alone, such as a full mailbox: others may get theirs meanwhile."""


class RefusedMessage(ChannelError):
    """Certainly refused: trying again will not help, a person must look."""


class RecipientOptedOut(RefusedMessage):
    """Refused because the recipient wants no more of this kind, as by answering STOP to a text message."""


class Unsure(ChannelError):
    """Bytes left and no answer came. Never tried again by itself."""
