"""Money that cannot go wrong quietly: an exact amount, its currency, and nothing that rounds.

Ledgers send decimals, SQLite keeps integers of minor units, people read both. The conversions live here and
refuse whatever would lose a fraction of a cent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation

# ISO 4217 minor units that are not two (SIX list one, 2024). "Unknown" currencies are refused, not guessed.
_EXPONENTS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_TWO_DIGITS = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY"
    " COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS"
    " INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR"
    " MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD"
    " SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG".split()
)


class MoneyError(ValueError):
    """An amount or currency that cannot be represented exactly."""


class CurrencyMismatch(MoneyError):
    """Two currencies met in one sum."""


def exponent(currency: str) -> int:
    """Digits after the point that `currency` has (ISO 4217); MoneyError for a code we do not know."""
    if currency in _TWO_DIGITS:
        return 2
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise MoneyError(f"unknown currency {currency!r}") from None


# The usual 28 digits round without a word, and 1e999999, which JSON may say in eight characters, takes an integer of a
# million digits and a minute to be compared with.
_EXACT = Context(prec=60, Emax=60, traps=[Inexact, InvalidOperation])
_SCALES = {code: Decimal(10) ** exponent(code) for code in (*_TWO_DIGITS, *_EXPONENTS)}


def to_minor(amount: Decimal, currency: str) -> int:
    """`amount` as an integer of minor units; MoneyError if it has a fraction of one, or is not finite."""
    scale = _SCALES.get(currency)
    if scale is None:
        raise MoneyError(f"unknown currency {currency!r}")
    if not amount:  # nothing is due on most invoices, and nothing left of most payments
        return 0
    try:
        scaled = _EXACT.multiply(amount, scale)
        minor = int(scaled)
    except (ArithmeticError, ValueError):
        raise MoneyError(f"{amount} is not an amount of money") from None
    if minor != scaled:
        raise MoneyError(f"{amount} is finer than the minor unit of {currency}")
    return minor


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: `minor` integer minor units (cents, yen, fils) of the ISO 4217 `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> "Money":
        """From a decimal amount in major units; raises MoneyError rather than round."""
        return cls(to_minor(Decimal(amount), currency), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with exactly the currency's digits."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"cannot combine {self.currency} with {other.currency}")
        return other.minor


def totals(amounts: Iterable[Money]) -> dict[str, Money]:
    """Sum per currency, in order of first appearance. Currencies are never mixed."""
    sums: dict[str, int] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, 0) + money.minor
    return {currency: Money(minor, currency) for currency, minor in sums.items()}
