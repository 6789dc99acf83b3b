"""Offering an early-payment discount, and taking the offer back."""

from datetime import date
from decimal import Decimal, InvalidOperation

from connector.agreements.subject import (
    AgreementError,
    AtHand,
    amount_in,
    due_invoice,
    refuse_given_up,
    refuse_handed_over,
    within_reach,
)
from connector.dunning.agreements import Discounted, discounted
from connector.saying.said import say, sum_of
from state.agreed import DiscountOffer
from state.model import InvoiceId


def offer_discount(
    hand: AtHand, percent: str | None, amount: str | None, until: date, person: str
) -> tuple[DiscountOffer, Discounted]:
    """Less to pay up to and including `until`, and what that comes to today. It replaces an earlier offer.

    Raises AgreementError for a day that is past, a discount that is nothing or leaves nothing to pay, and for what was
    handed over or is to be written off.
    """
    within_reach(until, hand, say("the offer would end on"))
    receivable = due_invoice(hand)
    refuse_handed_over(hand, [receivable])
    refuse_given_up(hand, [receivable])
    currency, rest = receivable.currency, receivable.asked_minor
    hundredths = None if percent is None else _hundredths(percent)
    minor = None if amount is None else amount_in(amount, currency)
    with hand.store.transaction():
        offer = hand.store.discounts.offer(receivable.invoice_id, hundredths, minor, currency, until, person, hand.now)
        figures = discounted(offer, rest, hand.today)
        if figures is None:
            raise AgreementError(
                say(
                    "of the {sum} asked on {target} this is no discount, or all of it",
                    sum=sum_of(rest, currency),
                    target=hand.target.words,
                )
            )
        details = {
            "id": offer.id,
            "percent_hundredths": hundredths,
            "amount_minor": minor,
            "currency": currency,
            "until": until,
        }
        hand.store.audit.record(person, "discount", "invoice", receivable.invoice_id, details, hand.now)
    return offer, figures


def withdraw_discount(hand: AtHand, person: str) -> None:
    """AgreementError if nothing is on offer."""
    invoice_id = InvoiceId(hand.target.id)
    with hand.store.transaction():
        if not hand.store.discounts.withdraw(invoice_id, hand.now):
            raise AgreementError(say("no discount is on offer for {target}", target=hand.target.words))
        hand.store.audit.record(person, "discount withdrawn", "invoice", invoice_id, {}, hand.now)


def _hundredths(percent: str) -> int:
    try:
        exact = Decimal(percent) * 100
        whole = int(exact)
    except (InvalidOperation, OverflowError, ValueError):
        raise AgreementError(say("{text} is not a percentage; write it like 2.5", text=repr(percent))) from None
    if whole != exact or not 0 < whole < 10_000:
        raise AgreementError(
            say("{text} is not a percentage between 0.01 and 99.99, with two digits at most", text=percent)
        )
    return whole
