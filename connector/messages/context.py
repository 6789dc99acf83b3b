"""What a template may say: one customer's unpaid invoices, what is asked for them, and who is asking.

The sums are made here and nowhere else, so no template can ask for another amount. Names come from ledgers, where
anybody may have typed anything; they become single harmless lines before a template sees them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from connector.messages.facts import BrokenPromise, Charge, Discount, Instalment, NextStep
from connector.messages.harmless import (
    harmless_address,
    harmless_name,
    harmless_number,
    harmless_or_none,
    harmless_reference,
    web_address,
)
from connector.messages.occasions import STAGES, Occasion, Stage
from state.money import Money, totals

__all__ = ["STAGES", "CurrencyGroup", "InvoiceLine", "MessageContext", "MessageError", "Stage", "template_variables"]


class MessageError(Exception):
    """A message that must not be written, or a template that cannot write it. `str()` names no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One invoice in a message. `due` is what the ledger says is still open on it, before unapplied credit.

    `disputed` is the part of it that the customer does not accept; the rest is asked for.
    """

    number: str | None
    issued_on: date | None
    due_on: date
    days_overdue: int  # negative: days still to go; 0: due today
    total: Money
    due: Money
    disputed: Money | None = None
    pay_url: str | None = None

    @property
    def asked(self) -> Money:
        return self.due - self.disputed if self.disputed else self.due

    @property
    def part_paid(self) -> bool:
        return self.due != self.total

    @property
    def overdue(self) -> bool:
        return self.days_overdue > 0


@dataclass(frozen=True, slots=True)
class CurrencyGroup:
    """The invoices of one currency and what is asked for them.

    `subtotal` (what is undisputed) less unapplied `credit` plus the claimed `charges` is `balance`. `asked` is the
    same, or what is missing of an instalment where one is asked for.
    """

    currency: str
    invoices: tuple[InvoiceLine, ...]
    subtotal: Money
    credit: Money
    charges: tuple[Charge, ...]
    balance: Money
    asked: Money

    @property
    def due(self) -> Money:
        """What is open on them, disputed or not."""
        return sum((line.due for line in self.invoices), start=Money(0, self.currency))

    @property
    def disputed(self) -> Money:
        return self.due - self.subtotal


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContext:
    """Everything a message is made of. Raises MessageError if it would ask for nothing, or for what is not owed."""

    company: str  # the tenant, who is owed
    sender_name: str  # the person who signs
    customer: str
    first_name: str | None
    locale: str  # of the customer, such as en_GB: how amounts and dates are written
    language: str | None = None  # of the words, such as de; None: the tenant's own
    stage: Stage
    lines: tuple[InvoiceLine, ...]
    credits: tuple[Money, ...] = ()  # unapplied credit of the customer
    charges: tuple[Charge, ...] = ()
    ordinal: int | None = None  # which formal reminder of its overdue invoices it is; None: not one number for all
    deadline: date | None = None
    next_step: NextStep | None = None  # what is decided for the end: an agency or a court
    broken_promise: BrokenPromise | None = None
    discount: Discount | None = None
    instalment: Instalment | None = None
    owner_name: str | None = None  # the person who phones, and whom the matter belongs to
    callback_phone: str | None = None
    payment_account: str | None = None  # where to pay, as people write it
    reply_to: str
    reference: str  # marker by which a reply is recognised

    def __post_init__(self) -> None:
        if not self.lines:
            raise MessageError("a reminder needs at least one invoice")
        for line in self.lines:
            _check_line(line)
        if any(credit.minor < 0 for credit in self.credits):
            raise MessageError("unapplied credit cannot be negative")
        _check_charges(self)
        _check_instalment(self)
        if any(group.asked.minor <= 0 for group in self.groups):
            raise MessageError("the customer's credit covers these invoices; there is nothing to ask for")
        _check_discount(self)

    @property
    def occasion(self) -> Occasion:
        """Which templates write it: those of the stage, or those of an instalment."""
        return "instalment" if self.instalment else self.stage

    @property
    def groups(self) -> tuple[CurrencyGroup, ...]:
        """The invoices by currency, in order of first appearance."""
        return tuple(_group(self, currency, subtotal) for currency, subtotal in _subtotals(self).items())

    @property
    def asked(self) -> tuple[Money, ...]:
        """What the message asks for: one net amount per currency."""
        return tuple(group.asked for group in self.groups)

    @property
    def written_on(self) -> date:
        """The day from which the lines count."""
        return max(line.due_on + timedelta(days=line.days_overdue) for line in self.lines)


def template_variables(context: MessageContext) -> Mapping[str, Any]:
    """The names a template may use, and their values. docs/reference/templates.md explains each."""
    harmless = _harmless(context)
    claimed, announced = (tuple(c for c in harmless.charges if c.claimed is claimed) for claimed in (True, False))
    return {
        "announced": announced,
        "asked": harmless.asked,
        "broken_promise": harmless.broken_promise,
        "callback_phone": harmless.callback_phone,
        "claimed": claimed,
        "company": harmless.company,
        "customer": harmless.customer,
        "deadline": harmless.deadline,
        "discount": harmless.discount if _still_offered(harmless) else None,
        "first_name": harmless.first_name,
        "groups": harmless.groups,
        "instalment": harmless.instalment,
        "invoices": harmless.lines,
        "locale": harmless.locale,
        "next_step": harmless.next_step,
        "ordinal": harmless.ordinal,
        "overdue_count": sum(line.overdue for line in harmless.lines),
        "owner_name": harmless.owner_name,
        "payment_account": harmless.payment_account,
        "reference": harmless.reference,
        "reply_to": harmless.reply_to,
        "sender_name": harmless.sender_name,
        "stage": harmless.stage,
    }


def _check_line(line: InvoiceLine) -> None:
    if line.due.minor <= 0:
        raise MessageError("an invoice with nothing due cannot be in a reminder")
    if line.due.currency != line.total.currency:
        raise MessageError("an invoice's total and what is due on it must be in one currency")
    if line.disputed is None:
        return
    if line.disputed.currency != line.due.currency or line.disputed.minor < 0:
        raise MessageError("the disputed part of an invoice must be an amount in its currency")
    if line.asked.minor <= 0:
        raise MessageError("an invoice that is disputed as a whole cannot be in a reminder")


def _check_charges(context: MessageContext) -> None:
    if any(charge.amount.minor <= 0 for charge in context.charges):
        raise MessageError("a charge must be an amount above zero")
    if not {charge.amount.currency for charge in context.charges if charge.claimed} <= _subtotals(context).keys():
        raise MessageError("a charge is claimed in a currency in which no invoice is")


def _check_instalment(context: MessageContext) -> None:
    part = context.instalment
    if part is None:
        return
    if len(context.groups) != 1 or part.amount.currency != context.groups[0].currency:
        raise MessageError("an instalment and its invoices must be in one currency")
    if not 0 < part.outstanding.minor <= part.missing.minor <= part.amount.minor:
        raise MessageError("what is missing of an instalment must be above zero and no more than the instalment")
    if context.groups[0].balance < part.outstanding:
        raise MessageError("an instalment cannot ask for more than the invoices still owe")


def _check_discount(context: MessageContext) -> None:
    offer = context.discount
    if offer is None:
        return
    if offer.pay.minor <= 0 or offer.saved.minor <= 0:
        raise MessageError("a discount needs something to pay and something to save")
    if context.instalment or len(context.groups) != 1 or offer.pay + offer.saved != _offered_on(context, offer):
        raise MessageError("what is paid and what is saved by a discount must make up what is asked")


def _offered_on(context: MessageContext, offer: Discount) -> Money | None:
    """What is asked for the invoices of the offer."""
    if not offer.invoices:
        return context.groups[0].asked
    asked = [line.asked for line in context.lines if line.number in offer.invoices]
    return totals(asked).get(offer.pay.currency) if len(asked) == len(offer.invoices) else None


def _still_offered(context: MessageContext) -> bool:
    return context.discount is not None and context.written_on <= context.discount.until


def _subtotals(context: MessageContext) -> dict[str, Money]:
    return totals(line.asked for line in context.lines)


def _group(context: MessageContext, currency: str, subtotal: Money) -> CurrencyGroup:
    credit = totals(context.credits).get(currency, Money(0, currency))
    charges = tuple(charge for charge in context.charges if charge.claimed and charge.amount.currency == currency)
    balance = sum((charge.amount for charge in charges), start=subtotal - credit)
    return CurrencyGroup(
        currency=currency,
        invoices=tuple(line for line in context.lines if line.due.currency == currency),
        subtotal=subtotal,
        credit=credit,
        charges=charges,
        balance=balance,
        asked=context.instalment.outstanding if context.instalment else balance,
    )


def _harmless(context: MessageContext) -> MessageContext:
    return replace(
        context,
        company=harmless_name(context.company),
        sender_name=harmless_name(context.sender_name),
        customer=harmless_name(context.customer),
        first_name=harmless_or_none(context.first_name),
        lines=tuple(harmless_line(line) for line in context.lines),
        charges=tuple(replace(charge, law=harmless_name(charge.law)) for charge in context.charges),
        discount=context.discount and _harmless_offer(context.discount),
        owner_name=harmless_or_none(context.owner_name),
        callback_phone=harmless_number(context.callback_phone),
        payment_account=harmless_number(context.payment_account),
        reply_to=harmless_address(context.reply_to),
        reference=harmless_reference(context.reference),
    )


def _harmless_offer(offer: Discount) -> Discount:
    return replace(offer, invoices=tuple(map(harmless_name, offer.invoices)))


def harmless_line(line: InvoiceLine) -> InvoiceLine:
    """`line` with a number that is a harmless name, and without a link that leads to no web page."""
    return replace(line, number=harmless_or_none(line.number), pay_url=web_address(line.pay_url))
