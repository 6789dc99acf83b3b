"""On which days a firm writes, and from which day a stage may go, worked out apart from the product's calendar."""

from calendar import monthrange
from datetime import date, timedelta

from holidays import country_holidays

from connector.dunning.calendar import Calendar
from connector.dunning.policy import Stage

_SATURDAY = 5


def first_day(stage: Stage, due: date) -> date:
    """The stage's own day for an invoice that is due then, or counted from the end of its month."""
    basis = due.replace(day=monthrange(due.year, due.month)[1]) if stage.basis == "month_end" else due
    return basis + timedelta(days=stage.offset_days)


def is_open(calendar: Calendar, day: date) -> bool:
    """By weekday, closed days, quiet times and the holidays where the firm is."""
    return (
        day.weekday() < _SATURDAY
        and day not in calendar.closed_days
        and not any(spell.contains(day) for spell in calendar.quiet)
        and not (calendar.region and day in country_holidays(calendar.region, years=day.year))
    )


def open_days_between(calendar: Calendar, first: date, last: date) -> int:
    """How many days after `first` and before `last` are open."""
    days = (first + timedelta(days=step) for step in range(1, (last - first).days))
    return sum(is_open(calendar, day) for day in days)
