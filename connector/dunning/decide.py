"""What to do about every open invoice today: a pure function of a snapshot, a policy and a date.

The same inputs give the same decisions on any machine, which is what lets `preview` promise what the daemon will do.
A pass over 50,000 invoices meets the same few hundred situations again and again, so the outcome of an ordinary
invoice is worked out once per situation and shared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from connector.dunning.agreements import Agreed, PlanPosition, judge, positions
from connector.dunning.best_time import at_own_time
from connector.dunning.calendar import Calendar, shift
from connector.dunning.channels import Reach, channel_for, numbers_matter, reach, shut
from connector.dunning.consolidate import CustomerMessagePlan, consolidate
from connector.dunning.credit_holds import hold_what_credit_covers
from connector.dunning.early_payers import pays_early
from connector.dunning.further import counted, failed, next_attempt, reached, ways_left
from connector.dunning.netting import DeductedCredit
from connector.dunning.obstacles import Obstacle, end_by_themselves, obstacles, obstructed, unreachable
from connector.dunning.plan_steps import INSTALMENT_REMINDER, left_on, may_leave, plan_step, reckoned
from connector.dunning.policy import Policy, Stage
from connector.dunning.reasons import Action, Decision, Outcome, Reason, ReasonCode, because
from connector.dunning.segments import Chosen, PolicyBook, as_book, group_among
from connector.dunning.sequence import Broken, Sequence
from state.agreed import PromiseState
from state.habits import EarlyHabit
from state.model import Account, ContactStatus, InvoiceId, Receivable, RefusedMail, StageProgress
from state.money import MoneyError
from state.stage_names import attempt_name

# All that the outcome of an ordinary invoice depends on within one sequence: due date, progress, a recent contact, its
# stages' names, how the customer can be reached, on which days, and what is known of its paying early.
_Situation = tuple[
    date | None,
    tuple[StageProgress, ...],
    date | None,
    tuple[str, ...] | None,
    Reach,
    frozenset[str],
    RefusedMail | None,
    RefusedMail | None,
    str | None,
    EarlyHabit | None,
]


def decide(account: Account, policy: Policy | PolicyBook, calendar: Calendar, today: date) -> list[Decision]:
    """One decision per receivable of `account`, in their order. For many accounts use one DecisionPass."""
    return DecisionPass(policy, calendar, today).decide(account)


class DecisionPass:
    """The decisions of one day and the messages that follow from them.

    One instance should see all accounts, because it remembers situations, and whose credit a message has deducted.
    """

    def __init__(self, policy: Policy | PolicyBook, calendar: Calendar, today: date) -> None:
        self._book = as_book(policy)
        self._calendar = calendar
        self._today = today
        self._stages = self._book.stages
        self._deducted = DeductedCredit()
        self._of_policy = {
            policy.name: _PolicyPass(policy, today, self._stages, self._book) for policy in self._book.walked
        }

    def chosen(self, account: Account) -> Chosen:
        """The sequence `account` goes through today, and why this one."""
        return self._book.choose(account, self._today)

    def decide(self, account: Account) -> list[Decision]:
        """One decision per receivable of `account`, in their order."""
        receivables = account.receivables
        of_policy = self._of_policy[self.chosen(account).policy.name]
        calendar = self._calendar.of_customer(account.country)
        outcomes = of_policy.outcomes(account, calendar)
        if account.credits and of_policy.policy.credit != "ignore":
            outcomes = hold_what_credit_covers(account, outcomes, of_policy.policy)
        if len(outcomes) > 1:
            outcomes = _one_message_at_a_time(outcomes, self._today)
            outcomes = _instalment_alone(outcomes, shift(self._today, of_policy.policy.minimum_gap_days), self._today)
        if self._book.best_time is not None and account.own_time is not None:
            outcomes = at_own_time(account, outcomes, of_policy.policy, self._book.best_time, calendar, self._today)
        return [Decision(receivable, outcome) for receivable, outcome in zip(receivables, outcomes, strict=True)]

    def plans(self, account: Account) -> tuple[PlanPosition, ...]:
        """Where each plan of `account` stands, as its decisions go by it."""
        of_policy = self._of_policy[self.chosen(account).policy.name]
        return of_policy.case(account, self._calendar.of_customer(account.country)).plans

    def consolidate(self, account: Account, decisions: Iterable[Decision]) -> CustomerMessagePlan | None:
        """The message to `account` that `decisions` call for; its family's credit is deducted unless one before did."""
        return consolidate(account, decisions, self.chosen(account).policy, self._deducted)


class _PolicyPass:
    """One sequence on one day."""

    def __init__(self, policy: Policy, today: date, stages: Mapping[str, Stage], book: PolicyBook) -> None:
        self.policy = policy
        self._trial, self._sends = book.trial, book.sends
        self._today = today
        self._known_stages = stages
        self._stage_names = frozenset(stages)
        self._sequences: dict[str | None, Sequence] = {}  # by the customer's country, if its holidays count
        self._known: dict[_Situation, Outcome] = {}
        self._tolerances: dict[str, int | None] = {}
        self._letter_possible = any(stage.by_decision for stage in policy.stages)
        self._channels = frozenset(c for stage in (*policy.stages, INSTALMENT_REMINDER) for c in stage.channels)
        self._numbers_matter = numbers_matter(policy.stages)
        self._amounts_matter = any(stage.minimum is not None for stage in policy.stages)

    def outcomes(self, account: Account, calendar: Calendar) -> list[Outcome]:
        """Without regard to credit and to what else leaves to this customer."""
        case = self.case(account, calendar)
        spared = group_among(account.groups, self.policy.do_not_chase_groups) is not None
        ordinary = _is_ordinary(account) and not case.held_back and not spared
        outcome = self._shared_outcome if ordinary else self._outcome
        return [outcome(case, receivable) for receivable in account.receivables]

    def case(self, account: Account, calendar: Calendar) -> "_Case":
        """What all invoices of `account` have in common today."""
        case = _Case(
            account,
            self._recent(account.last_contacted_on),
            reach(account, self._channels, numbers=self._numbers_matter),
            calendar,
            judge(account, (), self._today) if _has_agreements(account) else {},
            account.preference.channel if account.preference is not None else None,
            self._trial is not None and self._trial.holds_back(account),
            account.early if not self.policy.nudge_early_payers and pays_early(account.early) else None,
        )
        if not account.plans:
            return case
        plans = tuple(self._reckoned(case, standing) for standing in positions(account, self._today))
        return case._replace(plans=plans, agreed=judge(account, plans, self._today))

    def _reckoned(self, case: "_Case", standing: PlanPosition) -> PlanPosition:
        """`standing` with its last day: its reminder is waited for where one of its invoices may still carry it."""
        under = {share.invoice_id for share in standing.plan.shares}
        invoices = [receivable for receivable in case.account.receivables if receivable.invoice_id in under]
        waits = self._sends and any(
            self._tolerance(receivable.currency) is not None
            and may_leave(standing, receivable, case.account, self.policy, case.reached_by)
            and end_by_themselves(self._obstacles(case, receivable))
            for receivable in invoices
        )
        return reckoned(standing, left_on(standing, invoices), self.policy, case.calendar, self._today, waits=waits)

    def _recent(self, contacted_on: date | None) -> date | None:
        """The last contact while it still matters; once the gap has passed, all customers are alike."""
        if contacted_on is None or shift(contacted_on, self.policy.minimum_gap_days) <= self._today:
            return None
        return contacted_on

    def _shared_outcome(self, case: "_Case", receivable: Receivable) -> Outcome:
        """The outcome for an invoice of an ordinary account, worked out once per situation."""
        tolerance_minor = self._tolerance(receivable.currency)
        if tolerance_minor is None or receivable.asked_minor <= tolerance_minor or _is_unusual(receivable):
            return self._outcome(case, receivable)
        names = tuple(stage.name for stage in self._stages(receivable)) if self._amounts_matter else None
        situation = (
            receivable.due_on,
            receivable.progress,
            case.contacted_on,
            names,
            case.reached_by,
            case.account.closed_channels,
            case.account.refused_mail,
            case.account.refused_phone,
            case.calendar.country,
            case.pays_early,
        )
        known = self._known.get(situation)
        if known is None:
            known = self._known[situation] = self._outcome(case, receivable)
        return known

    def _outcome(self, case: "_Case", receivable: Receivable) -> Outcome:
        if self._tolerance(receivable.currency) is None:
            return Outcome(Action.ASK_PERSON, (because(ReasonCode.UNREADABLE),))
        agreed = case.agreed.get(receivable.invoice_id)
        return (
            obstructed(self._obstacles(case, receivable))
            or self._by_plan(case, receivable, agreed)
            or self._by_sequence(case, receivable, self._stages(receivable), agreed)
        )

    def _obstacles(self, case: "_Case", receivable: Receivable) -> list[Obstacle]:
        return obstacles(
            case.account,
            receivable,
            self._stage_names,
            self._tolerance(receivable.currency) or 0,
            self._today,
            agreed=case.agreed.get(receivable.invoice_id),
            unreached=self._unreached(case, receivable, self._stages(receivable) or self.policy.stages),
            spared_groups=self.policy.do_not_chase_groups,
        )

    def _unreached(self, case: "_Case", receivable: Receivable, stages: tuple[Stage, ...]) -> Reason | None:
        """Where no stage reaches the customer: what the next one would need, since another's would not let it go."""
        if any(channel_for(stage, case.reached_by) for stage in stages):
            return None
        step = self._sequence(case.calendar).next_step(stages, receivable.due_on, reached(receivable.progress), None)
        coming = stages if step.stage is None else (self.policy.stage(step.stage),)
        return unreachable(stages, coming, case.account)

    def _by_plan(self, case: "_Case", receivable: Receivable, agreed: Agreed | None) -> Outcome | None:
        if agreed is None or agreed.plan is None:
            return None
        return plan_step(
            agreed.plan,
            receivable.progress,
            case.account,
            self.policy,
            case.calendar,
            case.contacted_on,
            case.reached_by,
            self._today,
            case.preferred,
        )

    def _by_sequence(
        self, case: "_Case", receivable: Receivable, stages: tuple[Stage, ...], agreed: Agreed | None
    ) -> Outcome:
        progress = receivable.progress
        if _has_missed(receivable):
            progress = counted(progress, stages, case.reached_by, case.account)
        step = self._sequence(case.calendar).next_step(
            stages,
            receivable.due_on,
            progress,
            case.contacted_on,
            _broken(agreed),
            case.pays_early,
        )
        attempts = failed(receivable.progress, step.stage) if _has_missed(receivable) else ()
        step = self._again(step, case, attempts) if attempts else self._by_channel(step, case)
        if self._trial is None or not case.held_back or step.stage is None:
            return step
        return self._trial.later(step, self.policy.stage(step.stage), receivable)

    def _by_channel(self, step: Outcome, case: "_Case") -> Outcome:
        """The step with the channel it takes; without any, a person is asked before its day comes."""
        if step.stage is None:
            return step
        stage = self.policy.stage(step.stage)
        channel = channel_for(stage, case.reached_by, case.preferred)
        if channel is not None:
            return replace(step, channel=channel)
        ways, closed = ", ".join(stage.channels), shut(stage.channels, case.account)
        reason = because(ReasonCode.NO_CHANNEL, stage=stage.name, channels=ways, **closed)
        return Outcome(Action.ASK_PERSON, (reason,), stage.name)

    def _again(self, step: Outcome, case: "_Case", attempts: tuple[StageProgress, ...]) -> Outcome:
        """The step as one more attempt at its stage, by a way that is left; without any, a person is asked."""
        stage, last = self.policy.stage(step.stage or ""), attempts[-1]
        channel = channel_for(stage, ways_left(attempts, case.reached_by, case.account), case.preferred)
        if channel is None:
            return Outcome(
                Action.ASK_PERSON,
                (because(ReasonCode.NOT_ARRIVED, stage=stage.name, sent_on=last.sent_on),),
                stage.name,
            )
        again = because(ReasonCode.SENT_AGAIN, stage=stage.name, sent_on=last.sent_on)
        name = attempt_name(stage.name, next_attempt(attempts))
        return replace(step, stage=name, channel=channel, reasons=(*step.reasons, again), free_on=None)

    def _sequence(self, calendar: Calendar) -> Sequence:
        if calendar.country not in self._sequences:
            self._sequences[calendar.country] = Sequence(self.policy, calendar, self._today, self._known_stages)
        return self._sequences[calendar.country]

    def _stages(self, receivable: Receivable) -> tuple[Stage, ...]:
        if not self._amounts_matter:
            stages = self.policy.stages
        else:
            stages = self.policy.stages_for(receivable.currency, receivable.asked_minor)
        return stages if receivable.last_letter else self._by_themselves(stages)

    def _by_themselves(self, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        return tuple(stage for stage in stages if not stage.by_decision) if self._letter_possible else stages

    def _tolerance(self, currency: str) -> int | None:
        """Minor units; None for a currency whose units we do not know."""
        try:
            return self._tolerances[currency]
        except KeyError:
            self._tolerances[currency] = tolerance_minor = _tolerance(self.policy, currency)
            return tolerance_minor


class _Case(NamedTuple):
    """What all invoices of one customer have in common."""

    account: Account
    contacted_on: date | None
    reached_by: Reach
    calendar: Calendar
    agreed: Mapping[InvoiceId, Agreed]
    preferred: str | None  # channel
    held_back: bool  # the customer is in the control group
    pays_early: EarlyHabit | None  # of a customer who is left alone before the due date
    plans: tuple[PlanPosition, ...] = ()


def _tolerance(policy: Policy, currency: str) -> int | None:
    try:
        return policy.tolerance.of(currency)
    except MoneyError:
        return None


def _is_ordinary(account: Account) -> bool:
    agreed = account.plans or account.preference is not None
    return not agreed and not account.unreadable and not account.holds and account.status is ContactStatus.ACTIVE


def _has_missed(receivable: Receivable) -> bool:
    return any(step.missed is not None for step in receivable.progress)


def _is_unusual(receivable: Receivable) -> bool:
    return _has_missed(receivable) or bool(
        receivable.expected_on
        or receivable.holds
        or receivable.disputed
        or receivable.payment_scheduled
        or receivable.unreadable
        or receivable.calls_pending
        or receivable.last_letter
        or receivable.promise
        or receivable.dispute
        or receivable.discount
        or receivable.past_discount
    )


def _has_agreements(account: Account) -> bool:
    return bool(account.plans) or any(
        r.promise or r.dispute or r.discount or r.past_discount for r in account.receivables
    )


def _broken(agreed: Agreed | None) -> Broken | None:
    """The promise or the plan that was broken last and has not been kept since."""
    if agreed is None:
        return None
    promised = agreed.promised_on if agreed.promise is PromiseState.BROKEN else None
    planned = agreed.plan.last_day if agreed.plan is not None and agreed.plan.broken else None
    last = max(filter(None, (promised, planned)), default=None)
    return None if last is None else Broken(last, plan=last != promised)


def _one_message_at_a_time(outcomes: list[Outcome], today: date) -> list[Outcome]:
    """While a message to this customer is leaving, nothing else goes: it will count for the gap once it is sent."""
    under_way = next((o for o in outcomes if o.reasons[0].code is ReasonCode.SEND_UNDER_WAY), None)
    if under_way is None:
        return outcomes
    return [
        replace(outcome, action=Action.WAIT, reasons=under_way.reasons[:1], next_on=today)
        if outcome.action is Action.SEND
        else outcome
        for outcome in outcomes
    ]


def _instalment_alone(outcomes: list[Outcome], gap_ends: date, today: date) -> list[Outcome]:
    """An instalment asks for an amount of its own, so its message goes alone, and the rest after the gap."""
    standing: PlanPosition | None = next((o.plan for o in outcomes if o.action is Action.SEND and o.plan), None)
    if standing is None:
        return outcomes
    reason = because(ReasonCode.MINIMUM_GAP, last_contacted_on=today, until=gap_ends)
    return [
        replace(outcome, action=Action.WAIT, reasons=(reason,), next_on=gap_ends, plan=None)
        if outcome.action is Action.SEND and outcome.plan != standing
        else outcome
        for outcome in outcomes
    ]
