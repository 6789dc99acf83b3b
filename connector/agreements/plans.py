"""Making payment plans and ending them."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from connector.agreements.in_hand import refuse_in_hand
from connector.agreements.subject import (
    AgreementError,
    AtHand,
    amount_in,
    living_contact,
    names,
    owing,
    refuse_given_up,
    refuse_handed_over,
    refuse_planned,
    within_reach,
)
from connector.dunning.calendar import Calendar
from connector.dunning.instalments import Rhythm, due_days, equal_instalments
from connector.saying.said import all_of, say, sum_of, told
from state.agreed import Instalment, Plan, PlanState, Share
from state.model import ContactId, Receivable


def chosen_invoices(hand: AtHand, texts: Sequence[str]) -> list[Receivable]:
    """The customer's open invoices of these numbers or ids, or all of them, the oldest due first.

    Raises AgreementError if one is not open or not the customer's, is disputed, is in a plan, was handed over, is to
    be written off, if they are of several currencies, or while money is in hand that may have paid some of them.
    """
    account = owing(hand)
    wanted = {text.casefold() for text in texts}
    found = [each for each in account.receivables if not wanted or not wanted.isdisjoint(_names(each))]
    known = {name for each in found for name in _names(each)}
    if missing := sorted({text for text in texts if text.casefold() not in known}):
        raise AgreementError(
            say(
                "{target} has no open invoice {missing}; open are {numbers}",
                target=hand.target.words,
                missing=", ".join(missing),
                numbers=names(account.receivables),
            )
        )
    _refuse_disputed(found)
    refuse_planned(hand, found, say("in another plan already; `dun plan cancel` ends that first"))
    refuse_handed_over(hand, found)
    refuse_given_up(hand, found)
    if len(currencies := dict.fromkeys(each.currency for each in found)) > 1:
        raise AgreementError(
            say(
                "one plan is in one currency; {numbers} are in {currencies}",
                numbers=names(found),
                currencies=all_of(currencies),
            )
        )
    refuse_in_hand(hand, [each.invoice_id for each in found])
    return found


def by_equal_parts(
    hand: AtHand, invoices: Sequence[Receivable], count: int, first: date, every: Rhythm, calendar: Calendar
) -> tuple[Instalment, ...]:
    """The balance in `count` equal parts, the last with what does not divide, on days on which the firm works."""
    within_reach(first, hand, say("the first instalment would be due on"))
    try:
        return equal_instalments(_balance(invoices), due_days(first, count, every, calendar))
    except ValueError as error:
        raise AgreementError(say("this cannot be divided: {why}", why=told(error))) from None


def by_hand(
    hand: AtHand, invoices: Sequence[Receivable], parts: Sequence[tuple[date, str]], calendar: Calendar
) -> tuple[Instalment, ...]:
    """Instalments as they were agreed, amount and day, moved to one on which the firm works.

    AgreementError if they do not sum to the balance, or if two of them would be due on the same day.
    """
    currency = invoices[0].currency
    agreed = sorted((day, amount_in(amount, currency)) for day, amount in parts)
    within_reach(agreed[0][0], hand, say("the first instalment would be due on"))
    within_reach(agreed[-1][0], hand, say("the last instalment would be due on"))
    days = [(calendar.next_open(day), minor) for day, minor in agreed]
    if twice := [day for (day, _), (following, _) in pairwise(days) if day == following]:
        raise AgreementError(say("two instalments would be due on the same day, {day}; make them one", day=twice[0]))
    total, balance = sum(minor for _, minor in days), _balance(invoices)
    if total != balance:
        difference = sum_of(abs(total - balance), currency)
        wrong = say("{sum} too much", sum=difference) if total > balance else say("{sum} missing", sum=difference)
        raise AgreementError(
            say(
                "the instalments sum to {total}, the invoices ({numbers}) to {balance}: {wrong}",
                total=sum_of(total, currency),
                numbers=names(invoices),
                balance=sum_of(balance, currency),
                wrong=wrong,
            )
        )
    return tuple(Instalment(number, day, minor) for number, (day, minor) in enumerate(days, start=1))


def make_plan(hand: AtHand, invoices: Sequence[Receivable], instalments: Sequence[Instalment], person: str) -> Plan:
    """Keep the plan; the schema refuses it, and everything with it, unless it sums."""
    store, contact = hand.store, living_contact(hand.store, ContactId(hand.target.id))
    shares = [Share(each.invoice_id, each.due_minor) for each in invoices]
    with store.transaction():
        plan = store.plans.make(contact, invoices[0].currency, shares, instalments, person, hand.now)
        details = {
            "id": plan.id,
            "balance_minor": plan.baseline_minor,
            "currency": plan.currency,
            "instalments": len(plan.instalments),
            "invoices": names(invoices),
        }
        store.audit.record(person, "plan", "contact", contact, details, hand.now)
    return plan


def plans_of(hand: AtHand) -> list[Plan]:
    """All plans of the customer, the oldest first."""
    return hand.store.plans.of_contact(living_contact(hand.store, ContactId(hand.target.id)))


def cancel_plans(hand: AtHand, person: str) -> list[Plan]:
    """End the customer's plans, active or broken. AgreementError if there is none."""
    ended = [plan for plan in plans_of(hand) if plan.state in (PlanState.ACTIVE, PlanState.BROKEN)]
    if not ended:
        raise AgreementError(say("{target} has no plan to cancel", target=hand.target.words))
    with hand.store.transaction():
        for plan in ended:
            hand.store.plans.settle(plan.id, PlanState.CANCELLED, hand.now)
            details = {"id": plan.id, "was": plan.state}
            hand.store.audit.record(person, "plan cancelled", "contact", plan.contact_id, details, hand.now)
    return ended


def _names(receivable: Receivable) -> set[str]:
    return {receivable.invoice_id.casefold(), (receivable.number or receivable.invoice_id).casefold()}


def _balance(invoices: Sequence[Receivable]) -> int:
    return sum(each.due_minor for each in invoices)


def _refuse_disputed(invoices: Sequence[Receivable]) -> None:
    if disputed := [each for each in invoices if each.disputed_minor or each.disputed]:
        raise AgreementError(
            say("{numbers}: disputed; settle that first, or leave it out of the plan", numbers=names(disputed))
        )
