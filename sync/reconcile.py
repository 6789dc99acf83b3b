"""Draws the consequences of a pull: what is settled is no longer asked for.

What is owed is never stored as a flag. It is derived from the mirror each time (`store.receivables`), so a stale flag
cannot chase anybody; the only thing written here is the end of reminders whose invoice needs none any more.
"""

from state.clock import Clock
from state.store import TenantStore


def reconcile(store: TenantStore, clock: Clock) -> dict[str, int]:
    """Skip every waiting reminder whose invoice is settled; how many, by reason (paid, void, deleted, gone)."""
    return store.reminders.skip_settled(clock.now())
