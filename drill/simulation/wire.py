"""The ledgers' own wire without a socket: real clients on one side, the sandbox's faces on the other.

The adapters build their requests and read their answers as they do over HTTP; only the bytes do not travel. So a call
costs a millisecond instead of a round trip, and everything that a network does to a call can be done to it here, at the
instant the script names.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Router
from starlette.types import ASGIApp

from connectors.budget import Purpose
from connectors.sandbox.exchange import Answer, answer_of
from connectors.sandbox.world import Face, World
from drill.simulation.garble import garbled
from drill.simulation.moments import Moments

LATENCY = timedelta(milliseconds=180)
SLOW = timedelta(seconds=45)
PATIENCE = timedelta(seconds=60)  # after which the real clients hang up
_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><hr><center>nginx</center></body></html>"


class Fault(Struct):
    """What befalls the next `times` calls whose path contains `path`, once `skip` of them have passed unharmed."""

    kind: str
    skip: int = 0
    times: int = 1
    path: str = ""


class Call(Struct):
    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def of(cls, method: str, url: str, headers: Any, body: bytes | str | None) -> "Call":
        parts = urlsplit(url)
        encoded = [(str(name).lower().encode(), str(value).encode()) for name, value in headers.items()]
        content = body.encode() if isinstance(body, str) else body or b""
        return cls(method, parts.path, parts.query.encode(), encoded, content)

    @property
    def scope(self) -> dict[str, Any]:
        return {
            "type": "http",
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": unquote(self.path),
            "raw_path": self.path.encode(),
            "query_string": self.query,
            "root_path": "",
            "headers": [(b"host", b"ledger.test"), *self.headers],
            "server": ("ledger.test", 80),
            "client": ("127.0.0.1", 1),
        }


class NoAnswer(Exception):
    """The connection broke, or the caller has waited long enough."""


class Weather:
    """What befalls calls, whichever process makes them; and when the live reading under way began."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.met: list[str] = []  # kinds, as calls met them
        self.unreadable: set[str] = set()  # ids of records that come garbled
        self.verifying_since: datetime | None = None

    def clear(self) -> None:
        self.faults.clear()
        self.unreadable.clear()

    def draw(self, path: str) -> Fault | None:
        """The fault that this call meets."""
        for fault in self.faults:
            if fault.path not in path:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
            self.met.append(fault.kind)
            return fault
        return None


class Wire:
    """Carries the calls of one process to one face."""

    def __init__(self, world: World, face: Face, weather: Weather, moments: Moments) -> None:
        self._world = world
        self._face = face
        self._weather = weather
        self._moments = moments
        self._app = Router(routes=list(face.routes))

    def carry(self, call: Call, purpose: Purpose) -> Answer:
        """One call there and back. Raises NoAnswer where a real client would see its connection break."""
        self._moments.boundary()
        self._note_reading(purpose)
        self._world.clock.advance(LATENCY)
        fault = self._weather.draw(call.path)
        answer = self._spoilt(call, fault.kind) if fault else self._ask(call)
        self._moments.boundary()
        if answer is None:
            raise NoAnswer
        return answer

    def _note_reading(self, purpose: Purpose) -> None:
        if purpose != "verify":
            self._weather.verifying_since = None
        elif self._weather.verifying_since is None:
            self._weather.verifying_since = self._world.clock.now()

    def _spoilt(self, call: Call, kind: str) -> Answer | None:
        match kind:
            case "drop_before":
                return None
            case "drop_after":
                self._ask(call)
                return None
            case "timeout":
                self._ask(call)
                self._world.clock.advance(PATIENCE)
                return None
            case "slow":
                self._world.clock.advance(SLOW)
                return self._ask(call)
            case "duplicate":
                self._ask(call)
                return self._ask(call)
            case "truncated":
                answer = self._ask(call)
                return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
            case "empty":
                self._ask(call)
                return Answer(200, [(b"content-length", b"0")])
            case "html":
                return _run(HTMLResponse(_GATEWAY_PAGE, 502), call)
        return self._refused(call, kind)

    def _refused(self, call: Call, kind: str) -> Answer:
        response = self._face.error(kind, Request(call.scope))
        if response is None:
            raise ValueError(f"{self._face.name} knows no fault {kind!r}")
        return _run(response, call)

    def _ask(self, call: Call) -> Answer:
        answer = _run(self._app, call)
        if self._weather.unreadable:
            answer = _with_body(answer, garbled(answer.body, self._weather.unreadable))
        return answer


def _with_body(answer: Answer, body: bytes) -> Answer:
    """Another body, announced at its own length."""
    headers = [(name, value) for name, value in answer.headers if name.lower() != b"content-length"]
    return Answer(answer.status, [*headers, (b"content-length", str(len(body)).encode())], body)


def _run(app: ASGIApp, call: Call) -> Answer:
    """Let an ASGI application answer. The faces never wait for anything, so no event loop has to turn."""
    answering = answer_of(app, call.scope, call.body)
    try:
        answering.send(None)
    except StopIteration as finished:
        answer: Answer = finished.value
        return answer
    raise RuntimeError(f"the sandbox waited for something while it answered {call.path}")
