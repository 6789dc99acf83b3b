"""What was agreed about an invoice, in words for whoever asks why it is or is not chased."""

from collections.abc import Iterator
from decimal import Decimal

from connector.saying.names import name, plan_state
from connector.saying.said import Said, Value, say, sum_of
from state.agreed import DiscountOffer, Dispute
from state.model import Account, InvoiceId


def agreed_in_words(account: Account, invoice_id: InvoiceId) -> Iterator[Said]:
    """Promises, disputes, offers and plans about the invoice, and how its customer is to be treated."""
    receivable = next(each for each in account.receivables if each.invoice_id == invoice_id)
    if (promise := receivable.promise) is not None:
        yield say(
            "{sum} promised for {day} ({state}), taken down by {who}",
            sum=sum_of(promise.amount_minor, promise.currency),
            day=promise.promised_on,
            state=name(promise.state),
            who=promise.made_by,
        )
    if (dispute := receivable.dispute) is not None:
        yield say(
            "disputed: {part}, {reason}; {owner} sees to it",
            part=disputed_part(dispute),
            reason=dispute.reason,
            owner=dispute.owner,
        )
    if (offer := receivable.discount) is not None:
        yield say("{part} less until {day}", part=_less(offer), day=offer.until)
    for plan in account.plans:
        if any(share.invoice_id == invoice_id for share in plan.shares):
            yield say(
                "under a payment plan of {count} instalments to {day} ({state})",
                count=len(plan.instalments),
                day=plan.instalments[-1].due_on,
                state=plan_state(plan.state),
            )
    if (wish := account.preference) is not None and wish.do_not_chase is not None:
        yield say("not to be chased: {why}; {owner} sees to it", why=wish.do_not_chase, owner=str(wish.owner))


def disputed_part(dispute: Dispute) -> Value:
    """How much of the invoice is disputed, and what credit notes have taken off that since."""
    if dispute.amount_minor is None:
        return say("all of it")
    part = sum_of(dispute.amount_minor, dispute.currency)
    if not dispute.credited_minor:
        return part
    return say(
        "{part}, less {credited} credited since, which leaves {left}",
        part=part,
        credited=sum_of(dispute.credited_minor, dispute.currency),
        left=sum_of(dispute.contested(dispute.amount_minor), dispute.currency),
    )


def _less(offer: DiscountOffer) -> Value:
    if offer.percent_hundredths is not None:
        percent = Decimal(offer.percent_hundredths).scaleb(-2)
        return say("{percent} %", percent=Decimal(f"{percent.normalize():f}"))
    return sum_of(offer.amount_minor or 0, offer.currency)
