"""What is going to become of an invoice, decided once and from the seed alone.

A plan is a list of events on days to come. Because it depends on nothing but the seed and the invoice, the world goes
its way whatever the connector does; only a reminder may bring a payment forward.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from connectors.sandbox.documents import Invoice
from connectors.sandbox.habits import Habits, next_working_day

Action = Literal[
    "approve",
    "pay",
    "overpay",
    "pay_unapplied",
    "bounce",
    "credit",
    "apply",
    "void",
    "delete",
    "write_off",
    "dispute",
    "settle_dispute",
    "promise",
    "schedule",
]

FATES: dict[str, float] = {
    "paid": 79.0,
    "in_parts": 11.5,
    "overpaid": 1.2,
    "unapplied": 1.8,
    "credited_in_part": 1.8,
    "credited": 0.8,
    "void": 1.2,
    "deleted": 0.5,
    "bounced": 0.7,
    "never_paid": 1.5,
}


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Something that happens to an invoice on a day. `share` is a percentage of what is due then."""

    on: date
    order: int
    action: Action
    invoice_id: int
    share: int = 100
    source_id: int = 0


Step = tuple[date, Action, int]


def plan(invoice: Invoice, habits: Habits, draw: Random, *, ledger: str) -> list[Step]:
    """The steps of an invoice's life after it was written: (day, action, share)."""
    due = invoice.due or habits.due(invoice.issued)
    pay_day = habits.pay_day(invoice.issued, due, draw)
    fate = draw.choices(list(FATES), list(FATES.values()))[0]
    steps = list(_steps(fate, invoice.issued, due, pay_day, draw))
    if invoice.state == "draft":
        steps.append((invoice.issued + timedelta(days=draw.randint(0, 3)), "approve", 100))
    if not invoice.bill:
        steps += _talk(due, pay_day, draw, ledger)
    return steps


def _steps(fate: str, issued: date, due: date, pay_day: date, draw: Random) -> Iterator[Step]:
    def later(first: int, last: int, after: date) -> date:
        return next_working_day(after + timedelta(days=draw.randint(first, last)))

    if fate in {"void", "deleted"}:
        yield later(1, 9, issued), "void" if fate == "void" else "delete", 100
    elif fate == "never_paid":
        yield later(80, 150, due), "write_off", 100
    elif fate == "credited":
        yield later(2, 20, due), "credit", 100
    elif fate == "unapplied":
        yield pay_day, "pay_unapplied", 100
    elif fate == "overpaid":
        yield pay_day, "overpay", draw.randint(102, 130)
    else:
        yield from _in_several_steps(fate, issued, pay_day, draw)


def _in_several_steps(fate: str, issued: date, pay_day: date, draw: Random) -> Iterator[Step]:
    def later(first: int, last: int) -> date:
        return next_working_day(pay_day + timedelta(days=draw.randint(first, last)))

    if fate == "in_parts":
        yield pay_day, "pay", draw.randint(25, 75)
        yield later(8, 35), "pay", 100
    elif fate == "bounced":
        yield pay_day, "pay", 100
        yield later(2, 5), "bounce", 100
        yield later(9, 25), "pay", 100
    elif fate == "credited_in_part":
        yield next_working_day(issued + timedelta(days=draw.randint(3, 15))), "credit", draw.randint(5, 35)
        yield later(4, 12), "pay", 100
    else:
        yield pay_day, "pay", 100


def _talk(due: date, pay_day: date, draw: Random, ledger: str) -> list[Step]:
    """What a ledger can show of a customer's words: QuickBooks disputes and scheduled payments, Xero promised dates."""
    chance = draw.random()
    if pay_day <= due + timedelta(days=4):
        return [(pay_day - timedelta(days=2), "schedule", 100)] if chance < 0.02 and ledger == "quickbooks" else []
    if ledger == "xero":
        return [(due + timedelta(days=draw.randint(2, 5)), "promise", 100)] if chance < 0.12 else []
    if chance < 0.12:
        dispute = due + timedelta(days=draw.randint(2, 6))
        return [(dispute, "dispute", 100), (dispute + timedelta(days=draw.randint(8, 25)), "settle_dispute", 100)]
    return []
