"""The forecast of all currencies in the company's own: each invoice counts at the rate that its ledger states on it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import Struct
from msgspec.structs import replace

from connector.reports.expected_money import Debt
from connector.reports.forecast_sums import DIGITS, FINE, Sums, Total, Week
from connector.reports.rate_table import Borne, add_borne
from connector.reports.rates import PRECISE, converted_exactly
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
        self._rates: dict[tuple[str, str, Decimal], Borne] = {}
        self._is_known = True
        self.is_empty = True

    def add(self, debt: Debt, agreed_in: Sequence[int], chances: Sequence[int] | None) -> None:
        """As `Sums.add`, of any currency."""
        if debt.currency == self._base.currency:
            return
        self.is_empty = False
        try:
            self._sums.add(self._converted(debt), agreed_in, chances)
        except (MoneyError, _RateUnknownError):
            self._is_known = False
        add_borne(self._rates, _borne(debt))

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
            rates=tuple(self._rates.values()),
        )

    def _converted(self, debt: Debt) -> Debt:
        """With amounts of the smallest parts of the company's minor unit."""
        return replace(
            debt,
            due_minor=self._fine(debt.due_minor, debt),
            parts=tuple(replace(part, minor=self._fine(part.minor, debt)) for part in debt.parts),
            habit_minor=self._fine(debt.habit_minor, debt),
            disputed_minor=self._fine(debt.disputed_minor, debt),
            credit_minor=self._fine(debt.credit_minor, debt),
        )

    def _fine(self, minor: int, debt: Debt) -> int:
        if not minor:
            return 0
        exact = converted_exactly(minor, debt.currency, debt.rate, self._base.currency, self._base.ledger)
        if exact is None:
            raise _RateUnknownError
        return int(PRECISE.scaleb(exact, DIGITS).to_integral_value(ROUND_HALF_EVEN))


class _RateUnknownError(Exception):
    """The invoice bears no rate."""


def _borne(debt: Debt) -> Borne:
    return Borne(
        currency=debt.currency,
        rate=debt.rate,
        issued_from=debt.issued_on,
        issued_to=debt.issued_on,
        minor=debt.due_minor,
        invoices=1,
    )
