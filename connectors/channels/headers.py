"""What Dun writes above a message: names, subjects and the marks by which a message is found again.

Names come from ledgers, where anybody may have typed anything. Everything that enters a header passes `one_line`
first, and leaves this module as folded ASCII, so no name can start a header of its own. The standard library's
address folding is not used: it has lost the quotes around specials before (CVE-2025-1795).
"""

import re
from collections.abc import Iterable
from email.header import Header

from connectors.channels.addresses import wire_address
from connectors.channels.channel import Address, Message, RefusedMessage
from state.plain_text import plain

NAME_LIMIT = 120
SUBJECT_LIMIT = 240
_READ_AHEAD = 10  # names of a megabyte would take a second for each place where they are shown
_LINE = 60  # an ASCII text up to this length fits on one line behind any header name
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


def one_line(text: str, limit: int) -> str:
    """`text` on one line: no control characters, no marks that reverse the reading order, at most `limit` long.

    Of a text many times longer than `limit` only the beginning is read.
    """
    collapsed = " ".join(plain(text[: _READ_AHEAD * limit]).split())
    return collapsed if len(collapsed) <= limit else collapsed[: limit - 1].rstrip() + "…"


def encoded_text(text: str, header: str) -> str:
    """An unstructured header's value: ASCII, folded, in encoded words (RFC 2047) where it must be."""
    line = one_line(text, SUBJECT_LIMIT)
    if line.isascii() and len(line) <= _LINE and "=?" not in line:
        return line
    return _encoded_words(line, header)


def encoded_addresses(addresses: Iterable[Address], header: str) -> str:
    """An address header's value, one address per folded line."""
    return ",\r\n ".join(_encoded_address(address, header) for address in addresses)


def checked_token(identifier: str) -> str:
    """`identifier` if it is safe as a header word and as a file name, else RefusedMessage."""
    if not _TOKEN.fullmatch(identifier):
        raise RefusedMessage("the message's id is not a plain word of letters, digits, '.', '_' and '-'")
    return identifier


def message_id(identifier: str, sender: Address) -> str:
    """The Message-ID of the attempt `identifier`, in the sender's domain."""
    return f"<{checked_token(identifier)}@{wire_address(sender).rpartition('@')[2]}>"


def own_headers(message: Message) -> dict[str, str]:
    """The headers by which mail programs thread a message and Dun recognises it."""
    headers = {
        "Message-ID": message_id(message.id, message.sender),
        "X-Dun-Message": checked_token(message.id),
        "X-Dun-Stage": checked_token(message.stage),
        "Auto-Submitted": "auto-generated",  # RFC 3834: asks holiday responders not to answer
    }
    if message.references:
        earlier = [message_id(identifier, message.sender) for identifier in message.references]
        headers["In-Reply-To"] = earlier[-1]
        headers["References"] = "\r\n ".join(earlier)
    return headers


def _encoded_words(text: str, header: str) -> str:
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _encoded_address(address: Address, header: str) -> str:
    email = wire_address(address)
    name = one_line(address.name or "", NAME_LIMIT)
    if not name:
        return email
    if not name.isascii() or len(name) > _LINE or "=?" in name:
        return f"{_encoded_words(name, header)}\r\n <{email}>"
    quoted = name.replace("\\", r"\\").replace('"', r"\"")
    return f'"{quoted}"\r\n <{email}>'
