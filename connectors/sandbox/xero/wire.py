"""Xero's way of writing JSON, to the byte: CRLF, two spaces, escaped slashes in dates and nowhere else.

The standard encoder cannot write any of it: it rounds decimals through floats, and indents in Python at a tenth of
the speed a page of a thousand invoices needs. Documents are built as plain trees of dict, list, str, bool and
`Json`; this module turns a tree into text and knows nothing of what is in it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TypeAlias

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = EPOCH.toordinal()
_DAY_MS = 86_400_000
_MS = timedelta(milliseconds=1)
_CENT = Decimal("0.01")


class Json(str):
    """Text that is JSON already: a number with its digits, or a date with its escaped slashes."""

    __slots__ = ()


Tree: TypeAlias = Mapping[str, "Tree"] | Sequence["Tree"] | str | bool
Node: TypeAlias = dict[str, Tree]


def money(amount: Decimal) -> Json:
    """An amount with two decimals; more only where the books hold more, because nothing is ever rounded here."""
    text = str(amount)
    if text[-3:-2] == ".":  # as nearly every amount of the books is
        return Json(text)
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        return Json(format(amount, "f"))
    return Json(format(amount.quantize(_CENT), "f"))


@lru_cache(maxsize=4_096)
def scaled(amount: Decimal, digits: int) -> Json:
    """A quantity or rate, padded to at least the digits its column has."""
    exponent = amount.as_tuple().exponent
    have = -exponent if isinstance(exponent, int) else 0
    return Json(f"{amount:.{max(have, digits)}f}")


def integer(value: int) -> Json:
    return Json(value)


def calendar_date(day: date) -> Json:
    """A date of the organisation's calendar, written as midnight UTC of that date."""
    return Json(f'"\\/Date({(day.toordinal() - _EPOCH_DAY) * _DAY_MS}+0000)\\/"')


def day_string(day: date) -> str:
    """The readable twin of `calendar_date`."""
    return f"{day.isoformat()}T00:00:00"


def instant(moment: datetime) -> Json:
    """A stamp in milliseconds, with the offset that documents carry."""
    return Json(f'"\\/Date({(moment - EPOCH) // _MS}+0000)\\/"')


def bare_instant(moment: datetime) -> Json:
    """A stamp without an offset: envelopes, created notes and the organisation have it so."""
    return Json(f'"\\/Date({(moment - EPOCH) // _MS})\\/"')


def second_string(moment: datetime) -> str:
    """The readable twin of `instant`, cut (not rounded) to the second."""
    return moment.isoformat(timespec="seconds")[:19]


def pretty(tree: Tree, line: str = "\r\n") -> str:
    """The tree as Xero prints it; `line` is the line break with the indentation reached so far."""
    kind = type(tree)
    if kind is str:
        return encode_basestring(tree)  # type: ignore[arg-type]
    if kind is Json:
        return tree  # type: ignore[return-value]
    if kind is bool:
        return "true" if tree else "false"
    if not tree:
        return "{}" if kind is dict else "[]"
    inner = line + "  "
    if isinstance(tree, Mapping):
        members = [f'"{name}": {pretty(value, inner)}' for name, value in tree.items()]
        return "{" + inner + f",{inner}".join(members) + line + "}"
    return "[" + inner + f",{inner}".join([pretty(item, inner) for item in tree]) + line + "]"  # type: ignore[union-attr]
