"""Who was known to pay early on an earlier day, by what the ledger showed then.

An invoice counts from the day on which its settlement was known, or from the one after its due date while it was not.
What settled it the rewound past does not tell, so credit counts like payments here.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date

from connector.dunning.calendar import shift
from connector.reports.early import habit
from state.habits import EarlyHabit
from state.past import PastInvoice


class EarlyPast:
    """The invoices of one customer, or of the whole ledger."""

    def __init__(self, invoices: Iterable[PastInvoice]) -> None:
        known = [(_known_early(each), each.due_on, _known_settled(each)) for each in invoices]
        self._early = sorted(early for early, _, _ in known if early is not None)
        self._counted = sorted(day for _, due, settled in known for day in _counts_from(due, settled))

    def habit(self, day: date, everybody: "EarlyPast") -> EarlyHabit | None:
        """As it was known at the end of `day`; None: nothing was."""
        early, counted = self.counts(day)
        return habit(early, counted, *everybody.counts(day)) if counted else None

    def counts(self, day: date) -> tuple[int, int]:
        """How many were known to be early, of how many."""
        return bisect_right(self._early, day), bisect_right(self._counted, day)


def _known_settled(invoice: PastInvoice) -> date | None:
    """From which day on the ledger showed nothing as owed; None: it still does."""
    days = sorted(part.known_on for part in invoice.money)
    return next((day for day in days if invoice.believed_on(day) <= 0), None)


def _known_early(invoice: PastInvoice) -> date | None:
    """The same of an invoice that had been settled before its due date."""
    if invoice.due_on is None or invoice.owed_on(shift(invoice.due_on, -1)) > 0:
        return None
    return _known_settled(invoice)


def _counts_from(due: date | None, settled: date | None) -> Iterator[date]:
    if due is not None:
        yield min(filter(None, (shift(due, 1), settled)))
