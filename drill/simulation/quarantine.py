"""Nothing that cannot be read is forgotten while it still cannot be read (invariant 5)."""

from contextlib import closing

from connectors.sandbox.documents import Credit, Customer, Invoice
from drill.simulation.process import Surroundings
from drill.simulation.violation import Violations

_DENIED = "610"  # QuickBooks says that a document is no more; where that is a lie, forgetting it is no fault


class Quarantine:
    """What stood in quarantine after the cycle before."""

    def __init__(self, around: Surroundings, violations: Violations) -> None:
        self._around = around
        self._violations = violations
        self._before: set[str] = set()
        self._denied = 0

    def look(self) -> None:
        """After a cycle that ended with a report."""
        unreadable, denied = self._around.weather.unreadable, self._around.weather.met.count(_DENIED)
        lied_to, self._denied = denied > self._denied, denied
        if not unreadable:
            self._before.clear()
            return
        with closing(self._around.read_file()) as file:
            listed = {key for (key,) in file.execute("SELECT id FROM quarantine WHERE id IS NOT NULL")}
        for key in self._before - listed:
            if key in unreadable and self._lives(key) and not lied_to:
                self._violations.add(5, f"{key} cannot be read, and is no longer in quarantine")
        self._before = listed

    def _lives(self, key: str) -> bool:
        """Whether the ledger still returns it. Who was merged away, what is void or used up may be forgotten."""
        books = self._around.books
        documents: list[Customer | Invoice | Credit] = [
            *books.customers.values(),
            *books.invoices.values(),
            *books.credits.values(),
        ]
        return any(_is_alive(one) for one in documents if self._around.key(one) == key)


def _is_alive(document: Customer | Invoice | Credit) -> bool:
    if isinstance(document, Customer):
        return document.merged_into is None
    if isinstance(document, Invoice):
        return document.state not in ("deleted", "void")
    return document.remaining > 0
