"""Which calls may be made now: Dun keeps the services' limits by itself instead of meeting them.

Before each call the budget is asked. It waits a little on the injected clock where a minute is full, and refuses where
a day or a month runs short: what is left is for the live checks and notes of today's reminders, polling comes last.
Counts live in `state.budgets`, so that the cycle before this one and the process beside it are known.
"""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from connectors.ledger import RetryLater
from connectors.places import place
from state.budget_marks import Need, Pause
from state.budgets import Budgets, Call, Lane
from state.clock import Clock

Purpose = Literal["pull", "compare", "verify", "note", "enclosure", "connect", "other"]

FLOOR = 20  # calls that polling never touches: retries, a person at the terminal, notes looked for before written
ONE_LOOK, SEEN_WITHIN = 10, timedelta(hours=12)  # calls that polling has at least, whatever is kept from it
PATIENCE = timedelta(seconds=90)  # a longer wait is the caller's decision
TURNS = 20  # how often a call steps back for those of other processes
MONTH_KEPT = 20  # one in so many of the month's reads is not for polling
DAY, MINUTE = timedelta(hours=24), timedelta(minutes=1)
MONTH, CARRIER = "month", "carrier"  # kinds of pauses that others than `admit` judge
_OTHERS = frozenset({MONTH, CARRIER})


class OutOfBudget(RetryLater):
    """Not the service but Dun says no: what is left is kept for something more important."""


class Left(Struct, frozen=True):
    """Calls left of the day. `told`: the service said so; otherwise it is the configured allowance less our count."""

    calls: int
    ends_by: datetime
    told: bool


class CallBudget:
    """The calls one company may still be asked, over all processes of this data folder. Belongs to one thread.

    `owner` is the company, `app` the registered app that all its companies share. Without `daily_calls` no day is
    kept, without `monthly_reads` no month.
    """

    def __init__(
        self,
        budgets: Budgets,
        clock: Clock,
        *,
        owner: str,
        app: str,
        daily_calls: int | None = None,
        monthly_reads: int | None = None,
    ) -> None:
        self.owner = owner
        self.app = app
        self.budgets = budgets
        self.marks = budgets.marks
        self._clock = clock
        self._daily_calls = daily_calls
        self.monthly_reads = monthly_reads

    @property
    def keeps_days(self) -> bool:
        """Whether the service has a daily limit at all."""
        return self._daily_calls is not None

    def admit(self, purpose: Purpose, lanes: tuple[Lane, ...], *, metered: bool = False) -> datetime:
        """Wait until the call may be made, and count it; the instant it was admitted.

        Raises RetryLater while a limit is known to be reached, OutOfBudget if the rest is kept for something else.
        """
        call = Call(self.owner, self.app, purpose, metered, lanes)
        for _ in range(TURNS):
            now = self._clock.now()
            wait = self._closed_for(now)
            if not wait:
                self._keep_reserve(purpose, now, metered=metered)
                wait = self.budgets.take(call, now)
            if not wait:
                return now
            self._clock.sleep(wait.total_seconds())
        raise RetryLater("others use up the calls of every minute", after=MINUTE, limit="minute")

    def place(self) -> AbstractContextManager[None]:
        """Held while a call is under way, where the service limits how many are. Raises RetryLater."""
        path = self.budgets.path
        return place(path and path.parent / "locks", self.owner)

    def told(self, at: datetime, *, day: int | None, minute: int | None, app_minute: int | None) -> None:
        """Keep what the service's answer said is left."""
        windows = ((self.owner, "day", day, DAY), (self.owner, "minute", minute, MINUTE))
        for owner, window, left, lasts in (*windows, (self.app, "minute", app_minute, MINUTE)):
            if left is not None:
                self.marks.hear(owner, window, left, at, lasts)

    def refused(self, error: RetryLater) -> None:
        """Remember how long the service wants to be left alone, and by whom."""
        if error.after:
            now = self._clock.now()
            owner = self.app if error.limit == "app" else self.owner
            self.marks.pause(owner, error.limit, now, now + error.after)

    def left_today(self, now: datetime) -> Left | None:
        """What is left of the day, None if no day is kept."""
        if self._daily_calls is None:
            return None
        heard = self.marks.heard(self.owner, "day")
        if heard is not None and now < heard.ends_by and heard.at <= now:
            return Left(heard.left, heard.ends_by, told=True)
        since = heard.ends_by if heard is not None and heard.ends_by <= now else now - DAY
        since = max(since, now - DAY)
        spent = sum(row.calls for row in self.budgets.in_hours(self.owner, since, now))
        return Left(max(self._daily_calls - spent, 0), since + DAY, told=False)

    def left_this_month(self, now: datetime) -> int | None:
        """Metered reads of the app that are left, None if no month is kept."""
        if self.monthly_reads is None:
            return None
        return max(self.monthly_reads - sum(row.metered for row in self.budgets.in_month(self.app, now)), 0)

    @property
    def month_kept(self) -> int:
        """Metered reads of the month that are not for polling."""
        return (self.monthly_reads or 0) // MONTH_KEPT

    def kept_from(self, purpose: Purpose, now: datetime) -> int:
        """Calls of the day that `purpose` must leave for others."""
        need = self.marks.need(self.owner, now)
        if purpose in ("pull", "compare"):
            return need.total + FLOOR
        return need.owed if purpose in ("enclosure", "verify") else 0

    def keep_back(self, need: Need) -> None:
        """What today's reminders still need; replaces what was kept back before."""
        self.marks.keep_back(self.owner, need, self._clock.now())

    def shortage(self, need: Need, now: datetime) -> OutOfBudget | None:
        """What would be in the way of making all these calls today; None if nothing is."""
        left = self.left_today(now)
        if left is None or left.calls >= need.total:
            return None
        return _out_of_day(left, "the rest is kept for notes", now)

    def pause(self, kind: str, now: datetime) -> Pause | None:
        """The pause of that kind, of this company or its app, if it is not over."""
        return next((one for one in self.pauses(now) if one.kind == kind), None)

    def pauses(self, now: datetime) -> list[Pause]:
        """Those of this company and its app that are not over."""
        return [one for one in self.marks.pauses(self.owner, self.app) if _remaining(one, now)]

    def failures(self, kind: str) -> int:
        """How often in a row the pause of that kind was made, over or not."""
        return next((one.times for one in self.marks.pauses(self.owner, self.app) if one.kind == kind), 0)

    def _closed_for(self, now: datetime) -> timedelta:
        """How long to wait before asking at all. Raises RetryLater if that is longer than anybody's patience."""
        longest = timedelta(0)
        for pause in self.pauses(now):
            remaining = _remaining(pause, now)
            if pause.kind in _OTHERS:
                continue
            if remaining > PATIENCE:
                raise RetryLater(_closed(pause), after=remaining, limit=pause.kind)
            longest = max(longest, remaining)
        return max(longest, self._minute_over(now))

    def _minute_over(self, now: datetime) -> timedelta:
        """How long the service's own minute lasts, if the service said that none of its calls is left."""
        if self._daily_calls is None:
            return timedelta(0)
        waits = [timedelta(0)]
        for owner in (self.owner, self.app):
            heard = self.marks.heard(owner, "minute")
            if (
                heard is not None and heard.left == 0 and heard.at <= now
            ):  # else the clock was set back: ask, do not wait
                waits.append(min(heard.at + MINUTE - now, MINUTE))  # its window ends nobody knows when until then
        return max(waits)

    def _keep_reserve(self, purpose: Purpose, now: datetime, *, metered: bool) -> None:
        left, kept = self.left_today(now), self.kept_from(purpose, now)
        if left is not None and left.calls <= kept and not (purpose == "pull" and self._owes_a_look(left, now)):
            words = f"the last {kept} are kept for today's reminders" if kept else "nothing is left"
            raise _out_of_day(left, words, now)
        if metered and self.monthly_reads is not None:
            self._keep_month(purpose, now)

    def _owes_a_look(self, left: Left, now: datetime) -> bool:
        """Where more is due than days have calls, the books must be seen all the same: now and then, at their cost.

        What has left and is not noted yet comes first even then.
        """
        if left.calls <= self.marks.need(self.owner, now).owed + FLOOR:
            return False
        spent = self.budgets.in_hours(self.owner, now - SEEN_WITHIN, now)
        return sum(row.calls for row in spent if row.purpose == "pull") < ONE_LOOK

    def _keep_month(self, purpose: Purpose, now: datetime) -> None:
        left = self.left_this_month(now) or 0
        kept = self.month_kept if purpose in ("pull", "compare") else 0
        if left <= kept:
            words = "the month's reads of the Intuit app are used up" if not kept else "the rest is for live checks"
            raise OutOfBudget(
                f"{left:,} reads are left of the month ([quickbooks] monthly_reads): {words}",
                after=month_end(now) - now,
                limit=MONTH,
            )


def month_end(now: datetime) -> datetime:
    """The first instant of the next month, UTC."""
    return (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)


def _remaining(pause: Pause, now: datetime) -> timedelta:
    """Zero also when the clock was set back to before the pause: ask rather than wait for the clock."""
    if pause.until is None or now < pause.since:
        return timedelta(0)
    return max(pause.until - now, timedelta(0))


def _closed(pause: Pause) -> str:
    return f"the ledger's limit of calls is reached ({pause.kind}) until {pause.until:%Y-%m-%d %H:%M} UTC"


def _out_of_day(left: Left, words: str, now: datetime) -> OutOfBudget:
    return OutOfBudget(
        f"{left.calls} calls are left of the day: {words}; goes on at {left.ends_by:%Y-%m-%d %H:%M} UTC at the latest",
        after=max(left.ends_by - now, timedelta(0)),
        limit="day",
    )
