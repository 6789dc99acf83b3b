"""As much of HTTP/1.1 as a recorder and a raw socket need: messages with a head and a body of known length."""

from typing import Protocol

from msgspec import Struct


class Stream(Protocol):
    """What can be read in lines and in lengths: a socket's file."""

    def readline(self, size: int = ..., /) -> bytes: ...

    def read(self, size: int, /) -> bytes: ...


class Message(Struct, frozen=True):
    """A request or an answer. `head` ends in an empty line."""

    head: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        return self.head + self.body

    @property
    def first_line(self) -> bytes:
        return self.head.partition(b"\r\n")[0]

    def header(self, name: bytes) -> bytes:
        """The value of the header `name` (lower case); empty if it is not there."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.lower() == name:
                return value.strip()
        return b""


def read_message(stream: Stream) -> Message | None:
    """The next message; None where the other side has closed. Bodies without a length are not spoken here."""
    lines = []
    while line := stream.readline():
        lines.append(line)
        if line == b"\r\n":
            break
    else:
        return None
    head = Message(b"".join(lines), b"")
    assert not head.header(b"transfer-encoding"), "the sandbox answered in chunks"
    return Message(head.head, stream.read(int(head.header(b"content-length") or 0)))
