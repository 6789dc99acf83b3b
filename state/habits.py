"""What a customer's past says of when it acts, as the decision pass takes it: records alone, reckoned elsewhere."""

from decimal import Decimal

from msgspec import Struct


class EarlyHabit(Struct, frozen=True, gc=False):
    """How many of a customer's `counted` invoices were settled before their due date.

    `share` is the same shrunk to the ledger's own average, 0 to 1 (docs/reference/rating.md).
    """

    early: int
    counted: int
    share: Decimal
