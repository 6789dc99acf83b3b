"""Two customers who became one without a word.

In QuickBooks the loser of a merge disappears and its documents turn up at the winner's; nothing says that the two are
one. Holds and the last contact name the loser, so the trace has to be caught while its invoices move: afterwards the
mirror knows only the new owner. (Xero says on the loser into whom it was merged.)
"""

from collections.abc import Sequence

from connectors.ledger import Ledger
from state.model import ContactId, Invoice
from state.store import TenantStore


def merged_away(ledger: Ledger, store: TenantStore, invoices: Sequence[Invoice]) -> dict[ContactId, ContactId]:
    """Loser to winner. Ask before `invoices` are saved, and note the answer in the transaction that saves them.

    A customer was merged away if these invoices, stored as its own, are now those of exactly one other, and the ledger
    no longer returns it. No call is made unless an invoice has moved.
    """
    moved = store.mirror.moved_from(invoices)
    if not moved:
        return {}
    reading = ledger.read_contacts(sorted(moved))
    doubtful = {rejected.id for rejected in reading.rejected}
    if None in doubtful:
        return {}
    lost = moved.keys() - reading.found.keys() - doubtful
    return {loser: next(iter(moved[loser])) for loser in sorted(lost) if len(moved[loser]) == 1}
