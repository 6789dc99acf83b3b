"""Where one invoice stands in its sequence, and on which day its next stage goes.

Three rules make a first connection and an outage harmless. Stages go in order, one at a time. Each keeps at least the
sequence's own distance to the stage sent before it. A stage before the due date is a courtesy: missed, it is dropped.
And a day that a message has given the customer to pay is kept: nothing further goes before it has passed.

A customer may change sequences, because a debt has grown old or a name has come onto a list. What was sent under the
other sequence counts by its day: whatever lies before that day has passed.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import zip_longest

from msgspec import Struct

from connector.dunning.calendar import Calendar, shift
from connector.dunning.deadlines import given
from connector.dunning.early_payers import left_alone
from connector.dunning.policy import Policy, Stage
from connector.dunning.reasons import Action, Outcome, Reason, ReasonCode, because
from state.habits import EarlyHabit
from state.model import ReminderState, StageProgress

# A skipped reminder was not sent, but its row stands: the same stage cannot be planned twice in a round. It counts as
# passed, because the other reading (wait for it) would end the sequence in silence at the first refused approval.
_PASSED = frozenset((ReminderState.SENT, ReminderState.NOTED, ReminderState.SKIPPED))


_AFTER_BROKEN = frozenset((ReasonCode.PROMISE_BROKEN, ReasonCode.AFTER_BROKEN_PLAN))


class Broken(Struct, frozen=True):
    """A promise to pay, or else a payment plan, that was not kept; `on` is the last day on which it could be."""

    on: date
    plan: bool


class _LastSent(Struct, frozen=True):
    stage: Stage
    on: date


class Sequence:
    """The policy applied to one day: answers for any due date and progress."""

    def __init__(
        self, policy: Policy, calendar: Calendar, today: date, known: Mapping[str, Stage] | None = None
    ) -> None:
        """`known` are the stages of all sequences, by name; None: there is no other sequence."""
        self._policy = policy
        self._calendar = calendar
        self._today = today
        self._known = {**(known or {}), **{stage.name: stage for stage in policy.stages}}

    def next_step(
        self,
        stages: tuple[Stage, ...],
        due_on: date | None,
        progress: tuple[StageProgress, ...],
        last_contacted_on: date | None,
        broken: Broken | None = None,
        pays_early: EarlyHabit | None = None,
    ) -> Outcome:
        """What the sequence asks for today; `stages` are those this invoice goes through.

        What was `broken`, and not followed by a reminder yet, brings the next stage at once. Who `pays_early` is
        left alone before the due date, and it is said which courtesy that costs.
        """
        if due_on is None:
            return Outcome(Action.ASK_PERSON, (because(ReasonCode.NO_DUE_DATE),))
        last = self._last_sent(progress)
        if broken is not None and last is not None and broken.on <= last.on:
            broken = None
        remaining = self._remaining(stages, progress)
        deadline = given(progress, self._known, self._calendar)
        spared: tuple[Reason, ...] = ()
        for stage, following in zip_longest(remaining, remaining[1:]):
            if broken is not None and not stage.before_due:
                bounds = [_after_broken(stage, broken), *self._gap(last_contacted_on)]
            else:
                bounds = self._bounds(stage, due_on, last, last_contacted_on)
            bounds += _until_passed(stage, deadline)
            goes_on = self._calendar.next_open(max(self._today, *(day for day, _ in bounds)))
            if self._missed(stage, following, due_on, goes_on):
                continue
            if pays_early is None or not stage.before_due:
                last_on = self._last_day(stage, following, due_on)
                return _also(self._outcome(stage, due_on, goes_on, bounds, last_on), spared)
            on = self._calendar.next_open(max(day for day, _ in bounds))
            spared = spared or (left_alone(pays_early, stage, on),)
        return _also(self._handover(due_on, last, deadline), spared)

    def _last_day(self, stage: Stage, following: Stage | None, due_on: date) -> date | None:
        """Of a courtesy, the last day on which it is not missed."""
        if not stage.before_due:
            return None
        courtesy_next = following is not None and following.before_due
        end = self._first_day(following, due_on) if following is not None and courtesy_next else due_on
        return self._calendar.previous_open(min(end, due_on))

    def _missed(self, stage: Stage, following: Stage | None, due_on: date, goes_on: date) -> bool:
        """Whether a courtesy could only go on the due date or later, or when the next courtesy is already due."""
        if not stage.before_due:
            return False
        if following is not None and following.before_due and goes_on >= self._first_day(following, due_on):
            return True
        return goes_on >= due_on

    def _last_sent(self, progress: tuple[StageProgress, ...]) -> _LastSent | None:
        """The latest message of this round whose stage the policy still knows."""
        sent = [
            _LastSent(self._known[step.stage], step.sent_on)
            for step in progress
            if step.sent_on is not None and step.stage in self._known
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
        return bounds + self._gap(last_contacted_on)

    def _gap(self, last_contacted_on: date | None) -> list[tuple[date, Reason]]:
        if last_contacted_on is None:
            return []
        day = shift(last_contacted_on, self._policy.minimum_gap_days)
        return [(day, because(ReasonCode.MINIMUM_GAP, last_contacted_on=last_contacted_on, until=day))]

    def _first_day(self, stage: Stage, due_on: date) -> date:
        """The stage's own day. A courtesy that a weekend would push to the due date goes before the weekend."""
        day = shift(_basis_day(stage, due_on), stage.offset_days)
        if stage.before_due and self._calendar.next_open(day) >= due_on:
            return self._calendar.previous_open(day)
        return day

    def _remaining(self, stages: tuple[Stage, ...], progress: tuple[StageProgress, ...]) -> tuple[Stage, ...]:
        """The stages after the last one that has passed; nothing before it is caught up."""
        own = {stage.name: position for position, stage in enumerate(self._policy.stages)}
        passed = {step.stage for step in progress if step.state in _PASSED}
        position = max((own.get(name, -1) for name in passed), default=-1)
        foreign = max((self._known[n].offset_days for n in passed if n in self._known and n not in own), default=None)
        return tuple(s for s in stages if own[s.name] > position and (foreign is None or s.offset_days > foreign))

    def _outcome(
        self, stage: Stage, due_on: date, goes_on: date, bounds: list[tuple[date, Reason]], last_on: date | None
    ) -> Outcome:
        if goes_on == self._today:
            reasons = [because(ReasonCode.STAGE_DUE, stage=stage.name, due_on=due_on)]
            reasons += [reason for _, reason in bounds if reason.code in _AFTER_BROKEN]
            free_on = self._calendar.next_open(max(day for day, _ in bounds)) if len(reasons) == 1 else None
            return Outcome(
                action=Action.SEND,
                reasons=tuple(reasons),
                stage=stage.name,
                next_on=self._today,
                chaseable=True,
                free_on=free_on,
                last_on=last_on,
            )
        latest = max(day for day, _ in bounds)
        reasons = [reason for day, reason in bounds if day == latest and day > self._today]
        if goes_on > max(latest, self._today):
            reasons.append(because(ReasonCode.CLOSED_DAY, until=goes_on))
        return Outcome(Action.WAIT, tuple(reasons), stage.name, goes_on, chaseable=True)

    def _handover(self, due_on: date, last: _LastSent | None, deadline: date | None) -> Outcome:
        """All stages have passed: after its due time, and time to answer what was sent, a person decides.

        A deadline that was given to the customer is kept to its last hour, whatever `handover_days` says.
        """
        day = shift(_basis_day(self._policy.stages[-1], due_on), self._policy.handover_days)
        if last is not None:
            distance = max(self._policy.handover_days - last.stage.offset_days, self._policy.minimum_gap_days)
            day = max(day, shift(last.on, distance))
        if deadline is not None:
            day = max(day, shift(deadline, 1))
        if day > self._today:
            reason = because(ReasonCode.HANDOVER_NOT_DUE, on=day, deadline=deadline)
            return Outcome(Action.WAIT, (reason,), None, day, chaseable=True)
        reason = because(ReasonCode.END_OF_SEQUENCE, due_on=due_on, since=day)
        return Outcome(Action.ASK_PERSON, (reason,), chaseable=True)


def _also(outcome: Outcome, reasons: tuple[Reason, ...]) -> Outcome:
    return replace(outcome, reasons=(*outcome.reasons, *reasons)) if reasons else outcome


def _basis_day(stage: Stage, due_on: date) -> date:
    """The day from which a stage's days are counted."""
    if stage.basis == "due":
        return due_on
    return due_on.replace(day=monthrange(due_on.year, due_on.month)[1])


def _after_broken(stage: Stage, broken: Broken) -> tuple[date, Reason]:
    if broken.plan:
        return shift(broken.on, 1), because(ReasonCode.AFTER_BROKEN_PLAN, stage=stage.name, on=broken.on)
    return shift(broken.on, 1), because(ReasonCode.PROMISE_BROKEN, stage=stage.name, promised_on=broken.on)


def _until_passed(stage: Stage, deadline: date | None) -> list[tuple[date, Reason]]:
    """Whoever was given until a day to pay hears nothing further about the invoice before it is over."""
    if deadline is None:
        return []
    day = shift(deadline, 1)
    return [(day, because(ReasonCode.KEEPS_DISTANCE, stage=stage.name, deadline=deadline, on=day))]
