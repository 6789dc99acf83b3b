"""When the money of the open invoices comes: a day with an interval for each, and what to expect of each week.

The day is the one by which half of the invoices like this one are paid; the interval leaves out as much at either end
as made such intervals right four times in five lately (`connector.reports.past_error`). Weeks are not sums of those
days: each invoice counts in every week with its chance of being paid in it, because point dates all fall into the same
few days and the doubtful rest into none.

Chances are estimates and hence floats. Money is not: a chance becomes a whole number of billionths, amounts are
multiplied and summed exactly, and each week is rounded once, so that the weeks and what comes later are the whole.
What is due in other currencies counts once more in the company's own, at the rate of its invoice.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

from msgspec import Struct

from connector.reports.expected_money import Debt
from connector.reports.forecast_sums import ONE, Sums, Total, Week
from connector.reports.in_base import Base, BaseSums, Everything
from connector.reports.past_error import Tails
from connector.reports.payers import Payers
from connector.reports.survival import Curve
from state.ids import ContactId
from state.paydays import ordinal

WEEKS = 13
LEAST_PAID = 5  # payments; of a ledger with fewer nothing is foretold
_LAST_DAY = date.max.toordinal()
Basis = Literal["habit", "promise", "plan", "credit", "disputed", "handed_over", "unknown"]


class Expected(Struct, frozen=True, kw_only=True):
    """When an invoice is settled. None: nobody can say; `latest` alone: perhaps never."""

    debt: Debt
    basis: Basis
    on: date | None = None
    earliest: date | None = None
    latest: date | None = None


class Forecast(Struct, frozen=True, kw_only=True):
    as_of: date
    paid: int  # invoices it rests on
    weeks: tuple[Week, ...]  # by currency and day
    totals: tuple[Total, ...]
    everything: Everything | None = None  # None: nothing is due in other currencies than the company's


class Forecaster:
    """The forecast of one day. `base`: the company's own currency; None: it is not known."""

    def __init__(self, payers: Payers, as_of: date, tails: Tails, base: Base | None = None) -> None:
        self._payers = payers
        self._as_of = as_of
        self._unpaid_until = payers.meant_until(ordinal(as_of))
        self._tails = tails
        self._ends = _week_ends(as_of)
        self._meant_until = [payers.meant_until(end) for end in self._ends]
        self._sums: defaultdict[str, Sums] = defaultdict(lambda: Sums(WEEKS))
        self._base_currency = base.currency if base else None
        self._in_base = BaseSums(base, WEEKS) if base else None

    def expect(self, debts: Iterable[Debt]) -> Iterator[Expected]:
        """Each of `debts`, which come customer by customer; `forecast` has them once they have gone through."""
        for customer, owed in groupby(debts, key=_customer):
            curve = self._curve(customer)
            for debt in owed:
                yield self._expect(debt, curve)

    def forecast(self) -> Forecast:
        """What has gone through `expect`, in weeks."""
        begins = [date.fromordinal(end - 6) for end in self._ends]
        by_currency = sorted(self._sums.items())
        in_base = self._in_base
        return Forecast(
            as_of=self._as_of,
            paid=self._payers.paid,
            weeks=tuple(week for currency, sums in by_currency for week in sums.weeks(currency, begins)),
            totals=tuple(sums.total(currency) for currency, sums in by_currency),
            everything=in_base.everything(self._sums, begins) if in_base and not in_base.is_empty else None,
        )

    def _curve(self, customer: ContactId) -> Curve | None:
        return self._payers.curve(customer) if self._payers.paid >= LEAST_PAID else None

    def _expect(self, debt: Debt, curve: Curve | None) -> Expected:
        habit = None if debt.handed_over else _habit(debt, curve, self._unpaid_until)
        chances = None if habit is None else self._chances(*habit)
        agreed_in = [self._week_of(part.on) for part in debt.parts]
        self._sums[debt.currency].add(debt, agreed_in, chances)
        if self._in_base is not None and debt.currency != self._base_currency:
            self._in_base.add(debt, agreed_in, chances)
        if debt.habit_minor:
            return self._by_habit(debt, habit)
        if debt.parts:
            last = max(debt.parts, key=lambda part: part.on)
            return Expected(debt=debt, basis="plan" if last.basis == "plan" else "promise", on=last.on)
        return Expected(debt=debt, basis="disputed" if debt.disputed_minor else "credit")

    def _by_habit(self, debt: Debt, habit: "_Habit | None") -> Expected:
        if habit is None:
            return Expected(debt=debt, basis="handed_over" if debt.handed_over else "unknown")
        curve, due, unpaid_for = habit
        tail = self._tails.of(unpaid_for)
        on, earliest, latest = (self._day(curve.quantile(share, unpaid_for), due) for share in (0.5, tail, 1 - tail))
        return Expected(debt=debt, basis="habit", on=on, earliest=earliest, latest=latest)

    def _chances(self, curve: Curve, due: int, unpaid_for: int) -> list[int]:
        """Of being paid by the end of each week, in billionths."""
        before = curve.by(unpaid_for)
        rest = ONE / (1.0 - before)
        return [round(max(curve.by(end - due) - before, 0.0) * rest) for end in self._meant_until]

    def _day(self, days: int | None, due: int) -> date | None:
        return None if days is None else date.fromordinal(min(self._payers.banked(due + days), _LAST_DAY))

    def _week_of(self, day: date) -> int:
        """Its number; that of the week after the last for whatever comes later."""
        return max(ordinal(day) - self._ends[0] + 6, 0) // 7


_Habit = tuple[Curve, int, int]  # what an invoice's chances are told by: its curve, due date, days unpaid


def _habit(debt: Debt, curve: Curve | None, unpaid_until: int) -> _Habit | None:
    """None: nobody can say when it is paid."""
    if curve is None or debt.due_on is None or not debt.habit_minor:
        return None
    due = ordinal(debt.due_on)
    return None if curve.is_spent(unpaid_until - due) else (curve, due, unpaid_until - due)


def _customer(debt: Debt) -> ContactId:
    return debt.contact_id


def _week_ends(as_of: date) -> list[int]:
    """The Sundays of the present week and those after it."""
    first = as_of + timedelta(days=6 - as_of.weekday())
    return [ordinal(first) + 7 * week for week in range(WEEKS)]
