"""What the daemon is doing right now, for whoever asks from another thread: /health, /metrics, the watchdog.

Memory of this process only. What must outlive it stands in the registry and in the tenants' own files.
"""

import threading
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from connector.report import CycleReport
from connector.running.totals import Totals
from state.model import TenantSlug


class TenantPulse(Struct, frozen=True, kw_only=True):
    """How one tenant's cycles fare since this process began. Instants are aware UTC, `seconds` of the machine."""

    due_at: datetime | None = None  # None: not planned, such as a parked tenant
    working: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float = 0.0  # how long the last cycle took
    cycles: int = 0
    failures: int = 0  # cycles that ended with a problem, or not at all
    last: CycleReport | None = None
    totals: Totals = Totals()


class Snapshot(Struct, frozen=True, kw_only=True):
    """One look at everything."""

    started_at: datetime
    beat_at: datetime  # when the metronome was last heard
    stopping: bool
    hanging: int = 0  # workers that have given no sign of life for too long
    obstacle: str | None = None  # why no tenant at all can be worked on
    tenants: Mapping[TenantSlug, TenantPulse]


class Pulse:
    """Written by the daemon and its workers, read by anybody; every method may be called from any thread."""

    def __init__(self, now: datetime) -> None:
        self._lock = threading.Lock()
        self._seen = Snapshot(started_at=now, beat_at=now, stopping=False, tenants={})

    def beat(
        self,
        now: datetime,
        due: Mapping[TenantSlug, datetime | None],
        hanging: int = 0,
        obstacle: str | None = None,
    ) -> None:
        """The metronome is alive; these are the tenants it looks after, and when each is due."""
        with self._lock:
            known = self._seen.tenants
            tenants = {slug: replace(known.get(slug, TenantPulse()), due_at=at) for slug, at in due.items()}
            self._seen = replace(self._seen, beat_at=now, hanging=hanging, obstacle=obstacle, tenants=tenants)

    def unable(self, obstacle: str) -> None:
        """A beat found that nobody can be worked on, and why."""
        with self._lock:
            self._seen = replace(self._seen, obstacle=obstacle)

    def started(self, slug: TenantSlug, now: datetime) -> None:
        """A worker has taken up this tenant's cycle."""
        self._change(slug, working=True, started_at=now)

    def ended(self, slug: TenantSlug, now: datetime, seconds: float, report: CycleReport | None) -> None:
        """The cycle is over; `report` is None if it ended in a way that left none."""
        with self._lock:
            before = self._seen.tenants.get(slug, TenantPulse())
            failed = report is None or bool(report.problems)
            after = replace(
                before,
                working=False,
                ended_at=now,
                seconds=seconds,
                cycles=before.cycles + 1,
                failures=before.failures + failed,
                last=report or before.last,
                totals=before.totals.plus(report) if report else before.totals,
            )
            self._seen = replace(self._seen, tenants={**self._seen.tenants, slug: after})

    def stopping(self) -> None:
        """No new cycle begins; those in hand are finished."""
        with self._lock:
            self._seen = replace(self._seen, stopping=True)

    def snapshot(self) -> Snapshot:
        return self._seen

    def _change(self, slug: TenantSlug, **changes: object) -> None:
        with self._lock:
            before = self._seen.tenants.get(slug, TenantPulse())
            self._seen = replace(self._seen, tenants={**self._seen.tenants, slug: replace(before, **changes)})
