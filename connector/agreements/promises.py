"""Making and withdrawing promises to pay."""

from collections.abc import Sequence
from datetime import date

from connector.agreements.subject import (
    AgreementError,
    AtHand,
    amount_in,
    due_invoice,
    living_contact,
    names,
    owing,
    refuse_given_up,
    refuse_handed_over,
    refuse_planned,
    within_reach,
)
from connector.saying.said import all_of, say, sum_of
from state.agreed import Promise, PromiseState, Share
from state.model import ContactId, InvoiceId, Receivable


def make_promises(
    hand: AtHand, on: date, amount: str | None, currency: str | None, note: str | None, person: str
) -> list[Promise]:
    """Keep what was promised: one promise, or one per currency for a customer who promises all it owes.

    Raises AgreementError for a day that is past, an amount above what is due, a currency in which nothing is due, where
    an earlier promise is still open, and about what was handed over, is to be written
    off or is in a plan.
    """
    within_reach(on, hand, say("the promised day is"))
    promised = {key: _amount(hand, owed, amount) for key, owed in _owed(hand, amount, currency).items()}
    _refuse_second(hand, list(promised))
    with hand.store.transaction():
        return [_make(hand, on, key, owed, minor, note, person) for key, (owed, minor) in promised.items()]


def withdraw_promises(hand: AtHand, person: str) -> list[Promise]:
    """The customer takes it back, or it was a mistake. Raises AgreementError if there is nothing open."""
    found = _open(hand)
    if not found:
        raise AgreementError(say("there is no open promise about {target}", target=hand.target.words))
    with hand.store.transaction():
        for promise in found:
            hand.store.promises.settle(promise.id, PromiseState.WITHDRAWN, hand.now)
            _record(hand, "promise withdrawn", promise, person)
    return found


def _owed(hand: AtHand, amount: str | None, currency: str | None) -> dict[str, list[Receivable]]:
    """What the promise is about, by currency."""
    everything = [due_invoice(hand)] if hand.target.scope == "invoice" else owing(hand).receivables
    refuse_handed_over(hand, everything)
    refuse_given_up(hand, everything)
    refuse_planned(
        hand, everything, say("in a payment plan, which says when it is paid; `dun plan cancel` ends that first")
    )
    by_currency: dict[str, list[Receivable]] = {}
    for receivable in everything:
        by_currency.setdefault(receivable.currency, []).append(receivable)
    if currency is not None:
        if currency.upper() not in by_currency:
            raise AgreementError(
                say(
                    "nothing is due in {currency} on {target}, only in {others}",
                    currency=repr(currency),
                    target=hand.target.words,
                    others=all_of(by_currency),
                )
            )
        return {currency.upper(): by_currency[currency.upper()]}
    if amount is not None and len(by_currency) > 1:
        raise AgreementError(
            say(
                "{target} owes in {currencies}; name one invoice, or say which currency is meant",
                target=hand.target.words,
                currencies=all_of(by_currency),
            )
        )
    return by_currency


def _amount(hand: AtHand, owed: list[Receivable], amount: str | None) -> tuple[list[Receivable], int]:
    due, currency = sum(receivable.due_minor for receivable in owed), owed[0].currency
    minor = due if amount is None else amount_in(amount, currency)
    if minor > due:
        raise AgreementError(
            say(
                "{sum} is more than what is due on {target}: {due} ({numbers})",
                sum=sum_of(minor, currency),
                target=hand.target.words,
                due=sum_of(due, currency),
                numbers=names(owed),
            )
        )
    return owed, minor


def _refuse_second(hand: AtHand, currencies: Sequence[str]) -> None:
    for promise in _open(hand):
        if promise.currency in currencies:
            raise AgreementError(
                say(
                    "there is an open promise about {target} already: {sum} by {day}; withdraw that first",
                    target=hand.target.words,
                    sum=sum_of(promise.amount_minor, promise.currency),
                    day=promise.promised_on,
                )
            )


def _open(hand: AtHand) -> list[Promise]:
    if hand.target.scope == "invoice":
        found = hand.store.promises.open_for_invoice(InvoiceId(hand.target.id))
        return [found] if found else []
    return hand.store.promises.open_for_contact(_contact(hand))


def _make(
    hand: AtHand, on: date, currency: str, owed: list[Receivable], minor: int, note: str | None, person: str
) -> Promise:
    of_invoice = hand.target.scope == "invoice"
    made = hand.store.promises.make(
        target=InvoiceId(hand.target.id) if of_invoice else None,
        contact=None if of_invoice else _contact(hand),
        promised_on=on,
        amount_minor=minor,
        currency=currency,
        shares=[Share(each.invoice_id, each.due_minor, each.round) for each in owed],
        note=note,
        by=person,
        at=hand.now,
    )
    _record(hand, "promise", made, person)
    return made


def _record(hand: AtHand, action: str, promise: Promise, person: str) -> None:
    details = {
        "id": promise.id,
        "promised_on": promise.promised_on,
        "amount_minor": promise.amount_minor,
        "currency": promise.currency,
        "note": promise.note,
    }
    hand.store.audit.record(person, action, hand.target.scope, hand.target.id, details, hand.now)


def _contact(hand: AtHand) -> ContactId:
    return living_contact(hand.store, ContactId(hand.target.id))
