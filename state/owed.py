"""What reports are told of what was owed, as plain records: reports are pure, and know no database."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from state.model import ContactId, LedgerName


class Owed(Struct, frozen=True, kw_only=True):
    """What one customer owed at one rate, in minor units of `currency` by how late it was at the end of the day."""

    contact_id: ContactId  # the last in a chain of merges
    currency: str
    rate: Decimal | None  # as the ledger states it on the invoices; None: it states none
    buckets: tuple[int, int, int, int, int, int]  # current, 1-30, 31-60, 61-90, over 90, without a due date
    invoices: int
    issued_from: date  # the first and the last of them: their rate is that of their day
    issued_to: date


class OwedThen(Struct, frozen=True, kw_only=True):
    """Everything that was owed at the end of `day`, and what could not be told of it."""

    day: date
    ledger: LedgerName | None  # None: nothing was ever read
    base: str | None  # the company's own currency
    rows: tuple[Owed, ...]
    names: dict[ContactId, str]
    overpaid: int  # invoices that had got more than they ask for, by the dates; they are left out
    first_issue: date | None  # of all invoices; or of any that is as old as `day`

    @property
    def has_begun(self) -> bool:
        """Whether there is an invoice of `day` or before; else nobody knows what was owed."""
        return self.first_issue is not None and self.first_issue <= self.day


class LeftOut(Struct, frozen=True):
    """How many open or paid invoices nobody can say of what was owed on them that day."""

    undated: int  # without a date of issue
    future: int  # dated after the day
    negative: int  # for less than nothing
