"""What a payment plan asks for today: each instalment is chased by its own date, once, and then the plan is broken.

An instalment's reminder names every open invoice of the plan, so that each of them is read live before it leaves: money
that came in for any of them is money for the plan. Its stage is called after the instalment, `instalment-2`; where an
earlier plan has used that name up for the invoice, after its plan as well, `instalment-2-plan-7`.
"""

import re
from datetime import date

from connector.dunning.agreements import PlanPosition
from connector.dunning.calendar import Calendar, shift
from connector.dunning.channels import Reach, channel_for, shut
from connector.dunning.policy import Channel, Policy, Stage
from connector.dunning.reasons import Action, Outcome, ReasonCode, because
from state.agreed import Instalment, Plan
from state.model import Account, ReminderState, StageProgress

INSTALMENT_REMINDER = Stage("instalment", 0, "instalment", channels=("email", "letter", "call"))
_NAME = re.compile(r"instalment-\d+(-plan-\d+)?")
_PASSED = frozenset((ReminderState.SENT, ReminderState.NOTED, ReminderState.SKIPPED))


def is_instalment(stage: str | None) -> bool:
    """Whether a stage is the reminder of an instalment."""
    return stage is not None and _NAME.fullmatch(stage) is not None


def instalment_stage(plan: Plan, part: Instalment, progress: tuple[StageProgress, ...]) -> str:
    """What the reminder of `part` is called. It goes after the day of `part`; what went before was of another plan."""
    name = f"instalment-{part.number}"
    used = any(step.stage == name and step.sent_on is not None and step.sent_on <= part.due_on for step in progress)
    return f"{name}-plan-{plan.id}" if used else name


def plan_step(
    standing: PlanPosition,
    progress: tuple[StageProgress, ...],
    account: Account,
    policy: Policy,
    calendar: Calendar,
    contacted_on: date | None,
    reached_by: Reach,
    today: date,
    preferred: str | None = None,
) -> Outcome | None:
    """What follows from a plan for one of its invoices; None if the plan is broken and the sequence goes on."""
    part = standing.instalment
    if standing.broken:
        return _broken(standing, policy)
    if part is None or part.due_on >= today:
        day = shift(part.due_on, 1) if part is not None else shift(today, 1)
        return Outcome(Action.WAIT, (because(ReasonCode.PLAN_KEPT, on=day),), next_on=day)
    credit_minor = account.credits.get(standing.plan.currency, 0)
    if _is_covered(standing, credit_minor, policy):
        return _covered(standing, credit_minor)
    name = instalment_stage(standing.plan, part, progress)
    if any(step.stage == name and step.state in _PASSED for step in progress):
        day = shift(part.due_on, policy.plan_tolerance_days + 1)
        return Outcome(Action.WAIT, (because(ReasonCode.INSTALMENT_REMINDED, stage=name, on=day),), next_on=day)
    channel = channel_for(INSTALMENT_REMINDER, reached_by, preferred)
    if channel is None:
        return _unreached(name, account)
    return _reminder(standing, part, name, policy, calendar, contacted_on, channel, today)


def broken_on(standing: PlanPosition, policy: Policy) -> date | None:
    """The last day on which the oldest unpaid instalment could still have been paid."""
    return shift(standing.instalment.due_on, policy.plan_tolerance_days) if standing.instalment else None


def _is_covered(standing: PlanPosition, credit_minor: int, policy: Policy) -> bool:
    if policy.credit == "ignore" or credit_minor <= 0:
        return False
    return policy.credit == "hold" or standing.outstanding_minor - credit_minor <= policy.tolerance.of(
        standing.plan.currency
    )


def _broken(standing: PlanPosition, policy: Policy) -> Outcome | None:
    if policy.plan_broken == "resume":
        return None
    on = broken_on(standing, policy)
    return Outcome(Action.ASK_PERSON, (because(ReasonCode.PLAN_BROKEN, on=on),))


def _covered(standing: PlanPosition, credit_minor: int) -> Outcome:
    reason = because(
        ReasonCode.COVERED_BY_CREDIT,
        credit_minor=credit_minor,
        amount_minor=standing.outstanding_minor,
        currency=standing.plan.currency,
    )
    return Outcome(Action.ASK_PERSON, (reason,))


def _unreached(name: str, account: Account) -> Outcome:
    ways = INSTALMENT_REMINDER.channels
    reason = because(ReasonCode.NO_CHANNEL, stage=name, channels=", ".join(ways), **shut(ways, account))
    return Outcome(Action.ASK_PERSON, (reason,), name)


def _reminder(
    standing: PlanPosition,
    part: Instalment,
    name: str,
    policy: Policy,
    calendar: Calendar,
    contacted_on: date | None,
    channel: Channel,
    today: date,
) -> Outcome:
    gap_ends = shift(contacted_on, policy.minimum_gap_days) if contacted_on is not None else today
    goes_on = calendar.next_open(max(today, gap_ends))
    reason = because(ReasonCode.INSTALMENT_DUE, stage=name, due_on=part.due_on)
    if goes_on == today:
        return Outcome(Action.SEND, (reason,), name, today, chaseable=True, channel=channel, plan=standing)
    waits = [reason]
    if gap_ends > today and contacted_on is not None:
        waits.insert(0, because(ReasonCode.MINIMUM_GAP, last_contacted_on=contacted_on, until=gap_ends))
    if goes_on > max(gap_ends, today):
        waits.insert(0, because(ReasonCode.CLOSED_DAY, until=goes_on))
    return Outcome(Action.WAIT, tuple(waits), name, goes_on, chaseable=True, channel=channel)
