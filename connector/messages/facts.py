"""What a message may say besides its invoices: charges, a promise that was not kept, an offer, an instalment.

All of it is optional, and none of it is guessed: whoever calls knows it from the policy, the agreements or the ledger.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from state.money import Money

ChargeKind = Literal["interest", "compensation", "fee"]
NextStep = Literal["agency", "court"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Interest, a fixed compensation or a fee. Claimed, it is part of the sum; else it is announced, and words only."""

    kind: ChargeKind
    amount: Money
    claimed: bool
    law: str = ""  # on what it rests, such as "Late Payment of Commercial Debts (Interest) Act 1998"
    daily: Money | None = None  # what each further day adds


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """What the customer said would be paid, and by when; the day has passed and `missing` of it is not there."""

    promised_on: date  # the day by which it was to be paid
    amount: Money
    missing: Money


@dataclass(frozen=True, slots=True)
class Discount:
    """An offer: whoever pays `pay` by `until` (that day included) saves `saved`.

    Both together are what is asked; with `invoices`, what is asked for those alone. Where a part of what it is offered
    on is in dispute, only the `undisputed` rest is settled by it.
    """

    pay: Money
    saved: Money
    until: date
    invoices: tuple[str, ...] = ()  # their numbers; empty: all that the message lists
    undisputed: bool = False


@dataclass(frozen=True, slots=True)
class Instalment:
    """The instalment of a payment plan that is asked for: the third of six, and what is still missing of it.

    `outstanding` is what is asked: less than what is missing where an invoice of the plan is held or disputed.
    """

    number: int
    of: int
    due_on: date
    amount: Money
    outstanding: Money
    missing: Money


@dataclass(frozen=True, slots=True)
class Received:
    """A payment that has come in, and for which invoice. `paid_on` is absent where the ledger does not say it."""

    number: str | None
    amount: Money
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """One message that will leave, as its firm's owner is told beforehand."""

    customer: str
    channel: str  # email, sms, voice, letter or call
    occasion: str  # friendly, soft, firm, final, collection, instalment
    numbers: tuple[str | None, ...]  # of the invoices
    asked: tuple[Money, ...]  # one net amount per currency
    waits: bool = False  # for somebody's approval; without it, it does not leave
