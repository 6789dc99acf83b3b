"""The days that messages have given the customer: what was put in writing is kept, whatever else the policy says."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise

from connector.dunning.calendar import Calendar, shift
from connector.dunning.further import reached
from connector.dunning.policy import Policy, Stage
from state.model import StageProgress


def deadline_from(stage: Stage, sent_on: date, calendar: Calendar) -> date | None:
    """The last day to pay in a message of `stage` that leaves on `sent_on`, moved to an open day; None: it has none."""
    return None if stage.deadline_days is None else calendar.next_open(shift(sent_on, stage.deadline_days))


def given(progress: tuple[StageProgress, ...], stages: Mapping[str, Stage], calendar: Calendar) -> date | None:
    """The latest day that the messages of this round have named; None: none that has arrived did."""
    sent = ((stages[step.stage], step.sent_on) for step in reached(progress) if step.sent_on and step.stage in stages)
    deadlines = [deadline_from(stage, sent_on, calendar) for stage, sent_on in sent]
    return max((deadline for deadline in deadlines if deadline is not None), default=None)


def beyond_the_end(policy: Policy) -> Stage | None:
    """The stage whose deadline ends last, if `handover_days` come before that end has passed."""
    late = [stage for stage in policy.stages if stage.deadline_days and last_day(stage) >= policy.handover_days]
    return max(late, key=last_day, default=None)


def overtaken(policy: Policy) -> Iterator[tuple[Stage, Stage]]:
    """Each stage with a deadline and the one after it, where that stands on a day before the deadline has passed."""
    for stage, following in pairwise(stage for stage in policy.stages if not stage.by_decision):
        if stage.deadline_days and following.offset_days <= last_day(stage):
            yield stage, following


def last_day(stage: Stage) -> int:
    """The last day that `stage` gives, counted as its own day is."""
    return stage.offset_days + (stage.deadline_days or 0)
