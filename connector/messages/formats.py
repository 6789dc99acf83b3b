"""Amounts and dates the way the customer writes them, without ever changing an amount."""

import re
from datetime import date, datetime, tzinfo
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import NumberPattern, get_currency_name, parse_pattern

from state.money import Money, exponent

FALLBACK_LOCALE = "en_GB"
_LETTER_THEN_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")  # CLDR asks for a blank in CHF 12; babel does not set it

_SAID = re.compile(r"[^\W_]+|\+")  # what of a number is read out


def format_money(money: Money, locale: str) -> str:
    """`money` in the customer's notation, such as £1,234.50 or 1.234,50 €, with exactly its ISO 4217 digits.

    Babel's own digits follow custom (no fils for IQD, no qindarka for ALL) and would round an amount away.
    """
    known = known_locale(locale)
    digits = exponent(money.currency)
    pattern = _pattern(known, digits)
    written = str(pattern.apply(money.amount, known, currency=money.currency, currency_digits=False))
    return _LETTER_THEN_DIGIT.sub("\N{NO-BREAK SPACE}", written)


def speak_money(money: Money, locale: str) -> str:
    """`money` as it is said: 1234.50 British pounds, 99 Euro. Without marks that a voice would stumble over."""
    known = known_locale(locale)
    whole = not money.amount % 1
    amount = int(money.amount) if whole else money.amount  # 1 euro, but 1.50 euros
    number = _spoken_pattern(0 if whole else exponent(money.currency)).apply(amount, known)
    return f"{number} {get_currency_name(money.currency, count=amount, locale=known)}"


def spell(text: object) -> str:
    """`text` character by character, as a number is read out: INV-1041 becomes I N V, 1 0 4 1."""
    words = _SAID.findall(str(text))
    return ", ".join(" ".join(word) for word in words)


def format_day(day: date, locale: str) -> str:
    """`day` in words, such as 12 March 2026. The first of a month is 1er in French, which CLDR does not say."""
    known = known_locale(locale)
    words = str(format_date(day, format="long", locale=known))
    return words.replace("1 ", "1er ", 1) if known.language == "fr" and day.day == 1 else words


def format_instant(instant: datetime, zone: tzinfo, locale: str) -> str:
    """Day and time on the wall clock of `zone`, such as 12 Mar 2026, 14:05."""
    known, there = known_locale(locale), instant.astimezone(zone)
    return (
        f"{format_skeleton('yMMMd', there, locale=known)}, {format_datetime(there, 'HH:mm', tzinfo=zone, locale=known)}"
    )


@lru_cache(maxsize=256)
def known_locale(name: str) -> Locale:
    """The locale called `name` (en_GB or en-GB); British English if there is none of that name."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale.parse(FALLBACK_LOCALE)


@lru_cache(maxsize=8)
def _spoken_pattern(digits: int) -> NumberPattern:
    pattern = parse_pattern("0")
    pattern.frac_prec = (digits, digits)
    return pattern


@lru_cache(maxsize=256)
def _pattern(locale: Locale, digits: int) -> NumberPattern:
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (digits, digits)
    return pattern
