"""The script of mishaps: what goes wrong with which call, and how it looks from the other end of the wire.

Faults wait in `World.faults` and are used up by the calls they match. Connections are really cut: the transport is
taken from the server's own sender, so a client meets what it would meet in production, not a polite error.

'stale' is a lagging replica: the books are copied when the fault is raised, and matching reads are answered from that
copy until the fault is used up, while the service's clock goes on. Writes always reach the true books.
"""

import asyncio
import copy
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from connectors.sandbox.books import Books
from connectors.sandbox.exchange import Answer, answer_of
from connectors.sandbox.world import Face, Fault, World

WIRE_KINDS = frozenset({"drop_before", "drop_after", "slow", "truncated", "html", "empty", "stale"})
LOSING_THE_ANSWER = frozenset({"drop_after", "truncated", "empty"})  # it happened, and the caller cannot know
READING_POSTS = ("/query", "/batch")  # QuickBooks asks questions by POST, too

_GATEWAY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


def raise_fault(world: World, fault: Fault) -> None:
    """Let the next matching calls go wrong. A 'stale' fault remembers the books as they are now."""
    if fault.kind == "stale":
        world.lagging = {ledger: _photograph(books) for ledger, books in world.companies.items()}
    world.faults.append(fault)


def clear_faults(world: World) -> None:
    world.faults.clear()
    world.lagging.clear()


def due_fault(
    world: World,
    face: str,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    company: str = "",
    unless: frozenset[str] = frozenset(),
) -> Fault | None:
    """The first fault that this call meets; it is used up by one. Kinds in `unless` wait for a later moment."""
    for fault in world.faults:
        if fault.face != face or fault.path not in path or fault.method not in {None, method} or fault.kind in unless:
            continue
        if fault.company not in {"", company}:
            continue
        if fault.kind == "stale" and not _only_reads(method, path, body):
            continue
        fault.times -= 1
        if fault.times <= 0:
            world.faults.remove(fault)
        return fault
    return None


async def own_error(face: Face, kind: str, scope: Scope, receive: Receive) -> Answer:
    """The answer of a service that refuses by itself: nothing has happened."""
    response: Response | None
    if kind == "html":
        response = HTMLResponse(_GATEWAY_PAGE, status_code=502)
    else:
        response = face.error(kind, Request(scope, receive))
    if response is None:
        response = Response(f"{face.name} knows no fault {kind!r}", status_code=501, media_type="text/plain")
    return await answer_of(response, scope, b"")


async def deliver(answer: Answer, fault: Fault | None, send: Send, leaving: Callable[[bool], None]) -> None:
    """Send `answer`, spoilt as `fault` says. `leaving` is told, just before, whether all of it goes out."""
    kind = fault.kind if fault is not None else None
    if kind == "slow" and fault is not None:
        await asyncio.sleep(fault.seconds)
    leaving(kind not in LOSING_THE_ANSWER)
    if kind == "drop_after":
        await hang_up(send)
    elif kind == "truncated":
        await answer.send_half(send)
        await hang_up(send, after_what_was_written=True)
    else:
        await (Answer(200, [(b"content-length", b"0")]) if kind == "empty" else answer).send(send)


def still_there(send: Send) -> bool:
    """Whether the caller has not hung up."""
    return not _transport(send).is_closing()


async def hang_up(send: Send, *, after_what_was_written: bool = False) -> None:
    """Cut the connection, at once or behind the last byte."""
    transport = _transport(send)
    if after_what_was_written:
        transport.close()
    else:
        transport.abort()
    await asyncio.sleep(0.01)  # the server learns of it before it could think of answering 500


def _transport(send: Send) -> Any:
    """The connection behind uvicorn's `send`, which is a method of the running request."""
    return send.__self__.transport  # type: ignore[attr-defined]


def _only_reads(method: str, path: str, body: bytes) -> bool:
    if method == "POST":
        return path.endswith(READING_POSTS) and b'"operation"' not in body
    return method in {"GET", "HEAD"}


def _photograph(books: Books) -> Books:
    return copy.deepcopy(books, {id(books.clock): books.clock})
