"""The groups of the trial, as the report takes them; read from the tenant's file by `state.trials`."""

from datetime import date

from msgspec import Struct


class TrialGroup(Struct, frozen=True):
    """Customers with one invoice each: of how many it is known, how many of these paid, and of how many it is not."""

    customers: int
    paid: int
    unknown: int


class TrialDraws(Struct, frozen=True):
    """Since when customers are drawn for the day that is compared; and how many were for another, or an unknown one."""

    since: date | None
    otherwise: int
