"""What reports are told of sales and of money that came in, as plain records: reports are pure, they ask no file."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from state.model import LedgerName


class Sold(Struct, frozen=True):
    """What was invoiced on one day at one rate; minor units."""

    currency: str
    rate: Decimal | None
    day: date
    minor: int
    invoices: int


class CameIn(Struct, frozen=True):
    """Payments against invoices. The sums of days are minor units times days: from issue, and beyond the due date."""

    currency: str
    rate: Decimal | None
    minor: int
    days_from_issue: int
    with_terms: int  # minor units on invoices with a due date
    days_beyond_terms: int
    issued_from: date  # the first and the last of these invoices: their rate is that of their day
    issued_to: date


class FellDue(Struct, frozen=True):
    """What fell due, and how much of it had been settled by the end of the span; minor units."""

    currency: str
    rate: Decimal | None
    minor: int
    settled: int
    issued_from: date
    issued_to: date


class Flows(Struct, frozen=True, kw_only=True):
    """What happened from `first` to `last`, both included; `sold` may begin earlier."""

    first: date
    last: date
    ledger: LedgerName | None
    base: str | None  # the company's own currency
    sold: tuple[Sold, ...]
    came_in: tuple[CameIn, ...]
    first_issue: date | None  # of all invoices; or of any that is as old as all that was asked for
    undated_money: int  # payments against invoices of which nobody knows the day
