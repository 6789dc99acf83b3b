"""What a letter and a statement of account are made of, and their sums.

The sums are made here, per currency and nowhere else, so no page can show another total, and two currencies never
become one figure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from connector.letters.epc import SepaTransfer
from connector.letters.swiss import SwissPayment
from connector.messages.context import InvoiceLine
from state.model import CreditKind
from state.money import Money, totals

# Where the envelope's window is. lob: the carrier prints the address itself, so its place stays white.
Window = Literal["din-5008-b", "uk-dl", "us-10", "lob"]
Slip = SepaTransfer | SwissPayment


class LetterError(Exception):
    """A letter that must not be written, or cannot be; `str()` names nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes: the firm, its address as `address_block` gives it without the name, and how to reach it."""

    name: str
    address: tuple[str, ...]
    contact: tuple[str, ...] = ()  # a line each: a telephone number, an e-mail address, a tax number


@dataclass(frozen=True, slots=True)
class Charge:
    """Interest or compensation that is claimed beside the invoices."""

    label: str
    amount: Money


@dataclass(frozen=True, slots=True)
class CurrencySum:
    """What is owed in one currency. `credit` counts against it, and only against it.

    `due` is what the invoices listed sum to, `subtotal` the undisputed part of it.
    """

    currency: str
    due: Money
    subtotal: Money
    charges: Money
    credit: Money

    @property
    def asked(self) -> Money:
        """May be below zero: then the customer has more credit than debts in this currency."""
        return self.subtotal + self.charges - self.credit


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterData:
    """A letter. Raises LetterError if it would ask for nothing, or if its slip asks for another sum than its text."""

    sender: Sender
    recipient: tuple[str, ...]  # the lines in the window, from `address_block`
    window: Window
    locale: str  # of the customer, such as de_DE: language of the fixed words, notation of amounts and dates
    day: date
    subject: str
    paragraphs: tuple[str, ...]  # above the table
    closing: tuple[str, ...] = ()  # below it
    invoices: tuple[InvoiceLine, ...]
    credits: tuple[Money, ...] = ()
    charges: tuple[Charge, ...] = ()
    reference: str  # by which a reply is recognised
    slip: Slip | None = None
    instalment: Money | None = None  # of a payment plan: asked for instead of the sums, which then are for reference

    def __post_init__(self) -> None:
        if not self.recipient:
            raise LetterError("a letter needs the recipient's address")
        if any(line.due.minor <= 0 or line.due.currency != line.total.currency for line in self.invoices):
            raise LetterError("a letter asks for invoices on which something is due, each in one currency")
        if any(charge.amount.minor <= 0 for charge in self.charges) or any(credit.minor < 0 for credit in self.credits):
            raise LetterError("charges and credit cannot be negative")
        asked = {group.currency: group.asked for group in self.sums if group.subtotal or group.charges}
        if any(amount.minor <= 0 for amount in asked.values()):
            raise LetterError("the customer's credit covers this; there is nothing to ask for")
        if self.instalment is not None:
            asked = {self.instalment.currency: self.instalment}
        if self.slip is not None and asked.get(self.slip.amount.currency) != self.slip.amount:
            raise LetterError("the payment slip asks for another amount than the letter")

    @property
    def sums(self) -> tuple[CurrencySum, ...]:
        """By currency, in order of first appearance."""
        charges = (charge.amount for charge in self.charges)
        asked = (line.asked for line in self.invoices)
        return currency_sums((line.due for line in self.invoices), asked, charges, self.credits)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCredit:
    """Money of the customer that no invoice has taken yet."""

    kind: CreditKind
    number: str | None
    dated_on: date | None
    remaining: Money


@dataclass(frozen=True, slots=True)
class OpenPromise:
    """What the customer has said it will pay, and by which day."""

    day: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementData:
    """A statement of account on `day`. `recipient` begins with the customer's name; the rest may be unknown."""

    sender: Sender
    recipient: tuple[str, ...]
    window: Window
    locale: str
    day: date
    invoices: tuple[InvoiceLine, ...]
    credits: tuple[OpenCredit, ...] = ()
    promises: tuple[OpenPromise, ...] = ()
    reference: str = ""

    def __post_init__(self) -> None:
        if any(line.due.currency != line.total.currency for line in self.invoices):
            raise LetterError("an invoice's total and what is due on it must be in one currency")

    @property
    def sums(self) -> tuple[CurrencySum, ...]:
        due = [line.due for line in self.invoices]
        return currency_sums(due, due, (), (credit.remaining for credit in self.credits))


@dataclass(frozen=True, slots=True)
class Ageing:
    """What is due in one currency, by days overdue."""

    not_due: Money
    days_1_to_30: Money
    days_31_to_60: Money
    days_61_to_90: Money
    over_90: Money


def currency_sums(
    due: Iterable[Money], asked: Iterable[Money], charges: Iterable[Money], credits: Iterable[Money]
) -> tuple[CurrencySum, ...]:
    """By currency, in order of first appearance; `asked` is the undisputed part of what is `due`."""
    parts = (totals(due), totals(asked), totals(charges), totals(credits))
    currencies = dict.fromkeys(currency for part in parts for currency in part)
    return tuple(
        CurrencySum(currency, *(part.get(currency, Money(0, currency)) for part in parts)) for currency in currencies
    )


def ageing(invoices: Iterable[InvoiceLine], currency: str) -> Ageing:
    """Of the invoices in `currency`; the parts sum to what is due in it."""
    minor = [0] * 5
    for line in invoices:
        if line.due.currency == currency:
            minor[min(max((line.days_overdue + 29) // 30, 0), 4)] += line.due.minor
    return Ageing(*(Money(amount, currency) for amount in minor))
