"""Receivers that answer, break and stay silent exactly where a test tells them to. Real sockets, no mocks."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from self_signed import Certificate, self_signed

from connectors.channels.channel import Address, Attachment, Message
from state.clock import ManualClock

NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
BREAK = "break"  # close the line instead of answering
SILENCE = "silence"  # keep the line open and say nothing


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def message() -> Message:
    return Message(
        id="att-0001",
        sender=Address("accounts@seller.example", "Seller Ltd"),
        reply_to=Address("desk@seller.example", "Credit desk"),
        to=(Address("ap@buyer.example", "Buyer plc"),),
        cc=(Address("boss@buyer.example"),),
        subject="Invoice INV-1 is due",
        text="Dear Buyer,\n\n.a line that begins with a dot\n£1,234.50 is due.\n",
        html="<p>Dear Buyer, £1,234.50 is due.</p>",
        stage="soft",
        tenant="seller",
        references=("att-0000", "att-0000b"),
        attachments=(Attachment("Invoice-INV-1.pdf", "application/pdf", b"%PDF-1.7 \x00\xff"),),
    )


@pytest.fixture
def change(message: Message):
    """The message with some fields changed."""
    return lambda **fields: msgspec.structs.replace(message, **fields)


@dataclass
class ScriptedSmtp:
    """An SMTP receiver for one connection after another. `script` maps a phase to a reply line, BREAK or SILENCE.

    Phases: connect, EHLO, AUTH, MAIL, RCPT, DATA, text (breaks in the middle of it), dot, QUIT.
    """

    script: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("AUTH PLAIN",)
    commands: list[str] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def close(self) -> None:
        for line in (self._listener, *self._lines):
            line.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self._lines.append(line)
                with suppress(_Broken, OSError):
                    self._converse(line, line.makefile("rb"))

    def _converse(self, line: socket.socket, lines) -> None:
        self._answer(line, "connect", "220 ready")
        while command := lines.readline():
            self.commands.append(command.decode(errors="replace").strip())
            verb = command[:4].decode(errors="replace").upper()
            if verb == "EHLO":
                names = ("127.0.0.1", *self.extensions)
                self._answer(line, verb, "\r\n".join(f"250-{name}" for name in names[:-1]) + f"\r\n250 {names[-1]}")
            elif verb == "DATA":
                self._answer(line, verb, "354 go ahead")
                if self.script.get(verb, "354").startswith("354"):
                    self._read_text(line, lines)
            else:
                self._answer(line, verb, {"AUTH": "235 welcome", "QUIT": "221 bye"}.get(verb, "250 fine"))

    def _read_text(self, line: socket.socket, lines) -> None:
        text = []
        while (part := lines.readline()) != b".\r\n":
            text.append(part)
            if self.script.get("text") == BREAK:
                _reset(line)
                raise _Broken
            if not part:
                return
        self.texts.append(b"".join(text))
        self._answer(line, "dot", "250 queued")

    def _answer(self, line: socket.socket, phase: str, usual: str) -> None:
        answer = self.script.get(phase, usual)
        if answer == BREAK:
            line.shutdown(socket.SHUT_RDWR)
            raise _Broken
        if answer != SILENCE:
            line.sendall(answer.encode() + b"\r\n")


class _Broken(Exception):
    pass


def _reset(line: socket.socket) -> None:
    """Close with RST rather than FIN."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


@pytest.fixture
def smtp_server() -> Iterator[ScriptedSmtp]:
    server = ScriptedSmtp()
    yield server
    server.close()


class ScriptedHttp(ThreadingHTTPServer):
    """A mail API that answers `status`, or does what `behaviour` says: reset-before, reset-after, silence, truncate."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailApi)
        self.status = 202
        self.behaviour = "answer"
        self.location: str | None = None
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _MailApi(BaseHTTPRequestHandler):
    server: ScriptedHttp

    def do_POST(self) -> None:
        self._handle()

    def do_GET(self) -> None:
        self._handle()

    def _handle(self) -> None:
        behaviour = self.server.behaviour
        if behaviour == "reset-before":
            _reset(self.connection)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        if behaviour == "reset-after":
            _reset(self.connection)
        elif behaviour == "silence":
            self.server.released.wait(10)
        else:
            self._answer(truncated=behaviour == "truncate")

    def _answer(self, *, truncated: bool) -> None:
        body = b'{"errors":[{"message":"ap@buyer.example is bad"}]}' if self.server.status >= 400 else b""
        self.send_response(self.server.status)
        self.send_header("X-Message-Id", "sg-77")
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(body) + (10 if truncated else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, *parts: object) -> None:
        pass


@pytest.fixture
def mail_api() -> Iterator[ScriptedHttp]:
    server = ScriptedHttp()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
