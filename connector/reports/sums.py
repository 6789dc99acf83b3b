"""Sums of one currency, or of all in the company's own: every ratio is reckoned the same way over either."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import Struct

from connector.reports.rates import in_base
from state.model import LedgerName
from state.money import Money, MoneyError, exponent

Part = tuple[int, str, Decimal | None]  # minor units, or minor units times days; their currency; the rate they bear
_TENTH = Decimal("0.1")


class Scope(Struct, frozen=True):
    """What is `in` a sum: the documents in `currency`; with `ledger`, all of them, converted into it."""

    currency: str
    ledger: LedgerName | None = None

    def holds(self, currency: str) -> bool:
        return self.ledger is not None or currency == self.currency

    def total(self, parts: Iterable[Part]) -> int | None:
        """Minor units of `currency`; None if a rate that it takes is not known."""
        if self.ledger is None:
            return sum(minor for minor, code, _ in parts if code == self.currency)
        money = in_base(parts, self.currency, self.ledger)
        return None if money is None else money.minor

    def money(self, minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, self.currency)


def is_known(currency: str) -> bool:
    """Whether the smallest unit of it is known."""
    try:
        exponent(currency)
    except MoneyError:
        return False
    return True


def ratio(part: int | None, whole: int | None, times: int = 1) -> Decimal | None:
    """`part * times / whole` to one digit, half to even; None where that is not known or has no sense."""
    if part is None or whole is None or whole <= 0:
        return None
    return (Decimal(part) * times / whole).quantize(_TENTH, ROUND_HALF_EVEN)
