"""Xero's limits per organisation and app, counted in the sandbox's virtual time.

Windows are fixed, not sliding, and every organisation's begin at their own second; nothing but the headers tells when.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from starlette.responses import Response

from connectors.sandbox.world import World
from connectors.sandbox.xero import errors
from connectors.sandbox.xero.wire import EPOCH

_MINUTE = 60
_DAY = 86_400


@dataclass(slots=True)
class Window:
    """Calls since the window began; `begin` is its number, counted from the epoch."""

    seconds: int
    offset: int
    begin: int = -1
    used: int = 0

    def roll(self, now: int) -> None:
        current = (now - self.offset) // self.seconds
        if current != self.begin:
            self.begin, self.used = current, 0

    def ends_in(self, now: int) -> int:
        return self.seconds - (now - self.offset) % self.seconds


@dataclass(slots=True)
class Limits:
    """What has been used of each allowance, and the verdict on one call more."""

    world: World
    windows: dict[tuple[str, str], Window] = field(default_factory=dict)
    in_flight: Counter[str] = field(default_factory=Counter)

    def enter_app(self, client: str) -> tuple[dict[str, str], Response | None]:
        """Count a call of the app; gives its header, and a 429 if the app has none left."""
        window, now = self._window("app", client, _MINUTE, 0)
        allowed = self._allowed("app_minute", 10_000)
        if self.world.rate_limits and window.used >= allowed:
            headers = {"x-appminlimit-remaining": "0"}
            return headers, errors.limited("appminute", headers, window.ends_in(now))
        window.used += 1
        return {"x-appminlimit-remaining": str(max(0, allowed - window.used))}, None

    def enter_tenant(self, tenant: str) -> tuple[dict[str, str], Response | None]:
        """Count a call to the organisation; gives its headers, and a 429 if a limit is reached."""
        offset = int(tenant[:8], 16)
        minute, now = self._window("minute", tenant, _MINUTE, offset)
        day, _ = self._window("day", tenant, _DAY, offset)
        minute_limit, day_limit = self._allowed("minute", 60), self._allowed("day", 1_000)
        refusal = self._problem(tenant, minute, day)
        if refusal is None:
            minute.used += 1
            day.used += 1
        headers = {
            "x-daylimit-remaining": str(max(0, day_limit - day.used)),
            "x-minlimit-remaining": str(max(0, minute_limit - minute.used)),
        }
        if refusal is None:
            return headers, None
        waits = {"day": day.ends_in(now), "minute": minute.ends_in(now)}
        return headers, errors.limited(refusal, headers, waits.get(refusal))

    def _problem(self, tenant: str, minute: Window, day: Window) -> str | None:
        if not self.world.rate_limits:
            return None
        if self.in_flight[tenant] >= self._allowed("concurrent", 5):
            return "concurrent"
        if day.used >= self._allowed("day", 1_000):
            return "day"
        return "minute" if minute.used >= self._allowed("minute", 60) else None

    def _window(self, kind: str, owner: str, seconds: int, offset: int) -> tuple[Window, int]:
        now = _whole_seconds(self.world.clock.now())
        window = self.windows.setdefault((kind, owner), Window(seconds, offset % seconds))
        window.roll(now)
        return window, now

    def _allowed(self, kind: str, default: int) -> int:
        return int(self.world.switch(f"xero.{kind}_limit", str(default)))


def _whole_seconds(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds())
