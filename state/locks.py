"""One process at a time, where two would do the same work twice.

Advisory file locks rather than rows with an expiry: the kernel frees them with the process that held them, however it
died, and no clock, real or rehearsed, has a say in it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from state.errors import Busy


@contextmanager
def exclusive(folder: Path, name: str, *, wait: bool) -> Iterator[None]:
    """Hold the lock `name` of `folder`. Without `wait`, raises Busy at once if somebody else holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Busy(f"Another process is working on {name!r} right now; try again when it is done.") from None
        yield
    finally:
        os.close(descriptor)
