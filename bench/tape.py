"""The very bytes of a synchronisation, recorded once and played back to everybody who is compared.

A recorder stands between the adapter and the sandbox and keeps what passes. A player then answers the same requests
from memory, so that the connector and the floor read the same bytes, compressed as they were, and no server's mood is
measured. Both run in the benchmark's own process: what they cost is not charged to those who are measured.
"""

import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from msgspec import Struct

from bench.http import Message, read_message

_LOOPBACK = "127.0.0.1"
_HOST = re.compile(rb"^host:[^\r\n]*", re.IGNORECASE | re.MULTILINE)  # the server answers to its own name only
Key = tuple[bytes, bytes, bytes]  # request line, If-Modified-Since, body


class Exchange(Struct, frozen=True):
    """One request as it was sent, and its answer, head and body as they came."""

    request: bytes
    answer: bytes


class Tape:
    """Exchanges in the order in which they happened."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._answers: dict[Key, bytes] = {}

    def keep(self, request: Message, answer: Message) -> None:
        self.exchanges.append(Exchange(request.raw, answer.raw))
        self._answers[_key(request)] = answer.raw

    def answer(self, request: Message) -> bytes:
        """What was answered to the same request; KeyError if nobody ever made it."""
        return self._answers[_key(request)]


def _key(request: Message) -> Key:
    return request.first_line, request.header(b"if-modified-since"), request.body


@contextmanager
def recording(tape: Tape, upstream: str) -> Iterator[str]:
    """An address that forwards to the server at `upstream` and keeps everything on `tape`."""
    address = urlsplit(upstream)
    assert address.hostname is not None

    def forward(request: Message) -> bytes:
        with socket.create_connection((address.hostname, address.port)) as server, server.makefile("rwb") as stream:
            stream.write(
                _HOST.sub(b"Host: %b:%d" % (str(address.hostname).encode(), address.port or 80), request.raw, count=1)
            )
            stream.flush()
            answer = read_message(stream)
        assert answer is not None
        tape.keep(request, answer)
        return answer.raw

    with _serving(forward) as url:
        yield url


@contextmanager
def playing(tape: Tape) -> Iterator[str]:
    """An address that answers every request on `tape` as it was answered then."""
    with _serving(tape.answer) as url:
        yield url


@contextmanager
def _serving(respond: Callable[[Message], bytes]) -> Iterator[str]:
    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            while (request := read_message(self.rfile)) is not None:
                self.wfile.write(respond(request))

    with socketserver.ThreadingTCPServer((_LOOPBACK, 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{_LOOPBACK}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
