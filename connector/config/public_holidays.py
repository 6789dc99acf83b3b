"""Public holidays by country and region, from the tables of the package `holidays`; nobody is asked.

A region is written as ISO 3166 has it: GB, GB-ENG, DE-BY, US-NY. Of years far off nobody knows the holidays; there are
none then.
"""

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

_FIRST_YEAR, _LAST_YEAR = 1990, 2100


def is_known_region(region: str) -> bool:
    """Whether the holidays of `region` are known."""
    return _calendar_of(region) is not None


def is_public_holiday(region: str, day: date) -> bool:
    """Whether `day` is a holiday in `region`; False for a region whose holidays nobody knows."""
    known = _calendar_of(region)
    return known is not None and _FIRST_YEAR <= day.year <= _LAST_YEAR and day in known


@lru_cache(maxsize=512)
def _calendar_of(region: str) -> "HolidayBase | None":
    from holidays import country_holidays  # three megabytes, for whoever has public holidays

    country, _, subdivision = region.partition("-")
    try:
        return country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError:
        return None
