"""The firm's own mailboxes: what customers and mail servers write back, as an IMAP server keeps it.

Who logs in under an address sees the mail to that address; any other name sees all mail there is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import getaddresses

FOLDERS = ("INBOX", "Junk", "Sent", "Trash")
EVERYBODY = ""
_FIRST_VALIDITY = 1_700_000_001


@dataclass(slots=True)
class KeptMail:
    """One mail in one mailbox. Lines end as on the wire; flags are as IMAP writes them."""

    uid: int
    content: bytes
    arrived_at: datetime
    flags: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Folder:
    """Mail in order of arrival. A UID means something only as long as `validity` stays the same."""

    validity: int = _FIRST_VALIDITY
    next_uid: int = 1
    mails: list[KeptMail] = field(default_factory=list)

    def add(self, content: bytes, at: datetime) -> None:
        self.mails.append(KeptMail(self.next_uid, content, at))
        self.next_uid += 1

    def expunge(self, doomed: Iterable[KeptMail]) -> None:
        gone = {mail.uid for mail in doomed}
        self.mails = [mail for mail in self.mails if mail.uid not in gone]

    def renumber(self) -> None:
        """As after a move to another server: the same mail under new UIDs, and a new validity to say so."""
        self.validity += 1
        for number, mail in enumerate(self.mails, 1):
            mail.uid = number
        self.next_uid = len(self.mails) + 1


@dataclass(slots=True)
class Inbox:
    """Every mailbox of the firm, by address in lower case."""

    folders: dict[tuple[str, str], Folder] = field(default_factory=dict)
    validity: int = _FIRST_VALIDITY

    def folder(self, login: str, name: str) -> Folder | None:
        """A folder of whoever has logged in; None if it does not exist."""
        owner = login.lower() if "@" in login else EVERYBODY
        canonical = "INBOX" if name.upper() == "INBOX" else name
        if canonical not in FOLDERS:
            return None
        return self.folders.setdefault((owner, canonical), Folder(self.validity))

    def deliver(self, to: str, content: bytes, at: datetime) -> None:
        """Put a mail into the mailboxes of everybody in `to`, and into that of everybody."""
        owners = {address.lower() for _, address in getaddresses([to]) if "@" in address} | {EVERYBODY}
        for owner in sorted(owners):
            folder = self.folder(owner, "INBOX")
            if folder is not None:
                folder.add(content, at)

    def renumber(self) -> int:
        """All UIDs change, and UIDVALIDITY with them; gives the new one."""
        for folder in self.folders.values():
            folder.renumber()
        self.validity += 1
        return self.validity
