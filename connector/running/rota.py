"""Who is due: the daemon's sense of time. Pure: it is told what time it is, and never waits, reads or writes.

A tenant is due when its interval has passed since its last cycle began; at the landmarks of its day, which are the
nightly comparison and, while something waits for it, the opening of its sending window; soon after a webhook has named
it; and soon after somebody else was found working on it. Nothing is counted in ticks. After a sleep of the machine a
tenant is due once, however long it was, and after the clock was set back it waits no longer than its interval.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from msgspec import Struct

from connector.dunning.calendar import Calendar, SendingWindow
from state.clock import business_day, next_daily, wall_instant
from state.model import TenantSlug

FIRST_ROUND = timedelta(minutes=1)  # over which a start spreads its tenants
LONGEST_JITTER = timedelta(seconds=30)
JITTER_SHARE = 0.1  # of the interval
NUDGES_APART = timedelta(seconds=10)
TRY_AGAIN = timedelta(seconds=30)  # after somebody else was found working on the tenant
_ONE_DAY = timedelta(days=1)


class Shift(Struct, frozen=True, kw_only=True):
    """What the rota has to know of one tenant. `nightly` and `window` are times on the wall in `zone`."""

    interval: timedelta
    zone: ZoneInfo
    nightly: time
    calendar: Calendar = Calendar()
    window: SendingWindow = SendingWindow()
    waits_for_window: bool = False  # something is to leave as soon as the sending window opens


class _Turn(Struct):
    """Where one tenant stands."""

    shift: Shift
    first_at: datetime  # of a tenant that has not had a turn yet
    number: int = 0  # of turns so far
    began_at: datetime | None = None
    working: bool = False
    nudged_at: datetime | None = None
    again_at: datetime | None = None


class Rota:
    """The tenants and when each is due. Belongs to one thread: the one that beats."""

    def __init__(self, spread: timedelta = FIRST_ROUND) -> None:
        self._spread = spread
        self._turns: dict[TenantSlug, _Turn] = {}

    def attend(self, shifts: Mapping[TenantSlug, Shift], now: datetime) -> None:
        """Look after these tenants and no others. Those that are new have their first turn within the spread."""
        new = sorted(shifts.keys() - self._turns.keys())
        for slug in self._turns.keys() - shifts.keys():
            del self._turns[slug]
        for slug, turn in self._turns.items():
            turn.shift = shifts[slug]
        for position, slug in enumerate(new):
            self._turns[slug] = _Turn(shifts[slug], first_at=now + self._spread * (position / len(new)))

    def nudge(self, slug: TenantSlug, now: datetime) -> None:
        """Something has happened at this tenant's ledger. Tenants that are not attended to stay so."""
        if turn := self._turns.get(slug):
            turn.nudged_at = turn.nudged_at or now

    def due(self, now: datetime) -> list[TenantSlug]:
        """Who should be looked at now, longest overdue first; nobody who is being looked at already."""
        late = [(at, slug) for slug, at in self.agenda(now).items() if at <= now and not self._turns[slug].working]
        return [slug for _, slug in sorted(late)]

    def begin(self, slug: TenantSlug, now: datetime) -> None:
        """Its turn begins."""
        turn = self._turns[slug]
        turn.number += 1
        turn.began_at, turn.working = now, True
        turn.nudged_at = turn.again_at = None

    def end(self, slug: TenantSlug, now: datetime, *, try_again: bool = False) -> None:
        """Its turn is over; `try_again` if somebody else was working on the tenant. It may have left meanwhile."""
        if turn := self._turns.get(slug):
            turn.working = False
            turn.again_at = now + TRY_AGAIN if try_again else None

    def agenda(self, now: datetime) -> dict[TenantSlug, datetime]:
        """When each tenant is due, seen from `now`; one that is at work, when it is due after that."""
        for turn in self._turns.values():
            _believe(now, turn, self._spread)
        return {slug: _due_at(slug, turn) for slug, turn in self._turns.items()}


def _believe(now: datetime, turn: _Turn, spread: timedelta) -> None:
    """Nothing has begun later than now: if it says so, the clock was set back, and the wait counts from here."""
    turn.first_at = min(turn.first_at, now + spread)
    if turn.began_at is not None:
        turn.began_at = min(turn.began_at, now)
    if turn.nudged_at is not None:
        turn.nudged_at = min(turn.nudged_at, now)
    if turn.again_at is not None:
        turn.again_at = min(turn.again_at, now + TRY_AGAIN)


def _due_at(slug: TenantSlug, turn: _Turn) -> datetime:
    began_at, wanted = turn.began_at, []
    if began_at is None:
        wanted.append(turn.first_at)
    else:
        delay = jitter(slug, turn.number, turn.shift.interval)
        wanted += [began_at + turn.shift.interval + delay, next_landmark(turn.shift, began_at) + delay]
    if turn.nudged_at is not None:
        wanted.append(turn.nudged_at if began_at is None else max(turn.nudged_at, began_at + NUDGES_APART))
    if turn.again_at is not None:
        wanted.append(turn.again_at)
    return min(wanted)


def jitter(slug: TenantSlug, number: int, interval: timedelta) -> timedelta:
    """Up to a tenth of the interval and 30 seconds, so that tenants do not ask all at once; the same each time."""
    part = crc32(f"{slug} {number}".encode()) / 2**32
    return min(interval * JITTER_SHARE, LONGEST_JITTER) * part


def next_landmark(shift: Shift, after: datetime) -> datetime:
    """The first instant later than `after` at which something is to be done whatever the interval says."""
    nightly = next_daily(after, shift.nightly, shift.zone)
    return min(nightly, _next_opening(shift, after)) if shift.waits_for_window else nightly


def _next_opening(shift: Shift, after: datetime) -> datetime:
    day = shift.calendar.next_open(business_day(after, shift.zone))
    opening = wall_instant(day, shift.window.opens, shift.zone)
    if opening > after:
        return opening
    return wall_instant(shift.calendar.next_open(day + _ONE_DAY), shift.window.opens, shift.zone)
