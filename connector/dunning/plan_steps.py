"""What a payment plan asks for today: each instalment is chased by its own date, once, and then the plan is broken.

An instalment's reminder names every open invoice of the plan, so that each of them is read live before it leaves: money
that came in for any of them is money for the plan. Its stage is called after the instalment, `instalment-2`; where an
earlier plan has used that name up for the invoice, after its plan as well, `instalment-2-plan-7`.

A plan breaks when the last day of its oldest unpaid instalment is over (`reckoned`): nobody loses a plan because the
firm asked late, and no plan waits for a reminder that will not come.
"""

import re
from collections.abc import Iterable
from datetime import date

from msgspec import structs

from connector.dunning.agreements import PlanPosition
from connector.dunning.calendar import Calendar, shift
from connector.dunning.channels import Reach, channel_for, shut
from connector.dunning.policy import Channel, Policy, Stage
from connector.dunning.reasons import Action, Outcome, ReasonCode, because
from state.agreed import Instalment, Plan, PlanState
from state.model import Account, Receivable, ReminderState, StageProgress

INSTALMENT_REMINDER = Stage("instalment", 0, "instalment", channels=("email", "letter", "call"))
_NAME = re.compile(r"instalment-\d+(-plan-\d+)?")
_LEFT = frozenset((ReminderState.SENT, ReminderState.NOTED))
_PASSED = _LEFT | {ReminderState.SKIPPED}
_OVER = _PASSED | {ReminderState.UNKNOWN, ReminderState.FAILED}  # none of these leaves by itself


def is_instalment(stage: str | None) -> bool:
    """Whether a stage is the reminder of an instalment."""
    return stage is not None and _NAME.fullmatch(stage) is not None


def instalment_stage(plan: Plan, part: Instalment, progress: tuple[StageProgress, ...]) -> str:
    """What the reminder of `part` is called. It goes after the day of `part`; what went before was of another plan."""
    name = f"instalment-{part.number}"
    used = any(step.stage == name and step.sent_on is not None and step.sent_on <= part.due_on for step in progress)
    return f"{name}-plan-{plan.id}" if used else name


def may_leave(
    standing: PlanPosition, receivable: Receivable, account: Account, policy: Policy, reached_by: Reach
) -> bool:
    """Whether the reminder of the oldest unpaid instalment has not left for this invoice of the plan, and could."""
    part = standing.instalment
    if part is None or standing.plan.state is not PlanState.ACTIVE:
        return False
    name = instalment_stage(standing.plan, part, receivable.progress)
    return (
        not any(step.stage == name and step.state in _OVER for step in receivable.progress)
        and channel_for(INSTALMENT_REMINDER, reached_by) is not None
        and not _is_covered(standing, account.credits.get(standing.plan.currency, 0), policy)
    )


def left_on(standing: PlanPosition, receivables: Iterable[Receivable]) -> date | None:
    """The day on which the reminder of the oldest unpaid instalment left, the last one where it left in parts."""
    part = standing.instalment
    if part is None:
        return None
    days = (
        step.sent_on
        for receivable in receivables
        for name in (instalment_stage(standing.plan, part, receivable.progress),)
        for step in receivable.progress
        if step.stage == name and step.state in _LEFT and step.sent_on is not None
    )
    return max(days, default=None)


def reckoned(
    standing: PlanPosition, reminded_on: date | None, policy: Policy, calendar: Calendar, today: date, *, waits: bool
) -> PlanPosition:
    """`standing` with the last day of its oldest unpaid instalment, and whether that breaks the plan.

    That day is the tolerance after the instalment's own; where it was reminded of, also the tolerance after the
    reminder left, and an open day after that. While the reminder `waits` to leave there is no such day yet.
    """
    part = standing.unmet or standing.instalment
    if part is None or (waits and reminded_on is None):
        return standing
    last_day = shift(part.due_on, policy.plan_tolerance_days)
    if reminded_on is not None:
        answered = calendar.next_open(shift(reminded_on, 1))
        last_day = max(last_day, shift(reminded_on, policy.plan_tolerance_days), answered)
    over = standing.unmet is not None and last_day < today
    return structs.replace(standing, last_day=last_day, broken=standing.broken or over)


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
        day = shift(standing.last_day or today, 1)
        return Outcome(Action.WAIT, (because(ReasonCode.INSTALMENT_REMINDED, stage=name, on=day),), next_on=day)
    channel = channel_for(INSTALMENT_REMINDER, reached_by, preferred)
    if channel is None:
        return _unreached(name, account)
    return _reminder(standing, part, name, policy, calendar, contacted_on, channel, today)


def _is_covered(standing: PlanPosition, credit_minor: int, policy: Policy) -> bool:
    if policy.credit == "ignore" or credit_minor <= 0:
        return False
    return policy.credit == "hold" or standing.outstanding_minor - credit_minor <= policy.tolerance.of(
        standing.plan.currency
    )


def _broken(standing: PlanPosition, policy: Policy) -> Outcome | None:
    if policy.plan_broken == "resume":
        return None
    return Outcome(Action.ASK_PERSON, (because(ReasonCode.PLAN_BROKEN, on=standing.last_day),))


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
    would_break_after = shift(part.due_on, policy.plan_tolerance_days)
    waits_since = would_break_after if would_break_after < today and standing.last_day is None else None
    reason = because(ReasonCode.INSTALMENT_DUE, stage=name, due_on=part.due_on, waits_since=waits_since)
    if goes_on == today:
        return Outcome(Action.SEND, (reason,), name, today, chaseable=True, channel=channel, plan=standing)
    waits = [reason]
    if gap_ends > today and contacted_on is not None:
        waits.insert(0, because(ReasonCode.MINIMUM_GAP, last_contacted_on=contacted_on, until=gap_ends))
    if goes_on > max(gap_ends, today):
        waits.insert(0, because(ReasonCode.CLOSED_DAY, until=goes_on))
    return Outcome(Action.WAIT, tuple(waits), name, goes_on, chaseable=True, channel=channel)
