"""What time it is where a customer lives, as far as the country alone tells.

A country that keeps several zones, such as the United States, does not tell; the tenant's own clock counts then.
"""

from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from state.countries import alpha2

# Zones of a country that agree now count as one: Germany has a second for a village, which differed in 1980.
_SUMMER_AND_WINTER = (datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))


@lru_cache(maxsize=1024)
def zone_of_country(country: str | None) -> ZoneInfo | None:
    """The zone of a country, given as a ledger writes it; None if it has several or is not known."""
    zones = [ZoneInfo(name) for name in _zones().get(alpha2(country) or "", ())]
    one = len({tuple(at.astimezone(zone).utcoffset() for at in _SUMMER_AND_WINTER) for zone in zones}) == 1
    return zones[0] if one else None


@lru_cache(maxsize=1)
def _zones() -> dict[str, tuple[str, ...]]:
    """By ISO code, from the zone database's own table (zone.tab): code, coordinates, zone, remark."""
    found: dict[str, list[str]] = defaultdict(list)
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            found[code].append(zone)
    return {code: tuple(zones) for code, zones in found.items()}
