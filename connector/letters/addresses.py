"""The lines in an envelope's window, in the order of the country that a letter goes to.

Where the postcode stands, and whether there is one, is each country's own affair (Universal Postal Union, addressing
systems; S42). What is not a whole address is refused: a letter that cannot arrive still costs postage and days.
"""

from babel import Locale

from connector.messages.formats import known_locale
from connectors.channels.headers import NAME_LIMIT, one_line
from state.countries import alpha2
from state.model import PostalAddress
from state.plain_text import contained
from state.postal import missing_parts

MOST_STREET_LINES = 3
_LINE_LIMIT = 70
_POSTCODE_LAST_LINE = frozenset({"GB", "GG", "IM", "JE", "IE", "LK", "KE"})
_TOWN_REGION_POSTCODE = frozenset("AU CA IN NZ PR US".split())
_WITHOUT_REGION = frozenset("AT BE CH CZ DE DK FI FR LI LU NL NO PL PT SE SK".split())


class IncompleteAddress(Exception):
    """An address to which no letter can be sent; `str()` says what it lacks, and does not repeat it."""


def address_block(name: str, postal: PostalAddress | None, *, home: str, locale: str) -> tuple[str, ...]:
    """The lines of the address, the recipient's name first, a foreign country last.

    `home` is the sender's country (ISO 3166), which an address without a country is taken to lie in; `locale` is the
    sender's, in whose language the country is named. Raises IncompleteAddress.
    """
    destination = complete(name, postal, home=home)
    country = destination.country or home
    lines = [_shown(name, NAME_LIMIT), *destination.lines, *_town_lines(destination, country)]
    if country != home:
        lines.append(_country_name(country, locale))
    return tuple(contained(line) for line in lines if line)


def shown_address(postal: PostalAddress | None, country: str | None, locale: str) -> tuple[str, ...]:
    """What is known of an address, in its country's order and with the country's name, to be read and not posted."""
    written = (postal.country if postal is not None else None) or country
    code = alpha2(written)
    lines = (*postal.lines, *_town_lines(postal, code or "")) if postal is not None else ()
    named = _country_name(code, locale) if code is not None else written or ""
    return tuple(line for line in (*lines, named) if line)


def complete(name: str, postal: PostalAddress | None, *, home: str) -> PostalAddress:
    """`postal` with everything that a letter needs, in harmless lines and with a country code, or IncompleteAddress."""
    if postal is None:
        raise IncompleteAddress("there is no postal address; give the customer one in the ledger")
    country = alpha2(postal.country) if (postal.country or "").strip() else home
    if country is None:
        raise IncompleteAddress("its country is none that Dun knows; write its name or code in the ledger")
    checked = PostalAddress(
        lines=tuple(line for line in (_shown(line) for line in postal.lines[: MOST_STREET_LINES + 1]) if line),
        city=_shown(postal.city),
        postcode=_shown(postal.postcode),
        region=_shown(postal.region),
        country=country,
    )
    if missing := (*(() if _shown(name) else ("name",)), *missing_parts(checked)):
        raise IncompleteAddress(f"its postal address has no {' and no '.join(missing)}; complete it in the ledger")
    if len(checked.lines) > MOST_STREET_LINES:
        raise IncompleteAddress(f"its street takes more than {MOST_STREET_LINES} lines; shorten it in the ledger")
    return checked


def _town_lines(postal: PostalAddress, country: str) -> tuple[str, ...]:
    city, postcode, region = postal.city or "", postal.postcode or "", postal.region or ""
    if country in _POSTCODE_LAST_LINE:
        return (city, region if country == "IE" else "", postcode.upper())
    if country in _TOWN_REGION_POSTCODE:
        return (_joined(city, region, postcode.upper()),)
    if country == "IT":
        return (_joined(postcode, city, region),)
    if country == "NL":
        return ("  ".join(part for part in (postcode.upper(), city) if part),)  # PostNL asks for two blanks
    return (_joined(postcode, city), "" if country in _WITHOUT_REGION or region == city else region)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _country_name(country: str, locale: str) -> str:
    known: Locale = known_locale(locale)
    return str(known.territories.get(country) or Locale("en").territories[country]).upper()


def _shown(text: str | None, limit: int = _LINE_LIMIT) -> str:
    return one_line(text or "", limit)
