"""The loopback end of an OAuth consent: one page, one visit, one answer.

A person clicks Allow in the browser, the service redirects to http://localhost:PORT/callback, and this server hands
the parameters to the journey. The `state` it was opened for is checked once, in constant time; anything else is
refused.
"""

import hmac
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

_POLL_SECONDS = 0.05  # how soon the server notices that it may go
_THANKS = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Dun</title>
<body style="font-family:sans-serif;max-width:36em;margin:4em auto">
<h1>Connected</h1><p>Dun has what it needs. You can close this window.</p></body></html>"""
_SORRY = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Dun</title>
<body style="font-family:sans-serif;max-width:36em;margin:4em auto">
<h1>Not connected</h1><p>The terminal says why. You can close this window.</p></body></html>"""


class ConsentError(Exception):
    """The consent did not come to a good end; `str()` says what happened and what to do."""


class Consent(Struct, frozen=True):
    """What came back: the one-time code, and QuickBooks' company id."""

    code: str
    realm: str | None


class CallbackServer:
    """Listens on localhost for one consent. Use as a context manager; port 0 takes any free one."""

    def __init__(self, port: int, state: str) -> None:
        self._state = state
        self._arrived = threading.Event()
        self._parameters: dict[str, str] = {}
        try:
            self._server = HTTPServer(("127.0.0.1", port), self._handler())
        except OSError as error:
            raise ConsentError(f"port {port} is taken; close what uses it or set another redirect_port") from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)

    @property
    def url(self) -> str:
        """The redirect address. By name: Xero refuses 127.0.0.1."""
        return f"http://localhost:{self._server.server_port}/callback"

    def __enter__(self) -> "CallbackServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> Consent:
        """The consent, or ConsentError when it was denied, forged or did not come within `seconds`."""
        if not self._arrived.wait(seconds):
            raise ConsentError("nobody answered the consent page in time; run the command again")
        return read_consent(self._parameters, self._state)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path != "/callback" or outer._arrived.is_set():
                    self.send_error(404)
                    return
                outer._parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self._answer(_THANKS if "code" in outer._parameters else _SORRY)
                outer._arrived.set()

            def _answer(self, page: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
                """Silence: the query string carries the code."""

        return Handler


def read_consent(parameters: dict[str, str], state: str) -> Consent:
    """Check what the browser brought back. Also used for a callback address pasted by hand."""
    if not hmac.compare_digest(parameters.get("state", "").encode(), state.encode()):
        raise ConsentError("the answer does not belong to this request (state differs); run the command again")
    if error := parameters.get("error"):
        raise ConsentError(f"the consent was not given ({error}); run the command again when it may be")
    if not parameters.get("code"):
        raise ConsentError("the service sent no code; run the command again")
    return Consent(parameters["code"], parameters.get("realmId"))
