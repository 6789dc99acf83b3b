"""Which planned reminders are on their way: the last pass wants exactly them sent, and nothing agreed since forbids it.

A cycle leaves what it wants no more as it is, since its time may come again. Nobody is asked for a yes to it meanwhile,
and nobody is told that it goes out: it is held, and the morning list says why.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from msgspec import Struct

from connector.dunning.calendar import shift
from connector.dunning.plan_steps import is_instalment
from connector.dunning.reasons import Action, Reason, ReasonCode, because
from state.agreed import PlanState, PromiseState
from state.model import ReminderId
from state.planned_facts import PlannedFacts


class KeptBack(Struct, frozen=True):
    """What the next pass will decide, and why."""

    action: Action
    reason: Reason


def on_their_way(planned: Iterable[PlannedFacts], today: date) -> frozenset[ReminderId]:
    """Holds are not looked at: whoever asks knows those in force."""
    return frozenset(each.reminder_id for each in planned if each.decided and kept_back(each, today) is None)


def kept_back(each: PlannedFacts, today: date) -> KeptBack | None:
    """What was agreed, or is disputed, since the pass that wanted it sent; in the order of `dunning.obstacles`."""
    return next(_obstacles(each, today), None)


def _obstacles(each: PlannedFacts, today: date) -> Iterator[KeptBack]:
    wish, promise, plan = each.preference, each.promise, each.plan
    if wish is not None and wish.do_not_chase is not None:
        reason = because(ReasonCode.DO_NOT_CHASE, why=wish.do_not_chase, owner=wish.owner)
        yield KeptBack(Action.STOP, reason)
    if each.disputed:
        yield KeptBack(Action.STOP, because(ReasonCode.DISPUTED))
    elif each.dispute is not None and each.disputed_minor >= each.due_minor:
        yield KeptBack(Action.STOP, because(ReasonCode.DISPUTED, owner=each.dispute.owner))
    if promise is not None and promise.state is PromiseState.OPEN and promise.promised_on >= today:
        yield KeptBack(Action.WAIT, because(ReasonCode.PROMISED, expected_on=promise.promised_on))
    if plan is not None and plan.state is PlanState.ACTIVE and not is_instalment(each.stage):
        yield KeptBack(Action.WAIT, because(ReasonCode.PLAN_KEPT, on=shift(plan.instalments[0].due_on, 1)))
