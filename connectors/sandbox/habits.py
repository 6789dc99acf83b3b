"""How customers behave: when they pay, how much at once, and how large their invoices are.

Calibrated to public data sets of receivables (40,000 business invoices of 2018-2020 and 2,466 of 2012-2013): medians
around the due date, a third to a half paid late, one in eight paid in parts, who the customer is explains about half
of all lateness, and the ten largest of a small firm's customers make two fifths of its turnover. Lateness is counted
in days after the due date; floats here are behaviour, never money.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

Terms = Literal["7", "14", "30", "60", "eom"]

_TERMS: tuple[tuple[Terms, int], ...] = (("7", 15), ("14", 30), ("30", 38), ("60", 5), ("eom", 12))
_SPREAD_BETWEEN = 6.0  # days, standard deviation of the customers' own means
_CHRONIC = 0.045  # share of customers who are always far behind


@dataclass(slots=True)
class Habits:
    """One customer's way of doing business."""

    terms: Terms
    usual_lateness: float
    own_spread: float
    appetite: float  # invoices per working day
    size: float  # median invoice, in units of the currency

    def due(self, issued: date) -> date:
        """When an invoice of `issued` falls due under these terms; 'eom' is the end of the following month."""
        if self.terms != "eom":
            return issued + timedelta(days=int(self.terms))
        year, month = divmod(issued.year * 12 + issued.month, 12)
        return date(year, month + 1, calendar.monthrange(year, month + 1)[1])

    def pay_day(self, issued: date, due: date, draw: Random) -> date:
        """When an invoice is going to be paid: never before it was issued, seldom on a weekend."""
        late = round(draw.gauss(self.usual_lateness, self.own_spread))
        if draw.random() < 0.015:
            late += draw.randint(18, 50)  # mislaid
        day = max(issued, due + timedelta(days=late))
        return day if draw.random() < 0.02 else next_working_day(day)

    def invoice_cents(self, draw: Random) -> int:
        """An invoice's net amount, in hundredths; prices end in round figures more often than not."""
        cents = max(900, int(draw.lognormvariate(0, 0.8) * self.size * 100))
        return cents // 500 * 500 if draw.random() < 0.6 else cents


def habits_of(draw: Random, *, large: bool = False) -> Habits:
    """A customer's habits, drawn once."""
    chronic = not large and draw.random() < _CHRONIC
    usual = draw.uniform(14, 32) if chronic else draw.gauss(-4.0, _SPREAD_BETWEEN)
    return Habits(
        terms=draw.choices([name for name, _ in _TERMS], [weight for _, weight in _TERMS])[0],
        usual_lateness=usual,
        own_spread=draw.uniform(1.5, 7.5),
        appetite=draw.uniform(0.045, 0.075) if large else min(0.09, draw.lognormvariate(-3.75, 0.6)),
        size=draw.uniform(1800, 3000) if large else draw.lognormvariate(6.1, 0.6),
    )


def next_working_day(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day
