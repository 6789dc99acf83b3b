"""Whether the daemon lives (/health) and whether it may be relied on (/ready), for supervisors. Nothing of a client."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from starlette.responses import JSONResponse

from connector.running.pulse import Snapshot

LATEST_BEAT_SECONDS = 120  # a metronome that was silent for so long has stopped


def beat_age(seen: Snapshot, now: datetime) -> float:
    """Seconds since the metronome was heard; 0 if the clock has been set back."""
    return max((now - seen.beat_at).total_seconds(), 0.0)


def alive(seen: Snapshot, now: datetime) -> bool:
    """Whether the metronome was heard lately."""
    return beat_age(seen, now) <= LATEST_BEAT_SECONDS


def health(seen: Snapshot, now: datetime) -> JSONResponse:
    """200 while the metronome beats and cycles end, else 503: then only a restart helps."""
    living = alive(seen, now)
    due = min((tenant.due_at for tenant in seen.tenants.values() if tenant.due_at), default=None)
    body = {
        "status": ("cycle hangs" if seen.hanging else "ok") if living else "no beat",
        "beat_at": seen.beat_at.isoformat(),
        "beat_age_seconds": round(beat_age(seen, now), 3),
        "up_seconds": round(max((now - seen.started_at).total_seconds(), 0.0), 3),
        "tenants": len(seen.tenants),
        "working": sum(tenant.working for tenant in seen.tenants.values()),
        "next_due_at": due.isoformat() if due else None,
        "stopping": seen.stopping,
    }
    return JSONResponse(body, 200 if living and not seen.hanging else 503)


def ready(seen: Snapshot, now: datetime, data: Path) -> JSONResponse:
    """200 if cycles can run now, else 503 with the reasons."""
    because = list(_obstacles(seen, now, data))
    return JSONResponse({"status": "not ready" if because else "ready", "because": because}, 503 if because else 200)


def _obstacles(seen: Snapshot, now: datetime, data: Path) -> Iterator[str]:
    if seen.stopping:
        yield "Dun is stopping"
    if not alive(seen, now):
        yield "the daemon's metronome has stopped"
    if not data.is_dir() or not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield "the data folder cannot be read and written"
    if seen.obstacle:
        yield f"nobody can be worked on: {seen.obstacle}"
