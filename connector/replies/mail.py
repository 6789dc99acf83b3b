"""A piece of mail as far as Dun looks at it: headers made legible, the parts that say something, no attachment.

Mail is written by strangers and by programs that never read the standards, so nothing in here may fail: what cannot be
decoded is shown as well as it can be, and what cannot be parsed at all is a letter with a subject and without text.
"""

import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from email.utils import parseaddr

from msgspec import Struct

from connector.replies.markup import without_markup, without_styles
from state.addresses import ascii_address
from state.plain_text import LONGEST_TEXT, plain

TEXT_LIMIT = 20_000  # characters of a part that are looked at
_MARKUP_LIMIT = 200_000  # before its styles are taken out
_MOST_PARTS = 60
_MOST_IDS = 100  # of References; long threads have some dozens
_HEADER_LIMIT = 8_000
_LINE_LIMIT = 400  # of a subject or a name as it is kept
_IDS = re.compile(r"<([^<>\s]{1,250})>")
_BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError, binascii.Error)


class Part(Struct, frozen=True):
    """A leaf of the message: its type in lower case, and its text where it is text or a report."""

    content_type: str
    text: str


class Mail(Struct, frozen=True, kw_only=True):
    """`headers` are by lower-case name, in order, each unfolded and decoded. Ids come without their brackets."""

    headers: dict[str, tuple[str, ...]]
    key: str  # a digest by which the same mail is recognised: Message-IDs alone are repeated by some programs
    id: str  # the Message-ID, without brackets; empty if there is none
    sender: str  # ASCII, lower case; empty if there is no usable address
    sender_name: str
    subject: str
    replies_to: tuple[str, ...]  # ids in In-Reply-To and References
    parts: tuple[Part, ...]
    report_type: str  # of a multipart/report, such as delivery-status; else empty
    arrived_at: datetime
    whole: bool  # False: only the beginning was read

    def header(self, name: str) -> str:
        """The first of the name, or empty."""
        return next(iter(self.headers.get(name, ())), "")

    @property
    def text(self) -> str:
        """What a person would read, quoted parts included."""
        for wanted in ("text/plain", "text/html"):
            for part in self.parts:
                if part.content_type == wanted and part.text.strip():
                    return part.text if wanted == "text/plain" else without_markup(part.text)
        return ""


def read_mail(head: bytes, body: bytes, arrived_at: datetime, *, whole: bool = True) -> Mail:
    """Whatever the bytes are, a Mail. `head` ends before or with the empty line, `body` begins after it."""
    message = _parsed(head, body)
    headers = _headers(message)
    sender_name, sender = _sender(message)
    return Mail(
        headers=headers,
        key=_key(headers, head),
        id=next(iter(_ids(headers.get("message-id", ()))), ""),
        sender=sender,
        sender_name=sender_name,
        subject=_line(next(iter(headers.get("subject", ())), "")),
        replies_to=_ids((*headers.get("in-reply-to", ()), *headers.get("references", ()))),
        parts=tuple(_parts(message)),
        report_type=_report_type(message),
        arrived_at=arrived_at,
        whole=whole,
    )


def ids_in(text: str) -> tuple[str, ...]:
    """The message ids in `text`, without their brackets, each once, the latest `_MOST_IDS`."""
    return _ids((text,))


def _parsed(head: bytes, body: bytes) -> Message:
    try:
        return BytesParser(policy=compat32).parsebytes(head.rstrip(b"\r\n") + b"\r\n\r\n" + body)
    except _BROKEN:  # such as parts nested a thousand deep
        return BytesHeaderParser(policy=compat32).parsebytes(head)


def _headers(message: Message) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), []).append(_legible(str(value)))
    return {name: tuple(values) for name, values in found.items()}


def _legible(value: str) -> str:
    """Unfolded, encoded words (RFC 2047) decoded, bytes that are no ASCII taken for UTF-8."""
    value = " ".join(value[:_HEADER_LIMIT].split())
    if "=?" not in value:
        return _mended(value)
    try:
        return "".join(_decoded(piece, charset) for piece, charset in decode_header(value))
    except _BROKEN:
        return _mended(value)


def _decoded(piece: bytes | str, charset: str | None) -> str:
    return _mended(piece) if isinstance(piece, str) else _in_charset(piece, charset)


def _in_charset(content: bytes, charset: str | None) -> str:
    """Unknown and wrong charsets are common; the text matters more than its accents."""
    try:
        return content.decode(charset or "utf-8")
    except _BROKEN:
        return content.decode("utf-8", "replace")


def _mended(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if not text.isascii() else text


def _line(text: str) -> str:
    return " ".join(plain(text).split())[:_LINE_LIMIT]


def _sender(message: Message) -> tuple[str, str]:
    """Of From alone: a name, and an address if exactly one header gives a usable one.

    Encoded words are decoded when the parts are told apart: inside of one nothing is an address (RFC 2047, 5).
    """
    lines = [str(value) for name, value in message.raw_items() if name.lower() == "from"]
    if len(lines) != 1:
        return "", ""
    try:
        name, address = parseaddr(" ".join(lines[0].split())[:LONGEST_TEXT])
    except _BROKEN:
        return _line(_legible(lines[0])), ""
    return _line(_legible(name)), (ascii_address(address) or "").lower()


def _key(headers: dict[str, tuple[str, ...]], head: bytes) -> str:
    """Without what servers add on the way, so that a mailbox that was moved holds the same mail; see RFC 5322, 3.6."""
    told = [value for name in ("message-id", "date", "from", "subject") for value in (name, *headers.get(name, ()))]
    text = "\n".join(told).encode("utf-8", "replace") if headers.get("message-id") else head
    return hashlib.sha256(text).hexdigest()


def _ids(lines: Iterable[str]) -> tuple[str, ...]:
    found = dict.fromkeys(identifier for line in lines for identifier in _IDS.findall(line))
    return tuple(found)[-_MOST_IDS:]


def _report_type(message: Message) -> str:
    try:
        if message.get_content_type() != "multipart/report":
            return ""
        return str(message.get_param("report-type", "")).lower()
    except _BROKEN:
        return ""


def _parts(message: Message) -> Iterator[Part]:
    """The leaves that are text or reports. A returned message is text too: its headers say what was returned."""
    unseen, seen = [message], 0
    while unseen and seen < _MOST_PARTS:
        part, seen = unseen.pop(0), seen + 1
        kind = _content_type(part)
        if kind in ("message/delivery-status", "message/disposition-notification", "message/feedback-report"):
            yield Part(kind, _report_text(part))
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/global-headers"):
            yield Part("returned", _returned_text(part))
        elif part.is_multipart():
            unseen[:0] = _inner(part)
        elif kind.startswith("text/") and not _is_attachment(part):
            yield Part(kind, _markup(part) if kind == "text/html" else _text(part))


def _inner(part: Message) -> list[Message]:
    """The parts of a part; `get_payload` of one that has none decodes it, which can fail."""
    payload = part.get_payload() if part.is_multipart() else []
    return [one for one in payload if isinstance(one, Message)]


def _content_type(part: Message) -> str:
    try:
        return part.get_content_type()
    except _BROKEN:
        return "text/plain"


def _is_attachment(part: Message) -> bool:
    try:
        return part.get_content_disposition() == "attachment"
    except _BROKEN:
        return False


def _text(part: Message, limit: int = TEXT_LIMIT) -> str:
    try:
        content = part.get_payload(decode=True)
        charset = part.get_content_charset()
    except _BROKEN:
        return ""
    return _in_charset(content, charset)[:limit] if isinstance(content, bytes) else ""


def _markup(part: Message) -> str:
    return without_styles(_text(part, _MARKUP_LIMIT))[:TEXT_LIMIT]


def _report_text(part: Message) -> str:
    """A report is parsed into blocks of headers; here it is written down again, a blank line between two."""
    blocks = _inner(part)
    return "\n\n".join(map(_written, blocks))[:TEXT_LIMIT] if blocks else _text(part)


def _returned_text(part: Message) -> str:
    inner = _inner(part)
    return _written(inner[0])[:TEXT_LIMIT] if inner else _text(part)


def _written(block: Message) -> str:
    return "\n".join(f"{name}: {_legible(str(value))}" for name, value in block.raw_items())
