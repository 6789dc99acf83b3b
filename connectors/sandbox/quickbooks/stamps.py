"""How QuickBooks writes and reads instants: whole seconds with the Pacific offset, and what has no offset is Pacific.

A client that thinks in UTC and forgets the offset is off by seven or eight hours here, exactly as it is over there.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
_CENT = Decimal("0.01")


def stamp(instant: datetime) -> str:
    """MetaData times: whole seconds, Pacific offset."""
    return instant.astimezone(PACIFIC).isoformat(timespec="seconds")


def envelope_time(instant: datetime) -> str:
    """The `time` beside every answer: milliseconds, Pacific offset."""
    return instant.astimezone(PACIFIC).isoformat(timespec="milliseconds")


def read_instant(text: str) -> datetime:
    """An ISO 8601 date or instant in UTC; ValueError if it is neither. Without an offset it is read as Pacific."""
    instant = datetime.fromisoformat(text)
    if instant.utcoffset() is None:
        instant = instant.replace(tzinfo=PACIFIC)
    return instant.astimezone(UTC)


def read_date(text: str) -> date:
    """A calendar date; ValueError if it is not one. An instant counts as its date."""
    return date.fromisoformat(text[:10])


def money(amount: Decimal) -> Decimal | int:
    """Amounts as they are printed: two digits, but a bare 0 for nothing."""
    return amount.quantize(_CENT) if amount else 0


@lru_cache(maxsize=4096)
def plain(number: Decimal) -> Decimal:
    """Prices and quantities as they are printed: no trailing zeros."""
    return Decimal(format(number.normalize(), "f"))
