"""A carrier that cannot be reached is left alone for a while, before anything is read for messages it will not take.

Each attempt begins with a live read, and a ledger's calls are counted by the day: a mail server that is down overnight
would empty it. The first rest is a quarter of an hour, each further one twice as long, two hours at most.
"""

from datetime import timedelta

from connector.gates import keep_waiting
from connector.report import CycleReport, Problem
from connector.tenant import Tenant
from connectors.budget import CARRIER
from state.model import Reminder

FIRST_REST = timedelta(minutes=15)
LONGEST_REST = timedelta(hours=2)


def rests(tenant: Tenant, ready: list[Reminder], report: CycleReport) -> bool:
    """Whether the carrier is still left alone; `ready` then waits, with the reason."""
    budget = tenant.meter.budget
    pause = budget.pause(CARRIER, tenant.clock.now()) if budget and ready else None
    if pause is None:
        return False
    keep_waiting(tenant, ready, "channel_unreachable", report)
    words = f"{tenant.channel.name} could not be reached; the next attempt is made at {pause.until:%H:%M} UTC"
    report.problems.append(Problem("carrier_rests", words))
    return True


def rest(tenant: Tenant) -> None:
    """It could not be reached: leave it alone, longer than the last time."""
    budget = tenant.meter.budget
    if budget is not None:
        times = budget.failures(CARRIER) + 1
        now = tenant.clock.now()
        length = min(FIRST_REST * 2 ** min(times - 1, 8), LONGEST_REST)
        budget.marks.pause(budget.owner, CARRIER, now, now + length, times)


def recovered(tenant: Tenant) -> None:
    """It has taken a message."""
    if tenant.meter.budget is not None:
        tenant.meter.budget.marks.resume(tenant.meter.budget.owner, CARRIER)
