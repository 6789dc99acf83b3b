"""The figures of a month's page, as the report takes them; read from the tenant's file by `state.month_figures`."""

from datetime import date
from decimal import Decimal

from msgspec import Struct


class MonthMoney(Struct, frozen=True, kw_only=True):
    """Money of a month ("2026-03") in one currency at one rate, in minor units.

    The rate is that of the invoices that took it, or that were asked for, which are of the days from `issued_from` to
    `issued_to`; None: it is in the currency of the books, no invoice has taken it, or the ledger states none.
    """

    month: str
    currency: str
    minor: int
    rate: Decimal | None = None
    issued_from: date | None = None
    issued_to: date | None = None


class MonthFigures(Struct, frozen=True, kw_only=True):
    """`asked_for` counts each invoice once a month, with the most that was due on it when a reminder left."""

    came_in: tuple[MonthMoney, ...]
    asked_for: tuple[MonthMoney, ...]
    first: date
    day: date
    first_issue: date | None  # of all invoices; or of any that is as old as `first`
