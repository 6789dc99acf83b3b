"""Everything that forbids asking for an invoice, whatever its sequence says.

The order of the checks is the order of their weight: the first one found decides the action, and all of them are
told. Unknown counts as forbidden. What ends on a known day makes the invoice wait; what a person must mend asks one.
"""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from connector.dunning.agreements import Agreed
from connector.dunning.calendar import shift
from connector.dunning.channels import shut
from connector.dunning.plan_steps import is_instalment
from connector.dunning.policy import Stage
from connector.dunning.reasons import Action, Outcome, Reason, ReasonCode, because
from connector.dunning.segments import group_among
from state.agreed import PromiseState
from state.model import Account, ContactStatus, Hold, Receivable, ReminderState, StageProgress


class Obstacle(Struct, frozen=True):
    """One thing that forbids asking, what follows from it, and until when if that is known."""

    action: Action
    reason: Reason
    until: date | None = None
    stage: str | None = None


def obstacles(
    account: Account,
    receivable: Receivable,
    stage_names: frozenset[str],
    tolerance_minor: int,
    today: date,
    *,
    agreed: Agreed | None = None,
    unreached: Reason | None = None,
    spared_groups: frozenset[str] = frozenset(),
) -> list[Obstacle]:
    """Everything that forbids asking for `receivable`, the weightiest first.

    `stage_names` are those of all sequences; `unreached` is what is missing where no stage reaches the customer.
    """
    return [
        *_unreadable(account, receivable),
        *_attempts(receivable.progress, today),
        *_renamed(receivable.progress, stage_names),
        *_calls(receivable),
        *_refusals(account, receivable, tolerance_minor),
        *_spared(account, spared_groups),
        *_holds((*receivable.holds, *account.holds), today),
        *_money_expected(receivable, agreed, today),
        *_settled_with_discount(receivable, agreed),
        *_too_little(receivable, tolerance_minor),
        *(() if unreached is None else (Obstacle(Action.ASK_PERSON, unreached),)),
    ]


def end_by_themselves(found: list[Obstacle]) -> bool:
    """Whether nobody needs to do anything for all of `found` to be gone one day; true of none."""
    return all(obstacle.action is Action.WAIT for obstacle in found)


def obstructed(found: list[Obstacle]) -> Outcome | None:
    """The outcome that all obstacles together lead to, or None if nothing forbids asking."""
    if not found:
        return None
    action = found[0].action
    ends = [obstacle.until for obstacle in found if obstacle.until is not None]
    return Outcome(
        action=action,
        stage=found[0].stage,
        reasons=tuple(obstacle.reason for obstacle in found),
        next_on=max(ends, default=None) if action is Action.WAIT else None,
    )


def _unreadable(account: Account, receivable: Receivable) -> Iterator[Obstacle]:
    if receivable.unreadable:
        yield Obstacle(Action.ASK_PERSON, because(ReasonCode.UNREADABLE))
    if account.unreadable:
        yield Obstacle(Action.ASK_PERSON, because(ReasonCode.CUSTOMER_UNREADABLE))


_ATTEMPTS = {
    ReminderState.UNKNOWN: (Action.ASK_PERSON, ReasonCode.SEND_UNKNOWN),
    ReminderState.FAILED: (Action.ASK_PERSON, ReasonCode.SEND_FAILED),
    ReminderState.SENDING: (Action.WAIT, ReasonCode.SEND_UNDER_WAY),
}


def _attempts(progress: tuple[StageProgress, ...], today: date) -> Iterator[Obstacle]:
    """Attempts that have not ended well; the undecided ones first."""
    for state, (action, code) in _ATTEMPTS.items():
        for step in progress:
            if step.state is state:
                until = today if action is Action.WAIT else None
                yield Obstacle(action, because(code, stage=step.stage), until, step.stage)


_LEFT = frozenset((ReminderState.SENT, ReminderState.NOTED, ReminderState.UNKNOWN, ReminderState.FAILED))


def _renamed(progress: tuple[StageProgress, ...], stage_names: frozenset[str]) -> Iterator[Obstacle]:
    """Stages that went out under a name the policy does not know: where the sequence stands can only be guessed."""
    for step in progress:
        if step.state in _LEFT and step.stage not in stage_names and not is_instalment(step.stage):
            yield Obstacle(Action.ASK_PERSON, because(ReasonCode.POLICY_CHANGED, stage=step.stage), stage=step.stage)


def _calls(receivable: Receivable) -> Iterator[Obstacle]:
    """Calls that somebody has still to make, or to write down."""
    for stage in receivable.calls_pending:
        yield Obstacle(Action.ASK_PERSON, because(ReasonCode.CALL_PENDING, stage=stage), stage=stage)


def _refusals(account: Account, receivable: Receivable, tolerance_minor: int) -> Iterator[Obstacle]:
    if account.status is not ContactStatus.ACTIVE:
        yield Obstacle(Action.STOP, because(ReasonCode.CUSTOMER_ARCHIVED))
    if account.preference is not None and account.preference.do_not_chase is not None:
        wish = because(ReasonCode.DO_NOT_CHASE, why=account.preference.do_not_chase, owner=account.preference.owner)
        yield Obstacle(Action.STOP, wish)
    if receivable.disputed:
        yield Obstacle(Action.STOP, because(ReasonCode.DISPUTED))
    elif receivable.dispute is not None and receivable.asked_minor <= tolerance_minor:
        yield Obstacle(Action.STOP, because(ReasonCode.DISPUTED, owner=receivable.dispute.owner))


def _spared(account: Account, groups: frozenset[str]) -> Iterator[Obstacle]:
    group = group_among(account.groups, groups)
    if group is not None:
        yield Obstacle(Action.STOP, because(ReasonCode.GROUP_NOT_CHASED, group=group))


def _holds(holds: tuple[Hold, ...], today: date) -> Iterator[Obstacle]:
    """Active holds, those without an end first. The day `until` is the last one held."""
    active = [hold for hold in holds if hold.until is None or hold.until >= today]
    for hold in sorted(active, key=lambda hold: hold.until is not None):
        yield Obstacle(
            Action.STOP if hold.until is None else Action.WAIT,
            because(ReasonCode.HELD, scope=hold.scope, reason=hold.reason, until=hold.until),
            hold.until and shift(hold.until, 1),
        )


def _money_expected(receivable: Receivable, agreed: Agreed | None, today: date) -> Iterator[Obstacle]:
    """A promise counts through its day; once it has passed unpaid the sequence goes on by itself."""
    promised = receivable.expected_on
    if agreed is not None and agreed.promise is PromiseState.OPEN and agreed.promised_on is not None:
        promised = max(promised or agreed.promised_on, agreed.promised_on)
    if promised is not None and promised >= today:
        yield Obstacle(Action.WAIT, because(ReasonCode.PROMISED, expected_on=promised), shift(promised, 1))
    if receivable.payment_scheduled:
        yield Obstacle(Action.SKIP, because(ReasonCode.PAYMENT_SCHEDULED))


def _settled_with_discount(receivable: Receivable, agreed: Agreed | None) -> Iterator[Obstacle]:
    if agreed is not None and (offer := agreed.discount_taken) is not None:
        taken = because(
            ReasonCode.DISCOUNT_TAKEN,
            paid_minor=offer.paid_in_time_minor,
            rest_minor=receivable.asked_minor,
            currency=receivable.currency,
            until=offer.until,
        )
        yield Obstacle(Action.ASK_PERSON, taken)


def _too_little(receivable: Receivable, tolerance_minor: int) -> Iterator[Obstacle]:
    if receivable.asked_minor <= tolerance_minor and receivable.dispute is None:
        yield Obstacle(
            Action.SKIP,
            because(
                ReasonCode.BELOW_TOLERANCE,
                amount_minor=receivable.asked_minor,
                tolerance_minor=tolerance_minor,
                currency=receivable.currency,
            ),
        )


def unreachable(stages: tuple[Stage, ...], coming: tuple[Stage, ...], account: Account) -> Reason:
    """What is missing where none of `stages` reaches the customer: the ways that `coming` go, and what shuts them.

    That the customer has answered STOP is told whichever stage goes by text.
    """
    ways = list(dict.fromkeys(channel for stage in coming for channel in stage.channels))
    told = shut(ways, account)
    if any("sms" in stage.channels for stage in stages) and "stopped" in (texts := shut(("sms",), account)):
        told["stopped"] = texts["stopped"]
    return because(ReasonCode.NO_ADDRESS, channels=", ".join(ways), **told)
