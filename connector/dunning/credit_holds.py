"""What the customer's unapplied credit takes out of the asking, so that a person applies it in the ledger."""

from connector.dunning.netting import CurrencyNetting, net
from connector.dunning.plan_steps import is_instalment
from connector.dunning.policy import Policy
from connector.dunning.reasons import Action, Outcome, Reason, ReasonCode, because
from state.model import Account, InvoiceId, Receivable


def hold_what_credit_covers(account: Account, outcomes: list[Outcome], policy: Policy) -> list[Outcome]:
    """Unapplied credit first takes single invoices out, then whatever today's message would ask too little for."""
    for chased in (_is_chaseable, _is_sent_today):
        candidates = [r for r, outcome in zip(account.receivables, outcomes, strict=True) if chased(outcome)]
        held: dict[InvoiceId, Reason] = {}
        for netting in net(candidates, account.credits, policy.tolerance, withhold=policy.credit == "hold").values():
            held |= _credit_reasons(netting, account.credits.get(netting.currency, 0))
        outcomes = [
            _held_by_credit(outcome, held[r.invoice_id]) if r.invoice_id in held else outcome
            for r, outcome in zip(account.receivables, outcomes, strict=True)
        ]
    return outcomes


def _is_chaseable(outcome: Outcome) -> bool:
    return outcome.chaseable and not is_instalment(outcome.stage)


def _is_sent_today(outcome: Outcome) -> bool:
    return outcome.action is Action.SEND and not is_instalment(outcome.stage)


def _credit_reasons(netting: CurrencyNetting[Receivable], credit_minor: int) -> dict[InvoiceId, Reason]:
    """Why each invoice that the credit takes out of the asking is not asked for."""
    reasons = {
        receivable.invoice_id: because(
            ReasonCode.COVERED_BY_CREDIT,
            credit_minor=credit_minor,
            amount_minor=receivable.asked_minor,
            currency=netting.currency,
        )
        for receivable in netting.covered
    }
    total = because(
        ReasonCode.ACCOUNT_COVERED_BY_CREDIT,
        credit_minor=credit_minor,
        amount_minor=sum(receivable.asked_minor for receivable in netting.withheld),
        currency=netting.currency,
    )
    return reasons | {receivable.invoice_id: total for receivable in netting.withheld}


def _held_by_credit(outcome: Outcome, reason: Reason) -> Outcome:
    """A person must apply the credit; what they were asked for anyway is not forgotten."""
    others = outcome.reasons if outcome.action is Action.ASK_PERSON else ()
    return Outcome(Action.ASK_PERSON, (reason, *others))
