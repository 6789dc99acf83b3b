"""Phone numbers as people type them into ledgers, read without ever failing and never guessed.

A field is one whole number or it is none: letters, extensions, two numbers in one field and control characters make it
none, because part of a number is somebody else's. Numbers that are dear to call, and short ones, are none either.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    format_number,
    is_valid_number,
    number_type,
    parse,
)

from state.countries import alpha2

_LONGEST_FIELD = 40
_WRITTEN = re.compile(r"\+?[0-9 ()./\u00a0\u2010-\u2013-]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DRAMA = re.compile(r"\+447700900[0-9]{3}")  # Ofcom's mobiles for films reach nobody; demos and rehearsals use them
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})  # North America tells no difference
_CALLABLE = _MOBILE | {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.UAN,
    PhoneNumberType.VOIP,
}


def mobile_of(texts: Iterable[str], country: str | None) -> str | None:
    """The first of a customer's numbers that takes text messages, in E.164 form; None if there is none.

    `country` is the customer's, as the ledger writes it: numbers without +CC are read as that country's, or not at all.
    """
    return _first(texts, country, _MOBILE)


def callable_of(texts: Iterable[str], country: str | None) -> str | None:
    """The first of a customer's numbers that can be called at no special rate, in E.164 form; see `mobile_of`."""
    return _first(texts, country, _CALLABLE)


def is_e164(text: str) -> bool:
    """Whether `text` is a number in international form, such as +442079460000, and nothing else."""
    return _E164.fullmatch(text) is not None


def _first(texts: Iterable[str], country: str | None, kinds: frozenset[int]) -> str | None:
    region = alpha2("GB" if country and country.strip().upper() == "UK" else country)
    return next((number for text in texts if (number := _number(text, region, kinds))), None)


@lru_cache(maxsize=4096)
def _number(text: str, region: str | None, kinds: frozenset[int]) -> str | None:
    written = text.strip(" \u00a0")
    if len(written) > _LONGEST_FIELD or not _WRITTEN.fullmatch(written):
        return None
    try:
        number = parse(written, region)
    except NumberParseException:
        return None
    found: str = format_number(number, PhoneNumberFormat.E164)
    usable = is_valid_number(number) and number_type(number) in kinds and not number.extension
    return found if is_e164(found) and (usable or _DRAMA.fullmatch(found)) else None
