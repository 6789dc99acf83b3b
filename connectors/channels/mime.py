"""A message as the bytes of an e-mail: one builder, so that a dry run shows exactly what SMTP would carry."""

from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from hashlib import sha256
from typing import Any

from connectors.channels.addresses import audience
from connectors.channels.channel import Attachment, Message, RefusedMessage
from connectors.channels.headers import NAME_LIMIT, encoded_addresses, encoded_text, one_line, own_headers


class _AsWritten(EmailPolicy):
    """Keeps headers byte for byte as `headers` wrote them; the library would unfold and fold them again."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return name, value


_POLICY = _AsWritten(linesep="\r\n", cte_type="7bit", refold_source="none")


def mime_bytes(message: Message, written_at: datetime) -> bytes:
    """The complete e-mail, lines ending in CRLF, 7-bit clean. `written_at` is an instant in UTC."""
    mail = EmailMessage(policy=_POLICY)
    for name, value in _headers(message, written_at):
        mail[name] = value
    mail.set_content(_text(message.text), cte="quoted-printable")
    if message.html:
        mail.add_alternative(_text(message.html), subtype="html", cte="quoted-printable")
    for attachment in message.attachments:
        _attach(mail, attachment)
    _set_boundaries(mail, message)
    return mail.as_bytes()


def _set_boundaries(mail: EmailMessage, message: Message) -> None:
    """Made from the id instead of drawn by lot, so that the same message is the same bytes.

    Neither quoted-printable nor base64, in which all parts are written, can hold `=_` (RFC 2045, 6.7).
    """
    digest = sha256(message.id.encode()).hexdigest()[:32]
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{number}_{digest}")


def _headers(message: Message, written_at: datetime) -> Iterator[tuple[str, str]]:
    people = audience(message)
    yield "Date", format_datetime(written_at)
    yield "From", encoded_addresses([message.sender], "From")
    if message.reply_to is not None:
        yield "Reply-To", encoded_addresses([message.reply_to], "Reply-To")
    yield "To", encoded_addresses(people.to, "To")
    if people.cc:
        yield "Cc", encoded_addresses(people.cc, "Cc")
    yield "Subject", encoded_text(message.subject, "Subject")
    yield from own_headers(message).items()


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    maintype, slash, subtype = attachment.content_type.partition("/")
    if not slash or not f"{maintype}{subtype}".replace("-", "").replace(".", "").replace("+", "").isalnum():
        raise RefusedMessage("an attachment of this message has a malformed content type")
    filename = ascii_filename(attachment.filename)
    mail.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=filename)


def ascii_filename(name: str) -> str:
    """`name` as every mail program shows it: ASCII, without path separators, quotes or control characters."""
    line = one_line(name, NAME_LIMIT).encode("ascii", "replace").decode("ascii")
    return "".join("-" if character in '/\\:*?"<>|;' else character for character in line) or "attachment"


def _text(text: str) -> str:
    """Without the lone surrogates that no e-mail can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
