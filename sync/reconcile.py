"""Draws the consequences of a pull: what is settled is no longer asked for.

What is owed is never stored as a flag. It is derived from the mirror each time (`store.receivables`), so a stale flag
cannot chase anybody; the only thing written here is the end of reminders whose invoice needs none any more.
"""

from collections import Counter

from state.store import TenantStore

from state.clock import Clock


def reconcile(store: TenantStore, clock: Clock) -> Counter[str]:
    """Skip every waiting reminder whose invoice is settled; how many, by reason (paid, void, deleted, gone)."""
    with store.transaction():
        return Counter(store.reminders.skip_settled(clock.now()))
