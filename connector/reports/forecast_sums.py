"""What the invoices of one currency bring week by week, exactly until it is rounded once.

Amounts are whole numbers of minor units, or of the far smaller parts of one that `FINE` makes: amounts that were
converted at a rate are no whole minor units, and are added up before anything is rounded.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from heapq import nlargest

from msgspec import Struct

from connector.reports.expected_money import Debt

ONE = 10**9  # a chance of one
FINE = 10**18  # parts of a minor unit
CONCENTRATED = 40  # per cent of a week that three invoices bring: then the week stands or falls with them
_GUARD = 10**6  # parts, that converting may have lost: put right before anything is rounded
_LARGEST = 3


class Week(Struct, frozen=True, kw_only=True):
    """What seven days from `begins`, a Monday, should bring; the first is the rest of the present week."""

    begins: date
    currency: str
    expected_minor: int | None  # None: of nothing that may come is known when
    agreed_minor: int  # of it, by promises and plans
    largest_minor: int  # of it, by the three invoices that bring most

    @property
    def concentrated(self) -> bool:
        return self.expected_minor is not None and self.largest_minor * 100 > self.expected_minor * CONCENTRATED


class Total(Struct, frozen=True, kw_only=True):
    """All that is due in one currency: `due_minor` is the sum of the rest. None: not known, as of a week."""

    currency: str
    due_minor: int
    within_minor: int | None  # the weeks
    later_minor: int | None  # later than that, or never
    disputed_minor: int
    credit_minor: int
    unknown_minor: int  # of invoices of which nothing can be foretold


class Sums:
    """Of `weeks` weeks, in minor units, or in parts of them if `fine` is FINE; `by_week` is that times billionths."""

    def __init__(self, weeks: int, fine: int = 1) -> None:
        self.fine = fine
        self.due = self.disputed = self.credit = self.unknown = 0
        self.by_week = [0] * weeks
        self.agreed = [0] * (weeks + 1)  # the last: later
        self.largest: list[list[int]] = [[] for _ in range(weeks)]
        self.foretold = False  # whether anything is expected by habit

    def add(self, debt: Debt, agreed_in: Sequence[int], chances: Sequence[int] | None) -> None:
        """`agreed_in`: the weeks of its parts; `chances` of the rest to have come by the end of each; None: unknown."""
        self.due += debt.due_minor
        self.disputed += debt.disputed_minor
        self.credit += debt.credit_minor
        if agreed_in:
            for week, part in zip(agreed_in, debt.parts, strict=True):
                self._add_agreed(week, part.minor)
        if chances is None:
            self.unknown += debt.habit_minor
        elif debt.habit_minor:
            self.foretold = True
            self._add_chances(debt.habit_minor, chances)

    def add_all(self, others: "Sums") -> None:
        """What was added to `others`, which may be in larger units."""
        times = self.fine // others.fine
        self.due += others.due * times
        self.disputed += others.disputed * times
        self.credit += others.credit * times
        self.unknown += others.unknown * times
        self.by_week = [own + more * times for own, more in zip(self.by_week, others.by_week, strict=True)]
        self.agreed = [own + more * times for own, more in zip(self.agreed, others.agreed, strict=True)]
        for week, brought in enumerate(others.largest):
            for each in brought:
                self._note(week, each * times)
        self.foretold = self.foretold or others.foretold

    def weeks(self, currency: str, begins: Sequence[date]) -> Iterator[Week]:
        """Rounded so that any run of weeks from the first is right to half a minor unit."""
        exact = before = 0
        for week, day in enumerate(begins):
            exact += self.by_week[week]
            upto = self._rounded(exact)
            yield Week(
                begins=day,
                currency=currency,
                expected_minor=upto - before if self._is_told or self.agreed[week] else None,
                agreed_minor=self._minor(self.agreed[week]),
                largest_minor=self._rounded(sum(nlargest(_LARGEST, self.largest[week]))),
            )
            before = upto

    def total(self, currency: str) -> Total:
        within = self._rounded(sum(self.by_week))
        due, disputed, credit, unknown = map(self._minor, (self.due, self.disputed, self.credit, self.unknown))
        *agreed, agreed_later = self.agreed
        return Total(
            currency=currency,
            due_minor=due,
            within_minor=within if self._is_told or any(agreed) else None,
            later_minor=due - disputed - credit - unknown - within if self._is_told or agreed_later else None,
            disputed_minor=disputed,
            credit_minor=credit,
            unknown_minor=unknown,
        )

    @property
    def _is_told(self) -> bool:
        """A week without a promise is not one in which nothing comes, where of all the rest nothing is known."""
        return self.foretold or not self.unknown

    def _add_agreed(self, week: int, minor: int) -> None:
        """Money of a known day."""
        last = len(self.by_week)
        self.agreed[min(week, last)] += minor
        if week < last:
            self.by_week[week] += minor * ONE
            self._note(week, minor * ONE)

    def _add_chances(self, minor: int, by_end: Sequence[int]) -> None:
        before = 0
        for week, chance in enumerate(by_end):
            if chance > before:
                brings = minor * (chance - before)
                self.by_week[week] += brings
                self._note(week, brings)
                before = chance

    def _note(self, week: int, brings: int) -> None:
        largest = self.largest[week]
        if len(largest) < _LARGEST:
            largest.append(brings)
        elif brings > (least := min(largest)):
            largest[largest.index(least)] = brings

    def _rounded(self, billionths: int) -> int:
        """Minor units, to the nearest whole: halves up, and of converted ones to the even."""
        if self.fine == 1:
            return (2 * billionths + ONE) // (2 * ONE)
        return to_even(to_even(billionths, ONE * _GUARD), self.fine // _GUARD)

    def _minor(self, fine: int) -> int:
        return fine if self.fine == 1 else to_even(to_even(fine, _GUARD), self.fine // _GUARD)


def to_even(part: int, whole: int) -> int:
    """`part` by `whole`, to the nearest whole number, halves to the even one."""
    quotient, left = divmod(part, whole)
    return quotient + (2 * left > whole or (2 * left == whole and quotient % 2 == 1))
