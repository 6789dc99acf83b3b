"""Customers who pay early are left alone before the due date: most of them would be reminded for nothing.

Only the courtesy before the due date falls away. What follows it comes on its own day, whoever the customer is.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from connector.dunning.policy import Stage
from connector.dunning.reasons import Reason, ReasonCode, because
from state.habits import EarlyHabit

LEAST = 3  # invoices, as for a rating; of fewer nothing is said
MOSTLY = Decimal("0.75")  # the shrunk share from which on a customer pays early
_HUNDRED = 100


def pays_early(habit: EarlyHabit | None) -> bool:
    """Whether as much is known of a customer, and it says so."""
    return habit is not None and habit.counted >= LEAST and habit.share >= MOSTLY


def left_alone(habit: EarlyHabit, stage: Stage, on: date) -> Reason:
    """Why `stage`, which would have gone `on` that day, does not go."""
    percent = int((_HUNDRED * habit.share).quantize(Decimal(1), ROUND_HALF_UP))
    return because(
        ReasonCode.PAYS_EARLY, stage=stage.name, on=on, early=habit.early, counted=habit.counted, percent=percent
    )
