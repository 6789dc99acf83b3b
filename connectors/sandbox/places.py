"""Where invented firms are, and numbers that ring at nobody's.

Telephone numbers come from the ranges that regulators keep free for film and print: Ofcom's, 555-01xx in North America,
ARCEP's, the Bundesnetzagentur's and ComReg's. Spain, the Netherlands and Switzerland keep none free, and Ireland no
mobile ones; whoever is there has left the box empty. Towns are invented; postcodes have their country's form and are
none of its codes.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

ABROAD = ("DE", "FR", "NL", "ES", "CH", "IE")  # where customers who pay in euros are
LEGAL_FORMS = {"DE": "GmbH", "FR": "SARL", "NL": "BV", "ES": "SL", "CH": "AG"}


class Place(NamedTuple):
    """`street` may have two lines; None: nobody has filled it in."""

    street: str | None
    city: str
    region: str | None
    postcode: str | None


_TOWNS: dict[str, tuple[tuple[str, str | None, str], ...]] = {
    "GB": (("Eastmere", None, "ZX4 7QP"), ("Saltwick", None, "ZX11 2BD"), ("Upper Fenwold", "Fenshire", "QV2 9HJ")),
    "US": (("Maplewood", "ZZ", "00412"), ("Port Alder", "ZZ", "00398-0147"), ("Cedar Flats", "ZZ", "00277")),
    "CA": (("Birchport", "ON", "Z4K 2B7"), ("Lac-aux-Loutres", "QC", "Z1G 9M3")),
    "IE": (("Ballycastle", "Co. Mayo", "Q99 X4Y2"), ("Kilbarrow", None, "Q99 A7K1")),
    "DE": (("Lindenfurt", None, "00871"), ("Bad Möhringen", None, "00452")),
    "FR": (("Saint-Aubin-les-Prés", None, "00320"), ("Montclair", None, "00714")),
    "NL": (("Oudermeer", None, "1234 SS"), ("Wilgendam", None, "4321 SD")),
    "ES": (("Valdeolmos", None, "53210"), ("Puerto Sereno", None, "56480")),
    "CH": (("Seewil", None, "9907"), ("Montbrise", None, "9913")),
}
_STREETS: dict[str, tuple[str, ...]] = {
    "DE": ("Lindenstraße {}", "Mühlenweg {}", "Am alten Hafen {}"),
    "FR": ("{} rue du Moulin", "{} avenue des Tilleuls", "{} quai du Port"),
    "NL": ("Molenweg {}", "Havenkade {}", "Kerkstraat {}"),
    "ES": ("Calle del Molino {}", "Avenida del Puerto {}", "Plaza Mayor {}"),
    "CH": ("Bahnhofstrasse {}", "Mühleweg {}", "Rue du Lac {}"),
}
_ABOVE_THE_STREET = ("Unit 4", "2nd Floor", "Harbour House", "Rear Building")

_LANDLINES: dict[str, Callable[[int], str]] = {
    "GB": lambda line: f"01632 960{line}",
    "US": lambda line: f"(212) 555-01{line % 100:02}",
    "CA": lambda line: f"613 555 01{line % 100:02}",
    "IE": lambda line: f"020 912 0{line}",
    "DE": lambda line: f"030 23125 {line}",
    "FR": lambda line: f"01 99 00 0{line // 100} {line % 100:02}",
}
_MOBILES: dict[str, Callable[[Random], str]] = {
    "GB": lambda draw: f"{draw.choice(('07700', '+44 7700'))} 900{draw.randint(0, 999):03}",
    "US": lambda draw: f"+1 646 555-01{draw.randint(0, 99):02}",
    "CA": lambda draw: f"+1 416 555-01{draw.randint(0, 99):02}",
    "DE": lambda draw: draw.choice(("0152 28817386", "+49 172 9925904", "0172 9968532", "0174 9091317")),
    "FR": lambda draw: f"06 39 98 {draw.randint(0, 99):02} {draw.randint(0, 99):02}",
}


def place(draw: Random, country: str, english_street: str) -> Place:
    """Somewhere in `country`; one address in fourteen lacks its street, one in fourteen its postcode."""
    city, region, postcode = draw.choice(_TOWNS[country])
    pattern = draw.choice(_STREETS.get(country, (english_street,)))
    street = pattern.format(draw.randint(1, 90))
    if draw.random() < 0.15:
        street = f"{draw.choice(_ABOVE_THE_STREET)}\n{street}"
    lacks = draw.random()
    return Place(None if lacks < 0.07 else street, city, region, None if 0.07 <= lacks < 0.14 else postcode)


def landline(country: str, line: int) -> str | None:
    """The number that ends in `line`, which is 100 to 999; None where no range is free."""
    written = _LANDLINES.get(country)
    return written(line) if written else None


def mobile(draw: Random, country: str) -> str | None:
    """A mobile number as people write it at home, or with its country; None where no range is free."""
    written = _MOBILES.get(country)
    return written(draw) if written else None
