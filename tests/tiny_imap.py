"""A mailbox on a real port that speaks as much IMAP as is asked of it, and goes wrong where a test says so."""

import asyncio
import base64
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

ARRIVED = datetime(2026, 3, 12, 10, 2, 11, tzinfo=UTC)


@dataclass
class Stored:
    uid: int
    head: bytes
    body: bytes
    arrived: datetime = ARRIVED


@dataclass
class TinyImap:
    """`trouble` maps a verb (LOGIN, AUTHENTICATE, EXAMINE, SEARCH, FETCH, CAPABILITY) to what happens instead.

    NO refuses, BREAK hangs up, SILENCE says nothing, HUGE announces a part of two gigabytes, TORRENT never ends a line.
    """

    password: str = "right"
    token: str = "token-1"
    validity: int = 42
    folders: tuple[str, ...] = ("INBOX",)
    letters: list[Stored] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    port: int = 0

    def add(self, parts: tuple[bytes, bytes], arrived: datetime = ARRIVED, uid: int | None = None) -> Stored:
        stored = Stored(uid or max((one.uid for one in self.letters), default=0) + 1, *parts, arrived)
        self.letters.append(stored)
        return stored

    def renumber(self) -> None:
        """The folder gets another UIDVALIDITY and new numbers, as after a move to another server."""
        self.validity += 1
        for number, stored in enumerate(self.letters, start=500):
            stored.uid = number

    @contextmanager
    def running(self) -> Iterator["TinyImap"]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls), loop
        ).result(5)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(_close(server), loop).result(5)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, _HungUp, asyncio.IncompleteReadError, ssl.SSLError):
            writer.write(b"* OK tiny ready\r\n")
            while line := await reader.readline():
                tag, _, command = line.decode().strip().partition(" ")
                self.commands.append(command)
                await self._answer(tag, command, reader, writer)
                await writer.drain()
        writer.close()

    async def _answer(self, tag: str, command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        words = command.replace("UID ", "", 1).split(" ") if command.startswith("UID") else command.split(" ")
        verb = words[0].upper()
        if (what := self.trouble.get(verb)) is not None:
            await self._go_wrong(what, tag, words, writer)
            return
        if verb == "CAPABILITY":
            writer.write(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n")
        elif verb == "LOGIN" and self.password not in command:
            writer.write(f"{tag} NO [AUTHENTICATIONFAILED] wrong for clerk@seller.example\r\n".encode())
            return
        elif verb == "AUTHENTICATE" and not await self._takes_token(reader, writer):
            writer.write(f"{tag} NO AUTHENTICATE failed.\r\n".encode())
            return
        elif verb in ("SELECT", "EXAMINE"):
            if words[1].strip('"') not in self.folders:
                writer.write(f"{tag} NO no such folder\r\n".encode())
                return
            writer.write(f"* {len(self.letters)} EXISTS\r\n* OK [UIDVALIDITY {self.validity}] valid\r\n".encode())
        elif verb == "SEARCH":
            writer.write(f"* SEARCH {' '.join(str(uid) for uid in self._found(command))}\r\n".encode())
        elif verb == "FETCH":
            self._fetch(int(words[1]), writer)
        elif verb == "LOGOUT":
            writer.write(b"* BYE\r\n")
        writer.write(f"{tag} OK done\r\n".encode())

    async def _go_wrong(self, what: str, tag: str, words: list[str], writer: asyncio.StreamWriter) -> None:
        if what == "NO":
            writer.write(f"{tag} NO not for clerk@seller.example\r\n".encode())
        elif what == "BREAK":
            raise _HungUp
        elif what == "HUGE":
            writer.write(b"* 1 FETCH (UID 1 BODY[TEXT]<0> {2000000000}\r\n")
        elif what == "TORRENT":
            for _ in range(2_000):
                writer.write(b"* OK " + b"x" * 65_000 + b"\r\n")
                await writer.drain()

    async def _takes_token(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"+ \r\n")
        await writer.drain()
        answer = base64.b64decode(await reader.readline()).decode()
        if f"auth=Bearer {self.token}\1\1" in answer:
            return True
        writer.write(b"+ " + base64.b64encode(b'{"status":"401","schemes":"Bearer"}') + b"\r\n")
        await writer.drain()
        self.commands.append(f"after the challenge: {(await reader.readline()).decode().strip()!r}")
        return False

    def _found(self, command: str) -> list[int]:
        if after := re.search(r"UID (\d+):\*", command.removeprefix("UID SEARCH")):
            uids = [one.uid for one in self.letters]
            found = [uid for uid in uids if uid >= int(after[1])]
            return found or uids[-1:]  # as RFC 3501 wants it: * is the last one, whatever stands before
        since = datetime.strptime(re.search(r"SINCE (\S+)", command)[1], "%d-%b-%Y").replace(tzinfo=UTC)
        return [one.uid for one in self.letters if one.arrived >= since]

    def _fetch(self, uid: int, writer: asyncio.StreamWriter) -> None:
        for number, one in enumerate(self.letters, start=1):
            if one.uid == uid:
                head, body = one.head[: 1 << 16], one.body[: 1 << 18]
                size = len(one.head) + len(one.body)
                arrived = one.arrived.strftime("%d-%b-%Y %H:%M:%S +0000")
                writer.write(
                    f'* {number} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "{arrived}"'
                    f" BODY[HEADER]<0> {{{len(head)}}}\r\n".encode()
                    + head
                    + f" BODY[TEXT]<0> {{{len(body)}}}\r\n".encode()
                    + body
                    + b")\r\n"
                )


class _HungUp(Exception):
    pass


async def _close(server: asyncio.Server) -> None:
    server.close()
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
