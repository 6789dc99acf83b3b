"""A server that speaks as much of Twilio as a test tells it to, and breaks off where it is told. Real sockets."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SID = "AC00000000000000000000000000000001"
TOKEN = "neversaidaloud"
BASE = f"/2010-04-01/Accounts/{SID}"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str  # with what follows the question mark
    authorization: str
    form: dict[str, str]

    @property
    def wanted(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query))


class ScriptedTwilio(ThreadingHTTPServer):
    """`status` and `body` answer everything that `pages` does not; `behaviour` as in the mail API of the channels."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.status = 201
        self.body: bytes = json.dumps({"sid": "SM1", "status": "queued", "price": None}).encode()
        self.pages: dict[str, bytes] = {}
        self.behaviour = "answer"
        self.location = ""
        self.asked: list[Asked] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def refuse(self, status: int, code: int | None) -> None:
        """As Twilio refuses, with words that name the recipient."""
        self.status = status
        told = {"code": code, "message": "The 'To' number +447700900123 is bad", "more_info": "", "status": status}
        self.body = json.dumps(told).encode()

    def serve_json(self, path: str, answer: Any) -> None:
        self.pages[path] = json.dumps(answer).encode()


class _Api(BaseHTTPRequestHandler):
    server: ScriptedTwilio

    def do_POST(self) -> None:
        self._handle()

    def do_GET(self) -> None:
        self._handle()

    def _handle(self) -> None:
        if self.server.behaviour == "reset-before":
            return self._reset()
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = dict(parse_qsl(form, keep_blank_values=True))
        self.server.asked.append(Asked(self.command, self.path, self.headers.get("Authorization", ""), fields))
        if self.server.behaviour == "reset-after":
            return self._reset()
        if self.server.behaviour == "silence":
            self.server.released.wait(10)
            return None
        return self._answer()

    def _answer(self) -> None:
        page = self.server.pages.get(urlsplit(self.path).path) or self.server.pages.get(self.path)
        body = self.server.body if page is None else page
        self.send_response(self.server.status if page is None else 200)
        if self.server.location:
            self.send_header("Location", self.server.location)
        cut = 10 if self.server.behaviour == "truncate" else 0
        self.send_header("Content-Length", str(len(body) + cut))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, *parts: object) -> None:
        pass


@contextmanager
def scripted_twilio() -> Iterator[ScriptedTwilio]:
    server = ScriptedTwilio()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
