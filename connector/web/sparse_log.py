"""Log lines that strangers can cause: one a minute of each kind, with the number of those that were left out.

Whoever can reach the port could otherwise fill the disk with them.
"""

from collections import Counter
from collections.abc import Callable

import structlog

INTERVAL_SECONDS = 60.0

log = structlog.get_logger()


class SparseLog:
    """`seconds` tells a time that never goes back. Belongs to one thread."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._last: dict[tuple[str, ...], float] = {}
        self._left_out: Counter[tuple[str, ...]] = Counter()

    def warn(self, event: str, **details: str) -> None:
        """Say it, unless the same was said within INTERVAL_SECONDS. `details` come from us, never from the caller."""
        kind = (event, *details.values())
        now = self._seconds()
        if now - self._last.get(kind, -INTERVAL_SECONDS) < INTERVAL_SECONDS:
            self._left_out[kind] += 1
            return
        self._last[kind] = now
        log.warning(event, **details, left_out=self._left_out.pop(kind, 0))
