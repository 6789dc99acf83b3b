"""By which right a firm asks for more than the invoice when it is paid late: a law, or the contract.

Each law is a row of data with its source, so that the calculation has one form and what differs can be compared.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from connector.dunning.calendar import shift
from connector.dunning.policy import Threshold
from connector.dunning.reference_rates import RateName

Debtor = Literal["business", "consumer", "unknown"]
DayCount = Literal["365", "actual"]  # days over 365 in every year; over the days that the year has

_SATURDAY = 5
_HALF_YEAR = 7  # the month in which the second one begins


class FixedSum(Struct, frozen=True):
    """Compensation for the cost of chasing, once per late debt, in minor units of `currency`."""

    currency: str
    steps: tuple[tuple[int, int], ...]  # a debt of less than the first gets the second
    otherwise: int

    def for_debt(self, minor: int) -> int:
        """The sum for a debt of `minor`."""
        return next((fixed for below, fixed in self.steps if minor < below), self.otherwise)


class Law(Struct, frozen=True, kw_only=True):
    """Interest by statute: a reference rate of the half-year and points on top. A debtor without points owes none."""

    name: Literal["uk", "eu", "de"]
    source: str
    reference: RateName
    eve: bool  # the rate of the day before the half-year counts, else that of its first day
    settled: bool  # the rate of the day on which interest begins stays, else it changes with the half-year
    points_business: Decimal
    points_others: Decimal | None  # a consumer, or nobody knows
    day_count: DayCount
    fixed_sum: FixedSum  # businesses only
    working_days: bool = False  # a due date on a day off moves to the next working day

    def points(self, debtor: Debtor) -> Decimal | None:
        """Percentage points over the reference rate; None if this law gives no interest from such a debtor."""
        return self.points_business if debtor == "business" else self.points_others

    def reference_day(self, day: date) -> date:
        """The day whose reference rate counts for the half-year of `day`."""
        begins = half_year_of(day)
        return shift(begins, -1) if self.eve else begins


class Contract(Struct, frozen=True, kw_only=True):
    """What was agreed: interest a year, a flat amount for each late invoice or each reminder, and a limit."""

    percent: Decimal | None = None  # a year, simple
    day_count: DayCount = "365"
    per_invoice: Threshold | None = None
    per_reminder: Threshold | None = None
    cap_percent: Decimal | None = None  # of the invoice: all charges together are not more
    with_consumers: bool = False  # agreed with consumers too; else only businesses owe it

    @property
    def source(self) -> str:
        return "the contract"

    @property
    def flat(self) -> bool:
        """Whether amounts are asked for that do not follow from the time."""
        return self.per_invoice is not None or self.per_reminder is not None


Terms = Law | Contract
WorkingDay = Callable[[date], bool]

# Where Directive 2011/7/EU is law: the Union, and by the EEA agreement three states more.
EEA = frozenset("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split())
_FORTY_EUROS = FixedSum("EUR", (), 40_00)

UNITED_KINGDOM = Law(
    name="uk",
    source="Late Payment of Commercial Debts (Interest) Act 1998, ss. 4-6, and S.I. 2002/1675",
    reference="bank_of_england",
    eve=True,
    settled=True,
    points_business=Decimal(8),
    points_others=None,
    day_count="365",
    fixed_sum=FixedSum("GBP", ((1_000_00, 40_00), (10_000_00, 70_00)), 100_00),
)
EUROPEAN_UNION = Law(
    name="eu",
    source="Directive 2011/7/EU, Articles 2, 3 and 6",
    reference="ecb",
    eve=False,
    settled=False,
    points_business=Decimal(8),
    points_others=None,
    day_count="actual",
    fixed_sum=_FORTY_EUROS,
)
GERMANY = Law(
    name="de",
    source="BGB §§ 247, 286, 288",
    reference="germany",
    eve=False,
    settled=False,
    points_business=Decimal(9),
    points_others=Decimal(5),
    day_count="actual",
    fixed_sum=_FORTY_EUROS,
    working_days=True,
)
LAWS = {law.name: law for law in (UNITED_KINGDOM, EUROPEAN_UNION, GERMANY)}


def half_year_of(day: date) -> date:
    """The first day of the half-year in which `day` is."""
    return date(day.year, 1 if day.month < _HALF_YEAR else _HALF_YEAR, 1)


def next_half_year(day: date) -> date:
    """The first day of the half-year after that of `day`."""
    return date(day.year, _HALF_YEAR, 1) if day.month < _HALF_YEAR else date(day.year + 1, 1, 1)


def is_weekday(day: date) -> bool:
    """Monday to Friday: the working days of somebody who has no list of public holidays."""
    return day.weekday() < _SATURDAY
