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

from connector.holding import Target, find_target, too_far, with_others
from connector.saying.names import name
from connector.saying.said import Said, say, sum_of
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
    raise AgreementError(say("nothing is due from {target}", target=hand.target.words))


def due_invoice(hand: AtHand) -> Receivable:
    """The invoice at hand with what is due on it. AgreementError if nothing is."""
    for account in hand.store.receivables.accounts(hand.today):
        for receivable in account.receivables:
            if receivable.invoice_id == hand.target.id:
                return receivable
    raise AgreementError(say("nothing is due on {target}", target=hand.target.words))


def refuse_handed_over(hand: AtHand, receivables: Sequence[Receivable]) -> None:
    """AgreementError if an agency or a court has one of them: what the customer agrees, it agrees with them."""
    for each in receivables:
        if elsewhere := with_others(hand.store, each.invoice_id):
            words = say("{target} {elsewhere}", target=_invoice(hand, each), elsewhere=elsewhere)
            raise AgreementError(say("{words}, or leave it out", words=words) if _is_of_many(hand) else words)


def refuse_given_up(hand: AtHand, receivables: Sequence[Receivable]) -> None:
    """AgreementError if one of them is to be written off: nobody agrees with a customer what nobody will ask for."""
    for each in receivables:
        pending = [found for found in hand.store.write_offs.of_invoice(each.invoice_id) if found.pending]
        if pending:
            raise AgreementError(
                say(
                    "{invoice} is to be written off ({state}); `dun write-off refuse {number}` ends that first",
                    invoice=_invoice(hand, each),
                    state=name(pending[-1].state),
                    number=quote(names([each])),
                )
            )


def refuse_planned(hand: AtHand, receivables: Sequence[Receivable], instead: Said) -> None:
    """AgreementError if an active plan says by when they are paid; `instead` says what can be done."""
    found = [invoice for each in receivables if (invoice := hand.store.mirror.invoice(each.invoice_id)) is not None]
    owners = dict.fromkeys(living_contact(hand.store, invoice.contact_id) for invoice in found)
    plans = [plan for owner in owners for plan in hand.store.plans.of_contact(owner) if plan.state is PlanState.ACTIVE]
    active = {share.invoice_id for plan in plans for share in plan.shares}
    if planned := [each for each in receivables if each.invoice_id in active]:
        raise AgreementError(say("{numbers}: {instead}", numbers=names(planned), instead=instead))


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
    plain = text.strip()
    if not _AMOUNT.fullmatch(plain):
        raise AgreementError(say("{text} is not an amount; write it like 250.00", text=repr(text)))
    try:
        digits, minor = exponent(currency), to_minor(Decimal(plain), currency)
    except MoneyError:
        raise AgreementError(_no_amount(currency)) from None
    if len(plain.partition(".")[2]) > digits:
        raise AgreementError(_no_amount(currency))
    if minor <= 0:
        raise AgreementError(say("{text} is not an amount above nothing", text=text))
    return minor


def _no_amount(currency: str) -> Said:
    """Without the amount: on the page it was typed with another decimal mark."""
    if isinstance(sum_of(0, currency), Money):
        return say(
            "more than {n} digits behind the decimal mark are finer than the minor unit of {currency}",
            n=exponent(currency),
            currency=currency,
        )
    return say("unknown currency {currency}", currency=repr(currency))


def not_past(day: date, hand: AtHand, what: Said) -> None:
    """AgreementError if `day` is over for the tenant. `what` begins the sentence."""
    if day < hand.today:
        raise AgreementError(
            say(
                "{what} {day}, which is past; today is {today} for {tenant}",
                what=what,
                day=day,
                today=hand.today,
                tenant=hand.target.tenant,
            )
        )


def within_reach(day: date, hand: AtHand, what: Said) -> None:
    """AgreementError if `day` is over for the tenant, or more than ten years away. `what` begins the sentence."""
    not_past(day, hand, what)
    if too_far(day, hand.today):
        raise AgreementError(
            say(
                "{what} {day}, which is more than ten years away; today is {today}",
                what=what,
                day=day,
                today=hand.today,
            )
        )


def money(minor: int, currency: str) -> str:
    """`sum_of` in English."""
    return str(sum_of(minor, currency))


def _invoice(hand: AtHand, receivable: Receivable) -> Said:
    return say("invoice {number} of {tenant}", number=names([receivable]), tenant=hand.target.tenant)


def _is_of_many(hand: AtHand) -> bool:
    return hand.target.scope == "contact"


def names(receivables: Sequence[Receivable]) -> str:
    return ", ".join(each.number or each.invoice_id for each in receivables)
