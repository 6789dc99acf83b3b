"""How long invoices stay unpaid: Kaplan-Meier curves per customer, shrunk to the curve of the whole ledger.

Days count from the due date. An invoice is at risk of being paid from the day of its issue until it is paid, or until
the day of which we speak if it is not; so what is still open counts as well, with what is known of it. A customer's
chance of paying on a day is reckoned from its own invoices and, as if it had as many more, `prior` invoices of the
ledger's average: with none of its own that is the ledger's curve, with many it is its own.

Where money for a weekend comes on the Monday after it, days are those for which payments are meant: of a Monday's
payments nobody knows which of three days that was, so each counts in part for all three, as much as payments are usual
on them. Else each invoice would be thought to be paid on Mondays that are no Mondays for it.

Few invoices stay unpaid for very long, and the chance of one day, reckoned from two or three, may come out as one: then
all that is older would seem to be paid by then for certain. So where fewer than `LEAST_AT_RISK` are left in the whole
ledger, as many as are wanting are added, which are paid as those of all these days are on average.

The chances are floats: they are estimates, and no money is made of them here.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from operator import mul

from msgspec import Struct

EARLIEST, LATEST = -90, 270  # days beyond these are counted as these
LENGTH = LATEST - EARLIEST + 1
WEEKEND = 2  # days
LEAST_AT_RISK = 10  # invoices of the ledger; where fewer are left, a day by itself says nothing
_NOBODY = 1e-6
PRIOR = 1.2  # invoices; what shrinks a customer's mean best in the ledgers of docs/reference/forecast.md


class Curve(Struct, frozen=True):
    """`paid[i]`: the chance that an invoice is paid by the day EARLIEST + i after its due date. It never falls."""

    paid: list[float]

    def by(self, day: int) -> float:
        """The chance of being paid up to and including `day`."""
        return 0.0 if day < EARLIEST else self.paid[min(day - EARLIEST, LENGTH - 1)]

    def by_given_unpaid(self, day: int, unpaid_on: int) -> float | None:
        """The same of an invoice still unpaid at the end of `unpaid_on`; None if none ever was unpaid so long."""
        before = self.by(unpaid_on)
        if before >= 1.0:
            return None
        return max(self.by(day) - before, 0.0) / (1.0 - before)

    def is_spent(self, day: int) -> bool:
        """Whether nobody was ever paid who was unpaid for longer than until `day`."""
        return self.paid[-1] <= self.by(day)

    def quantile(self, share: float, unpaid_on: int) -> int | None:
        """The first day after `unpaid_on` by which `share` of the invoices unpaid on it are paid.

        None if fewer than that were ever paid, or none was unpaid so long.
        """
        before = self.by(unpaid_on)
        if before >= 1.0:
            return None
        wanted = before + share * (1.0 - before)
        index = bisect_left(self.paid, wanted - 1e-12, max(unpaid_on + 1 - EARLIEST, 0))
        return None if index >= LENGTH else index + EARLIEST


Spell = tuple[int, int, bool, bool]  # watched from day to day, whether it was paid then, whether it was put off
_INDEX = {day: day - EARLIEST for day in range(EARLIEST, LATEST + 1)}  # a look-up takes a fifth of two comparisons


class Counts:
    """How many invoices were paid, and how many were at risk, on each day after the due date."""

    def __init__(self) -> None:
        self.paid = array("d", bytes(8 * LENGTH))
        self._entered = array("d", bytes(8 * (LENGTH + 1)))
        self._put_off: dict[int, int] = {}  # payments on this day that were perhaps meant for one of the two before it

    def add(self, entered: int, left: int, *, paid: bool, put_off: bool = False) -> None:
        """An invoice watched on the days `entered` to `left`, and `paid` on the last of them or not at all.

        `put_off`: it may have been meant for one of the two days before; `share_out` must follow.
        """
        self.add_all([(entered, left, paid, put_off)])

    def add_all(self, spells: Iterable[Spell]) -> None:
        """As `add` for each."""
        watched, paid_on, put_off_to = self._entered, self.paid, self._put_off
        for entered, left, paid, put_off in spells:
            if entered > left:
                continue
            first, last = _INDEX.get(entered) or _index(entered), _INDEX.get(left) or _index(left)
            watched[first] += 1
            if put_off and first + WEEKEND <= last:
                put_off_to[last] = put_off_to.get(last, 0) + 1
                continue
            watched[last + 1] -= 1
            if paid:
                paid_on[last] += 1

    def share_out(self, usual: Sequence[float], rounds: int = 1) -> None:
        """Let each payment that was perhaps put off count for its three days, in proportion to what is paid on them.

        That is what was surely meant for them and, above nought, `usual`; in further `rounds` also what the round
        before gave them.
        """
        shared: dict[int, float] = {}
        for _ in range(rounds):
            shared = self._shared(usual, shared)
        for at, payments in shared.items():
            self.paid[at] += payments
            self._entered[at + 1] -= payments
        self._put_off.clear()

    def _shared(self, usual: Sequence[float], before: Mapping[int, float]) -> dict[int, float]:
        shared: dict[int, float] = {}
        for last, payments in self._put_off.items():
            days = range(last - WEEKEND, last + 1)
            weights = [self.paid[day] + before.get(day, 0.0) + usual[day] for day in days]
            for day, weight in zip(days, weights, strict=True):
                shared[day] = shared.get(day, 0.0) + payments * weight / sum(weights)
        return shared

    def at_risk(self) -> Iterator[float]:
        """On each day from EARLIEST to LATEST."""
        return accumulate(self._entered[:-1])

    def hazards(self) -> list[float]:
        """The chance to be paid on each day, of those still unpaid; 0 where nobody was at risk."""
        return [_chance(paid, watched) for paid, watched in zip(self.paid, self.at_risk(), strict=True)]

    def steady_hazards(self, least: int = LEAST_AT_RISK) -> list[float]:
        """The same, but those of a day on which fewer than `least` are left, for good, are filled up to as many.

        What is added is paid as the tail is on average, so that none of its days is certain by itself.
        """
        hazards, watched = self.hazards(), list(self.at_risk())
        tail = next((LENGTH - back for back, left in enumerate(reversed(watched)) if left >= least), 0)
        usual = _chance(sum(self.paid[tail:]), sum(watched[tail:]))
        for day in range(tail, LENGTH):
            if watched[day] > _NOBODY:
                hazards[day] = (self.paid[day] + (least - watched[day]) * usual) / least
        return hazards


def curve(hazards: Iterable[float]) -> Curve:
    """The curve that these daily chances make."""
    return Curve([1.0 - unpaid for unpaid in accumulate([1.0 - hazard for hazard in hazards], mul)])


def _chance(paid: float, watched: float) -> float:
    """Parts of invoices are added up, so that nobody is at risk may come out as next to nobody."""
    return min(paid / watched, 1.0) if watched > _NOBODY else 0.0


def shrunk(own: Counts, ledger: list[float], prior: float = PRIOR) -> Curve:
    """The curve of one customer, of whose invoices `prior` more are as the ledger's daily chances say."""
    return curve(
        [
            (paid + prior * usual) / (watched + prior)
            for paid, watched, usual in zip(own.paid, own.at_risk(), ledger, strict=True)
        ]
    )


def _index(day: int) -> int:
    return min(max(day, EARLIEST), LATEST) - EARLIEST
