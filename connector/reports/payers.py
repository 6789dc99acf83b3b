"""What the payments up to one day say about every customer's next ones: its curve, and whether weekends count.

Everything is as it was known on that day, so that the same code forecasts today and replays the past without peeking.
"""

from collections.abc import Iterable

from connector.reports.survival import LENGTH, PRIOR, Counts, Curve, shrunk
from state.ids import ContactId
from state.paydays import Paydays

_MONDAY = 0
_SATURDAY = 5
_RARELY = 0.05  # of the payments on weekends: fewer than these, and the next Monday is meant
_ROUNDS = 8  # of sharing out Mondays' payments over the ledger; more change nothing that is seen
_TRACE = 1e-3  # payments, that any day may have been meant for
_ENOUGH = 20  # payments, before anything is said about weekends


class Payers:
    """The curves of one ledger on the day `as_of`, an ordinal. `paid`: payments known by then."""

    def __init__(self, paydays: Paydays, as_of: int, prior: float = PRIOR) -> None:
        self._paydays = paydays
        self._as_of = as_of
        self._prior = prior
        self.paid, on_weekends = self._payments()
        self.skips_weekends = self.paid >= _ENOUGH and on_weekends < _RARELY * self.paid
        """Whether money for a weekend comes on the Monday after it."""
        ledger = self._counted(paydays.customers)
        ledger.share_out([_TRACE] * LENGTH, _ROUNDS)
        self._hazards = ledger.steady_hazards()
        self._usual = [prior * (each + _TRACE) / max(self.paid, 1) for each in ledger.paid]

    def curve(self, customer: ContactId) -> Curve:
        """The customer's own, shrunk to the ledger's; the ledger's for one that is new. Of days that are meant."""
        own = self._counted([customer])
        own.share_out(self._usual)
        return shrunk(own, self._hazards, self._prior)

    def banked(self, day: int) -> int:
        """The day on which a payment meant for `day` comes."""
        return next_workday(day) if self.skips_weekends else day

    def meant_until(self, day: int) -> int:
        """The last day for which payments that have come by the end of `day` were meant."""
        return last_workday(day) if self.skips_weekends else day

    def _payments(self) -> tuple[int, int]:
        """How many are known, and how many of them came on weekends."""
        paid = on_weekends = 0
        for customer in self._paydays.customers:
            days = [day for _, _, day in known(self._paydays, customer, self._as_of) if day]
            paid += len(days)
            on_weekends += len([day for day in days if weekday(day) >= _SATURDAY])
        return paid, on_weekends

    def _counted(self, customers: Iterable[ContactId]) -> Counts:
        counts, watched = Counts(), self.meant_until(self._as_of)
        skips = self.skips_weekends
        for customer in customers:
            counts.add_all(
                [
                    (min(issued, paid) - due, paid - due, True, skips and weekday(paid) == _MONDAY)
                    if paid
                    else (issued - due, watched - due, False, False)
                    for issued, due, paid in known(self._paydays, customer, self._as_of)
                ]
            )
        return counts


def known(paydays: Paydays, customer: ContactId, as_of: int) -> list[tuple[int, int, int]]:
    """Days of issue, due date and payment of what was issued by `as_of`; 0: not paid by then."""
    return [
        (issued, due, paid if paid <= as_of else 0) for issued, due, paid in paydays.days(customer) if issued <= as_of
    ]


def weekday(ordinal: int) -> int:
    """0 for Monday, as `date.weekday`."""
    return (ordinal + 6) % 7


def next_workday(day: int) -> int:
    """`day`, or the Monday after it."""
    return day + max(0, 7 - weekday(day)) if weekday(day) >= _SATURDAY else day


def last_workday(day: int) -> int:
    """`day`, or the Friday before it."""
    return day - max(0, weekday(day) - _SATURDAY + 1)
