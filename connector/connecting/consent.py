"""Waits for the answer to one consent, by whichever way it comes: the browser's visit, or a person's paste.

On a server without a browser, and where the app's redirect address is not this machine, a person copies the address
that the browser ended up at. It holds the one-time code, so it is read from the terminal, never from the command
line, and not shown while it is typed.
"""

import os
import secrets
import select
import termios
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from types import TracebackType
from typing import Self

from connector.connecting.callback import CallbackServer, Consent, ConsentError, read_pasted

_LONGEST_LINE = 8192  # bytes; the longest address of either service is a tenth of that


class ExpectedAnswer:
    """The answer to one authorisation request, which carries `state`. Use as a context manager, and wait once.

    With `redirect_url` nothing listens here and the answer must be pasted; `terminal` is the descriptor it is pasted
    to (None: nobody can). The state dies with this object.
    """

    def __init__(self, port: int, redirect_url: str, terminal: int | None) -> None:
        if redirect_url and terminal is None:
            raise ConsentError(f"the browser's answer goes to {redirect_url}; run the command where it can be pasted")
        self.state = secrets.token_urlsafe(32)
        self._redirect_url = redirect_url
        self._callback = None if redirect_url else CallbackServer(port, self.state)
        self._terminal = None if terminal is None else PastedLine(terminal)
        self._open = ExitStack()

    @property
    def redirect_uri(self) -> str:
        return self._callback.url if self._callback else self._redirect_url

    def wait(self, seconds: float) -> Consent:
        """The consent; ConsentError when it was denied, makes no sense, or did not come within `seconds`."""
        deadline = time.monotonic() + seconds
        while sources := [source for source in (self._callback, self._terminal) if source is not None]:
            ready, _, _ = select.select(sources, [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise ConsentError(self._too_late())
            if self._callback in ready and self._callback is not None:
                return self._callback.consent()
            if pasted := self._read_terminal():
                return read_pasted(pasted, self.state)
        raise ConsentError("nothing was pasted; begin again and paste the address the browser ended up at")

    def __enter__(self) -> Self:
        for source in (self._callback, self._terminal):
            if source is not None:
                self._open.enter_context(source)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _read_terminal(self) -> str | None:
        if self._terminal is None:
            return None
        line = self._terminal.read()
        if self._terminal.ended:  # the browser may still come
            self._terminal = None
        return line

    def _too_late(self) -> str:
        strays = self._callback.strays if self._callback else 0
        others = f"; visits that belong to another request were ignored: {strays}" if strays else ""
        return (
            f"nobody answered the consent page in time{others}; if the page showed an error, compare the app's client"
            f" id and its redirect address {self.redirect_uri} with the developer portal; then begin again"
        )


class PastedLine:
    """One line from a terminal or a pipe, without echo. Blank ones do not count."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._bytes = bytearray()
        self._silence: AbstractContextManager[None] = nullcontext()
        self.ended = False

    def fileno(self) -> int:
        return self._descriptor

    def read(self) -> str | None:
        """The line, once its end has come; to be called when there is something to read.

        One byte at a time: what comes behind the line belongs to the next question.
        """
        byte = os.read(self._descriptor, 1)
        self.ended = not byte
        if byte not in (b"\n", b""):
            self._bytes += byte
            if len(self._bytes) <= _LONGEST_LINE:
                return None
        line = self._bytes.decode(errors="replace").strip()
        self._bytes.clear()
        return line or None

    def __enter__(self) -> Self:
        if os.isatty(self._descriptor):
            self._silence = _without_echo(self._descriptor)
        self._silence.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._silence.__exit__(kind, error, trace)


@contextmanager
def _without_echo(descriptor: int) -> Iterator[None]:
    before = termios.tcgetattr(descriptor)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
