"""One process at a time, where two would do the same work twice.

Advisory file locks rather than rows with an expiry: the kernel frees them with the process that held them, however it
died, and no clock, real or rehearsed, has a say in it.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from state.errors import Busy, DiskFull, StateError

PATIENCE_SECONDS = 300.0  # longer than a refresh can take with all its retries; of the machine, not of the clock
_LOOK_AGAIN_SECONDS = 0.02


@contextmanager
def exclusive(folder: Path, name: str, *, wait: bool, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the lock `name` of `folder`.

    Raises Busy if somebody else holds it: at once, or with `wait` after `patience` seconds, because a holder that
    hangs must not stop everybody else for ever. StateError or DiskFull if the lock's file cannot be made.
    """
    descriptor = _open(folder, name)
    try:
        _take(descriptor, name, patience if wait else 0.0)
        yield
    finally:
        os.close(descriptor)


def _open(folder: Path, name: str) -> int:
    path = folder / f"{name}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        family = DiskFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StateError
        raise family(
            f"The lock file {path} cannot be made: {error.strerror}. Nothing was done; mend the data folder and run"
            " again."
        ) from error


def _take(descriptor: int, name: str, patience: float) -> None:
    ends = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends:
                raise Busy(f"Another process is working on {name!r} right now; try again when it is done.") from None
        time.sleep(_LOOK_AGAIN_SECONDS)
