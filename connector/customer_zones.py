"""What time it is where a customer lives, as far as the ledger tells.

A country that keeps several zones, such as the United States, does not tell. Then the state of the address and the area
of the telephone number do; and what rings, unlike mail, which waits to be read, leaves only when it suits every zone
that the customer may be in.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import astuple
from phonenumbers import is_number_geographical, parse, region_code_for_number

from connector.dunning.calendar import SendingWindow
from connector.regional_zones import zones_of_region
from state.countries import alpha2

_UNKNOWN = "Etc/Unknown"  # what phonenumbers calls a number without a zone
# Zones of a country that agree now count as one: Germany has a second for a village, which differed in 1980.
_SUMMER_AND_WINTER = (datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))


class Whereabouts(Struct, frozen=True, kw_only=True):
    """Where a customer is, as the ledger writes it."""

    country: str | None = None
    region: str | None = None
    rings: bool = False  # whether it is texted or called
    number: str | None = None  # that is texted or called, in E.164 form


@lru_cache(maxsize=1024)
def zone_of_country(country: str | None) -> ZoneInfo | None:
    """The zone of a country, given as a ledger writes it; None if it has several or is not known."""
    return _one_of(zones_of_country(country))


def zones_of_country(country: str | None) -> tuple[ZoneInfo, ...]:
    """All zones of a country, given as a ledger writes it; none if it is not known."""
    known = _zones()
    code = country if country in known else alpha2(country)  # who has a code needs no names, which are megabytes
    return tuple(map(ZoneInfo, known.get(code or "", ())))


@lru_cache(maxsize=4096)
def clocks_of(where: Whereabouts) -> tuple[ZoneInfo, ...]:
    """The clocks by all of which an hour must be fit to reach this customer; none: the firm's own counts."""
    sure = zone_of_country(where.country)
    if sure is not None:
        return (sure,)
    zones = tuple(map(ZoneInfo, sorted(_by_region(where) | _by_number(where))))
    if where.rings:
        return zones or zones_of_country(where.country) or _of_number(where.number)
    sure = _one_of(zones)
    return () if sure is None else (sure,)


def on_their_walls(window: SendingWindow, zone: ZoneInfo, country: str) -> tuple[SendingWindow, ...]:
    """The `window` of a firm in `zone` as it shows on the walls of a country, zone by zone, summer and winter."""
    walls = (
        SendingWindow(*(datetime.combine(at, hour, zone).astimezone(each).time() for hour in astuple(window)))
        for at in _SUMMER_AND_WINTER
        for each in zones_of_country(country)
    )
    return tuple(dict.fromkeys(walls))


def _one_of(zones: tuple[ZoneInfo, ...]) -> ZoneInfo | None:
    """The first of several that agree; None if they differ."""
    one = len({tuple(at.astimezone(zone).utcoffset() for at in _SUMMER_AND_WINTER) for zone in zones}) == 1
    return zones[0] if one else None


def _by_region(where: Whereabouts) -> frozenset[str]:
    return frozenset(zones_of_region(alpha2(where.country) or "", where.region))


def _by_number(where: Whereabouts) -> frozenset[str]:
    """What the area code tells, unless it is another country's; Australian mobiles, for one, have none."""
    if where.number is None:
        return frozenset()
    number, country = parse(where.number), alpha2(where.country)
    if not is_number_geographical(number) or country not in (None, region_code_for_number(number)):
        return frozenset()
    from phonenumbers.timezone import time_zones_for_geographical_number  # megabytes, for whoever is called or texted

    return frozenset(_known(time_zones_for_geographical_number(number)))


def _of_number(number: str | None) -> tuple[ZoneInfo, ...]:
    """The zones of the number's country, where nothing else is known."""
    if not number:
        return ()
    from phonenumbers.timezone import time_zones_for_number  # as above

    return tuple(map(ZoneInfo, _known(time_zones_for_number(parse(number)))))


def _known(names: Iterable[str]) -> list[str]:
    return [name for name in names if name != _UNKNOWN]


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
