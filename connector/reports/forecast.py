"""When the money of the open invoices comes: a day with an interval for each, and what to expect of each week.

The day is the one by which half of the invoices like this one are paid; the interval leaves out as much at either end
as made such intervals right four times in five lately (`connector.reports.past_error`). Weeks are not sums of those
days: each invoice counts in every week with its chance of being paid in it, because point dates all fall into the same
few days and the doubtful rest into none.

Chances are estimates and hence floats. Money is not: a chance becomes a whole number of billionths, amounts are
multiplied and summed exactly, and each week is rounded once, so that the weeks and what comes later are the whole.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from heapq import nlargest
from itertools import groupby
from typing import Literal

from msgspec import Struct

from connector.reports.expected_money import Debt
from connector.reports.payers import Payers
from connector.reports.survival import Curve
from state.ids import ContactId
from state.paydays import ordinal

WEEKS = 13
LEAST_PAID = 5  # payments; of a ledger with fewer nothing is foretold
CONCENTRATED = 40  # per cent of a week that three invoices bring: then the week stands or falls with them
_ONE = 10**9  # a chance of one
_LARGEST = 3
_LAST_DAY = date.max.toordinal()
Basis = Literal["habit", "promise", "plan", "credit", "disputed", "unknown"]


class Expected(Struct, frozen=True, kw_only=True):
    """When an invoice is settled. None: nobody can say; `latest` alone: perhaps never."""

    debt: Debt
    basis: Basis
    on: date | None = None
    earliest: date | None = None
    latest: date | None = None


class Week(Struct, frozen=True, kw_only=True):
    """What seven days from `begins`, a Monday, should bring; the first is the rest of the present week."""

    begins: date
    currency: str
    expected_minor: int
    agreed_minor: int  # of it, by promises and plans
    largest_minor: int  # of it, by the three invoices that bring most

    @property
    def concentrated(self) -> bool:
        return self.largest_minor * 100 > self.expected_minor * CONCENTRATED


class Total(Struct, frozen=True, kw_only=True):
    """All that is due in one currency: `due_minor` is the sum of the rest."""

    currency: str
    due_minor: int
    within_minor: int  # the weeks
    later_minor: int  # later than that, or never
    disputed_minor: int
    credit_minor: int
    unknown_minor: int  # of invoices of which nothing can be foretold


class Forecast(Struct, frozen=True, kw_only=True):
    as_of: date
    paid: int  # invoices it rests on
    weeks: tuple[Week, ...]  # by currency and day
    totals: tuple[Total, ...]


class Forecaster:
    """The forecast of one day. `tail`: how much is left out at either end of an interval, from 0 to a half."""

    def __init__(self, payers: Payers, as_of: date, tail: float) -> None:
        self._payers = payers
        self._as_of = as_of
        self._unpaid_until = payers.meant_until(ordinal(as_of))
        self._tail = tail
        self._ends = _week_ends(as_of)
        self._meant_until = [payers.meant_until(end) for end in self._ends]
        self._sums: dict[str, _Sums] = {}

    def expect(self, debts: Iterable[Debt]) -> Iterator[Expected]:
        """Each of `debts`, which come customer by customer; `forecast` has them once they have gone through."""
        for customer, owed in groupby(debts, key=_customer):
            curve = self._curve(customer)
            for debt in owed:
                yield self._expect(debt, curve)

    def forecast(self) -> Forecast:
        """What has gone through `expect`, in weeks."""
        weeks = tuple(
            week for currency, sums in sorted(self._sums.items()) for week in sums.weeks(currency, self._ends)
        )
        totals = tuple(sums.total(currency) for currency, sums in sorted(self._sums.items()))
        return Forecast(as_of=self._as_of, paid=self._payers.paid, weeks=weeks, totals=totals)

    def _curve(self, customer: ContactId) -> Curve | None:
        return self._payers.curve(customer) if self._payers.paid >= LEAST_PAID else None

    def _expect(self, debt: Debt, curve: Curve | None) -> Expected:
        sums = self._sums.setdefault(debt.currency, _Sums(len(self._ends)))
        sums.due += debt.due_minor
        sums.disputed += debt.disputed_minor
        sums.credit += debt.credit_minor
        for part in debt.parts:
            sums.add_on(self._week_of(part.on), part.minor)
        if debt.habit_minor:
            return self._by_habit(debt, curve, sums)
        if debt.parts:
            last = max(debt.parts, key=lambda part: part.on)
            return Expected(debt=debt, basis="plan" if last.basis == "plan" else "promise", on=last.on)
        return Expected(debt=debt, basis="disputed" if debt.disputed_minor else "credit")

    def _by_habit(self, debt: Debt, curve: Curve | None, sums: "_Sums") -> Expected:
        unpaid_for = None if debt.due_on is None else self._unpaid_until - ordinal(debt.due_on)
        if curve is None or unpaid_for is None or curve.by(unpaid_for) >= 1.0:
            sums.unknown += debt.habit_minor
            return Expected(debt=debt, basis="unknown")
        sums.add_chances(debt.habit_minor, self._chances(curve, self._unpaid_until - unpaid_for, unpaid_for))
        on, earliest, latest = (
            self._day(curve.quantile(share, unpaid_for), debt.due_on) for share in (0.5, self._tail, 1 - self._tail)
        )
        return Expected(debt=debt, basis="habit", on=on, earliest=earliest, latest=latest)

    def _chances(self, curve: Curve, due: int, unpaid_for: int) -> list[int]:
        """Of being paid by the end of each week, in billionths."""
        before = curve.by(unpaid_for)
        rest = _ONE / (1.0 - before)
        return [round(max(curve.by(end - due) - before, 0.0) * rest) for end in self._meant_until]

    def _day(self, days: int | None, due_on: date | None) -> date | None:
        if days is None or due_on is None:
            return None
        return date.fromordinal(min(self._payers.banked(ordinal(due_on) + days), _LAST_DAY))

    def _week_of(self, day: date) -> int:
        """Its number; that of the week after the last for whatever comes later."""
        return max(ordinal(day) - self._ends[0] + 6, 0) // 7


class _Sums:
    """What one currency's invoices bring by the end of each week, exactly: minor units times billionths."""

    def __init__(self, weeks: int) -> None:
        self.due = self.disputed = self.credit = self.unknown = 0
        self._weeks = weeks
        self._by_week = [0] * weeks
        self._agreed = [0] * (weeks + 1)
        self._largest: list[list[int]] = [[] for _ in range(weeks)]

    def add_on(self, week: int, minor: int) -> None:
        """Money of a known day."""
        self._agreed[min(week, self._weeks)] += minor
        if week < self._weeks:
            self._by_week[week] += minor * _ONE
            self._note(week, minor * _ONE)

    def add_chances(self, minor: int, by_end: list[int]) -> None:
        """Money whose chance of having come by the end of each week is known."""
        before = 0
        for week, chance in enumerate(by_end):
            if chance > before:
                brings = minor * (chance - before)
                self._by_week[week] += brings
                self._note(week, brings)
                before = chance

    def _note(self, week: int, brings: int) -> None:
        largest = self._largest[week]
        if len(largest) < _LARGEST:
            largest.append(brings)
        elif brings > (least := min(largest)):
            largest[largest.index(least)] = brings

    def weeks(self, currency: str, ends: list[int]) -> Iterator[Week]:
        """Rounded so that any run of weeks from the first is right to half a minor unit."""
        exact = before = 0
        for week, end in enumerate(ends):
            exact += self._by_week[week]
            upto = _rounded(exact)
            yield Week(
                begins=date.fromordinal(end - 6),
                currency=currency,
                expected_minor=upto - before,
                agreed_minor=self._agreed[week],
                largest_minor=_rounded(sum(nlargest(_LARGEST, self._largest[week]))),
            )
            before = upto

    def total(self, currency: str) -> Total:
        within = _rounded(sum(self._by_week))
        known_not = self.disputed + self.credit + self.unknown
        return Total(
            currency=currency,
            due_minor=self.due,
            within_minor=within,
            later_minor=self.due - known_not - within,
            disputed_minor=self.disputed,
            credit_minor=self.credit,
            unknown_minor=self.unknown,
        )


def _customer(debt: Debt) -> ContactId:
    return debt.contact_id


def _week_ends(as_of: date) -> list[int]:
    """The Sundays of the present week and those after it."""
    first = as_of + timedelta(days=6 - as_of.weekday())
    return [ordinal(first) + 7 * week for week in range(WEEKS)]


def _rounded(billionths: int) -> int:
    """To the nearest whole, halves up."""
    return (2 * billionths + _ONE) // (2 * _ONE)
