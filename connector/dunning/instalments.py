"""How a balance is divided into instalments: to the cent, on days that exist, and on which the firm works."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal

from connector.dunning.calendar import Calendar, shift
from connector.saying.said import say
from state.agreed import Instalment

Rhythm = Literal["month", "week", "2weeks"]
_DAYS = {"week": 7, "2weeks": 14}


def equal_instalments(
    total_minor: int, days: Sequence[date], odd: Literal["first", "last"] = "last"
) -> tuple[Instalment, ...]:
    """`total_minor` in equal parts, one for each of `days`; what does not divide is in the first or the last part.

    Raises ValueError if there is no day, or less than one minor unit for each.
    """
    if not days or total_minor < len(days):
        raise ValueError(
            say("{minor} minor units cannot be paid in {parts} instalments", minor=str(total_minor), parts=len(days))
        )
    part, rest = divmod(total_minor, len(days))
    amounts = [part] * len(days)
    amounts[0 if odd == "first" else -1] += rest
    return tuple(Instalment(number, day, amounts[number - 1]) for number, day in enumerate(days, start=1))


def due_days(first: date, count: int, every: Rhythm, calendar: Calendar) -> list[date]:
    """`count` rising days beginning with `first`, each moved to the next day on which the firm works.

    Months are counted from `first`, so that the 31st is the 30th in April and the 31st again in May. Raises ValueError
    at the end of the calendar.
    """
    follow: Callable[[int], date] = (
        (lambda step: months_later(first, step))
        if every == "month"
        else (lambda step: shift(first, step * _DAYS[every]))
    )
    days: list[date] = []
    for step in range(count):
        day = calendar.next_open(follow(step))
        if days and day <= days[-1]:
            day = calendar.next_open(shift(days[-1], 1))
        days.append(day)
    if len(set(days)) < count:
        raise ValueError(say("there are no {count} such days after {day}", count=count, day=first))
    return days


def months_later(first: date, months: int) -> date:
    """The same day of the month, or the month's last if it is shorter; the end of the calendar is as far as it goes."""
    years, month = divmod(first.month - 1 + months, 12)
    year = first.year + years
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))
