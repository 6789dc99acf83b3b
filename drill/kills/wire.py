"""Sockets that know what is being said over them, so that a process can die in the middle of a sentence."""

import socket
from weakref import WeakKeyDictionary

from drill.kills.points import IN_THE_MIDDLE_OF_THE_MESSAGE, IN_THE_MIDDLE_OF_THE_NOTE, Trap

_HEADS = (  # how what comes before the body begins, and what else stands in it
    (b"POST /v3/mail/send", b"", IN_THE_MIDDLE_OF_THE_MESSAGE),
    (b"data\r\n", b"", IN_THE_MIDDLE_OF_THE_MESSAGE),
    (b"PUT /api.xro/", b"/History", IN_THE_MIDDLE_OF_THE_NOTE),
    (b"POST /v3/company/", b"/attachable", IN_THE_MIDDLE_OF_THE_NOTE),
)


def watch_the_wire(trap: Trap) -> None:
    """Every body that matters is sent in two halves from now on, with a point of `trap` between them."""
    send_all = socket.socket.sendall
    announced: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()

    def send_in_halves(self: socket.socket, data: bytes, flags: int = 0) -> None:
        label = announced.pop(self, None)
        if label is not None:
            half = len(data) // 2
            send_all(self, data[:half], flags)
            trap.pass_by(label)
            data = data[half:]
        elif head := _announces(bytes(data)):
            announced[self] = head
        send_all(self, data, flags)

    socket.socket.sendall = send_in_halves  # type: ignore[assignment, method-assign]


def _announces(data: bytes) -> str | None:
    return next((label for head, part, label in _HEADS if data.startswith(head) and part in data), None)
