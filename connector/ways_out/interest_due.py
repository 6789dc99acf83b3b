"""What an invoice bears of interest and fixed sums to the day, from what the mirror knows of its payments.

Credit notes and whatever nobody can explain count as never owed, and a payment without a day counts from the due date:
where something is unknown, less is claimed rather than more.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import Struct

from connector.config.charges import Charging
from connector.dunning.calendar import Calendar
from connector.dunning.interest import Charges, LateDebt, Payment, Refused, charges
from connector.dunning.late_terms import Debtor
from state.courtesies import Settlement
from state.model import Invoice

_CREDIT = "credit_note"


class Claimed(Struct, frozen=True, kw_only=True):
    """Interest and fixed sums on one invoice as plain data, or in words why there are none. Minor units."""

    source: str = ""
    last_day_to_pay: date | None = None
    periods: tuple[dict[str, Any], ...] = ()
    interest_minor: int = 0
    fixed_minor: int = 0
    beyond_cap_minor: int = 0
    total_minor: int = 0
    daily_minor: int = 0
    words: str = ""


def interest_due(
    invoice: Invoice,
    settlements: Iterable[Settlement],
    reminders: int,
    charging: Charging,
    debtor: Debtor,
    calendar: Calendar,
    as_of: date,
) -> Claimed:
    """To the end of `as_of`. `reminders`: how many were sent after the due date; `debtor`: business or consumer."""
    if charging.terms is None or invoice.due_on is None:
        return Claimed(words="no right to interest is configured in [charges]")
    debt = _debt(invoice, invoice.due_on, tuple(settlements), reminders, debtor)
    lawful = Calendar(region=calendar.region, public_holidays=calendar.public_holidays)  # not the firm's own days off
    found = charges(debt, charging.terms, charging.rates, as_of, lawful.is_open)
    return Claimed(words=found.words) if isinstance(found, Refused) else _claimed(found)


def _debt(
    invoice: Invoice, due_on: date, settlements: tuple[Settlement, ...], reminders: int, debtor: Debtor
) -> LateDebt:
    money = tuple(each for each in settlements if each.source != _CREDIT)
    paid = sum(each.amount_minor for each in money)
    return LateDebt(
        currency=invoice.currency,
        total_minor=max(invoice.due_minor + paid, 0),
        due_on=due_on,
        payments=tuple(
            sorted((Payment(each.applied_on or due_on, each.amount_minor) for each in money), key=lambda each: each.on)
        ),
        debtor=debtor,
        reminders=reminders,
    )


def _claimed(found: Charges) -> Claimed:
    return Claimed(
        source=found.source,
        last_day_to_pay=found.last_day,
        periods=tuple(
            {
                "first": period.first,
                "last": period.last,
                "days": period.days,
                "balance_minor": period.balance_minor,
                "percent": str(period.percent),
                "interest_minor": period.interest_minor,
            }
            for period in found.periods
        ),
        interest_minor=found.interest_minor,
        fixed_minor=found.fixed_minor,
        beyond_cap_minor=found.beyond_cap_minor,
        total_minor=found.total_minor,
        daily_minor=found.daily_minor,
        words=found.without_fixed,
    )
