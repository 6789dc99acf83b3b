"""What the payments up to one day say about every customer's next ones: its curve, and whether weekends count.

Everything is as it was known on that day, so that the same code forecasts today and replays the past without peeking.
"""

from collections.abc import Iterator

from connector.reports.survival import PRIOR, Counts, Curve, shrunk
from state.ids import ContactId
from state.paydays import Paydays

_SATURDAY = 5
_SUNDAY = 6
_RARELY = 0.05  # of the payments on weekends: fewer than these, and the next Monday is meant
_ENOUGH = 20  # payments, before anything is said about weekends


class Payers:
    """The curves of one ledger on the day `as_of`, an ordinal. `paid`: payments known by then."""

    def __init__(self, paydays: Paydays, as_of: int, prior: float = PRIOR) -> None:
        self._paydays = paydays
        self._as_of = as_of
        self._prior = prior
        self.paid = 0
        self._on_weekends = 0
        self._hazards = self._of_ledger().hazards()

    @property
    def skips_weekends(self) -> bool:
        """Whether money for a weekend comes on the Monday after it."""
        return self.paid >= _ENOUGH and self._on_weekends < _RARELY * self.paid

    def curve(self, customer: ContactId) -> Curve:
        """The customer's own, shrunk to the ledger's; the ledger's for one that is new."""
        return shrunk(_counted(spells(self._paydays, customer, self._as_of)), self._hazards, self._prior)

    def banked(self, day: int) -> int:
        """The day on which a payment for `day` comes."""
        return day if not self.skips_weekends else next_workday(day)

    def counted_until(self, sunday: int) -> int:
        """The last day of its week whose payments come in it.

        Money for that Sunday comes on the Monday after. Of the Saturday as much stays as the curve gives to Mondays
        too early, since a past weekend's delay is in the curve already.
        """
        return sunday - 1 if self.skips_weekends else sunday

    def _of_ledger(self) -> Counts:
        counts = Counts()
        for customer in self._paydays.customers:
            for issued, due, paid in known(self._paydays, customer, self._as_of):
                counts.add(min(issued, paid or issued) - due, (paid or self._as_of) - due, paid=paid > 0)
                if paid:
                    self.paid += 1
                    self._on_weekends += weekday(paid) >= _SATURDAY
        return counts


def known(paydays: Paydays, customer: ContactId, as_of: int) -> Iterator[tuple[int, int, int]]:
    """Days of issue, due date and payment of what was issued by `as_of`; 0: not paid by then."""
    for issued, due, paid in paydays.days(customer):
        if issued <= as_of:
            yield issued, due, paid if paid <= as_of else 0


def spells(paydays: Paydays, customer: ContactId, as_of: int) -> Iterator[tuple[int, int, bool]]:
    """The same as days from the due date: when it was issued, until when it was watched, whether it was paid then."""
    for issued, due, paid in known(paydays, customer, as_of):
        yield min(issued, paid or issued) - due, (paid or as_of) - due, paid > 0


def weekday(ordinal: int) -> int:
    """0 for Monday, as `date.weekday`."""
    return (ordinal + 6) % 7


def next_workday(day: int) -> int:
    """`day`, or the Monday after it."""
    return day + max(0, 7 - weekday(day)) if weekday(day) >= _SATURDAY else day


def last_workday(day: int) -> int:
    """`day`, or the Friday before it."""
    return day - max(0, weekday(day) - _SATURDAY + 1)


def _counted(found: Iterator[tuple[int, int, bool]]) -> Counts:
    counts = Counts()
    for entered, left, paid in found:
        counts.add(entered, left, paid=paid)
    return counts
