"""What planned reminders ask for, reckoned from stored rows: what is due, less credit that no invoice has taken yet."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from connector.config.settings import TenantSettings
from state.arrivals import Sum
from state.in_hand import InHand
from state.model import ContactId
from state.morning import Planned


class Asked(Struct, frozen=True):
    """In each currency: what is due, what credit takes off it, and what is left to ask for."""

    due: tuple[Sum, ...]
    credit: tuple[Sum, ...]
    ask: tuple[Sum, ...]


class Deducting:
    """Deducts each family's credit once, however many ask for its debts; by the firm's policy, not by a segment's."""

    def __init__(self, settings: TenantSettings, in_hand: InHand) -> None:
        self._in_hand = in_hand
        self._used: Counter[tuple[ContactId, str]] = Counter()
        self._deducts = settings.policy.credit != "ignore"

    def asked(self, planned: Iterable[Planned]) -> Asked:
        due: Counter[tuple[ContactId, str]] = Counter()
        for each in planned:
            due[self._in_hand.heads[each.contact_id], each.due[1]] += each.due[0]
        taken = {key: self._take(*key, minor) for key, minor in due.items()}
        return Asked(
            due=sums((minor, currency) for (_, currency), minor in due.items()),
            credit=tuple(each for each in sums((minor, currency) for (_, currency), minor in taken.items()) if each[0]),
            ask=sums((minor - taken[head, currency], currency) for (head, currency), minor in due.items()),
        )

    def _take(self, head: ContactId, currency: str, up_to: int) -> int:
        if not self._deducts:
            return 0
        left = self._in_hand.credits.get(head, {}).get(currency, 0) - self._used[head, currency]
        taken = max(0, min(left, up_to))
        self._used[head, currency] += taken
        return taken


def sums(amounts: Iterable[Sum]) -> tuple[Sum, ...]:
    """One for each currency."""
    totals: Counter[str] = Counter()
    for minor, currency in amounts:
        totals[currency] += minor
    return tuple((minor, currency) for currency, minor in sorted(totals.items()))
