"""Where one invoice stands in its sequence, and on which day its next stage goes.

Three rules make a first connection and an outage harmless. Stages go in order, one at a time. Each keeps at least the
sequence's own distance to the stage sent before it. A stage before the due date is a courtesy: missed, it is dropped.
"""

from datetime import date
from itertools import zip_longest

from msgspec import Struct

from connector.dunning.calendar import Calendar, shift
from connector.dunning.policy import Policy, Stage
from connector.dunning.reasons import Action, Outcome, Reason, ReasonCode, because
from state.model import ReminderState, StageProgress

# A skipped reminder was not sent, but its row stands: the same stage cannot be planned twice in a round. It counts as
# passed, because the other reading (wait for it) would end the sequence in silence at the first refused approval.
_PASSED = frozenset((ReminderState.SENT, ReminderState.NOTED, ReminderState.SKIPPED))


class _LastSent(Struct, frozen=True):
    stage: Stage
    on: date


class Sequence:
    """The policy applied to one day: answers for any due date and progress."""

    def __init__(self, policy: Policy, calendar: Calendar, today: date) -> None:
        self._policy = policy
        self._calendar = calendar
        self._today = today

    def next_step(
        self,
        stages: tuple[Stage, ...],
        due_on: date | None,
        progress: tuple[StageProgress, ...],
        last_contacted_on: date | None,
    ) -> Outcome:
        """What the sequence asks for today; `stages` are those this invoice goes through."""
        if due_on is None:
            return Outcome(Action.ASK_PERSON, (because(ReasonCode.NO_DUE_DATE),))
        last = self._last_sent(progress)
        remaining = _remaining(stages, progress, self._policy)
        for stage, following in zip_longest(remaining, remaining[1:]):
            bounds = self._bounds(stage, due_on, last, last_contacted_on)
            goes_on = self._calendar.next_open(max(self._today, *(day for day, _ in bounds)))
            if not self._missed(stage, following, due_on, goes_on):
                return self._outcome(stage, due_on, goes_on, bounds)
        return self._handover(due_on, last)

    def _missed(self, stage: Stage, following: Stage | None, due_on: date, goes_on: date) -> bool:
        """Whether a courtesy could only go on the due date or later, or when the next courtesy is already due."""
        if not stage.before_due:
            return False
        if following is not None and following.before_due and goes_on >= self._first_day(following, due_on):
            return True
        return goes_on >= due_on

    def _last_sent(self, progress: tuple[StageProgress, ...]) -> _LastSent | None:
        """The latest message of this round whose stage the policy still knows."""
        stages = {stage.name: stage for stage in self._policy.stages}
        sent = [
            _LastSent(stages[step.stage], step.sent_on)
            for step in progress
            if step.sent_on is not None and step.stage in stages
        ]
        return max(sent, key=lambda last: last.on, default=None)

    def _bounds(
        self, stage: Stage, due_on: date, last: _LastSent | None, last_contacted_on: date | None
    ) -> list[tuple[date, Reason]]:
        """The days before which the stage must not go, each with the reason."""
        first = self._first_day(stage, due_on)
        bounds = [(first, because(ReasonCode.STAGE_NOT_DUE, stage=stage.name, on=first))]
        if last is not None:
            day = shift(last.on, stage.offset_days - last.stage.offset_days)
            reason = because(
                ReasonCode.KEEPS_DISTANCE, stage=stage.name, after=last.stage.name, sent_on=last.on, on=day
            )
            bounds.append((day, reason))
        if last_contacted_on is not None:
            day = shift(last_contacted_on, self._policy.minimum_gap_days)
            bounds.append((day, because(ReasonCode.MINIMUM_GAP, last_contacted_on=last_contacted_on, until=day)))
        return bounds

    def _first_day(self, stage: Stage, due_on: date) -> date:
        """The stage's own day. A courtesy that a weekend would push to the due date goes before the weekend."""
        day = shift(due_on, stage.offset_days)
        if stage.before_due and self._calendar.next_open(day) >= due_on:
            return self._calendar.previous_open(day)
        return day

    def _outcome(self, stage: Stage, due_on: date, goes_on: date, bounds: list[tuple[date, Reason]]) -> Outcome:
        if goes_on == self._today:
            reason = because(ReasonCode.STAGE_DUE, stage=stage.name, due_on=due_on)
            return Outcome(Action.SEND, (reason,), stage.name, self._today, chaseable=True)
        latest = max(day for day, _ in bounds)
        reasons = [reason for day, reason in bounds if day == latest and day > self._today]
        if goes_on > max(latest, self._today):
            reasons.append(because(ReasonCode.CLOSED_DAY, until=goes_on))
        return Outcome(Action.WAIT, tuple(reasons), stage.name, goes_on, chaseable=True)

    def _handover(self, due_on: date, last: _LastSent | None) -> Outcome:
        """All stages have passed: after its due time, and time to answer the last of them, a person decides."""
        day = shift(due_on, self._policy.handover_days)
        if last is not None:
            distance = max(self._policy.handover_days - last.stage.offset_days, self._policy.minimum_gap_days)
            day = max(day, shift(last.on, distance))
        if day > self._today:
            reason = because(ReasonCode.HANDOVER_NOT_DUE, on=day)
            return Outcome(Action.WAIT, (reason,), None, day, chaseable=True)
        reason = because(ReasonCode.END_OF_SEQUENCE, due_on=due_on, since=day)
        return Outcome(Action.ASK_PERSON, (reason,), chaseable=True)


def _remaining(stages: tuple[Stage, ...], progress: tuple[StageProgress, ...], policy: Policy) -> tuple[Stage, ...]:
    """The stages after the last one that has passed; nothing before it is caught up."""
    names = {stage.name: position for position, stage in enumerate(policy.stages)}
    passed = max((names.get(step.stage, -1) for step in progress if step.state in _PASSED), default=-1)
    return tuple(stage for stage in stages if names[stage.name] > passed)
