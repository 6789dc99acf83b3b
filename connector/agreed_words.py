"""What was agreed about an invoice, in words for whoever asks why it is or is not chased."""

from collections.abc import Iterator
from decimal import Decimal

from connector.agreements.subject import money
from state.agreed import DiscountOffer, Dispute
from state.model import Account, InvoiceId


def agreed_in_words(account: Account, invoice_id: InvoiceId) -> Iterator[str]:
    """Promises, disputes, offers and plans about the invoice, and how its customer is to be treated."""
    receivable = next(each for each in account.receivables if each.invoice_id == invoice_id)
    if (promise := receivable.promise) is not None:
        amount = money(promise.amount_minor, promise.currency)
        yield f"{amount} promised for {promise.promised_on} ({promise.state}), taken down by {promise.made_by}"
    if (dispute := receivable.dispute) is not None:
        yield f"disputed: {disputed_part(dispute)}, {dispute.reason}; {dispute.owner} sees to it"
    if (offer := receivable.discount) is not None:
        yield f"{_less(offer)} less until {offer.until}"
    for plan in account.plans:
        if any(share.invoice_id == invoice_id for share in plan.shares):
            last = plan.instalments[-1]
            yield f"under a payment plan of {len(plan.instalments)} instalments to {last.due_on} ({plan.state})"
    if (wish := account.preference) is not None and wish.do_not_chase is not None:
        yield f"not to be chased: {wish.do_not_chase}; {wish.owner} sees to it"


def disputed_part(dispute: Dispute) -> str:
    """How much of the invoice is disputed, and what credit notes have taken off that since."""
    if dispute.amount_minor is None:
        return "all of it"
    part = money(dispute.amount_minor, dispute.currency)
    if not dispute.credited_minor:
        return part
    left = money(dispute.contested(dispute.amount_minor), dispute.currency)
    return f"{part}, less {money(dispute.credited_minor, dispute.currency)} credited since, which leaves {left}"


def _less(offer: DiscountOffer) -> str:
    if offer.percent_hundredths is not None:
        return f"{Decimal(offer.percent_hundredths).scaleb(-2).normalize():f} %"
    return money(offer.amount_minor or 0, offer.currency)
