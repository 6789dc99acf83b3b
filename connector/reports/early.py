"""How often each customer pays before the due date, counted and shrunk as its rating is.

Counted is what the rating counts: invoices that payments alone have settled on known days, and those overdue, which are
not early whatever becomes of them.
"""

from collections.abc import Mapping
from decimal import Decimal

from connector.reports.survival import PRIOR
from state.habits import EarlyHabit
from state.ids import ContactId

_PRIOR = Decimal(str(PRIOR))


def early_habits(counts: Mapping[ContactId, tuple[int, int]]) -> dict[ContactId, EarlyHabit]:
    """Of everybody in `counts`: how many invoices were paid early, of how many paid or overdue, above none."""
    early, counted = (sum(of_one[place] for of_one in counts.values()) for place in (0, 1))
    return {customer: habit(*of_one, early, counted) for customer, of_one in counts.items()}


def habit(early: int, counted: int, all_early: int, all_counted: int) -> EarlyHabit:
    """Of a customer, as if it had `PRIOR` invoices more, paid like all of the ledger; that has some."""
    usual = Decimal(all_early) / all_counted
    return EarlyHabit(early, counted, (early + _PRIOR * usual) / (counted + _PRIOR))
