"""The loopback end of an OAuth consent: one page of ours, to which the browser comes back with the answer.

A person clicks Allow in the browser, the service redirects to http://localhost:PORT/callback, and this server hands
the parameters to the journey. Any page in the world can send a browser here, so only a visit under this machine's name
that brings the right `state` is an answer, and only the first; all others are told off and change nothing.
"""

import contextlib
import errno
import hmac
import re
import socket
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

from msgspec import Struct

from connectors.loopback import asks_this_machine

CALLBACK_PATH = "/callback"
_POLL_SECONDS = 0.02  # how soon the server notices that it may go
_IDLE_SECONDS = 10  # browsers open connections that they never use
_NO_SUCH_FAMILY = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}

# The script takes the code out of the address bar, and so out of the browser's history.
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<script>history.replaceState(null, "", "{path}")</script>
<body style="font-family:sans-serif;max-width:36em;margin:4em auto">
<h1>{title}</h1><p>{words}</p></body></html>"""
_ALLOWED = ("Allowed", "Dun has the answer. Close this window and look where you began: there it says what came of it.")
_NOT_ALLOWED = ("Not connected", "Access was not allowed, and nothing was stored. You can close this window.")
_STRAY = ("Not the answer Dun waits for", "This visit belongs to another or an older request. Nothing has changed.")
_ANSWERED = ("Already answered", "Dun has had its answer. You can close this window.")

_ERROR_CODE = re.compile(r"[a-z_]{1,40}")
_WHAT_TO_DO = {
    "access_denied": "begin again, and allow access on the page",
    "invalid_scope": "the app may not ask for these rights; allow them on the app's page at the developer portal",
    "unauthorized_client": "the app may not ask in this way; check its kind and its client id",
    "invalid_request": "compare the redirect address with the one registered for the app",
}


class ConsentError(Exception):
    """The consent did not come to a good end; `str()` says what happened and what to do."""


class Consent(Struct, frozen=True):
    """What came back: the one-time code, and QuickBooks' company id."""

    code: str
    realm: str | None

    def __repr__(self) -> str:
        return f"Consent(realm={self.realm!r})"


class CallbackServer:
    """Listens on localhost for one consent. Use as a context manager; port 0 takes any free one.

    It can be waited for with `select`: there is something to read once the answer has come.
    """

    def __init__(self, port: int, state: str) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._parameters: dict[str, str] | None = None
        self.strays = 0  # visits with another state
        self._servers = _listen(port, self._handler())
        self._bell, self._ring = socket.socketpair()
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
            for server in self._servers
        ]

    @property
    def url(self) -> str:
        """The redirect address. By name: Xero refuses 127.0.0.1."""
        return f"http://localhost:{self.port}{CALLBACK_PATH}"

    @property
    def port(self) -> int:
        return self._servers[0].server_port

    def fileno(self) -> int:
        return self._bell.fileno()

    def consent(self) -> Consent:
        """The answer that has come; ConsentError if it was a no."""
        return read_consent(self._parameters or {}, self._state)

    def __enter__(self) -> "CallbackServer":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._bell.close()
        self._ring.close()

    def _receive(self, parameters: dict[str, str]) -> tuple[HTTPStatus, tuple[str, str]]:
        """Keep the answer if it is the one; the status and the page for the visitor."""
        with self._lock:
            if not _same(parameters.get("state", ""), self._state):
                self.strays += 1
                return HTTPStatus.BAD_REQUEST, _STRAY
            if self._parameters is not None:
                return HTTPStatus.CONFLICT, _ANSWERED
            self._parameters = parameters
        return HTTPStatus.OK, _ALLOWED if "code" in parameters and "error" not in parameters else _NOT_ALLOWED

    def _answered(self) -> None:
        with contextlib.suppress(OSError):  # nobody waits any more
            self._ring.send(b"!")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            timeout = _IDLE_SECONDS
            server_version, sys_version = "Dun", ""

            def do_GET(self) -> None:
                if not asks_this_machine(self.headers.get_all("Host") or [], outer.port):
                    self.send_error(HTTPStatus.MISDIRECTED_REQUEST, f"Ask http://localhost:{outer.port}")
                    return
                path, _, query = self.path.partition("?")
                if path != CALLBACK_PATH:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                parameters = {name: values[0] for name, values in parse_qs(query).items()}
                status, (title, words) = outer._receive(parameters)
                self._answer(status, _PAGE.format(title=title, words=words, path=CALLBACK_PATH).encode())
                if status is HTTPStatus.OK:
                    outer._answered()

            def _answer(self, status: HTTPStatus, page: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
                """Silence: the query string carries the code."""

        return Handler


def read_consent(parameters: Mapping[str, str], state: str) -> Consent:
    """Check what the browser brought back, or a person pasted. Raises ConsentError."""
    if not _same(parameters.get("state", ""), state):
        raise ConsentError("the answer does not belong to this request (state differs); begin again")
    if error := parameters.get("error"):
        code = error if _ERROR_CODE.fullmatch(error) else "unknown error"
        raise ConsentError(f"the consent was not given ({code}); {_WHAT_TO_DO.get(code, 'begin again')}")
    if not parameters.get("code"):
        raise ConsentError("the service sent no code; begin again")
    return Consent(parameters["code"], parameters.get("realmId"))


def read_pasted(text: str, state: str) -> Consent:
    """The same from the address that the browser ended up at, or from its part behind the question mark."""
    before, mark, query = text.strip().partition("?")
    found = parse_qs(query.partition("#")[0] if mark else before)
    if not found.keys() & {"code", "error"}:
        raise ConsentError(
            "what was pasted is not the address that the browser ended up at, with code= and state= in it;"
            " begin again and paste all of it"
        )
    return read_consent({name: values[0] for name, values in found.items()}, state)


def _same(brought: str, expected: str) -> bool:
    return hmac.compare_digest(brought.encode(), expected.encode())


class _FourServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence: a browser that hangs up half-way is no news for the terminal."""


class _SixServer(_FourServer):
    address_family = socket.AF_INET6


def _listen(port: int, handler: type[BaseHTTPRequestHandler]) -> list[ThreadingHTTPServer]:
    """On both loopback addresses, for browsers differ in which one `localhost` is; ::1 where the machine has it."""
    servers: list[ThreadingHTTPServer] = []
    try:
        servers.append(_FourServer(("127.0.0.1", port), handler))
        servers.append(_SixServer(("::1", servers[0].server_port), handler))
    except OSError as error:
        if servers and error.errno in _NO_SUCH_FAMILY:
            return servers
        for server in servers:
            server.server_close()
        raise ConsentError(f"port {port} is taken; close what uses it or set another redirect_port") from error
    return servers
