"""What systemd is told of the daemon: that it is ready, alive, reading its configuration again, and on its way out.

The protocol is datagrams with lines of text to the socket in NOTIFY_SOCKET (sd_notify(3)). Without a supervisor
nothing is sent, and one that does not listen never keeps the daemon from its work.
"""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

_MICROSECONDS = 1_000_000
_MAY_TAKE_SECONDS = 0.2  # a supervisor whose queue is full is not waited for


class Supervisor:
    """May be called from any thread."""

    def __init__(self, address: str | None = None, watchdog_seconds: float | None = None) -> None:
        self._address = address
        self.watchdog_seconds = watchdog_seconds  # silence of this length is taken for death; None: nobody watches
        self._status = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """The one whom the variables NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID describe, if any."""
        address = environment.get("NOTIFY_SOCKET") or None
        watched = environment.get("WATCHDOG_PID") in {None, "", str(os.getpid())}
        microseconds = environment.get("WATCHDOG_USEC", "")
        silence = int(microseconds) / _MICROSECONDS if watched and microseconds.isdecimal() else 0
        return cls(address, silence or None)

    def ready(self) -> None:
        self._say("READY=1")

    def reloading(self) -> None:
        """To be followed by `ready` when the reading is over, whatever came of it."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def alive(self) -> None:
        """To be said several times in each `watchdog_seconds`."""
        if self.watchdog_seconds is not None:
            self._say("WATCHDOG=1")

    def status(self, words: str) -> None:
        """One line for `systemctl status`; said once as long as it stays the same."""
        if words != self._status:
            self._status = words
            self._say(f"STATUS={words}")

    def _say(self, *lines: str) -> None:
        if self._address is None:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.settimeout(_MAY_TAKE_SECONDS)
            line.sendto("\n".join(lines).encode(), address)
