"""A stop that puts back what was begun: SIGTERM and a closed terminal end a command as Ctrl-C does.

Left alone they end the process on the spot, which leaves a terminal that shows nothing of what is typed, and half an
edit in a file.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def orderly_end() -> Iterator[None]:
    """Inside, a stop leaves through every `finally`. The exit code is the shell's: 128 and the signal's number."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's business
        return
    before = {stop: signal.signal(stop, _leave) for stop in _STOPS}
    try:
        yield
    finally:
        for stop, handler in before.items():
            signal.signal(stop, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
