"""Opening disputes, and saying what came of them."""

from connector.agreements.subject import AgreementError, AtHand, amount_in, due_invoice, money
from state.agreed import Dispute
from state.model import InvoiceId
from state.plain_text import blank


def open_dispute(hand: AtHand, reason: str, amount: str | None, owner: str, person: str) -> Dispute:
    """The invoice, or `amount` of it, is contested; the rest goes on being asked for.

    Raises AgreementError if it gives no reason, contests more than is due, or if a dispute about the invoice is open
    already.
    """
    if blank(reason):
        raise AgreementError(f"say what the customer contests on {hand.target.words}; nobody can settle it otherwise")
    receivable = due_invoice(hand)
    minor = None if amount is None else amount_in(amount, receivable.currency)
    if minor is not None and minor > receivable.due_minor:
        raise AgreementError(
            f"{money(minor, receivable.currency)} is more than what is due on {hand.target.words}:"
            f" {money(receivable.due_minor, receivable.currency)}"
        )
    if receivable.dispute is not None:
        raise AgreementError(f"{hand.target.words} is disputed already; settle that first")
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
        raise AgreementError(f"there is no open dispute about {hand.target.words}")
    with hand.store.transaction():
        hand.store.disputes.close(dispute.id, outcome, person, hand.now)
        details = {"id": dispute.id, "outcome": outcome}
        hand.store.audit.record(person, "dispute settled", "invoice", dispute.invoice_id, details, hand.now)
    return dispute
