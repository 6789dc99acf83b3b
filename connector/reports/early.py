"""How often each customer pays before the due date, counted and shrunk as its rating is.

Counted is what the rating counts: invoices that payments alone have settled on known days, and those overdue, which are
not early whatever becomes of them.
"""

from datetime import date
from decimal import Decimal

from connector.reports.survival import PRIOR
from state.habits import EarlyHabit
from state.ids import ContactId
from state.paydays import Paydays, ordinal

_PRIOR = Decimal(str(PRIOR))


def early_habits(paydays: Paydays, today: date) -> dict[ContactId, EarlyHabit]:
    """Of everybody with an invoice that was paid or is overdue on `today`."""
    counts = {customer: _counted(paydays, customer, ordinal(today)) for customer in paydays.customers}
    early, counted = (sum(of_one[place] for of_one in counts.values()) for place in (0, 1))
    return {customer: habit(*of_one, early, counted) for customer, of_one in counts.items() if of_one[1]}


def habit(early: int, counted: int, all_early: int, all_counted: int) -> EarlyHabit:
    """Of a customer, as if it had `PRIOR` invoices more, paid like all of the ledger; that has some."""
    usual = Decimal(all_early) / all_counted
    return EarlyHabit(early, counted, (early + _PRIOR * usual) / (counted + _PRIOR))


def _counted(paydays: Paydays, customer: ContactId, today: int) -> tuple[int, int]:
    """How many were paid early, of how many."""
    early = counted = 0
    for _, due, paid in paydays.days(customer):
        if paid and paid <= today:
            early += paid < due
            counted += 1
        elif today > due:
            counted += 1
    return early, counted
