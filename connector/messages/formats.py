"""Amounts and dates the way the customer writes them, without ever changing an amount."""

import re
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberPattern, parse_pattern

from state.money import Money, exponent

FALLBACK_LOCALE = "en_GB"
_LETTER_THEN_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")  # CLDR asks for a blank in CHF 12; babel does not set it


def format_money(money: Money, locale: str) -> str:
    """`money` in the customer's notation, such as £1,234.50 or 1.234,50 €, with exactly its ISO 4217 digits.

    Babel's own digits follow custom (no fils for IQD, no qindarka for ALL) and would round an amount away.
    """
    known = known_locale(locale)
    digits = exponent(money.currency)
    pattern = _pattern(known, digits)
    written = str(pattern.apply(money.amount, known, currency=money.currency, currency_digits=False))
    return _LETTER_THEN_DIGIT.sub("\N{NO-BREAK SPACE}", written)


def format_day(day: date, locale: str) -> str:
    """`day` in words, such as 12 March 2026."""
    return str(format_date(day, format="long", locale=known_locale(locale)))


@lru_cache(maxsize=256)
def known_locale(name: str) -> Locale:
    """The locale called `name` (en_GB or en-GB); British English if there is none of that name."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale.parse(FALLBACK_LOCALE)


@lru_cache(maxsize=256)
def _pattern(locale: Locale, digits: int) -> NumberPattern:
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (digits, digits)
    return pattern
