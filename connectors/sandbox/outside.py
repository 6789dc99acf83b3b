"""What lies beyond the ledgers: telephones, the post, the firm's own mailboxes, and addresses nobody writes to."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from connectors.sandbox.inbox import Inbox
from connectors.sandbox.phones import Phones
from connectors.sandbox.post import Post
from connectors.sandbox.suppressions import Suppressions


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody sent back, as the judge may count it. `message` is what it answers; empty for nothing."""

    kind: Literal["reply", "out_of_office", "bounce", "mail", "text"]
    sender: str
    to: str
    text: str
    at: datetime
    message: str = ""


@dataclass(slots=True)
class Outside:
    """The carriers of one world, with all they remember."""

    phones: Phones = field(default_factory=Phones)
    post: Post = field(default_factory=Post)
    inbox: Inbox = field(default_factory=Inbox)
    suppressions: Suppressions = field(default_factory=Suppressions)
    answers: list[Answer] = field(default_factory=list)

    def afresh(self) -> "Outside":
        """As at the beginning; mail clients are told that the UIDs they know mean nothing any more."""
        return Outside(inbox=Inbox(validity=self.inbox.validity + 1))
