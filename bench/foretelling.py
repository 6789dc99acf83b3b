"""How good the forecast is: walked forward over a made-up ledger, each day's made from nothing but what was known then.

Every number is a ratio to the forecast that needs no history: an invoice is paid on its due date, or on the next day
once that has passed.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

from bench.knowing import Knowing
from bench.payers import Habits, Sale, ledger
from connector.reports.expected_money import Debt
from connector.reports.forecast import Expected, Forecaster
from connector.reports.forecast_sums import Week
from connector.reports.past_error import LATE, past_error
from connector.reports.payers import Payers
from state.model import ContactId, InvoiceId
from state.paydays import Paydays, ordinal

_SUNDAY = date(2023, 1, 1)  # a year after the ledger's beginning
_EVERY = timedelta(days=28)
_TIMES = 12
_WEEKS = 4
_CURRENCY = "GBP"


class Accuracy(Struct, frozen=True, kw_only=True):
    """Of all forecasts together. Ratios are to the due date; the bias is of the cash of four weeks, over or under."""

    forecasts: int
    days_ratio: float  # mean absolute error of the day of payment
    weeks_ratio: float  # absolute error of the weeks' cash, weighted by it
    bias_percent: float
    chance_percent: float  # of it, that even a forecast has which knows how every customer pays
    covered_percent: float  # of the outcomes, by the 80 % intervals
    late_forecasts: int  # of what was long overdue; such a forecast rests on few
    late_covered_percent: float
    error_days: float


class _Sums(Struct):
    forecasts: int = 0
    error: int = 0
    plain_error: int = 0
    covered: int = 0
    late: int = 0
    late_covered: int = 0
    week_error: int = 0
    plain_week_error: int = 0
    expected: int = 0
    came: int = 0
    known: float = 0.0  # what would be expected with all that is to be known


def accuracy(habits: Habits, seed: str, customers: int, invoices: int, times: int = _TIMES) -> Accuracy:
    """Of the forecasts of `times` Sundays, four weeks apart, of the second year of a ledger."""
    sales = ledger(habits, seed, customers, invoices)
    knowing = Knowing(habits, seed, customers)
    sums = _Sums()
    for time in range(times):
        sunday = _SUNDAY + time * _EVERY
        _judge(sales, sunday, sums)
        sums.known += knowing.expected(sales, sunday, 7 * _WEEKS)
    return Accuracy(
        forecasts=sums.forecasts,
        days_ratio=sums.error / sums.plain_error,
        weeks_ratio=sums.week_error / sums.plain_week_error,
        bias_percent=100 * (sums.expected / sums.came - 1),
        chance_percent=100 * (sums.known / sums.came - 1),
        covered_percent=100 * sums.covered / sums.forecasts,
        late_forecasts=sums.late,
        late_covered_percent=100 * sums.late_covered / max(sums.late, 1),
        error_days=sums.error / sums.forecasts,
    )


def paydays_on(sales: list[Sale], day: date) -> Paydays:
    """What is known at the end of `day`."""
    known = Paydays()
    for sale in sales:
        if sale.issued_on <= day:
            paid = ordinal(sale.paid_on) if sale.paid_on <= day else None
            known.add_days(
                customer_id(sale), ordinal(sale.issued_on), ordinal(sale.due_on), paid, sale.minor, _CURRENCY
            )
    return known


def customer_id(sale: Sale) -> ContactId:
    return ContactId(f"c{sale.customer}")


def debts_on(sales: list[Sale], day: date) -> list[Debt]:
    """What is open at the end of `day`; an invoice is called by its number in `sales`."""
    owed = [(number, sale) for number, sale in enumerate(sales) if sale.issued_on <= day < sale.paid_on]
    return [_debt(number, sale) for number, sale in sorted(owed, key=lambda each: each[1].customer)]


def _debt(number: int, sale: Sale) -> Debt:
    return Debt(
        invoice_id=InvoiceId(str(number)),
        number=None,
        contact_id=customer_id(sale),
        customer=customer_id(sale),
        currency=_CURRENCY,
        due_minor=sale.minor,
        due_on=sale.due_on,
        habit_minor=sale.minor,
    )


def _judge(sales: list[Sale], day: date, sums: _Sums) -> None:
    known = paydays_on(sales, day)
    forecaster = Forecaster(Payers(known, ordinal(day)), day, past_error(known, day).tails)
    for expected in forecaster.expect(debts_on(sales, day)):
        _judge_day(expected, sales[int(expected.debt.invoice_id)], day, sums)
    weeks = [week for week in forecaster.forecast().weeks if week.begins > day][:_WEEKS]
    for week, came, plain in _weeks(sales, day, weeks):
        expected = week.expected_minor or 0
        sums.week_error += abs(expected - came)
        sums.plain_week_error += abs(plain - came)
        sums.expected += expected
        sums.came += came


def _judge_day(expected: Expected, sale: Sale, day: date, sums: _Sums) -> None:
    if expected.on is None or expected.earliest is None:
        return
    covered = expected.earliest <= sale.paid_on <= (expected.latest or date.max)
    sums.forecasts += 1
    sums.error += abs((expected.on - sale.paid_on).days)
    sums.plain_error += abs((_plain(sale, day) - sale.paid_on).days)
    sums.covered += covered
    if (day - sale.due_on).days > LATE:
        sums.late += 1
        sums.late_covered += covered


def _plain(sale: Sale, day: date) -> date:
    return max(sale.due_on, day + timedelta(days=1))


def _weeks(sales: list[Sale], day: date, weeks: list[Week]) -> Iterator[tuple[Week, int, int]]:
    """Each week with what came in it of the invoices open on `day`, and what was due in it."""
    owed = [sale for sale in sales if sale.issued_on <= day < sale.paid_on]
    for week in weeks:
        last = week.begins + timedelta(days=6)
        came = sum(sale.minor for sale in owed if week.begins <= sale.paid_on <= last)
        yield week, came, sum(sale.minor for sale in owed if week.begins <= _plain(sale, day) <= last)
