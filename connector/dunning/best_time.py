"""A message at the customer's own time: the weekday and hour at which it pays and answers, as far as that is known.

It only chooses among moments at which the message may leave anyway: never before its day, never many business days
after it, never what a deadline, a claim or a broken promise makes urgent. Whether it helps is not taken for granted:
by a lot that any machine draws the same, half of the messages leave at the usual time, for comparison.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256

from msgspec import Struct

from connector.dunning.calendar import Calendar, shift
from connector.dunning.policy import Policy
from connector.dunning.reasons import Action, Outcome, Reason, ReasonCode, Timed, because
from state.habits import OwnTime
from state.ids import ContactId
from state.model import Account, Receivable

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MAIL = ("email", "sms")


class BestTime(Struct, frozen=True):
    """What the policy says of it."""

    most_days: int  # business days that a message may wait for the customer's weekday; 0: only the hour


class _Send(Struct, frozen=True):
    """An invoice that would be asked for today, with its bounds."""

    receivable: Receivable
    outcome: Outcome
    position: int  # of its stage
    free_on: date
    last_on: date


def at_own_time(
    account: Account, outcomes: list[Outcome], policy: Policy, best: BestTime, calendar: Calendar, today: date
) -> list[Outcome]:
    """`outcomes` with what would leave today kept for the customer's own time, or marked to leave at the usual one."""
    own = account.own_time
    sends = list(_sends(account, outcomes, policy, best, calendar))
    if own is None or not sends or len(sends) < sum(outcome.action is Action.SEND for outcome in outcomes):
        return outcomes
    timed = _timed(account.contact_id, sends, own, calendar)
    if timed is None or today > timed.on:
        return outcomes
    return [_marked(each, own, timed, today) if each.action is Action.SEND else each for each in outcomes]


def is_own(contact_id: ContactId, invoice_id: str, stage: str, turn: int) -> bool:
    """Whether the lot gives this stage of this invoice's round the customer's own time; the same for ever."""
    drawn = sha256(f"dun best time {contact_id} {invoice_id} {stage} {turn}".encode()).digest()
    return drawn[0] % 2 == 0


def _sends(
    account: Account, outcomes: list[Outcome], policy: Policy, best: BestTime, calendar: Calendar
) -> Iterator[_Send]:
    """What would leave today and may wait; whatever is missing here makes the whole message leave as it is."""
    for receivable, outcome in zip(account.receivables, outcomes, strict=True):
        if outcome.action is Action.SEND and outcome.free_on is not None and _may_wait(policy, receivable, outcome):
            last = _later(outcome.free_on, best.most_days, calendar)
            yield _Send(
                receivable,
                outcome,
                policy.position(outcome.stage or ""),
                outcome.free_on,
                last if outcome.last_on is None else min(last, outcome.last_on),
            )


def _may_wait(policy: Policy, receivable: Receivable, outcome: Outcome) -> bool:
    """No instalment, no deadline of ours or of a discount, no charges, and nothing on paper or by telephone."""
    if outcome.plan is not None or outcome.stage is None or outcome.channel not in _MAIL or receivable.discount:
        return False
    stage = policy.stage(outcome.stage)
    return stage.deadline_days is None and stage.charges == "none" and not stage.by_decision


def _later(day: date, business_days: int, calendar: Calendar) -> date:
    for _ in range(business_days):
        day = calendar.next_open(shift(day, 1))
    return day


def _timed(contact_id: ContactId, sends: list[_Send], own: OwnTime, calendar: Calendar) -> Timed | None:
    """The time of the one message that tells all of `sends`; None if the usual time is its own."""
    first, last = max(each.free_on for each in sends), min(each.last_on for each in sends)
    on = next((day for day in _open_days(first, last, calendar) if day.weekday() == own.weekday), first)
    courtesies = [each.outcome.last_on for each in sends if each.outcome.last_on is not None]
    hour = None if on >= min(courtesies, default=date.max) else own.hour
    if first > last or (on == first and hour is None):
        return None
    lead = max(sends, key=lambda each: (each.position, -_age(each.receivable)))
    stage, turn = lead.outcome.stage or "", lead.receivable.round
    return Timed(
        own=is_own(contact_id, lead.receivable.invoice_id, stage, turn),
        invoice_id=lead.receivable.invoice_id,
        stage=stage,
        round=turn,
        free_on=first,
        on=on,
        weekday=own.weekday if on.weekday() == own.weekday else None,
        hour=hour,
        zone=own.zone,
    )


def _open_days(first: date, last: date, calendar: Calendar) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day = calendar.next_open(shift(day, 1))


def _age(receivable: Receivable) -> int:
    return receivable.due_on.toordinal() if receivable.due_on is not None else 0


def _marked(outcome: Outcome, own: OwnTime, timed: Timed, today: date) -> Outcome:
    """With what is done about the customer's own time, and why."""
    if own.given_up:
        return replace(outcome, reasons=(*outcome.reasons, _reason(ReasonCode.OWN_TIME_GIVEN_UP, own, timed)))
    reason = _reason(ReasonCode.OWN_TIME if timed.own else ReasonCode.USUAL_TIME, own, timed)
    if timed.own and timed.on > today:
        reasons = (reason, *outcome.reasons[1:])
        return replace(outcome, action=Action.WAIT, reasons=reasons, next_on=timed.on, timed=timed)
    return replace(outcome, reasons=(*outcome.reasons, reason), timed=timed)


def _reason(code: ReasonCode, own: OwnTime, timed: Timed) -> Reason:
    weekday = {} if timed.weekday is None else {"on_weekday": own.on_weekday, "days": own.days}
    hour = {} if timed.hour is None else {"hour": timed.hour, "in_hour": own.in_hour, "answers": own.answers}
    return because(
        code,
        on=timed.on,
        weekday=None if timed.weekday is None else WEEKDAYS[timed.weekday],
        given_up=own.given_up or None,
        **weekday,
        **hour,
    )
