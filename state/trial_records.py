"""A group of the trial, as the report takes it; read from the tenant's file by `state.trials`."""

from msgspec import Struct


class TrialGroup(Struct, frozen=True):
    """Customers with one invoice each: of how many it is known, how many of these paid, and of how many it is not."""

    customers: int
    paid: int
    unknown: int
