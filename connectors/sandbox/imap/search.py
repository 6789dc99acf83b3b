"""SEARCH: which mails fit (RFC 3501, 6.4.4), by number, UID, day of arrival, flag and content."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import parsedate_to_datetime

from connectors.sandbox.imap.lines import BadCommand
from connectors.sandbox.inbox import KeptMail

Test = Callable[[int, KeptMail], bool]
_SET = re.compile(r"(?:\d+|\*)(?::(?:\d+|\*))?(?:,(?:\d+|\*)(?::(?:\d+|\*))?)*")
_FLAGS = {
    "ANSWERED": ("\\Answered", True),
    "DELETED": ("\\Deleted", True),
    "DRAFT": ("\\Draft", True),
    "FLAGGED": ("\\Flagged", True),
    "SEEN": ("\\Seen", True),
    "UNANSWERED": ("\\Answered", False),
    "UNDELETED": ("\\Deleted", False),
    "UNDRAFT": ("\\Draft", False),
    "UNFLAGGED": ("\\Flagged", False),
    "UNSEEN": ("\\Seen", False),
}
_HEADERS = frozenset({"FROM", "TO", "CC", "BCC", "SUBJECT"})


def numbers_in(text: str, last: int) -> set[int]:
    """A set such as 1:3,7,9:*. As in every IMAP server, 9:* means 5:9 where 5 is the last."""
    if not _SET.fullmatch(text):
        raise BadCommand("Invalid sequence set")
    found: set[int] = set()
    for part in text.split(","):
        ends = [last if end == "*" else int(end) for end in part.split(":")]
        first, end = min(ends), max(ends)
        found |= set(range(max(first, 1), min(end, max(last, first)) + 1))
    return found


def search(mails: Sequence[KeptMail], criteria: list[object]) -> list[tuple[int, KeptMail]]:
    """The numbers and mails that fit all of `criteria`."""
    words = list(criteria)
    if words and str(words[0]).upper() == "CHARSET":
        charset = str(_text(words[1])).upper()
        if charset not in {"UTF-8", "US-ASCII"}:
            raise UnknownCharset
        words = words[2:]
    if not words:
        raise BadCommand("Missing search criteria")
    tests = list(_tests(iter(words), mails))
    return [(n, mail) for n, mail in enumerate(mails, 1) if all(test(n, mail) for test in tests)]


class UnknownCharset(Exception):
    """NO [BADCHARSET]"""


def _tests(words: Iterator[object], mails: Sequence[KeptMail]) -> Iterator[Test]:
    for word in words:
        yield _test(word, words, mails)


def _test(word: object, words: Iterator[object], mails: Sequence[KeptMail]) -> Test:
    if isinstance(word, list):
        inner = list(_tests(iter(word), mails))
        return lambda n, mail: all(test(n, mail) for test in inner)
    name = _text(word).upper()
    if name in {"ALL", "OLD"}:
        return lambda _n, _mail: True
    if name in _FLAGS:
        flag, wanted = _FLAGS[name]
        return lambda _n, mail: (flag in mail.flags) is wanted
    if name == "NOT":
        opposite = _test(_next(words), words, mails)
        return lambda n, mail: not opposite(n, mail)
    if name == "OR":
        one, other = (_test(_next(words), words, mails) for _ in range(2))
        return lambda n, mail: one(n, mail) or other(n, mail)
    return _by_place(name, words, mails) or _by_day(name, words) or _by_content(name, words)


def _by_place(name: str, words: Iterator[object], mails: Sequence[KeptMail]) -> Test | None:
    if name == "UID":
        uids = numbers_in(_text(_next(words)), mails[-1].uid if mails else 0)
        return lambda _n, mail: mail.uid in uids
    if _SET.fullmatch(name):
        numbers = numbers_in(name, len(mails))
        return lambda n, _mail: n in numbers
    return None


def _by_day(name: str, words: Iterator[object]) -> Test | None:
    """Days are compared without regard to time and zone."""
    read = _sent if name.startswith("SENT") else _arrived
    match name.removeprefix("SENT"):
        case "SINCE":
            first = _day(words)
            return lambda _n, mail: read(mail) >= first
        case "BEFORE":
            end = _day(words)
            return lambda _n, mail: read(mail) < end
        case "ON":
            on = _day(words)
            return lambda _n, mail: read(mail) == on
    return None


def _by_content(name: str, words: Iterator[object]) -> Test:
    if name in {"LARGER", "SMALLER"}:
        size = int(_text(_next(words)))
        return lambda _n, mail: len(mail.content) > size if name == "LARGER" else len(mail.content) < size
    if name in {"KEYWORD", "UNKEYWORD"}:
        flag = _text(_next(words))
        return lambda _n, mail: (flag in mail.flags) is (name == "KEYWORD")
    if name in _HEADERS or name == "HEADER":
        field = _text(_next(words)) if name == "HEADER" else name
        wanted = _text(_next(words)).lower()
        return lambda _n, mail: any(wanted in str(value).lower() for value in _mail(mail).get_all(field, []))
    if name in {"TEXT", "BODY"}:
        wanted = _text(_next(words)).lower()
        return lambda _n, mail: wanted in _everything(mail, body_only=name == "BODY")
    raise BadCommand(f"Unknown search key {name}")


def _everything(mail: KeptMail, *, body_only: bool) -> str:
    parts = (part for part in _mail(mail).walk() if part.get_content_maintype() == "text")
    bodies = "\n".join(str(part.get_content()) for part in parts)
    head = "" if body_only else mail.content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    return f"{head}\n{bodies}".lower()


def _mail(mail: KeptMail) -> EmailMessage:
    return message_from_bytes(mail.content, policy=modern)


def _arrived(mail: KeptMail) -> date:
    return mail.arrived_at.date()


def _sent(mail: KeptMail) -> date:
    try:
        return parsedate_to_datetime(str(_mail(mail)["Date"])).date()
    except (TypeError, ValueError):
        return mail.arrived_at.date()


def _day(words: Iterator[object]) -> date:
    try:
        return datetime.strptime(_text(_next(words)), "%d-%b-%Y").date()  # noqa: DTZ007  # a day has no zone here
    except ValueError:
        raise BadCommand("Invalid date") from None


def _next(words: Iterator[object]) -> object:
    try:
        return next(words)
    except StopIteration:
        raise BadCommand("Missing search argument") from None


def _text(word: object) -> str:
    if isinstance(word, list):
        raise BadCommand("Unexpected list")
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
