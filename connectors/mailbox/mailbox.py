"""New mail, each piece once, and nothing of the mailbox changed: no flag is set, no message moved or deleted.

IMAP numbers the messages of a folder in rising order (UID) for as long as the folder keeps its UIDVALIDITY; after that
the numbers mean nothing and the folder is read again by date (RFC 3501, 2.3.1.1). What was known already is recognised
by whoever stores it. Of each message the headers and the beginning of the body are fetched, whatever its size.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from connectors.loopback import is_this_machine
from connectors.mail_tokens import MailTokens, NoToken, TokenRefused
from connectors.mailbox.errors import MailboxRefused, MailboxUnreachable
from connectors.mailbox.letter import BODY_BYTES, HEAD_BYTES, Cursor, Letter
from connectors.mailbox.session import dial

AT_ONCE = 200  # messages for each reading; the rest comes with the next
_OVERLAP = timedelta(days=2)  # SINCE compares the server's days, in a zone of its own
_PARTS = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER]<0.{HEAD_BYTES}> BODY.PEEK[TEXT]<0.{BODY_BYTES}>)"
_NUMBER = re.compile(rb"\d{1,10}")  # RFC 3501: 32 bits
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,19})\b")
_ARRIVED = re.compile(rb'INTERNALDATE "([ \d]\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Which folder of which mailbox. `security`: tls (port 993), starttls (port 143) or none (this machine)."""

    host: str
    port: int
    security: Security
    username: str
    password: str | None = field(repr=False)
    folder: str = "INBOX"
    tokens: MailTokens | None = field(default=None, repr=False)
    timeout_seconds: float = 20

    def __post_init__(self) -> None:
        if not self.host or not self.username:
            raise ValueError("a mailbox needs the host name of a mail server and a user name")
        if (self.password is None) == (self.tokens is None):
            raise ValueError("a mailbox is opened by a password or by tokens")
        if self.security == "none" and not is_this_machine(self.host):
            raise ValueError("the mailbox's password would travel unencrypted; set its security to tls or starttls")
        if not f"{self.host}{self.username}{self.password}{self.folder}".isprintable():
            raise ValueError("the mailbox's host, user name, password or folder has control characters in it")


class Mailbox:
    """Reads one folder, over a connection for each reading."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings

    def letters(self, after: Cursor | None, since: date) -> Iterator[Letter]:
        """What came after the cursor, oldest first, `AT_ONCE` at most.

        Without a cursor, or where it means nothing any more, everything of the days from shortly before `since`.
        Raises MailboxUnreachable or MailboxRefused, perhaps after some letters.
        """
        with _explained(), self._opened() as box:
            validity = self._select(box)
            uids = _new_uids(box, after, validity, since)
            for uid in uids[:AT_ONCE]:
                letter = _fetch(box, Cursor(validity, uid))
                if letter is not None:
                    yield letter

    def check(self) -> None:
        """Connect, log in and look at the folder; raises as `letters` does."""
        with _explained(), self._opened() as box:
            self._select(box)

    @contextmanager
    def _opened(self) -> Iterator[BaseMailBox]:
        settings = self._settings
        box = dial(settings.host, settings.port, settings.security, settings.timeout_seconds)
        try:
            self._log_in(box)
            yield box
        finally:
            with suppress(imaplib.IMAP4.error, ImapToolsError, OSError, MailboxUnreachable):
                box.logout()
            with suppress(imaplib.IMAP4.error, OSError):
                box.client.shutdown()

    def _log_in(self, box: BaseMailBox) -> None:
        settings = self._settings
        try:
            if settings.tokens is not None:
                self._log_in_by_token(box, settings.tokens)
            elif settings.password is not None:
                box.login(settings.username, settings.password, initial_folder=None)
        except (MailboxLoginError, imaplib.IMAP4.error) as error:
            if isinstance(error, imaplib.IMAP4.abort):
                raise
            raise MailboxRefused("the mail server refused the login; check user name and password or app") from None

    def _log_in_by_token(self, box: BaseMailBox, tokens: MailTokens) -> None:
        """AUTHENTICATE XOAUTH2; a challenge after ours is the reason of a refusal, to be answered with nothing."""
        token = tokens.access_token()
        answers = iter([f"user={self._settings.username}\1auth=Bearer {token}\1\1".encode()])
        try:
            box.client.authenticate("XOAUTH2", lambda _: next(answers, b""))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            tokens.rejected(token)
            raise

    def _select(self, box: BaseMailBox) -> int:
        """Open the folder for reading only; its UIDVALIDITY."""
        try:
            box.folder.set(self._settings.folder, readonly=True)
        except MailboxFolderSelectError:
            raise MailboxRefused("the mailbox has no such folder, or does not let it be read") from None
        told = (box.client.untagged_responses.get("UIDVALIDITY") or [b""])[-1]
        if not isinstance(told, bytes) or not _NUMBER.fullmatch(told):
            raise MailboxUnreachable("the mail server does not number its messages (UIDVALIDITY)")
        return int(told)


def _new_uids(box: BaseMailBox, after: Cursor | None, validity: int, since: date) -> list[int]:
    if after is not None and after.validity == validity:
        criteria = f"UID {after.uid + 1}:*"  # a server gives the last message even if its number is lower
        return [uid for uid in _search(box, criteria) if uid > after.uid]
    day = since - _OVERLAP
    month = list(_MONTHS)[day.month - 1].decode()  # not strftime: that speaks the machine's language
    return _search(box, f"SINCE {day.day:02d}-{month}-{day.year}")


def _search(box: BaseMailBox, criteria: str) -> list[int]:
    return sorted(int(uid) for uid in box.uids(criteria, charset=None) if uid.isdecimal())


def _fetch(box: BaseMailBox, cursor: Cursor) -> Letter | None:
    """None if the message is gone meanwhile."""
    status, answer = box.client.uid("FETCH", str(cursor.uid), _PARTS)
    if status != "OK":
        raise MailboxUnreachable("the mail server does not give one of the messages it listed")
    told, literals = _pieces(answer)
    if (found := _UID.search(told)) is None or int(found[1]) != cursor.uid:
        return None
    size = _SIZE.search(told)
    return Letter(
        cursor=cursor,
        arrived_at=_arrival(told),
        size=int(size[1]) if size else 0,
        head=literals.get(b"HEADER", b""),
        body=literals.get(b"TEXT", b""),
    )


def _pieces(answer: Sequence[object]) -> tuple[bytes, dict[bytes, bytes]]:
    """What the server says beside the literals, and the literals by their names."""
    told, literals = b"", {}
    for part in answer:
        if isinstance(part, tuple):
            told += b" " + part[0]
            name = re.search(rb"BODY\[(HEADER|TEXT)\](?:<0>)? \{\d+\}$", part[0])
            if name:
                literals[name[1]] = part[1]
        elif isinstance(part, bytes):
            told += b" " + part
    return told, literals


def _arrival(told: bytes) -> datetime:
    """INTERNALDATE; a server that gives none leaves the time out of mind, which is before everything."""
    found = _ARRIVED.search(told)
    if found is None or found[2] not in _MONTHS:
        return datetime(1970, 1, 1, tzinfo=UTC)
    day, year, hour, minute, second, east, west = (int(found[group]) for group in (1, 3, 4, 5, 6, 8, 9))
    offset = timedelta(hours=east, minutes=west) * (-1 if found[7] == b"-" else 1)
    try:
        return datetime(year, _MONTHS[found[2]], day, hour, minute, second, tzinfo=UTC) - offset
    except (ValueError, OverflowError):
        return datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def _explained() -> Iterator[None]:
    """Servers quote addresses in what they say, so nothing of it is repeated."""
    try:
        yield
    except TokenRefused as error:
        raise MailboxRefused(f"the mailbox was not opened: {error}") from None
    except NoToken as error:
        raise MailboxUnreachable(f"the mailbox was not opened: {error}") from None
    except ssl.SSLCertVerificationError:
        raise MailboxUnreachable("the mail server's certificate is not valid for this host") from None
    except (imaplib.IMAP4.error, ImapToolsError, OSError, ValueError) as error:
        raise MailboxUnreachable(
            f"the mailbox could not be read ({type(error).__name__}); check host and port"
        ) from None
