"""English that can still be said in another language: what reports and decisions say, to people who read others too.

A `Said` is the English text wherever text is wanted: on a terminal, in JSON, in CSV. It remembers the words it was made
of and what was put into them, so that the page and the PDF can say the same in the reader's language
(`connector.saying.languages`). The English words are the key, so they stand where they are said and nowhere else.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from msgspec import Struct

from state.money import Money, MoneyError


class Month(Struct, frozen=True):
    """The month of `day`, to be named."""

    day: date


Value = str | int | Decimal | Money | date | Month


class Said(str):
    """`words` with its {places} filled with `values`, in English; a value may be a Said itself."""

    __slots__ = ("values", "words")
    words: str
    values: Mapping[str, Value]


def say(words: str, /, **values: Value) -> Said:
    """Of words like `{n} day | {n} days` the number `n` chooses: the first for 1, the second for all others."""
    said = Said(filled(words, values, _in_english))
    said.words, said.values = words, values
    return said


def sum_of(minor: int, currency: str) -> Money | Said:
    """For sentences; an unknown currency is told in minor units, since nobody knows how many make one."""
    try:
        return Money(minor, currency)
    except MoneyError:
        return say("{minor} minor units of {currency}", minor=str(minor), currency=currency)


def all_of(parts: Iterable[Value]) -> Said:
    """`a and b and c`; nothing of none."""
    found: Said | None = None
    for part in parts:
        found = say("{it}", it=part) if found is None else say("{before} and {after}", before=found, after=part)
    return found or say("")


def listed(parts: Iterable[Value]) -> Said:
    """`a, b, c`; nothing of none."""
    found: Said | None = None
    for part in parts:
        found = say("{it}", it=part) if found is None else say("{before}, {after}", before=found, after=part)
    return found or say("")


def told(error: Exception) -> str:
    """What the error says, so that it can be said in other languages if it is a Said; `str(error)` is the English."""
    words = error.args[0] if error.args else ""
    return words if isinstance(words, Said) else str(error)


def chained(parts: Iterable[Said]) -> Said:
    """One after the other, with semicolons between them; nothing of none."""
    chain: Said | None = None
    for part in parts:
        chain = part if chain is None else say("{before}; {after}", before=chain, after=part)
    return chain or say("")


def filled(words: str, values: Mapping[str, Value], written: Callable[[Value], str]) -> str:
    """`words` with its {places} filled with `values` as `written` writes them."""
    one, bar, many = words.partition(" | ")
    chosen = one if not bar or values.get("n") == 1 else many
    return chosen.format_map({name: written(value) for name, value in values.items()}) if values else chosen


def _in_english(value: Value) -> str:
    if isinstance(value, Month):
        return f"{value.day:%B %Y}"
    return str(value) if isinstance(value, str | Money | date) else f"{value:,}"
