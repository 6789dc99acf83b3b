"""No connection lasts: whoever opens one and says nothing, or says it one byte a minute, is cut off.

uvicorn waits for ever for a request's first line, and a few dozen silent connections would fill the server.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

LIFETIME_SECONDS = 15.0  # Intuit waits 3 seconds for an answer and Xero 5, so nobody of good will needs more


class ShortConnection(H11Protocol):
    """One connection, for `lifetime_seconds` at most. Every answer closes it, see `service`."""

    lifetime_seconds = LIFETIME_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._end = self.loop.call_later(self.lifetime_seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        super().connection_lost(exc)
