"""What the reader of a report chose."""

from datetime import date

from msgspec import Struct


class Asked(Struct, frozen=True, kw_only=True):
    """What the reader chose. Each report heeds what concerns it, and says in its formula what it heeded."""

    today: date  # the business day where the tenant lives
    as_of: date  # the end of this day is what is reported
    by: str = "customer"
    days: int = 90  # length of the window that ends with `as_of`
