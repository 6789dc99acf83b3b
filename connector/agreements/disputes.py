"""Opening disputes, and saying what came of them."""

from connector.agreements.subject import AgreementError, AtHand, amount_in, due_invoice, refuse_given_up
from connector.saying.said import say, sum_of
from state.agreed import Dispute
from state.model import InvoiceId
from state.plain_text import blank


def open_dispute(hand: AtHand, reason: str, amount: str | None, owner: str, person: str) -> Dispute:
    """The invoice, or `amount` of it, is contested; the rest goes on being asked for.

    Raises AgreementError if it gives no reason, contests more than is due, if a dispute about the invoice is open
    already, or if it is to be written off.
    """
    if blank(reason):
        raise AgreementError(
            say("say what the customer contests on {target}; nobody can settle it otherwise", target=hand.target.words)
        )
    receivable = due_invoice(hand)
    refuse_given_up(hand, [receivable])
    minor = None if amount is None else amount_in(amount, receivable.currency)
    if minor is not None and minor > receivable.due_minor:
        raise AgreementError(
            say(
                "{sum} is more than what is due on {target}: {due}",
                sum=sum_of(minor, receivable.currency),
                target=hand.target.words,
                due=sum_of(receivable.due_minor, receivable.currency),
            )
        )
    if receivable.dispute is not None:
        raise AgreementError(say("{target} is disputed already; settle that first", target=hand.target.words))
    with hand.store.transaction():
        opened = hand.store.disputes.open(
            receivable.invoice_id, reason, owner, minor, receivable.currency, person, hand.now
        )
        details = {
            "id": opened.id,
            "reason": reason,
            "owner": owner,
            "amount_minor": minor,
            "currency": opened.currency,
        }
        hand.store.audit.record(person, "dispute", "invoice", receivable.invoice_id, details, hand.now)
    return opened


def settle_dispute(hand: AtHand, outcome: str, person: str) -> Dispute:
    """What came of it; what is due goes on being asked for. AgreementError if nothing is disputed."""
    dispute = hand.store.disputes.about(InvoiceId(hand.target.id))
    if dispute is None:
        raise AgreementError(say("there is no open dispute about {target}", target=hand.target.words))
    with hand.store.transaction():
        hand.store.disputes.close(dispute.id, outcome, person, hand.now)
        details = {"id": dispute.id, "outcome": outcome}
        hand.store.audit.record(person, "dispute settled", "invoice", dispute.invoice_id, details, hand.now)
    return dispute
