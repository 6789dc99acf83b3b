"""FETCH: parts of a mail, in the words in which they were asked for (RFC 3501, 6.4.5 and 7.4.2).

BODY without PEEK marks a mail as seen. ENVELOPE and BODYSTRUCTURE are not served: Dun reads whole mails.
"""

import re

from connectors.sandbox.imap.lines import BadCommand, literal
from connectors.sandbox.inbox import KeptMail

_MACROS = {"FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE")}
_BODY = re.compile(r"BODY(\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_WHOLE = {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}
_FIELDS = re.compile(r"HEADER\.FIELDS(\.NOT)? \(([^)]*)\)", re.IGNORECASE)


def wanted(argument: object) -> list[str]:
    """The items asked for: one, a list, or a macro."""
    words = argument if isinstance(argument, list) else [argument]
    items = [word.decode() if isinstance(word, bytes) else str(word) for word in words]
    if len(items) == 1 and items[0].upper() in _MACROS:
        return list(_MACROS[items[0].upper()])
    return items


def marks_as_seen(items: list[str]) -> bool:
    bodies = (_BODY.fullmatch(item) for item in items)
    return any(body is not None and not body[1] for body in bodies) or bool({"RFC822", "RFC822.TEXT"} & _upper(items))


def fetched(mail: KeptMail, items: list[str]) -> bytes:
    """The answer's inner part: name, value, name, value."""
    return b" ".join(_item(mail, item) for item in items)


def flags(mail: KeptMail) -> bytes:
    return ("FLAGS (" + " ".join(sorted(mail.flags)) + ")").encode()


def _item(mail: KeptMail, item: str) -> bytes:
    name = item.upper()
    if name == "FLAGS":
        return flags(mail)
    if name == "UID":
        return b"UID %d" % mail.uid
    if name == "RFC822.SIZE":
        return b"RFC822.SIZE %d" % len(mail.content)
    if name == "INTERNALDATE":
        return f'INTERNALDATE "{mail.arrived_at:%d-%b-%Y %H:%M:%S %z}"'.encode()
    if name in _WHOLE:
        return name.encode() + b" " + literal(_section(mail.content, _WHOLE[name]))
    body = _BODY.fullmatch(item)
    if body is None:
        raise BadCommand(f"Unknown fetch item {item}")
    return _part(mail, body)


def _part(mail: KeptMail, body: re.Match[str]) -> bytes:
    content, origin = _section(mail.content, body[2]), ""
    if body[3] is not None:
        start = int(body[3])
        content, origin = content[start : start + int(body[4])], f"<{start}>"
    return f"BODY[{body[2]}]{origin} ".encode() + literal(content)


def _section(content: bytes, section: str) -> bytes:
    head, end, text = content.partition(b"\r\n\r\n")
    match section.upper():
        case "":
            return content
        case "HEADER":
            return head + end
        case "TEXT":
            return text
    fields = _FIELDS.fullmatch(section)
    if fields is None:
        raise BadCommand(f"Unknown section {section}")
    names = {name.lower() for name in fields[2].split()}
    return _fields(head, names, others=fields[1] is not None)


def _fields(head: bytes, names: set[str], *, others: bool) -> bytes:
    """The header lines with these names, folded as they were."""
    kept, take = [], False
    for line in head.split(b"\r\n"):
        if line[:1] not in {b" ", b"\t"}:
            take = (line.partition(b":")[0].decode("ascii", "replace").lower() in names) is not others
        if take:
            kept.append(line + b"\r\n")
    return b"".join(kept) + b"\r\n"


def _upper(items: list[str]) -> set[str]:
    return {item.upper() for item in items}
