"""The forecast of all currencies in the company's own: each invoice counts at the rate that its ledger states on it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from connector.reports.expected_money import Debt
from connector.reports.forecast_sums import FINE, Sums, Total, Week, to_even
from connector.reports.rate_table import Borne
from connector.reports.rates import worth
from state.model import LedgerName
from state.money import MoneyError


class Base(Struct, frozen=True):
    """The company's own currency, and the ledger, which says how rates are meant."""

    currency: str
    ledger: LedgerName


class Everything(Struct, frozen=True, kw_only=True):
    """All currencies in the company's own. None: a rate that it takes is not known."""

    currency: str
    ledger: LedgerName
    weeks: tuple[Week, ...] | None
    total: Total | None
    rates: tuple[Borne, ...]  # behind what is due


class BaseSums:
    """What is due in other currencies, converted; what is due in the company's own is added at the end."""

    def __init__(self, base: Base, weeks: int) -> None:
        self._base = base
        self._weeks = weeks
        self._sums = Sums(weeks, FINE)
        self._rated: dict[tuple[str, Decimal], _Rated] = {}
        self._is_known = True
        self.is_empty = True

    def add(self, debt: Debt, agreed_in: Sequence[int], chances: Sequence[int] | None) -> None:
        """As `Sums.add`, of a debt in another currency."""
        self.is_empty = False
        rated = self._rated_of(debt)
        if rated is None:
            self._is_known = False
        else:
            rated.count(debt)
            self._sums.add(rated.converted(debt), agreed_in, chances)

    def everything(self, sums: Mapping[str, Sums], begins: Sequence[date]) -> Everything:
        """With what is due in the company's own currency, among `sums`."""
        currency, whole = self._base.currency, Sums(self._weeks, FINE)
        for part in (self._sums, *(sums[code] for code in sums if code == currency)):
            whole.add_all(part)
        return Everything(
            currency=currency,
            ledger=self._base.ledger,
            weeks=tuple(whole.weeks(currency, begins)) if self._is_known else None,
            total=whole.total(currency) if self._is_known else None,
            rates=tuple(rated.borne() for rated in self._rated.values()),
        )

    def _rated_of(self, debt: Debt) -> "_Rated | None":
        """None: it bears no rate, or nobody knows the smallest unit of its currency."""
        if debt.rate is None:
            return None
        key = debt.currency, debt.rate
        if key not in self._rated:
            try:
                exact = worth(*key, self._base.currency, self._base.ledger) * FINE
            except MoneyError:
                return None
            self._rated[key] = _Rated(*key, exact.numerator, exact.denominator)
        return self._rated[key]


class _Rated(Struct):
    """What is due at one rate; a minor unit of it is `numerator` by `denominator` of the smallest parts."""

    currency: str
    rate: Decimal
    numerator: int
    denominator: int
    minor: int = 0
    invoices: int = 0
    first: date | None = None
    last: date | None = None

    def count(self, debt: Debt) -> None:
        self.minor += debt.due_minor
        self.invoices += 1
        if debt.issued_on is not None:
            self.first = debt.issued_on if self.first is None else min(self.first, debt.issued_on)
            self.last = debt.issued_on if self.last is None else max(self.last, debt.issued_on)

    def converted(self, debt: Debt) -> Debt:
        """With amounts of the smallest parts of the company's minor unit."""
        return replace(
            debt,
            due_minor=self._fine(debt.due_minor),
            parts=tuple(replace(part, minor=self._fine(part.minor)) for part in debt.parts),
            habit_minor=self._fine(debt.habit_minor),
            disputed_minor=self._fine(debt.disputed_minor),
            credit_minor=self._fine(debt.credit_minor),
        )

    def borne(self) -> Borne:
        return Borne(
            currency=self.currency,
            rate=self.rate,
            issued_from=self.first,
            issued_to=self.last,
            minor=self.minor,
            invoices=self.invoices,
        )

    def _fine(self, minor: int) -> int:
        return to_even(minor * self.numerator, self.denominator)
