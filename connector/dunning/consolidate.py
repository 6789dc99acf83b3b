"""One message per customer: all its invoices that are due for a stage today, with what is asked per currency."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import cast

from msgspec import Struct

from connector.dunning.agreements import PlanPosition
from connector.dunning.netting import DeductedCredit, net
from connector.dunning.plan_steps import INSTALMENT_REMINDER
from connector.dunning.policy import Channel, Policy, Stage
from connector.dunning.reasons import Action, Decision
from state.model import Account, ContactId, Receivable
from state.stage_names import attempt_of, stage_of


class PlannedReminder(Struct, frozen=True):
    """One invoice in a message, and the stage of its own sequence that the message fulfils."""

    receivable: Receivable
    stage: str

    @property
    def currency(self) -> str:
        return self.receivable.currency

    @property
    def asked_minor(self) -> int:
        return self.receivable.asked_minor


class CurrencyGroup(Struct, frozen=True, kw_only=True):
    """What a message asks for in one currency, in minor units; `ask_minor` is the total less the credit.

    `credit_minor` is 0 if another message of the same pass, to a member of the same family, has deducted the credit.
    """

    currency: str
    reminders: tuple[PlannedReminder, ...]
    total_minor: int
    credit_minor: int
    ask_minor: int


class CustomerMessagePlan(Struct, frozen=True, kw_only=True):
    """A message to be written to one customer. Invoices stand oldest debt first, here and in their group."""

    contact_id: ContactId
    tone: str  # the highest stage among its invoices sets wording, channel, sender and recipients
    stage: Stage
    channel: Channel
    reminders: tuple[PlannedReminder, ...]
    groups: tuple[CurrencyGroup, ...]
    plan: PlanPosition | None = None  # the message asks for an instalment of it


def consolidate(
    account: Account, decisions: Iterable[Decision], policy: Policy, deducted: DeductedCredit | None = None
) -> CustomerMessagePlan | None:
    """The message that `decisions` about `account` call for today; None if nothing is to be asked.

    `decisions` may be some of the account's only (not all were approved): the credit is netted against these alone.
    For the messages to many accounts use one DecisionPass, which remembers in `deducted` whose credit is used up.
    """
    sent = [decision for decision in decisions if decision.action is Action.SEND and decision.stage]
    by_plan = [decision for decision in sent if decision.outcome.plan is not None]
    if by_plan and (standing := by_plan[0].outcome.plan) is not None:
        of_plan = [decision for decision in by_plan if decision.outcome.plan == standing]
        return _instalment(account, standing, of_plan, policy, deducted or DeductedCredit())
    candidates = [PlannedReminder(decision.receivable, decision.stage or "") for decision in sent]
    groups = tuple(_groups(account, sorted(candidates, key=_age), policy, deducted or DeductedCredit()))
    reminders = tuple(sorted((reminder for group in groups for reminder in group.reminders), key=_age))
    if not reminders:
        return None
    stage = policy.stages[max(policy.position(reminder.stage) for reminder in reminders)]
    channels = {stage_of(decision.stage or ""): decision.channel for decision in sorted(sent, key=_attempt)}
    return CustomerMessagePlan(
        contact_id=account.contact_id,
        tone=stage.name,
        stage=stage,
        channel=cast("Channel", channels[stage.name] or "email"),
        reminders=reminders,
        groups=groups,
    )


def _instalment(
    account: Account, standing: PlanPosition, decisions: list[Decision], policy: Policy, deducted: DeductedCredit
) -> CustomerMessagePlan:
    """The message about one instalment names the invoices of its plan that may be asked for, and what is missing of it.

    Never more than is undisputed on those: where a hold keeps one of them out, its money is not asked for either.
    """
    reminders = sorted((PlannedReminder(decision.receivable, decision.stage or "") for decision in decisions), key=_age)
    currency = standing.plan.currency
    missing = min(standing.outstanding_minor, sum(reminder.asked_minor for reminder in reminders))
    credit_minor = 0
    if policy.credit == "reduce":
        credit_minor = deducted.deduct(account, currency, max(account.credits.get(currency, 0), 0))
    group = CurrencyGroup(
        currency=currency,
        reminders=tuple(reminders),
        total_minor=missing,
        credit_minor=credit_minor,
        ask_minor=missing - credit_minor,
    )
    return CustomerMessagePlan(
        contact_id=account.contact_id,
        tone=reminders[0].stage,
        stage=INSTALMENT_REMINDER,
        channel=cast("Channel", decisions[0].channel or "email"),
        reminders=tuple(reminders),
        groups=(group,),
        plan=standing,
    )


def _attempt(decision: Decision) -> int:
    """Of several attempts at a stage, in one message, the last one's way is open to all of them."""
    return attempt_of(decision.stage or "")


def _age(reminder: PlannedReminder) -> tuple[date, str, str]:
    receivable = reminder.receivable
    return (receivable.due_on or date.max, receivable.number or "", receivable.invoice_id)


def _groups(
    account: Account, candidates: list[PlannedReminder], policy: Policy, deducted: DeductedCredit
) -> Iterator[CurrencyGroup]:
    """Which invoices are asked for depends on the family's whole credit; only the sum on what is left of it."""
    credits = {} if policy.credit == "ignore" else account.credits
    for currency, netting in net(candidates, credits, policy.tolerance, withhold=policy.credit == "hold").items():
        if netting.listed:
            credit_minor = deducted.deduct(account, currency, netting.credit_minor)
            yield CurrencyGroup(
                currency=currency,
                reminders=netting.listed,
                total_minor=netting.total_minor,
                credit_minor=credit_minor,
                ask_minor=netting.total_minor - credit_minor,
            )
