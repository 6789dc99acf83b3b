"""What a forecast would say that knew how every customer of a made-up ledger pays, and not only what it paid.

Nobody can do better, so what it is wrong by is chance: how much one ledger's cash lies above or below what was to be
expected. Only beside that does a forecast's own bias say anything.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from bench.payers import Habits, Sale, days_late, payers_of
from state.paydays import ordinal

_DRAWS = 1000  # of each customer, which stand for all that it might do
_WEEKEND = 2  # days


class Knowing:
    """All that is to be known of one ledger's customers."""

    def __init__(self, habits: Habits, seed: str, customers: int) -> None:
        self._habits = habits
        self._payers = payers_of(habits, seed, customers)[1]
        self._draw = Random(f"knowing {habits.name} {seed}")
        self._late: dict[int, Sequence[int]] = {}

    def expected(self, sales: Sequence[Sale], sunday: date, days: int) -> float:
        """Minor units that come in the whole weeks of `days` days after `sunday`, of what is open on it."""
        return sum(
            sale.minor * self._chance(sale, sunday, sunday + timedelta(days=days))
            for sale in sales
            if sale.issued_on <= sunday < sale.paid_on
        )

    def _chance(self, sale: Sale, sunday: date, last: date) -> float:
        """Of being paid by a later Sunday; one that nearly no draw leaves unpaid so long, as much as not."""
        before, after = self._paid_by(sale, sunday), self._paid_by(sale, last)
        return (after - before) / (1 - before) if before < 1 - 5 / _DRAWS else 0.5

    def _paid_by(self, sale: Sale, sunday: date) -> float:
        """What is meant for a weekend mostly comes on the Monday after it, or does not, as the ledger has it."""
        late, kept = self._late_of(sale.customer), self._habits.weekend_kept
        on = ordinal(sunday) - ordinal(sale.due_on)
        return (kept * bisect_right(late, on) + (1 - kept) * bisect_right(late, on - _WEEKEND)) / _DRAWS

    def _late_of(self, customer: int) -> Sequence[int]:
        if customer not in self._late:
            payer = self._payers[customer]
            self._late[customer] = sorted(days_late(self._habits, payer, self._draw) for _ in range(_DRAWS))
        return self._late[customer]
