"""A server whose answers never end, are too large or too deep, or unpack to too much; it counts what it got rid of."""

import gzip
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from typing import Literal

Torrent = Literal["endless", "chunked", "announced", "bomb", "drip", "deep"]
GIGABYTE = 1 << 30
_KERNEL = Path("/proc/sys/net/ipv4")
_UNSAID = 64 << 20
_PIECE = b"[" + b" " * 65_535
_DRIP_SECONDS = 0.02
_DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000


def on_the_way() -> int:
    """Bytes that may have left the server and reached nobody: what this kernel's two buffers hold at the most."""
    try:
        most = [int((_KERNEL / name).read_text().split()[-1]) for name in ("tcp_rmem", "tcp_wmem")]
    except OSError:
        return _UNSAID
    return sum(most) + len(_PIECE)


class TorrentServer:
    """Answers every request with `status`, `headers` and a body of the kind `torrent`."""

    def __init__(self, torrent: Torrent, status: int = 200, **headers: str) -> None:
        self.sent = 0  # bytes of bodies, over all connections
        self.calls = 0
        self._torrent = torrent
        self._status = status
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "TorrentServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with suppress(OSError), line:
            if not line.recv(65_536):
                return
            self.calls += 1
            line.sendall(f"HTTP/1.1 {self._status} Torrent\r\n{_headers(self._torrent)}{self._headers}\r\n".encode())
            for piece in _body(self._torrent):
                if self._closing.wait(_DRIP_SECONDS if self._torrent == "drip" else 0):
                    return
                line.sendall(piece)
                self.sent += len(piece)


def _headers(torrent: Torrent) -> str:
    more = {
        "chunked": "Transfer-Encoding: chunked\r\n",
        "announced": f"Content-Length: {GIGABYTE}\r\n",
        "bomb": "Content-Encoding: gzip\r\n",
    }
    return "Content-Type: application/json\r\n" + more.get(torrent, "")


def _body(torrent: Torrent) -> Iterator[bytes]:
    if torrent == "bomb":
        return _bomb()
    if torrent == "drip":
        return repeat(b" ")
    if torrent == "deep":
        return iter((_DEEP,))
    return repeat(b"10000\r\n" + _PIECE + b"\r\n" if torrent == "chunked" else _PIECE)


def _bomb() -> Iterator[bytes]:
    """A megabyte that unpacks to a gigabyte, as one stream: each piece after the first goes on where it stopped."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    megabyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return chain((gzip.compress(b"")[:10],), repeat(megabyte, GIGABYTE >> 20))
