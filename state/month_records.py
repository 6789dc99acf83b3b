"""The figures of a month's page, as the report takes them; read from the tenant's file by `state.month_figures`."""

from datetime import date

from msgspec import Struct


class Aged(Struct, frozen=True):
    """What was owed in one currency at the end of a day, in minor units, by days past the due date."""

    currency: str
    current: int
    days_1_30: int
    days_31_60: int
    days_61_90: int
    days_over_90: int
    no_due_date: int


class MonthMoney(Struct, frozen=True):
    """A month ("2026-03") in one currency, in minor units.

    `asked_for` counts each invoice once a month, with the most that was due on it when a reminder left.
    """

    month: str
    currency: str
    came_in: int
    asked_for: int


class MonthFigures(Struct, frozen=True, kw_only=True):
    aged: tuple[Aged, ...]  # by currency
    months: tuple[MonthMoney, ...]  # in order; months without either are left out
    first: date
    day: date
