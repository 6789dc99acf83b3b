"""What an agreement is about: an invoice or a customer found by name, and what is due on it where the tenant lives.

Every agreement is measured against the mirror, so each begins with this look, and refuses before anything is changed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from shlex import quote
from typing import TYPE_CHECKING

from connector.holding import TOO_FAR, Target, find_target, too_far, with_others
from state.agreed import PlanState
from state.model import Account, ContactId, Receivable
from state.money import Money, MoneyError, exponent, to_minor
from state.store import TenantStore

if TYPE_CHECKING:
    from connector.wiring import Installation


_AMOUNT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?|\.[0-9]+")  # of what Decimal takes, what people mean by an amount


class AgreementError(Exception):
    """What was to be agreed cannot be, as it stands; nothing was changed. `str()` says why."""


@dataclass(frozen=True, kw_only=True)
class AtHand:
    """One invoice or customer, the open file of its tenant, and the moment."""

    target: Target
    store: TenantStore
    now: datetime
    today: date  # business day of the tenant
    # Whether credit in hand, so many minor units of a currency, is no reason to doubt a debt. Here all of it is one.
    passes_over: Callable[[int, str], bool] = lambda _minor, _currency: False


@contextmanager
def at_hand(
    installation: "Installation", slug: str | None, invoice: str | None, customer: str | None, *, change: bool = True
) -> Iterator[AtHand]:
    """The one invoice or customer named. TargetError if nothing or several things answer to the name.

    With `change`, what is read and written inside is of one moment, all or nothing: no pull comes between the look at
    what is due and the row that is measured by it.
    """
    target = find_target(installation, slug, invoice, customer, everything=False)
    now = installation.clock.now()
    settings = installation.config.tenant(target.tenant)
    today, passes_over = settings.today_at(now), settings.book.passes_over
    with installation.store(target.tenant) as store, store.transaction() if change else nullcontext():
        yield AtHand(target=target, store=store, now=now, today=today, passes_over=passes_over)


def owing(hand: AtHand) -> Account:
    """The customer at hand with all that is due from it. AgreementError if nothing is."""
    living = living_contact(hand.store, ContactId(hand.target.id))
    for account in hand.store.receivables.accounts(hand.today):
        if account.contact_id == living:
            return account
    raise AgreementError(f"nothing is due from {hand.target.words}")


def due_invoice(hand: AtHand) -> Receivable:
    """The invoice at hand with what is due on it. AgreementError if nothing is."""
    for account in hand.store.receivables.accounts(hand.today):
        for receivable in account.receivables:
            if receivable.invoice_id == hand.target.id:
                return receivable
    raise AgreementError(f"nothing is due on {hand.target.words}")


def refuse_handed_over(hand: AtHand, receivables: Sequence[Receivable]) -> None:
    """AgreementError if an agency or a court has one of them: what the customer agrees, it agrees with them."""
    instead = ", or leave it out" if hand.target.scope == "contact" else ""
    for each in receivables:
        if elsewhere := with_others(hand.store, each.invoice_id):
            raise AgreementError(f"invoice {names([each])} of {hand.target.tenant} {elsewhere}{instead}")


def refuse_given_up(hand: AtHand, receivables: Sequence[Receivable]) -> None:
    """AgreementError if one of them is to be written off: nobody agrees with a customer what nobody will ask for."""
    for each in receivables:
        pending = [found for found in hand.store.write_offs.of_invoice(each.invoice_id) if found.pending]
        if pending:
            number = names([each])
            raise AgreementError(
                f"invoice {number} of {hand.target.tenant} is to be written off ({pending[-1].state});"
                f" `dun write-off refuse {quote(number)}` ends that first"
            )


def refuse_planned(hand: AtHand, receivables: Sequence[Receivable], instead: str) -> None:
    """AgreementError if an active plan says by when they are paid; `instead` says what can be done."""
    found = [invoice for each in receivables if (invoice := hand.store.mirror.invoice(each.invoice_id)) is not None]
    owners = dict.fromkeys(living_contact(hand.store, invoice.contact_id) for invoice in found)
    plans = [plan for owner in owners for plan in hand.store.plans.of_contact(owner) if plan.state is PlanState.ACTIVE]
    active = {share.invoice_id for plan in plans for share in plan.shares}
    if planned := [each for each in receivables if each.invoice_id in active]:
        raise AgreementError(f"{names(planned)}: {instead}")


def living_contact(store: TenantStore, contact_id: ContactId) -> ContactId:
    """The contact that lives on after all merges; one in a loop of them is taken as it is."""
    seen = [contact_id]
    while (contact := store.mirror.contact(seen[-1])) is not None and contact.merged_into is not None:
        if contact.merged_into in seen:
            return contact_id
        seen.append(contact.merged_into)
    return seen[-1]


def amount_in(text: str, currency: str) -> int:
    """Minor units of an amount with a decimal point. AgreementError for what is no amount above nothing.

    More digits than the currency has are refused even where they are noughts: 1.250 may well be meant as 1250.
    """
    if not _AMOUNT.fullmatch(text.strip()):
        raise AgreementError(f"{text!r} is not an amount; write it like 250.00")
    try:
        minor = to_minor(Decimal(text.strip()), currency)
    except MoneyError as error:
        raise AgreementError(str(error)) from None
    if len(text.strip().partition(".")[2]) > exponent(currency):
        raise AgreementError(f"{currency} has {exponent(currency)} digits behind the decimal mark, and no more")
    if minor <= 0:
        raise AgreementError(f"{text} is not an amount above nothing")
    return minor


def not_past(day: date, hand: AtHand, what: str) -> None:
    """AgreementError if `day` is over for the tenant. `what` begins the sentence."""
    if day < hand.today:
        raise AgreementError(f"{what} {day}, which is past; today is {hand.today} for {hand.target.tenant}")


def within_reach(day: date, hand: AtHand, what: str) -> None:
    """AgreementError if `day` is over for the tenant, or more than ten years away. `what` begins the sentence."""
    not_past(day, hand, what)
    if too_far(day, hand.today):
        raise AgreementError(f"{what} {day}, {TOO_FAR}; today is {hand.today}")


def money(minor: int, currency: str) -> str:
    """For sentences; an unknown currency is shown in minor units, since nobody knows how many make one."""
    try:
        return str(Money(minor, currency))
    except MoneyError:
        return f"{minor} minor units of {currency}"


def names(receivables: Sequence[Receivable]) -> str:
    return ", ".join(each.number or each.invoice_id for each in receivables)
