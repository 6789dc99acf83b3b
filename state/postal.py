"""Postal addresses: in one line, and which parts one needs before a letter can arrive.

The parts depend on the country (Universal Postal Union).
"""

from state.countries import alpha2
from state.model import PostalAddress

_NO_POSTCODES = frozenset(
    "AE AG AO AW BF BI BJ BO BS BW BZ CD CF CG CI CM DJ DM ER FJ GA GD GM GN GQ GY HK IE KI KM KN KP ML MO MR MW NR QA"
    " RW SB SC SL SR ST SY TD TG TO TV UG VU YE ZW".split()
)  # have none, or use them little
_NO_TOWNS = frozenset({"GI", "HK", "MC", "MO", "SG", "VA"})


def missing_parts(postal: PostalAddress) -> tuple[str, ...]:
    """Of street, town and postcode, those that `postal` lacks; a country that is not understood needs all three."""
    country = alpha2(postal.country)
    parts = {
        "street": any(line.strip() for line in postal.lines),
        "town": bool((postal.city or "").strip()) or country in _NO_TOWNS,
        "postcode": bool((postal.postcode or "").strip()) or country in _NO_POSTCODES,
    }
    return tuple(part for part, there in parts.items() if not there)


def on_paper(name: str, postal: PostalAddress) -> str:
    """Name and address in one line, as a letter's recipient is kept."""
    return ", ".join(part for part in (name, *postal.lines, postal.postcode, postal.city) if part)
