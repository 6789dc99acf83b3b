"""Phone numbers and postal addresses as people fill in the ledgers' forms, without guessing what they meant.

Both ledgers have the same boxes under different names: a few lines, town, postcode, region, country. An empty box is
nothing; an address without a line, a town or a postcode is none, for no letter would arrive.
"""

from collections.abc import Iterable, Iterator

from state.model import PostalAddress
from state.plain_text import bounded


def filled_in(value: str | None) -> str | None:
    """What stands in a box; None if that is nothing."""
    return bounded(value.strip()) or None if value else None


def distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    """What is filled in of `values`, each once, in order."""
    return tuple(dict.fromkeys(filter(None, map(filled_in, values))))


def postal_address(
    name: str,
    lines: Iterable[str | None],
    *,
    city: str | None,
    postcode: str | None,
    region: str | None,
    country: str | None,
) -> PostalAddress | None:
    """The address of the customer called `name`; a line that only repeats the name is left out, as letters have it."""
    street = [line for box in lines for line in _lines_in(box)]
    if street and street[0].casefold() == name.strip().casefold():
        del street[0]
    town, code = filled_in(city), filled_in(postcode)
    if not (street or town or code):
        return None
    return PostalAddress(
        lines=tuple(street), city=town, postcode=code, region=filled_in(region), country=filled_in(country)
    )


def _lines_in(box: str | None) -> Iterator[str]:
    """Some forms take several lines in one box."""
    yield from filter(None, map(filled_in, bounded(box or "").splitlines()))
