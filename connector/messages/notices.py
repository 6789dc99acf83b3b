"""What a message may say that asks for nothing: thanks, an apology, the letter around a statement, a forewarning.

Like a reminder's, its sums are made here and its names are harmless before a template sees them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from connector.messages.context import InvoiceLine, MessageError, harmless_line
from connector.messages.facts import Departure, Received
from connector.messages.harmless import (
    harmless_address,
    harmless_name,
    harmless_number,
    harmless_or_none,
    harmless_reference,
)
from connector.messages.occasions import Notice, Occasion
from state.money import Money, totals


@dataclass(frozen=True, slots=True)
class Balance:
    """How an account stands in one currency: open invoices less unapplied credit. Below zero, the customer is owed."""

    open: Money
    credit: Money
    balance: Money

    @property
    def in_favour(self) -> Money | None:
        """What the customer is owed, above zero; None if nothing."""
        return Money(-self.balance.minor, self.balance.currency) if self.balance.minor < 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeContext:
    """Thanks for `payments`, an apology to somebody whose `payments` came first, or the mail around a statement.

    Raises MessageError where there is nothing to thank or to apologise for.
    """

    occasion: Notice
    company: str
    sender_name: str
    customer: str
    first_name: str | None
    locale: str
    language: str | None = None
    day: date  # on which it is written; a statement's date
    payments: tuple[Received, ...] = ()
    lines: tuple[InvoiceLine, ...] = ()  # the open invoices of a statement
    credits: tuple[Money, ...] = ()
    callback_phone: str | None = None
    reply_to: str
    reference: str

    def __post_init__(self) -> None:
        if self.occasion != "statement" and not self.payments:
            raise MessageError("thanks and apologies need a payment to speak of")
        if any(payment.amount.minor <= 0 for payment in self.payments):
            raise MessageError("a payment received must be an amount above zero")

    @property
    def balances(self) -> tuple[Balance, ...]:
        """One per currency in which something is open or in hand."""
        open_sums, credits = totals(line.due for line in self.lines), totals(self.credits)
        return tuple(
            _balance(open_sums.get(currency, Money(0, currency)), credits.get(currency, Money(0, currency)))
            for currency in dict.fromkeys((*open_sums, *credits))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForewarningContext:
    """What will leave on `day`, told to the firm's owner beforehand."""

    company: str
    owner_name: str | None
    locale: str
    language: str | None = None
    day: date
    departures: tuple[Departure, ...]

    def __post_init__(self) -> None:
        if not self.departures:
            raise MessageError("there is nothing to forewarn of")

    @property
    def occasion(self) -> Occasion:
        return "forewarning"


def notice_variables(context: NoticeContext) -> Mapping[str, Any]:
    """The names a template of a notice may use, and their values."""
    payments = tuple(replace(one, number=harmless_or_none(one.number)) for one in context.payments)
    return {
        "balances": context.balances,
        "callback_phone": harmless_number(context.callback_phone),
        "company": harmless_name(context.company),
        "customer": harmless_name(context.customer),
        "day": context.day,
        "first_name": harmless_or_none(context.first_name),
        "invoices": tuple(harmless_line(line) for line in context.lines),
        "locale": context.locale,
        "payments": payments,
        "reference": harmless_reference(context.reference),
        "reply_to": harmless_address(context.reply_to),
        "sender_name": harmless_name(context.sender_name),
    }


def forewarning_variables(context: ForewarningContext) -> Mapping[str, Any]:
    """The names a template of a forewarning may use, and their values."""
    return {
        "company": harmless_name(context.company),
        "day": context.day,
        "departures": tuple(_harmless_departure(one) for one in context.departures),
        "locale": context.locale,
        "owner_name": harmless_or_none(context.owner_name),
    }


def _balance(open_sum: Money, credit: Money) -> Balance:
    return Balance(open_sum, credit, open_sum - credit)


def _harmless_departure(departure: Departure) -> Departure:
    numbers = tuple(harmless_or_none(number) for number in departure.numbers)
    return replace(departure, customer=harmless_name(departure.customer), numbers=numbers)
