"""An IMAP server for the firm's own mailboxes: real IMAP4rev1 on loopback, without TLS.

It misbehaves by the same script of faults as the other services (face 'imap', `path` is part of the command): hanging
up before ('drop_before') or after it has acted ('drop_after'), refusing ('no') or saying goodbye ('bye').
"""

import asyncio
import base64
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress

from connectors.sandbox.faults import due_fault
from connectors.sandbox.imap.lines import BadCommand, Command, Gone, TaggedBad, read_command, read_line
from connectors.sandbox.imap.session import Lines, No, Session
from connectors.sandbox.world import World

_GREETING = b"* OK IMAP4rev1 sandbox ready"
_NOT_ADMITTED = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
_LINE_LIMIT = 1024 * 1024
_LOOK_AGAIN_SECONDS = 0.1
_FAULTS_AFTER = frozenset({"drop_after"})


class PostOffice:
    """Serves every mailbox. `alone` keeps the world to one visitor at a time."""

    def __init__(self, world: World, alone: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self._world = world
        self._alone = alone
        self._visits: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket) -> asyncio.Server:
        """Accept connections on `listener` until the returned server is closed."""
        return await asyncio.start_server(self._visit, sock=listener, limit=_LINE_LIMIT)

    def send_home(self) -> None:
        """End every session: a server is closed only when its last visitor has gone."""
        for visit in self._visits:
            visit.cancel()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.current_task()
        if visit is not None:
            self._visits.add(visit)
        try:
            with suppress(Gone, ConnectionError, asyncio.CancelledError):
                await Visit(self._world, self._alone, reader, writer).run()
        finally:
            if visit is not None:
                self._visits.discard(visit)
            writer.close()


class Visit:
    """One connection, command by command."""

    def __init__(
        self,
        world: World,
        alone: Callable[[], AbstractAsyncContextManager[None]],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._world = world
        self._alone = alone
        self._reader = reader
        self._writer = writer
        self._session = Session(world)

    async def run(self) -> None:
        await self._say(_GREETING)
        while not self._session.over:
            try:
                command = await read_command(self._reader, lambda: self._say(b"+ Ready for literal data"))
            except TaggedBad as problem:
                await self._say(f"{problem.tag} BAD {problem}".encode())
            except BadCommand as problem:
                await self._say(f"* BAD {problem}".encode())
            else:
                await self._obey(command)

    async def _obey(self, command: Command) -> None:
        fault = due_fault(self._world, "imap", command.name, _shown(command))
        kind = fault.kind if fault is not None else ""
        if kind == "drop_before":
            self._hang_up()
        if kind == "bye":
            await self._say(b"* BYE System shutdown")
            raise Gone
        if kind == "no":
            await self._say(f"{command.tag} NO [UNAVAILABLE] Temporary failure".encode())
            return
        lines, verdict = await self._done(command)
        if kind in _FAULTS_AFTER:
            self._hang_up()
        await self._say(*lines, f"{command.tag} {verdict}".encode())

    async def _done(self, command: Command) -> tuple[Lines, str]:
        """The untagged lines and the verdict."""
        try:
            if command.name == "AUTHENTICATE":
                await self._authenticate(command)
                return [], "OK Logged in"
            if command.name == "IDLE":
                await self._idle()
                return [], "OK Idle completed"
            async with self._alone():
                return self._session.run(command)
        except No as problem:
            return [], f"NO {problem}"
        except BadCommand as problem:
            return [], f"BAD {problem}"

    async def _authenticate(self, command: Command) -> None:
        mechanism = command.text(0).upper()
        if f"AUTH={mechanism}" not in self._session.capabilities.split():
            raise No("Unsupported authentication mechanism")
        answer = command.text(1).encode() if len(command.arguments) > 1 else await self._asked(b"+ ")
        if answer == b"*":
            raise BadCommand("Authentication cancelled")
        try:
            self._session.authenticate(mechanism, answer)
        except No:
            if mechanism == "XOAUTH2":  # what is wrong comes as a challenge, and the client has to answer that
                await self._asked(b"+ " + _NOT_ADMITTED)
            raise

    async def _idle(self) -> None:
        """Tells of new mail until the client has heard enough."""
        await self._say(b"+ idling")
        done = asyncio.ensure_future(read_line(self._reader))
        while not done.done():
            await asyncio.wait({done}, timeout=_LOOK_AGAIN_SECONDS)
            async with self._alone():
                news = list(self._session.news())
            await self._say(*news)
        if done.result().upper() != b"DONE":
            raise BadCommand("Expected DONE")

    async def _asked(self, challenge: bytes) -> bytes:
        await self._say(challenge)
        return await read_line(self._reader)

    async def _say(self, *lines: bytes) -> None:
        self._writer.write(b"".join(line + b"\r\n" for line in lines))
        await self._writer.drain()

    def _hang_up(self) -> None:
        self._writer.transport.abort()
        raise Gone


def _shown(command: Command) -> str:
    """The command as a fault's `path` is compared with it, without what may be secret."""
    if command.name in {"LOGIN", "AUTHENTICATE"}:
        return command.name
    return " ".join([command.name, *(str(word) for word in command.arguments if not isinstance(word, bytes))])
