"""A made-up ledger whose customers pay as real ones were seen to: what forecasts and ratings are measured on.

Its shapes are the published figures of two data sets of invoices and their payment days, HighRadius (40,000 invoices of
1,056 customers, closely on time, with a long tail) and IBM (2,466 invoices of 100 customers, widely spread). Nothing in
it was fitted to a forecast; `calibration` says how near it comes to the figures.
"""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from statistics import fmean, pvariance

from msgspec import Struct

_SATURDAY = 5
_NORMAL = 0.6745  # median absolute deviation of a normal curve, in sigmas; a Laplace curve's is log 2
_FIRST_DAY = date(2022, 1, 3)


class Habits(Struct, frozen=True, kw_only=True):
    """How the payers of one ledger differ. Days count from the due date; chances are from 0 to 1."""

    name: str
    terms: dict[int, float]  # days -> chance; each customer has its own
    centre: float  # of the customers' usual lateness
    centre_scale: float
    centre_tail: float  # chance of a customer who is far later than the others
    centre_tail_scale: float
    centre_normal: bool  # else Laplace
    spread: float  # the middle of the customers' own spreads (median absolute deviation)
    spread_sigma: float  # of its logarithm
    spread_normal: bool
    delayed: float  # chance that an invoice is held up
    delayed_days: float  # by how long, on average
    weekend_kept: float  # chance that a payment meant for a weekend is made then
    size_sigma: float  # of the logarithm of a customer's usual amount
    often_sigma: float  # of the logarithm of how often it is invoiced


HIGHRADIUS = Habits(
    name="highradius",
    terms={10: 0.15, 14: 0.15, 15: 0.5, 20: 0.12, 30: 0.08},
    centre=-0.55,
    centre_scale=2.0,
    centre_tail=0.035,
    centre_tail_scale=20.0,
    centre_normal=False,
    spread=0.62,
    spread_sigma=1.15,
    spread_normal=False,
    delayed=0.03,
    delayed_days=24.0,
    weekend_kept=0.01,
    size_sigma=1.9,
    often_sigma=1.1,
)
IBM = Habits(
    name="ibm",
    terms={30: 1.0},
    centre=-3.6,
    centre_scale=9.8,
    centre_tail=0.0,
    centre_tail_scale=1.0,
    centre_normal=True,
    spread=4.5,
    spread_sigma=0.4,
    spread_normal=True,
    delayed=0.0,
    delayed_days=1.0,
    weekend_kept=0.95,
    size_sigma=0.1,
    often_sigma=0.35,
)


class Sale(Struct, frozen=True, gc=False):
    """One invoice and the day on which its last cent came."""

    customer: int
    issued_on: date
    due_on: date
    paid_on: date
    minor: int

    @property
    def days_late(self) -> int:
        return (self.paid_on - self.due_on).days


class Payer(Struct):
    """The habits of one customer, as far as they are its own."""

    terms: int
    centre: float
    spread: float
    size: float
    often: float


def ledger(habits: Habits, seed: str, customers: int, invoices: int, days: int = 730) -> list[Sale]:
    """Invoices of `days` days by the day of issue; the same for the same seed."""
    draw, payers = payers_of(habits, seed, customers)
    often = [payer.often for payer in payers]
    issued = sorted(draw.randrange(days) for _ in range(invoices))
    return [_sale(habits, payers, often, day, draw) for day in issued]


def payers_of(habits: Habits, seed: str, customers: int) -> tuple[Random, list[Payer]]:
    """The customers of a ledger by their numbers, and the chance that goes on to draw their invoices."""
    draw = Random(f"{habits.name} {seed}")
    return draw, [_payer(habits, draw) for _ in range(customers)]


def _payer(habits: Habits, draw: Random) -> Payer:
    far = draw.random() < habits.centre_tail
    if far:
        noise = draw.expovariate(1 / habits.centre_tail_scale)
    else:
        noise = draw.gauss(0, habits.centre_scale) if habits.centre_normal else _laplace(draw, habits.centre_scale)
    return Payer(
        terms=draw.choices(list(habits.terms), list(habits.terms.values()))[0],
        centre=habits.centre + noise,
        spread=habits.spread * math.exp(draw.gauss(0, habits.spread_sigma)),
        size=math.exp(draw.gauss(0, habits.size_sigma)),
        often=math.exp(draw.gauss(0, habits.often_sigma)),
    )


def _sale(habits: Habits, payers: list[Payer], often: list[float], day: int, draw: Random) -> Sale:
    [number] = draw.choices(range(len(payers)), often)
    payer = payers[number]
    issued_on = _workday(_FIRST_DAY + timedelta(days=day))
    due_on = issued_on + timedelta(days=payer.terms)
    paid_on = max(issued_on, due_on + timedelta(days=days_late(habits, payer, draw)))
    if draw.random() >= habits.weekend_kept:
        paid_on = _workday(paid_on)
    minor = max(100, round(100_000 * payer.size * math.exp(draw.gauss(0, 0.7))))
    return Sale(number, issued_on, due_on, paid_on, minor)


def days_late(habits: Habits, payer: Payer, draw: Random) -> int:
    """The customer's usual day, give or take its own spread, and now and then much later."""
    spread = payer.spread / (_NORMAL if habits.spread_normal else math.log(2))
    noise = draw.gauss(0, spread) if habits.spread_normal else _laplace(draw, spread)
    held_up = draw.expovariate(1 / habits.delayed_days) if draw.random() < habits.delayed else 0.0
    return round(payer.centre + noise + held_up)


def _laplace(draw: Random, scale: float) -> float:
    return draw.expovariate(1 / scale) * (1 if draw.random() < 0.5 else -1)


def _workday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= _SATURDAY else day


def calibration(sales: list[Sale]) -> dict[str, float]:
    """The figures that were published of the real ledgers, of this one."""
    late = sorted(sale.days_late for sale in sales)
    own = [days for days in _by_customer(sales).values() if len(days) > 1]
    between = _variance_between(own)
    return {
        **{f"p{percent}": late[len(late) * percent // 100] for percent in (5, 25, 50, 75, 95)},
        "mean": fmean(late),
        "sd": math.sqrt(pvariance(late)),
        "late_percent": _percent(late, 0),
        "late_7_percent": _percent(late, 7),
        "late_30_percent": _percent(late, 30),
        "early_percent": 100 * sum(days < 0 for days in late) / len(late),
        "between_share": between,
        "top_ten_percent": _top_ten(sales),
        "weekend_percent": 100 * sum(sale.paid_on.weekday() >= _SATURDAY for sale in sales) / len(sales),
        **dict(zip(("mad_25", "mad_50", "mad_75"), _spreads(own), strict=True)),
    }


def _by_customer(sales: list[Sale]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for sale in sales:
        found.setdefault(sale.customer, []).append(sale.days_late)
    return found


def _percent(late: list[int], days: int) -> float:
    return 100 * sum(each > days for each in late) / len(late)


def _variance_between(own: list[list[int]]) -> float:
    """The share of the variance that is between customers."""
    count = sum(map(len, own))
    mean = sum(map(sum, own)) / count
    total = sum((day - mean) ** 2 for days in own for day in days) / count
    within = sum((day - fmean(days)) ** 2 for days in own for day in days) / (count - len(own))
    return 1 - within / total


def _spreads(own: list[list[int]]) -> Iterator[float]:
    spreads = sorted(_middle([abs(day - _middle(days)) for day in days]) for days in own)
    return (spreads[len(spreads) * quarter // 4] for quarter in (1, 2, 3))


def _middle(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]


def _top_ten(sales: list[Sale]) -> float:
    sums: dict[int, int] = {}
    for sale in sales:
        sums[sale.customer] = sums.get(sale.customer, 0) + sale.minor
    return 100 * sum(sorted(sums.values())[-10:]) / sum(sums.values())
