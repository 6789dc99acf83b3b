"""The rates behind a sum in the company's currency, each with the days of issue of the invoices that bear it."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from msgspec import Struct

from connector.reports.rates import in_base
from connector.reports.sums import is_known
from connector.reports.table import Cell, Column, Table
from connector.saying.said import say
from state.model import LedgerName
from state.money import Money
from state.owed import Owed

_RATE = (
    Column("currency", "currency"),
    Column("rate", "rate", "ratio"),
    Column("issued_from", "from", "day"),
    Column("issued_to", "to", "day"),
)
_INVOICES = Column("invoices", "invoices", "count")
_OF = Column("of", "of")


class Borne(Struct, frozen=True, kw_only=True, gc=False):
    """Part of a sum, of invoices that bear one rate; minor units of `currency`. None: they bear none."""

    currency: str
    rate: Decimal | None
    issued_from: date | None
    issued_to: date | None
    minor: int
    invoices: int = 0
    of: str = ""  # which sum, where the report has several


def rates_behind(parts: Iterable[Borne], base: str | None, ledger: LedgerName | None) -> Iterator[Table]:
    """A table, unless nothing is foreign; one of a single sum counts its invoices."""
    if base is None or ledger is None or not is_known(base):
        return
    found = _by_rate(part for part in parts if part.currency != base and is_known(part.currency))
    if found:
        several = any(of for of, _, _ in found)
        amounts = (Column("total", "total", "money"), Column("in_base", say("in {base}", base=base), "money"))
        columns = (_OF, *_RATE, *amounts) if several else (*_RATE, _INVOICES, *amounts)
        rows = tuple(_row(found[key], base, ledger, several=several) for key in sorted(found))
        yield Table("rates", "At the rates of their days", columns, rows)


def borne_by(owed: Owed, of: str = "") -> Borne:
    """What was owed at one rate."""
    return Borne(
        currency=owed.currency,
        rate=owed.rate,
        issued_from=owed.issued_from,
        issued_to=owed.issued_to,
        minor=sum(owed.buckets),
        invoices=owed.invoices,
        of=of,
    )


def _by_rate(parts: Iterable[Borne]) -> dict[tuple[str, str, Decimal], Borne]:
    found: dict[tuple[str, str, Decimal], Borne] = {}
    for part in parts:
        if part.rate is not None and part.minor:
            key = part.of, part.currency, part.rate
            found[key] = _joined(found[key], part) if key in found else part
    return found


def _joined(one: Borne, other: Borne) -> Borne:
    return Borne(
        currency=one.currency,
        rate=one.rate,
        issued_from=min(filter(None, (one.issued_from, other.issued_from)), default=None),
        issued_to=max(filter(None, (one.issued_to, other.issued_to)), default=None),
        minor=one.minor + other.minor,
        invoices=one.invoices + other.invoices,
        of=one.of,
    )


def _row(part: Borne, base: str, ledger: LedgerName, *, several: bool) -> tuple[Cell, ...]:
    amounts = Money(part.minor, part.currency), in_base([(part.minor, part.currency, part.rate)], base, ledger)
    rate = part.currency, part.rate, part.issued_from, part.issued_to
    return (part.of, *rate, *amounts) if several else (*rate, part.invoices, *amounts)
