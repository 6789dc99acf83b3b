"""On which weekday, and in which hour, each customer acts: counted, shrunk to the ledger's own pattern, or left open.

A payment is known by its day alone; an answer by its instant. A day on which a customer paid ten invoices is one day,
and three answers within an hour are one: what repeats is the habit, not the pile. Only times at which a message may
leave are looked at. The formula is in docs/reference/best-time.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from connector.reports.payers import weekday
from state.habits import OwnTime
from state.ids import ContactId
from state.paydays import Paydays, ordinal

LOOKED_BACK = 730  # days; habits change
LEAST_DAYS, LEAST_ANSWERS = 8, 6  # of fewer nothing is said
PRIOR_DAYS, PRIOR_ANSWERS = 5, 8  # as if there were as many more, spread like the ledger's
_STANDS_OUT = (3, 2)  # how many times its even share a weekday or hour must have


class Acts(Struct):
    """How many days with a payment or an answer fell on each weekday, and how many answers in each hour."""

    weekdays: list[int]
    hours: list[int]


class Best(Struct, frozen=True):
    """The place that stands out, and what it rests on."""

    place: int
    here: int
    counted: int


def acts(paydays: Paydays, answers: Iterable[tuple[ContactId, datetime]], today: date) -> dict[ContactId, Acts]:
    """Of everybody who paid or answered in the two years up to `today`; answers are by the customer's own clock."""
    last = ordinal(today)
    days: dict[ContactId, set[int]] = {}
    hours: dict[ContactId, set[tuple[int, int]]] = {}
    for customer in paydays.customers:
        paid_on = {paid for _, _, paid in paydays.days(customer) if last - LOOKED_BACK < paid <= last}
        if paid_on:
            days[customer] = paid_on
    for customer, at in answers:
        day = ordinal(at.date())
        if last - LOOKED_BACK < day <= last:
            days.setdefault(customer, set()).add(day)
            hours.setdefault(customer, set()).add((day, at.hour))
    return {customer: _acts(found, hours.get(customer, set())) for customer, found in days.items()}


def own_times(
    found: Mapping[ContactId, Acts],
    weekdays: Sequence[int],
    hours_of: Callable[[ContactId], Sequence[int]],
    zone_of: Callable[[ContactId], str],
) -> dict[ContactId, OwnTime]:
    """Of those for whom a weekday or an hour stands out; `weekdays` and `hours_of` are those to choose from."""
    usual = _together(found.values())
    times = {}
    for customer, own in found.items():
        day = best(own.weekdays, usual.weekdays, weekdays, LEAST_DAYS, PRIOR_DAYS)
        hour = best(own.hours, usual.hours, hours_of(customer), LEAST_ANSWERS, PRIOR_ANSWERS)
        if day or hour:
            times[customer] = _own_time(day, hour, zone_of(customer))
    return times


def best(own: Sequence[int], usual: Sequence[int], places: Sequence[int], least: int, prior: int) -> Best | None:
    """The place of `places` that is far likelier than the others; the first of equals, None if there is none.

    In whole numbers: each share is (own + prior * (usual + 1) / (all + places)) / (counted + prior).
    """
    counted, everybody = sum(own[place] for place in places), sum(usual[place] for place in places) + len(places)
    if counted < least or len(places) < 2:
        return None
    scores = {place: own[place] * everybody + prior * (usual[place] + 1) for place in places}
    place = max(places, key=lambda each: (scores[each], -each))
    times, of = _STANDS_OUT
    if scores[place] * len(places) * of < times * (counted + prior) * everybody:
        return None
    return Best(place, own[place], counted)


def _acts(days: set[int], hours: set[tuple[int, int]]) -> Acts:
    found = Acts([0] * 7, [0] * 24)
    for day in days:
        found.weekdays[weekday(day)] += 1
    for _, hour in hours:
        found.hours[hour] += 1
    return found


def _together(found: Iterable[Acts]) -> Acts:
    usual = Acts([0] * 7, [0] * 24)
    for each in found:
        usual.weekdays = [a + b for a, b in zip(usual.weekdays, each.weekdays, strict=True)]
        usual.hours = [a + b for a, b in zip(usual.hours, each.hours, strict=True)]
    return usual


def _own_time(day: Best | None, hour: Best | None, zone: str) -> OwnTime:
    return OwnTime(
        weekday=day.place if day else None,
        on_weekday=day.here if day else 0,
        days=day.counted if day else 0,
        hour=hour.place if hour else None,
        in_hour=hour.here if hour else 0,
        answers=hour.counted if hour else 0,
        zone=zone,
    )
