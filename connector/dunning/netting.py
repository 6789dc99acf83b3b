"""Credit the customer has and no invoice has taken yet, set against what we are about to ask.

Money that came in and was not matched is the commonest way to chase somebody who has paid. The decision and the live
check seconds before a message leaves both call `net`, so that they cannot disagree about what credit means.
"""

from collections.abc import Iterable, Mapping
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from connector.dunning.policy import Threshold
from state.model import Account


class Owed(Protocol):
    """Anything that asks for an amount: a Receivable, a reminder about one."""

    @property
    def currency(self) -> str: ...

    @property
    def asked_minor(self) -> int: ...


OwedT = TypeVar("OwedT", bound=Owed)


class CurrencyNetting(Struct, Generic[OwedT], frozen=True, kw_only=True):
    """One customer's invoices of one currency. Every invoice given is in exactly one of the three lists."""

    currency: str
    listed: tuple[OwedT, ...]  # may be asked for
    covered: tuple[OwedT, ...]  # the credit alone would settle it: it may be paid already
    withheld: tuple[OwedT, ...]  # together with the credit, nothing worth asking is left
    total_minor: int  # of what is listed
    credit_minor: int  # of the whole family, less than the total; 0 when nothing is listed


class DeductedCredit:
    """What the messages of one pass have deducted: every member of a family has the same credit, and it pays once."""

    def __init__(self) -> None:
        self._minor: dict[tuple[str, str], int] = {}

    def deduct(self, account: Account, currency: str, credit_minor: int) -> int:
        """How much of `credit_minor`, the credit of `account`'s family, no earlier message has deducted; now it is."""
        key = (account.family or account.contact_id, currency)
        before = self._minor.get(key, 0)
        self._minor[key] = max(before, credit_minor)
        return self._minor[key] - before


def net(
    owed: Iterable[OwedT], credits_minor: Mapping[str, int], tolerance: Threshold, *, withhold: bool = False
) -> dict[str, CurrencyNetting[OwedT]]:
    """Per currency, in order of first appearance: what may be asked for, and the credit to be set against it.

    `withhold`: any credit in a currency keeps everything in it from being asked for.
    """
    by_currency: dict[str, list[OwedT]] = {}
    for item in owed:
        by_currency.setdefault(item.currency, []).append(item)
    return {
        currency: _net_currency(
            currency, items, max(credits_minor.get(currency, 0), 0), tolerance.of(currency), withhold=withhold
        )
        for currency, items in by_currency.items()
    }


def _net_currency(
    currency: str, items: list[OwedT], credit_minor: int, tolerance_minor: int, *, withhold: bool
) -> CurrencyNetting[OwedT]:
    covered = tuple(item for item in items if item.asked_minor <= credit_minor)
    larger = tuple(item for item in items if item.asked_minor > credit_minor)
    total_minor = sum(item.asked_minor for item in larger)
    worth_asking = total_minor - credit_minor > tolerance_minor and not (withhold and credit_minor)
    return CurrencyNetting(
        currency=currency,
        listed=larger if worth_asking else (),
        covered=covered,
        withheld=() if worth_asking else larger,
        total_minor=total_minor if worth_asking else 0,
        credit_minor=credit_minor if worth_asking else 0,
    )
