"""Sockets that know what is being said over them, so that a process can die in the middle of a sentence."""

import hashlib
import re
import socket
from weakref import WeakKeyDictionary

from drill.kills.points import IN_THE_MIDDLE_OF_THE_MESSAGE, IN_THE_MIDDLE_OF_THE_NOTE, Trap

_HEADS = (  # how what comes before the body begins, and what else stands in it
    (b"POST /v3/mail/send", b"", IN_THE_MIDDLE_OF_THE_MESSAGE),
    (b"data\r\n", b"", IN_THE_MIDDLE_OF_THE_MESSAGE),
    (b"POST /twilio/", b"/Messages.json", IN_THE_MIDDLE_OF_THE_MESSAGE),
    (b"POST /lob/", b"/letters", IN_THE_MIDDLE_OF_THE_MESSAGE),
    (b"PUT /api.xro/", b"/History", IN_THE_MIDDLE_OF_THE_NOTE),
    (b"POST /v3/company/", b"/attachable", IN_THE_MIDDLE_OF_THE_NOTE),
)


_TOKEN_PATHS = (b"POST /connect/token", b"POST /oauth2/v1/tokens/bearer")
_MESSAGE = re.compile(rb'(?:X-Dun-Message"?: ?"?|"metadata\[dun_message\]"\s+)([0-9a-f]{24})')
_NOTE = re.compile(rb"\[dun:([A-Z2-7]{12})\]")
_COMPANY = re.compile(rb"/v3/company/(\d+)/|xero-tenant-id: (\S+)", re.IGNORECASE)
_ACCESS = re.compile(rb"Authorization: Bearer (\S+)", re.IGNORECASE)


def watch_the_wire(trap: Trap) -> None:
    """Every body that matters is sent in two halves from now on, with a point of `trap` between them."""
    send_all = socket.socket.sendall
    announced: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()

    def send_in_halves(self: socket.socket, data: bytes, flags: int = 0) -> None:
        label = announced.pop(self, None)
        if label is not None:
            _tell_of_body(trap, label, bytes(data))
            half = len(data) // 2
            send_all(self, data[:half], flags)
            trap.pass_by(label)
            data = data[half:]
        else:
            _tell_of_head(trap, bytes(data))
            if head := _announces(bytes(data)):
                announced[self] = head
        send_all(self, data, flags)

    socket.socket.sendall = send_in_halves  # type: ignore[assignment, method-assign]


def _tell_of_body(trap: Trap, label: str, data: bytes) -> None:
    """What is about to leave, before its first byte does."""
    kind, identity = ("message", _MESSAGE) if label == IN_THE_MIDDLE_OF_THE_MESSAGE else ("note", _NOTE)
    if found := identity.search(data):
        trap.tell(f"leaves {kind}", found.group(1).decode())


def _tell_of_head(trap: Trap, data: bytes) -> None:
    """That new tokens are asked for, or which access token is used for which company; a fingerprint will do."""
    if data.startswith(_TOKEN_PATHS):
        trap.tell("asks for", "tokens")
    company, access = _COMPANY.search(data), _ACCESS.search(data)
    if company and access:
        whose = (company.group(1) or company.group(2)).decode()
        trap.tell("uses token", f"{whose} {fingerprint(access.group(1).decode())}")


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _announces(data: bytes) -> str | None:
    return next((label for head, part, label in _HEADS if data.startswith(head) and part in data), None)
