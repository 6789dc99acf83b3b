"""What is fetched of a piece of mail, and where it lay: apart from the library that fetches it, which loads slowly."""

from datetime import datetime

from msgspec import Struct

HEAD_BYTES = 1 << 16
BODY_BYTES = 1 << 18


class Cursor(Struct, frozen=True, order=True):
    """Up to where a folder was read: its UIDVALIDITY and a UID in it."""

    validity: int
    uid: int


class Letter(Struct, frozen=True, kw_only=True):
    """One piece of mail as it lies there. `body` is its beginning, without the headers."""

    cursor: Cursor
    arrived_at: datetime  # aware UTC; when the mailbox got it
    size: int  # bytes of the whole message
    head: bytes
    body: bytes

    @property
    def whole(self) -> bool:
        return len(self.head) < HEAD_BYTES and len(self.body) < BODY_BYTES
