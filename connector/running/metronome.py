"""Beats in the machine's own time, whatever is done to its clock.

APScheduler reckons in the time on the wall. After the clock was set back by two hours its next beat would be two hours
off, and after it was set forward by a month its own interval would count three million missed beats one by one.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger


class Beats(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Once more so many seconds from now, for ever; what was missed is not made up for."""

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self._interval


def put_right(scheduler: BackgroundScheduler, seconds: float) -> None:
    """Begin at once what seems to lie more than `seconds` ahead: nothing is ever planned so far, so the clock moved."""
    now = datetime.now(scheduler.timezone)
    for job in scheduler.get_jobs():
        if job.next_run_time is not None and job.next_run_time - now > timedelta(seconds=seconds):
            with suppress(JobLookupError):  # it has begun meanwhile
                job.modify(next_run_time=now)
