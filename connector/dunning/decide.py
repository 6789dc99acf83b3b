"""What to do about every open invoice today: a pure function of a snapshot, a policy and a date.

The same inputs give the same decisions on any machine, which is what lets `preview` promise what the daemon will do.
A pass over 50,000 invoices meets the same few hundred situations again and again, so the outcome of an ordinary
invoice is worked out once per situation and shared.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from connector.dunning.calendar import Calendar, shift
from connector.dunning.consolidate import CustomerMessagePlan, consolidate
from connector.dunning.netting import CurrencyNetting, DeductedCredit, net
from connector.dunning.obstacles import obstructed
from connector.dunning.policy import Policy, Stage
from connector.dunning.reasons import Action, Decision, Outcome, Reason, ReasonCode, because
from connector.dunning.sequence import Sequence
from state.model import Account, ContactStatus, InvoiceId, Receivable, StageProgress
from state.money import MoneyError

# All that the outcome of an ordinary invoice depends on: due date, progress, a recent contact, its stages' names, and
# whether there is an address.
_Situation = tuple[date | None, tuple[StageProgress, ...], date | None, tuple[str, ...] | None, bool]


def decide(account: Account, policy: Policy, calendar: Calendar, today: date) -> list[Decision]:
    """One decision per receivable of `account`, in their order. For many accounts use one DecisionPass."""
    return DecisionPass(policy, calendar, today).decide(account)


class DecisionPass:
    """The decisions of one day and the messages that follow from them.

    One instance should see all accounts, because it remembers situations, and whose credit a message has deducted.
    """

    def __init__(self, policy: Policy, calendar: Calendar, today: date) -> None:
        self._policy = policy
        self._today = today
        self._sequence = Sequence(policy, calendar, today)
        self._stage_names = frozenset(stage.name for stage in policy.stages)
        self._known: dict[_Situation, Outcome] = {}
        self._deducted = DeductedCredit()
        self._tolerances: dict[str, int | None] = {}
        self._amounts_matter = any(stage.minimum is not None for stage in policy.stages)

    def decide(self, account: Account) -> list[Decision]:
        """One decision per receivable of `account`, in their order."""
        receivables = account.receivables
        contacted_on = self._recent(account.last_contacted_on)
        outcome = self._shared_outcome if _is_ordinary(account) else self._outcome
        outcomes = [outcome(account, receivable, contacted_on) for receivable in receivables]
        if account.credits:
            outcomes = self._hold_what_credit_covers(account, outcomes)
        if len(outcomes) > 1:
            outcomes = _one_message_at_a_time(outcomes, self._today)
        return [Decision(receivable, outcome) for receivable, outcome in zip(receivables, outcomes, strict=True)]

    def consolidate(self, account: Account, decisions: Iterable[Decision]) -> CustomerMessagePlan | None:
        """The message to `account` that `decisions` call for; its family's credit is deducted unless one before did."""
        return consolidate(account, decisions, self._policy, self._deducted)

    def _recent(self, contacted_on: date | None) -> date | None:
        """The last contact while it still matters; once the gap has passed, all customers are alike."""
        if contacted_on is None or shift(contacted_on, self._policy.minimum_gap_days) <= self._today:
            return None
        return contacted_on

    def _shared_outcome(self, account: Account, receivable: Receivable, contacted_on: date | None) -> Outcome:
        """The outcome for an invoice of an ordinary account, worked out once per situation."""
        tolerance_minor = self._tolerance(receivable.currency)
        if tolerance_minor is None or receivable.due_minor <= tolerance_minor or _is_unusual(receivable):
            return self._outcome(account, receivable, contacted_on)
        names = tuple(stage.name for stage in self._stages(receivable)) if self._amounts_matter else None
        situation = (receivable.due_on, receivable.progress, contacted_on, names, account.reachable)
        known = self._known.get(situation)
        if known is None:
            known = self._known[situation] = self._outcome(account, receivable, contacted_on)
        return known

    def _outcome(self, account: Account, receivable: Receivable, contacted_on: date | None) -> Outcome:
        tolerance_minor = self._tolerance(receivable.currency)
        if tolerance_minor is None:
            return Outcome(Action.ASK_PERSON, (because(ReasonCode.UNREADABLE),))
        forbidden = obstructed(account, receivable, self._stage_names, tolerance_minor, self._today)
        return forbidden or self._sequence.next_step(
            self._stages(receivable), receivable.due_on, receivable.progress, contacted_on
        )

    def _stages(self, receivable: Receivable) -> tuple[Stage, ...]:
        if not self._amounts_matter:
            return self._policy.stages
        return self._policy.stages_for(receivable.currency, receivable.due_minor)

    def _tolerance(self, currency: str) -> int | None:
        """Minor units; None for a currency whose units we do not know."""
        try:
            return self._tolerances[currency]
        except KeyError:
            self._tolerances[currency] = tolerance_minor = _tolerance(self._policy, currency)
            return tolerance_minor

    def _hold_what_credit_covers(self, account: Account, outcomes: list[Outcome]) -> list[Outcome]:
        """Unapplied credit first takes single invoices out, then whatever today's message would ask too little for."""
        for chased in (_is_chaseable, _is_sent_today):
            candidates = [r for r, outcome in zip(account.receivables, outcomes, strict=True) if chased(outcome)]
            held: dict[InvoiceId, Reason] = {}
            for netting in net(candidates, account.credits, self._policy.tolerance).values():
                held |= _credit_reasons(netting, account.credits.get(netting.currency, 0))
            outcomes = [
                _held_by_credit(outcome, held[r.invoice_id]) if r.invoice_id in held else outcome
                for r, outcome in zip(account.receivables, outcomes, strict=True)
            ]
        return outcomes


def _tolerance(policy: Policy, currency: str) -> int | None:
    try:
        return policy.tolerance.of(currency)
    except MoneyError:
        return None


def _is_ordinary(account: Account) -> bool:
    return not account.unreadable and not account.holds and account.status is ContactStatus.ACTIVE


def _is_unusual(receivable: Receivable) -> bool:
    return bool(
        receivable.expected_on
        or receivable.holds
        or receivable.disputed
        or receivable.payment_scheduled
        or receivable.unreadable
    )


def _is_chaseable(outcome: Outcome) -> bool:
    return outcome.chaseable


def _is_sent_today(outcome: Outcome) -> bool:
    return outcome.action is Action.SEND


def _credit_reasons(netting: CurrencyNetting[Receivable], credit_minor: int) -> dict[InvoiceId, Reason]:
    """Why each invoice that the credit takes out of the asking is not asked for."""
    reasons = {
        receivable.invoice_id: because(
            ReasonCode.COVERED_BY_CREDIT,
            credit_minor=credit_minor,
            amount_minor=receivable.due_minor,
            currency=netting.currency,
        )
        for receivable in netting.covered
    }
    total = because(
        ReasonCode.ACCOUNT_COVERED_BY_CREDIT,
        credit_minor=credit_minor,
        amount_minor=sum(receivable.due_minor for receivable in netting.withheld),
        currency=netting.currency,
    )
    return reasons | {receivable.invoice_id: total for receivable in netting.withheld}


def _held_by_credit(outcome: Outcome, reason: Reason) -> Outcome:
    """A person must apply the credit; what they were asked for anyway is not forgotten."""
    others = outcome.reasons if outcome.action is Action.ASK_PERSON else ()
    return Outcome(Action.ASK_PERSON, (reason, *others))


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
