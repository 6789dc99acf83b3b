"""What a late invoice costs its debtor by law or contract: interest to the day, and fixed compensation.

Simple interest on what was open each day, from the day after the last day to pay until `as_of`, both included, so that
an invoice paid ten days late bears ten days of interest. The day on which a payment comes in still bears interest on
it; from the next day on the balance is smaller. Payments settle the invoice itself, as in the ledger: that a creditor
may apply them to interest first (BGB § 367) is not made use of.

Everything is reckoned exactly. The sum over all periods is rounded once, half up, to the minor unit; a period's own
figure is what the rounded sum grows by, so that the lines of a case file add up.

Sources: Late Payment of Commercial Debts (Interest) Act 1998 s. 4 (the rate at the beginning stays), s. 5A
(compensation), S.I. 2002/1675 art. 4 (8 % over the official dealing rate of 30 June or 31 December); Directive
2011/7/EU art. 2(6) (simple, 8 points), art. 3 (rate of 1 January or 1 July), art. 6 (40 euros); BGB § 288 (9 points,
5 where a consumer takes part; 40 euros), § 193 (a due date on a Saturday, Sunday or holiday moves).
"""

from calendar import isleap
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from connector.dunning.calendar import shift
from connector.dunning.late_terms import (
    Contract,
    DayCount,
    Debtor,
    Law,
    Terms,
    WorkingDay,
    half_year_of,
    is_weekday,
    next_half_year,
)
from connector.dunning.reference_rates import TITLES, Rates, how_to_add
from state.money import MoneyError, exponent

_HALF = Fraction(1, 2)


class Payment(Struct, frozen=True):
    """Minor units that came in on a day; negative where a payment was taken back."""

    on: date
    minor: int


class LateDebt(Struct, frozen=True, kw_only=True):
    """One invoice. Credit notes belong into `total_minor`: what was never owed bears no interest."""

    currency: str
    total_minor: int
    due_on: date
    payments: tuple[Payment, ...] = ()
    debtor: Debtor = "unknown"
    reminders: int = 0  # sent after the due date, for an amount that is due for each

    def open_on(self, day: date) -> int:
        """Minor units that bear interest on `day`: the payments of the days before have come off."""
        return max(self.total_minor - sum(payment.minor for payment in self.payments if payment.on < day), 0)


class Period(Struct, frozen=True):
    """Days from the first to the last, both included, on which neither balance nor rate changed."""

    first: date
    last: date
    balance_minor: int
    percent: Decimal  # a year
    interest_minor: int

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


class Charges(Struct, frozen=True, kw_only=True):
    """What may be asked for on `as_of` besides the invoice, in minor units of its currency."""

    source: str  # the law, or the contract
    currency: str
    as_of: date
    last_day: date  # on which it could have been paid in time
    day_count: DayCount
    periods: tuple[Period, ...] = ()
    fixed_minor: int = 0
    beyond_cap_minor: int = 0  # not asked for: it would exceed what was agreed
    daily_minor: int = 0  # what another day adds, at the rate and balance of the evening of `as_of`
    without_fixed: str = ""  # why a fixed sum that the law knows is not asked for

    @property
    def interest_minor(self) -> int:
        return sum(period.interest_minor for period in self.periods)

    @property
    def total_minor(self) -> int:
        return self.interest_minor + self.fixed_minor - self.beyond_cap_minor


class Refused(Struct, frozen=True):
    """No charges, and why, in words for the bookkeeper."""

    code: Literal["not_business", "rate_missing", "currency_unknown"]
    words: str


class _Span(NamedTuple):
    first: date
    last: date
    balance_minor: int


def charges(
    debt: LateDebt, terms: Terms, rates: Rates, as_of: date, is_working_day: WorkingDay = is_weekday
) -> Charges | Refused:
    """Interest and fixed sums on `debt` to the end of `as_of`; Refused where a fact is missing or there is no right."""
    refused = _refuse(debt, terms)
    if refused is not None:
        return refused
    last_day = last_day_to_pay(debt.due_on, terms, is_working_day)
    begins = shift(last_day, 1)
    rated: list[tuple[_Span, Decimal]] = []
    for span in _spans(debt, terms, begins, as_of):
        percent = _percent(debt, terms, rates, begins, span)
        if isinstance(percent, Refused):
            return percent
        rated.append((span, percent))
    nothing = Charges(
        source=terms.source, currency=debt.currency, as_of=as_of, last_day=last_day, day_count=terms.day_count
    )
    return _charges(nothing, debt, terms, rated) if rated else nothing


def last_day_to_pay(due_on: date, terms: Terms, is_working_day: WorkingDay = is_weekday) -> date:
    """`due_on`, or the next working day where the law moves a due date that falls on a day off (BGB § 193)."""
    if not (isinstance(terms, Law) and terms.working_days):
        return due_on
    while not is_working_day(due_on) and due_on < date.max:
        due_on = shift(due_on, 1)
    return due_on


def _refuse(debt: LateDebt, terms: Terms) -> Refused | None:
    try:
        exponent(debt.currency)
    except MoneyError as error:
        return Refused("currency_unknown", f"{error}: nothing can be charged in it")
    if debt.debtor == "business":
        return None
    who = "is a consumer" if debt.debtor == "consumer" else "is not known to be a business"
    if isinstance(terms, Contract):
        owes, what = terms.with_consumers, "the agreed charges are for businesses"
    else:
        owes, what = terms.points_others is not None, f"{terms.source} is for debts between businesses"
    return None if owes else Refused("not_business", f"{what}, and this customer {who}")


def _spans(debt: LateDebt, terms: Terms, start: date, as_of: date) -> Iterator[_Span]:
    """The days from `start` to `as_of` on which something was open, cut wherever balance, rate or year may change."""
    if as_of < start:
        return
    cuts = {start, *(shift(payment.on, 1) for payment in debt.payments if start <= payment.on < as_of)}
    if terms.day_count == "actual" or (isinstance(terms, Law) and not terms.settled):
        cuts.update(_half_years(start, as_of))
    for first, following in pairwise([*sorted(cuts), shift(as_of, 1)]):
        balance_minor = debt.open_on(first)
        if balance_minor:
            yield _Span(first, shift(following, -1), balance_minor)


def _half_years(start: date, as_of: date) -> Iterator[date]:
    """The half-years that begin after `start` and not after `as_of`."""
    while half_year_of(start) < half_year_of(as_of):
        start = next_half_year(start)
        yield start


def _percent(debt: LateDebt, terms: Terms, rates: Rates, begins: date, span: _Span) -> Decimal | Refused:
    """The rate of a span, in percent a year; interest on the debt `begins` on that day."""
    if isinstance(terms, Contract):
        return terms.percent or Decimal(0)
    day = terms.reference_day(begins if terms.settled else span.first)
    reference = rates.on(terms.reference, day)
    if reference is None:
        return _missing(terms, rates, day)
    return reference + (terms.points(debt.debtor) or 0)


def _missing(law: Law, rates: Rates, day: date) -> Refused:
    until = rates.known_until(law.reference)
    known = f"known until {until.isoformat()}" if until else "not known at all"
    return Refused(
        "rate_missing",
        f"{TITLES[law.reference]} on {day.isoformat()} is missing ({known}), and nothing is charged at a guessed rate;"
        f" {how_to_add(law.reference, day)}",
    )


def _charges(nothing: Charges, debt: LateDebt, terms: Terms, rated: list[tuple[_Span, Decimal]]) -> Charges:
    fixed_minor, without_fixed = _fixed(debt, terms, rated[0][0].balance_minor)
    periods = tuple(_periods(rated, terms.day_count))
    gross_minor = fixed_minor + sum(period.interest_minor for period in periods)
    balance_minor = debt.open_on(shift(nothing.as_of, 1))
    daily_minor = _rounded(_of_a_day(balance_minor, rated[-1][1], terms.day_count, nothing.as_of))
    cap_minor = _cap(debt, terms)
    return replace(
        nothing,
        periods=periods,
        fixed_minor=fixed_minor,
        without_fixed=without_fixed,
        beyond_cap_minor=0 if cap_minor is None else max(gross_minor - cap_minor, 0),
        daily_minor=daily_minor if cap_minor is None else min(daily_minor, max(cap_minor - gross_minor, 0)),
    )


def _periods(rated: Iterable[tuple[_Span, Decimal]], day_count: DayCount) -> Iterator[Period]:
    exact, told_minor = Fraction(0), 0
    for span, percent in rated:
        days = (span.last - span.first).days + 1
        exact += days * _of_a_day(span.balance_minor, percent, day_count, span.first)
        interest_minor = _rounded(exact) - told_minor
        told_minor += interest_minor
        yield Period(span.first, span.last, span.balance_minor, percent, interest_minor)


def _of_a_day(balance_minor: int, percent: Decimal, day_count: DayCount, day: date) -> Fraction:
    """Exact interest of one day, in minor units."""
    days_of_the_year = 366 if day_count == "actual" and isleap(day.year) else 365
    return balance_minor * Fraction(percent) / (100 * days_of_the_year)


def _fixed(debt: LateDebt, terms: Terms, late_minor: int) -> tuple[int, str]:
    """The fixed sums where `late_minor` were not paid in time, and why one that the law knows is not asked for."""
    if isinstance(terms, Contract):
        each = terms.per_reminder.of(debt.currency) if terms.per_reminder else 0
        once = terms.per_invoice.of(debt.currency) if terms.per_invoice else 0
        return once + each * debt.reminders, ""
    if debt.debtor != "business":
        return 0, "the fixed sum is owed by businesses only"
    if debt.currency != terms.fixed_sum.currency:
        return 0, f"the fixed sum is set in {terms.fixed_sum.currency} and the invoice is in {debt.currency}"
    return terms.fixed_sum.for_debt(late_minor), ""


def _cap(debt: LateDebt, terms: Terms) -> int | None:
    """Minor units that all charges together may come to; None: no limit was agreed."""
    if isinstance(terms, Law) or terms.cap_percent is None:
        return None
    return floor(debt.total_minor * Fraction(terms.cap_percent) / 100)


def _rounded(minor: Fraction) -> int:
    """Half up, as amounts are rounded in trade."""
    return floor(minor + _HALF)
