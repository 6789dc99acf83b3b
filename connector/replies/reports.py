"""What mail servers say about mail that did not arrive (RFC 3464), and mailbox providers about mail that was not
wanted (RFC 5965): the fields made for machines, never the sentences around them.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from connector.replies.mail import Mail, ids_in
from state.addresses import ascii_address
from state.plain_text import plain

_DETAIL_LIMIT = 300
_MOST_RECIPIENTS = 50
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_FULL_MAILBOX = "2.2"  # RFC 3463: X.2.2; the person may tidy up
_RETURNED_IDS = re.compile(r"^(?:Message-ID|X-Dun-Message)\s*:\s*(.*)$", re.IGNORECASE | re.MULTILINE)
_OUR_MARK = re.compile(r"^X-Dun-Message\s*:\s*([A-Za-z0-9][A-Za-z0-9._-]{0,120})\s*$", re.IGNORECASE | re.MULTILINE)

Fields = dict[str, str]


class Failure(Struct, frozen=True, kw_only=True):
    """What became of one recipient. Addresses are ASCII and lower case, empty where none is given.

    `status` is the enhanced code (RFC 3463), empty if there is none; `permanent`: trying again would not help.
    """

    recipient: str
    original_recipient: str
    status: str
    permanent: bool
    detail: str


def failures(mail: Mail) -> tuple[Failure, ...]:
    """The recipients a delivery report says were not reached."""
    return tuple(_failure(fields) for fields in _recipients(mail) if fields.get("action", "").lower() == "failed")


def delays(mail: Mail) -> tuple[Failure, ...]:
    """The recipients that a delivery report says are still being tried."""
    return tuple(_failure(fields) for fields in _recipients(mail) if fields.get("action", "").lower() == "delayed")


def complained_by(mail: Mail) -> str:
    """The recipient in a report of abuse; empty if it is withheld, as it often is."""
    for part in mail.parts:
        if part.content_type == "message/feedback-report":
            for block in _blocks(part.text):
                if address := _address(block.get("original-rcpt-to", "")):
                    return address
    return ""


def returned_ids(mail: Mail) -> tuple[str, ...]:
    """How the returned message was called: by its Message-ID, and by Dun's own mark."""
    texts = [part.text for part in mail.parts if part.content_type == "returned"]
    marks = (mark for text in texts for mark in _OUR_MARK.findall(text))
    named = (identifier for text in texts for line in _RETURNED_IDS.findall(text) for identifier in ids_in(line))
    return tuple(dict.fromkeys((*marks, *named)))


def _recipients(mail: Mail) -> Iterator[Fields]:
    """Blocks of a delivery report that are about a recipient; the first is about the message."""
    reports = [part.text for part in mail.parts if part.content_type == "message/delivery-status"]
    blocks = [block for text in reports for block in _blocks(text) if "final-recipient" in block]
    yield from blocks[:_MOST_RECIPIENTS]


def _failure(fields: Fields) -> Failure:
    status = _STATUS.search(fields.get("status", "")) or _STATUS.search(fields.get("diagnostic-code", ""))
    code = status[0] if status else ""
    return Failure(
        recipient=_address(fields.get("final-recipient", "")),
        original_recipient=_address(fields.get("original-recipient", "")),
        status=code,
        permanent=code.startswith("5") and not code.endswith(f".{_FULL_MAILBOX}"),
        detail=" ".join(plain(fields.get("diagnostic-code", "")).split())[:_DETAIL_LIMIT],
    )


def _blocks(text: str) -> list[Fields]:
    return [fields for block in re.split(r"\n\s*\n", text) if (fields := _fields(block))]


def _fields(block: str) -> Fields:
    """The first of each name counts; a line that begins with a blank goes on with the field before."""
    fields: Fields = {}
    for line in re.sub(r"\n[ \t]+", " ", block).split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _address(value: str) -> str:
    """Of `rfc822; someone@example.com`, also in angle brackets."""
    kind, semicolon, address = value.partition(";")
    text = address if semicolon else kind
    return (ascii_address(text.strip().strip("<>")) or "").lower()
