"""The daemon under soak: the real `dun run` in a process of its own, treated as a supervisor would treat it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import requests

_TIMEOUT_SECONDS = 10
_PATIENCE_SECONDS = 300  # of the machine: one round of every tenant takes a few
_ASK_EVERY_SECONDS = 0.05


class SoakError(Exception):
    """The daemon did not behave as a service must; `str()` says how."""


class Service:
    """`dun run` on one configuration. `port` is the one of its [daemon] listen."""

    def __init__(self, config: Path, port: int, log: Path) -> None:
        self._command = [str(Path(sys.executable).with_name("dun")), "--config", str(config), "run"]
        self._address = f"http://127.0.0.1:{port}/health"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def stop(self, how: signal.Signals) -> None:
        """End it with `how`; a SoakError if it does not go, or not as it should."""
        process = self._running()
        process.send_signal(how)
        code = process.wait(_PATIENCE_SECONDS)
        self._process = None
        if code != (0 if how is signal.SIGTERM else -how):
            raise SoakError(f"the daemon left with {code} after {how.name}; see {self._log}")

    def end(self) -> None:
        """Whatever has happened, leave nothing running."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def at_work(self) -> bool:
        return bool(self._ask()["working"])

    def idle_until(self, now: datetime) -> datetime | None:
        """Wait until everything that was due at `now` is done; when the next is due (None: nothing is planned)."""

        def idle() -> bool:
            seen = self._ask()
            due = _instant(seen["next_due_at"])
            late = due is not None and due <= now
            return not seen["working"] and not late and (_instant(seen["beat_at"]) or now) >= now

        self.wait(idle)
        return _instant(self._ask()["next_due_at"])

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait, in the machine's time, until `until()`."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not until():
            if self._running().poll() is not None:
                raise SoakError(f"the daemon has ended by itself; see {self._log}")
            if time.monotonic() > end:
                raise SoakError(f"the daemon has not come to rest in {_PATIENCE_SECONDS} seconds; see {self._log}")
            time.sleep(_ASK_EVERY_SECONDS)

    def _ask(self) -> dict[str, str | int | None]:
        """What /health says; as if at work while nobody answers yet."""
        try:
            answer: dict[str, str | int | None] = requests.get(self._address, timeout=_TIMEOUT_SECONDS).json()
        except requests.RequestException:
            return {"working": 1, "next_due_at": None, "beat_at": None}
        return answer

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise SoakError("the daemon is not running")
        return self._process


def _instant(text: str | int | None) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
