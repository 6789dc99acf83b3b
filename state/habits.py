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


class OwnTime(Struct, frozen=True, kw_only=True, gc=False):
    """When a customer acts, as far as there is evidence enough (docs/reference/best-time.md). One of both is known."""

    weekday: int | None = None  # 0: Monday
    on_weekday: int = 0  # of `days`
    days: int = 0  # on which it paid or answered, open weekdays alone
    hour: int | None = None  # by its own clock
    in_hour: int = 0  # of `answers`
    answers: int = 0  # within the sending window
    zone: str = "UTC"  # IANA, of its clock
    given_up: str = ""  # why nobody's own time is used any more; empty: it is
