"""What planned reminders ask for, reckoned from stored rows: what is due, less what is disputed and credit in hand."""

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from connector.config.settings import TenantSettings
from state.arrivals import Sum
from state.in_hand import InHand
from state.model import ContactId


class Owing(Protocol):
    """A planned reminder: what is due on its invoice, and the part of it that its customer contests."""

    @property
    def contact_id(self) -> str: ...

    @property
    def due(self) -> Sum: ...

    @property
    def disputed_minor(self) -> int: ...


class Asked(Struct, frozen=True):
    """In each currency: what is due, what of it is disputed, what credit takes off, and what is left to ask for."""

    due: tuple[Sum, ...]
    disputed: tuple[Sum, ...]
    credit: tuple[Sum, ...]
    ask: tuple[Sum, ...]


class Deducting:
    """Deducts each family's credit once, however many ask for its debts; by the firm's policy, not by a segment's."""

    def __init__(self, settings: TenantSettings, in_hand: InHand) -> None:
        self._in_hand = in_hand
        self._used: Counter[tuple[ContactId, str]] = Counter()
        self._deducts = settings.policy.credit != "ignore"

    def asked(self, planned: Iterable[Owing]) -> Asked:
        due: Counter[tuple[ContactId, str]] = Counter()
        disputed: Counter[tuple[ContactId, str]] = Counter()
        for each in planned:
            key = self._in_hand.heads[each.contact_id], each.due[1]
            due[key] += each.due[0]
            disputed[key] += each.disputed_minor
        taken = {key: self._take(*key, minor - disputed[key]) for key, minor in due.items()}
        return Asked(
            due=sums((minor, currency) for (_, currency), minor in due.items()),
            disputed=_some((minor, currency) for (_, currency), minor in disputed.items()),
            credit=_some((minor, currency) for (_, currency), minor in taken.items()),
            ask=sums((minor - disputed[key] - taken[key], key[1]) for key, minor in due.items()),
        )

    def _take(self, head: ContactId, currency: str, up_to: int) -> int:
        if not self._deducts:
            return 0
        left = self._in_hand.credits.get(head, {}).get(currency, 0) - self._used[head, currency]
        taken = max(0, min(left, up_to))
        self._used[head, currency] += taken
        return taken


def _some(amounts: Iterable[Sum]) -> tuple[Sum, ...]:
    return tuple(each for each in sums(amounts) if each[0])


def sums(amounts: Iterable[Sum]) -> tuple[Sum, ...]:
    """One for each currency."""
    totals: Counter[str] = Counter()
    for minor, currency in amounts:
        totals[currency] += minor
    return tuple((minor, currency) for currency, minor in sorted(totals.items()))
