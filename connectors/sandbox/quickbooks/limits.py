"""How often the service may be asked before it says 429.

Minutes and months are counted on the world's clock, so that sixty days in two minutes meet the limits sixty real days
would. The ten-per-second limit cannot be: on a frozen clock the second never ends, on a racing one it means nothing.
It is counted in real time, and only when a test asks for it.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.sandbox.world import World

_MINUTE = timedelta(minutes=1)


class Limits:
    """Counts calls per realm and, for batches, per realm and app. All switches are read at each call."""

    def __init__(self, world: World, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.world = world
        self.monotonic = monotonic
        self._calls: dict[str, deque[datetime]] = defaultdict(deque)
        self._batches: dict[str, deque[datetime]] = defaultdict(deque)
        self._seconds: dict[str, deque[float]] = defaultdict(deque)
        self._months: Counter[str] = Counter()

    def refusal(self, realm: str, client: str, *, batch: bool, metered: int) -> str | None:
        """The limit that refuses this call: 'month', 'second', 'minute' or 'batch'. A refused call is not counted."""
        if not self.world.rate_limits:
            return None
        if self._month_used(metered) > self._limit("month_quota", 500_000):
            return "month"
        if self._too_fast(f"{realm}/{client}"):
            return "second"
        windows = {"minute": (self._calls[realm], self._limit("per_minute", 500))}
        if batch:
            windows["batch"] = (self._batches[f"{realm}/{client}"], self._limit("batches_per_minute", 40))
        now = self.world.clock.now()
        for name, (window, limit) in windows.items():
            if self._full(window, limit, now):
                return name
        for window, _ in windows.values():
            window.append(now)
        self._months[self._month()] += metered
        return None

    def _month_used(self, metered: int) -> int:
        return self._months[self._month()] + metered if metered else 0

    def _month(self) -> str:
        return self.world.clock.now().strftime("%Y-%m")

    def _too_fast(self, who: str) -> bool:
        limit = self._limit("per_second", 0)
        if not limit:
            return False
        now, recent = self.monotonic(), self._seconds[who]
        while recent and now - recent[0] >= 1:
            recent.popleft()
        if len(recent) >= limit:
            return True
        recent.append(now)
        return False

    def _full(self, window: deque[datetime], limit: int, now: datetime) -> bool:
        while window and now - window[0] >= _MINUTE:
            window.popleft()
        return len(window) >= limit

    def _limit(self, name: str, default: int) -> int:
        return int(self.world.switch(f"quickbooks.{name}", str(default)))

    def kind_of(self, limit: str) -> str:
        """How the service tells that a limit is reached."""
        if limit == "month":
            return "429_month"
        return "429" if self.world.switch("quickbooks.throttle_shape", "xml") == "json" else "429_xml"
