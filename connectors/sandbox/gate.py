"""Every request passes here: it is counted, meets its fault if one is waiting, and has the books to itself.

One asyncio lock keeps requests from each other; the world's own lock keeps them from threads that live on the books
from outside (the demo, tests). Answers are buffered, so the books are free again before a byte is sent.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from email.utils import format_datetime
from functools import partial

from starlette.requests import Request
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.sandbox.access import notice, refresh_token_in, refusal
from connectors.sandbox.audit import Held
from connectors.sandbox.chance import Chance
from connectors.sandbox.control.callouts import CALLING_OUT
from connectors.sandbox.crowd import Crowd
from connectors.sandbox.exchange import Answer, answer_of, whole_body
from connectors.sandbox.faults import LOSING_THE_ANSWER, WIRE_KINDS, deliver, due_fault, hang_up, own_error, still_there
from connectors.sandbox.posting import collect
from connectors.sandbox.world import Face, Fault, World


class Gate:
    """ASGI middleware in front of all faces of one world."""

    def __init__(self, app: ASGIApp, world: World, faces: Sequence[Face]) -> None:
        self._app = app
        self._world = world
        self._faces = faces
        self._turn = asyncio.Lock()
        self._crowd = Crowd(world)
        self._chance = Chance(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await whole_body(receive)
        if body is None:
            return
        face, template = self._face_of(scope)
        if face is not None:
            await self._serve(face, template, scope, body, receive, send)
        elif scope["path"] in CALLING_OUT:
            await (await answer_of(self._app, scope, body)).send(send)
        else:
            await (await self._undisturbed(scope, body)).send(send)

    async def _serve(self, face: Face, template: str, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        audit, refresh_token = self._world.audit, refresh_token_in(face.name, scope["path"], body)
        there = partial(still_there, send)
        with self._crowd.joined(face, scope) as crowded, audit.presented(refresh_token, there) as shown:
            async with self.alone():
                fault = self._fault(face, f"{scope['method']} {template}", scope, body, crowded)
                kind = fault.kind if fault is not None else crowded or refusal(self._world, face, scope, body)
                audit.current = shown
                answer = await self._answer(face, kind, scope, receive, body)
            if answer is None:
                audit.leaving(shown, whole=False)
                await hang_up(send)
            else:
                await deliver(answer, fault, send, lambda whole: audit.leaving(shown, whole=whole))

    def _fault(self, face: Face, operation: str, scope: Scope, body: bytes, crowded: str | None) -> Fault | None:
        """Count the call, and say what goes wrong with it: ordered, or by bad luck."""
        self._world.calls.setdefault(face.name, Counter())[operation] += 1
        company, app = face.caller(Request(scope))
        self._world.audit.called(face.name, company, app, operation)
        key = self._world.keys_by_id().get(company.lower(), "") if self._world.faults else ""
        fault = due_fault(self._world, face.name, scope["method"], scope["path"], body, company=key)
        fault = fault or self._chance.fault(face, scope["path"], company, operation)
        if fault is None and crowded is not None:
            self._world.audit.overrun(face.name, company, app, "concurrent")
        return fault

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nobody else touches the books meanwhile; what the firm has posted by now was posted before."""
        async with self._turn:
            with self._world.lock:
                collect(self._world)
                yield

    async def _undisturbed(self, scope: Scope, body: bytes) -> Answer:
        async with self.alone():
            return await answer_of(self._app, scope, body)

    async def _answer(self, face: Face, kind: str | None, scope: Scope, receive: Receive, body: bytes) -> Answer | None:
        """None: the connection breaks before anything happens."""
        if kind == "drop_before":
            return None
        arrived = len(self._world.messages)
        if kind is not None and (kind == "html" or kind not in WIRE_KINDS):
            answer = await own_error(face, kind, scope, receive)
            if kind == "invalid_grant":
                self._world.audit.refused(Held(face.name, "", ""))
        else:
            with self._stale_books(kind == "stale"):
                answer = await answer_of(self._app, scope, body)
            notice(self._world, face, scope, answer)
        for message in self._world.messages[arrived:]:
            message.acknowledged = kind not in LOSING_THE_ANSWER
        return answer.with_header(b"date", self._http_date())

    @contextmanager
    def _stale_books(self, stale: bool) -> Iterator[None]:
        """While this holds, the companies are as they were when the fault was raised."""
        true_books = self._world.companies
        if stale and self._world.lagging:
            self._world.companies = self._world.lagging
        try:
            yield
        finally:
            self._world.companies = true_books

    def _http_date(self) -> bytes:
        return format_datetime(self._world.clock.now(), usegmt=True).encode("ascii")

    def _face_of(self, scope: Scope) -> tuple[Face | None, str]:
        """Whose path this is, and its template. A wrong method still belongs to the path's owner."""
        for face in self._faces:
            for route in face.routes:
                match, _ = route.matches(scope)
                if match is not Match.NONE:
                    return face, _template(route)
        return None, ""


def _template(route: BaseRoute) -> str:
    return route.path if isinstance(route, Route | Mount) else ""
