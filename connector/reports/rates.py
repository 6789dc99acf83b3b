"""From a document's currency into the company's own, at the rate the document bears, exactly until it is shown.

Xero states how much of the document's currency one unit of the company's buys, so its amounts are divided; QuickBooks
states what one unit of the document's is worth in the company's, so they are multiplied. Sums are rounded once, half to
even, and never their parts.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from state.model import LedgerName
from state.money import Money, MoneyError, exponent

_PRECISE = Context(prec=50)
_GUARD = Decimal("1e-12")  # of a minor unit: what dividing may have lost is put right before anything is rounded


def in_base(parts: Iterable[tuple[int, str, Decimal | None]], base: str, ledger: LedgerName) -> Money | None:
    """The sum of minor units, each with its currency and stated rate; None if any rate is not known."""
    total = Decimal(0)
    try:
        for minor, currency, rate in parts:
            if not minor:
                continue
            converted = _converted(minor, currency, rate, base, ledger)
            if converted is None:
                return None
            total = _PRECISE.add(total, converted)
        return Money(int(total.quantize(_GUARD, ROUND_HALF_EVEN, _PRECISE).to_integral_value(ROUND_HALF_EVEN)), base)
    except MoneyError:
        return None


def worth(currency: str, rate: Decimal, base: str, ledger: LedgerName) -> Fraction:
    """What a minor unit of `currency` at `rate` is in minor units of `base`, exactly. Raises MoneyError."""
    scale = Fraction(10) ** (exponent(base) - exponent(currency))
    return scale / Fraction(rate) if ledger == "xero" else scale * Fraction(rate)


def _converted(minor: int, currency: str, rate: Decimal | None, base: str, ledger: LedgerName) -> Decimal | None:
    if currency == base:
        return Decimal(minor)
    if rate is None:
        return None
    scaled = Decimal(minor).scaleb(exponent(base) - exponent(currency), _PRECISE)
    return _PRECISE.divide(scaled, rate) if ledger == "xero" else _PRECISE.multiply(scaled, rate)
