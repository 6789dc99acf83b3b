"""A web server that stops at once: uvicorn's own looks ten times a second whether it should, and then waits once more.

Nothing is hurried by it: requests that are under way are waited for as uvicorn does.
"""

import asyncio
import socket
from contextlib import suppress

import uvicorn

_SECOND = 1.0  # between two ticks, which date the answers
_TICKS = 10  # by which uvicorn counts a second
_TURNS = 3  # of the loop, in which a connection that nobody uses is gone


class PromptServer(uvicorn.Server):
    """To be served by the loop that `loop` is; `stop` may be called from any thread."""

    def __init__(self, config: uvicorn.Config, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config)
        self._loop = loop
        self._told_to_stop = asyncio.Event()

    def stop(self) -> None:
        """Have it end; it may be told before it has begun."""
        self._loop.call_soon_threadsafe(self._told_to_stop.set)

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told_to_stop.wait(), _SECOND)
            self.should_exit |= self._told_to_stop.is_set()
            counter += _TICKS

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for each in sockets or []:
            each.close()
        await self.lifespan.shutdown()
