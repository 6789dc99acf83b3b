"""Who has paid early, counted invoice by invoice: what the count in SQL is held against."""

from datetime import date

from state.ids import ContactId
from state.paydays import Paydays, ordinal


def early_counts(paydays: Paydays, today: date) -> dict[ContactId, tuple[int, int]]:
    """Of everybody with an invoice that was paid or is overdue on `today`: how many early, of how many."""
    counts = {customer: _counted(paydays, customer, ordinal(today)) for customer in paydays.customers}
    return {customer: of_one for customer, of_one in counts.items() if of_one[1]}


def _counted(paydays: Paydays, customer: ContactId, today: int) -> tuple[int, int]:
    early = counted = 0
    for _, due, paid in paydays.days(customer):
        if paid and paid <= today:
            early += paid < due
            counted += 1
        elif today > due:
            counted += 1
    return early, counted
