"""Shares and middles of counts, as every report rounds them. Of nothing there is no share: None."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

_TENTH = Decimal("0.1")


def percent(part: int, whole: int) -> Decimal | None:
    """`part` of `whole` as 0 to 100, to a tenth, halves up; None if `whole` is 0."""
    return (Decimal(100 * part) / whole).quantize(_TENTH, ROUND_HALF_UP) if whole else None


def median(counts: Mapping[int, int]) -> Decimal | None:
    """The middle of whole numbers that occur so often, between two the half of them; None if there are none."""
    total = sum(counts.values())
    if not total:
        return None
    low, high = (total + 1) // 2, total // 2 + 1
    middle = [_nth(counts, low), _nth(counts, high)]
    return Decimal(sum(middle)) / 2


def _nth(counts: Mapping[int, int], position: int) -> int:
    passed = 0
    for number in sorted(counts):
        passed += counts[number]
        if passed >= position:
            return number
    raise ValueError("there are not so many")
