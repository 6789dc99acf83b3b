"""The sandbox as a server: every service's real paths on one loopback port, and the control API beside them.

with RunningSandbox(build_world("demo", start, ("xero", "quickbooks"))) as sandbox:
    print(sandbox.url, sandbox.smtp_port, sandbox.imap_port)
"""

import asyncio
import logging
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.loopback import asks_this_machine
from connectors.prompt_server import PromptServer
from connectors.sandbox.control.routes import control_routes
from connectors.sandbox.gate import Gate
from connectors.sandbox.imap.server import PostOffice
from connectors.sandbox.lob.face import lob_face
from connectors.sandbox.quickbooks.face import quickbooks_face
from connectors.sandbox.sendgrid import sendgrid_face
from connectors.sandbox.smtp import MailServer
from connectors.sandbox.twilio.face import twilio_face
from connectors.sandbox.world import World
from connectors.sandbox.xero.face import xero_face

LOOPBACK = "127.0.0.1"
_GZIP_LEVEL = 4  # two thirds of the time of level 6 for a twentieth more bytes


def build_app(world: World) -> Gate:
    """The ASGI application with every face of `world`."""
    faces = [
        sendgrid_face(world),
        twilio_face(world),
        lob_face(world),
        xero_face(world),
        quickbooks_face(world),  # answers for all of /v3/ that is left
    ]
    routes = [route for face in faces for route in face.routes]
    app = Starlette(routes=[*routes, *control_routes(world)])
    return Gate(_Compression(app, world), world, faces)


class RunningSandbox:
    """A served world: HTTP, SMTP and IMAP on loopback, from a thread of its own. Ports 0 are chosen by the system."""

    def __init__(self, world: World, port: int = 0, smtp_port: int = 0, imap_port: int = 0) -> None:
        self.world = world
        self._gate = build_app(world)
        self._mail = MailServer(world, self._gate.alone)
        self._post_office = PostOffice(world, self._gate.alone)
        self._listeners = (_listen(port), _listen(smtp_port), _listen(imap_port))
        self.port, self.smtp_port, self.imap_port = (int(one.getsockname()[1]) for one in self._listeners)
        self._loop = asyncio.new_event_loop()
        self._server = PromptServer(
            uvicorn.Config(
                _OnlyThisMachine(self._gate, self.port),
                log_config=None,
                log_level=logging.ERROR,  # what a face did not expect is shown with its traceback
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                date_header=False,  # the gate writes the virtual date
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            ),
            self._loop,
        )
        self._thread = threading.Thread(target=self._run, name="dun-sandbox", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.stop()
        self._thread.join()
        for listener in self._listeners:
            listener.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        web, mail, mailboxes = self._listeners
        async with await self._mail.serve(mail), await self._post_office.serve(mailboxes):
            await self._server.serve(sockets=[web])
            self._post_office.send_home()


class _OnlyThisMachine:
    """Turns away what came here under another name, as pages in a browser do that want to read somebody's books."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if not asks_this_machine(Headers(scope=scope).getlist("host"), self._port):
            app = PlainTextResponse(f"ask http://{LOOPBACK}:{self._port} or http://localhost:{self._port}\n", 421)
        await app(scope, receive, send)


class _Compression:
    """gzip for clients that accept it, unless switch 'gzip' is off (whether Xero compresses is not known)."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._plain = app
        self._compressed = GZipMiddleware(app, compresslevel=_GZIP_LEVEL)
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._plain if self._world.switch("gzip", "on") == "off" else self._compressed
        await app(scope, receive, send)


def _listen(port: int) -> socket.socket:
    """A listening socket: clients may connect from now on, even before the thread has come up.

    The protocol is named because asyncio sends small packets at once (TCP_NODELAY) only on sockets that say so;
    without it every answer would wait 40 ms for an acknowledgement.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    listener.listen(512)
    return listener
