"""What arrived, as the customers would find it in their mailboxes, on their telephones and behind their doors.

A message is decoded here once, whichever way it came, and kept with the virtual instant of its arrival. What the
books think of it is added by `judge`, at that same instant and never again.
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any, Literal

Verdict = Literal[
    "owed",
    "thanked",  # in a message of thanks, for money that has come in
    "thanked_for_nothing",
    "settled",
    "void",
    "deleted",
    "draft",
    "bill",
    "covered_by_credit",
    "disputed",
    "promised",
    "scheduled",
]
Carrier = Literal["sendgrid", "smtp", "sms", "voice", "letter"]

_UNSEEN = re.compile(r"<(style|script|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_ROW_END = re.compile(r"<(?:br\b[^>]*|/(?:p|tr|div|li|h[1-6]|table))>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_ADDRESS = re.compile(r"[^\s,;<>]+@[^\s,;<>]*[^\s,;<>.]")  # a full stop after an address is not part of it


@dataclass(slots=True)
class Mention:
    """An invoice named in a message, and what the books said of it when the message arrived."""

    company: str
    invoice_id: int
    number: str
    verdict: Verdict
    due: Decimal
    currency: str
    round: int  # how often the invoice had been settled before: a bounced payment starts its story anew


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom a letter is addressed: the names above the street, and the postcode.

    Of an address that nobody has taken apart, `line` is the whole of it.
    """

    names: tuple[str, ...]
    postcode: str
    line: str = ""


@dataclass(slots=True)
class ReceivedMessage:
    """One message as it was handed over. `acknowledged` is False when the sender was never told that it arrived.

    Recipients are addresses, telephone numbers, or a letter's address in one line. Those in `unreached` never saw it,
    although the carrier took it: it was dropped or bounced, the telephone was off, the letter came back.
    """

    id: str
    channel: Carrier
    arrived_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)
    stage: str | None = None
    attempt: str | None = None
    acknowledged: bool = True
    mentions: list[Mention] = field(default_factory=list)
    unreached: set[str] = field(default_factory=set)
    categories: tuple[str, ...] = ()
    custom_args: dict[str, str] = field(default_factory=dict)
    tracking: dict[str, Any] = field(default_factory=dict)  # SendGrid's tracking_settings, as they were asked for
    pdf: bytes = b""  # a letter as it is printed
    addressee: Addressee | None = None

    @property
    def reached(self) -> bool:
        """Whether anybody has seen it."""
        return not self.recipients or not self.unreached.issuperset(self.recipients)

    @property
    def shown(self) -> str:
        """Everything a reader sees, as plain text."""
        return "\n".join((self.subject, self.text, readable(self.html)))


def readable(markup: str) -> str:
    """The words of an HTML text, a line for each row and paragraph."""
    rows = _ROW_END.sub("\n", _UNSEEN.sub(" ", markup))
    return html.unescape(_TAG.sub(" ", rows))


def addresses_in(text: str | None) -> set[str]:
    """Every e-mail address in a field where people may have typed several."""
    return {address.lower() for address in _ADDRESS.findall(text or "")}


def marks(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Stage and attempt as a message's own headers tell them."""
    plain = {name.lower(): value.strip() for name, value in headers.items()}
    return plain.get("x-dun-stage"), plain.get("x-dun-message")


def from_mail(number: str, arrived_at: datetime, recipients: Iterable[str], content: bytes) -> ReceivedMessage:
    """A message as it came over SMTP."""
    mail = message_from_bytes(content, policy=modern)
    headers = {name: str(value) for name, value in mail.items()}
    stage, attempt = marks(headers)
    return ReceivedMessage(
        id=number,
        channel="smtp",
        arrived_at=arrived_at,
        sender=headers.get("From", ""),
        recipients=tuple(recipients),
        subject=headers.get("Subject", ""),
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
        headers=headers,
        stage=stage,
        attempt=attempt,
    )


def _part(mail: EmailMessage, kind: Literal["plain", "html"]) -> str:
    body = mail.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
