"""Which reminder a message is, in countries where they are counted: "2. Mahnung" says that one has gone before.

A court believes what is written, so what is counted is what has left and not come back, not the stage at which a policy
stands.
"""

from collections.abc import Mapping
from datetime import date

from connector.dunning.consolidate import CustomerMessagePlan
from connector.dunning.further import reached
from connector.dunning.plan_steps import INSTALMENT_REMINDER, is_instalment
from connector.dunning.policy import Stage
from state.model import Receivable, ReminderState, StageProgress
from state.records import OWN_WORDS

_FORMAL = frozenset(("soft", "firm", "final"))  # templates; a friendly word is a payment reminder, and not counted
_UNCOUNTED = frozenset(("work-list", "dry"))  # who phones says it in their own words, and what is dry has not left


def ordinal_of(plan: CustomerMessagePlan, stages: Mapping[str, Stage], today: date) -> int | None:
    """The number of this message among the formal reminders of this round, counted from 1.

    None where no single number is true: its overdue invoices have had different ones, nobody knows whether one left,
    or by which words (its stage is no longer among `stages`), or nothing is overdue.
    """
    overdue = [r.receivable for r in plan.reminders if r.receivable.due_on is not None and r.receivable.due_on < today]
    counted = {_had(receivable, stages) for receivable in overdue}
    had = counted.pop() if len(counted) == 1 else None
    return None if had is None else had + 1


def _had(receivable: Receivable, stages: Mapping[str, Stage]) -> int | None:
    """How many formal reminders of `receivable` have left since it was overdue; None: that is not known."""
    if any(step.state is ReminderState.UNKNOWN for step in receivable.progress):
        return None
    due_on = receivable.due_on or date.max
    sent = [step for step in reached(receivable.progress) if step.sent_on is not None and step.sent_on > due_on]
    templates = [_template(step, stages) for step in sent if not _is_uncounted(step, stages)]
    return None if None in templates else sum(template in _FORMAL for template in templates)


def _template(step: StageProgress, stages: Mapping[str, Stage]) -> str | None:
    if step.template is not None and step.template != OWN_WORDS:
        return step.template
    if is_instalment(step.stage):
        return INSTALMENT_REMINDER.template
    return stages[step.stage].template if step.stage in stages else None


def _is_uncounted(step: StageProgress, stages: Mapping[str, Stage]) -> bool:
    """By its carrier; of a message that is only foreseen, by the way it would go first."""
    if step.carrier is not None:
        return step.carrier in _UNCOUNTED
    return step.stage in stages and stages[step.stage].channels[0] == "call"
