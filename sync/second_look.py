"""What no change tells: records that could not be read and were mended in silence, credit that vanished without a word.

Both hold customers back, so both are asked for by id once a day, and what is no more is forgotten. Part of the full
comparison; invoices are looked at there, among the others that it asks after.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from connectors.ledger import CreditReading, KnownCredits, Ledger
from state.clock import Clock
from state.model import ContactId, CreditKind, Rejected
from state.store import TenantStore
from sync.credits import known_credits, save_credits

Id = TypeVar("Id", bound=str)


def look_again(ledger: Ledger, store: TenantStore, clock: Clock, started_at: datetime) -> None:
    """Ask again for contacts in quarantine and for all credit believed to be open; invoices have been asked for.

    Records without an id that nothing has brought since `started_at` are forgotten.
    """
    quarantined = store.mirror.quarantined()
    _contacts(ledger, store, clock, quarantined)
    _credits(ledger, store, clock, quarantined)
    store.mirror.forget_nameless(started_at)


def read_credit(ledger: Ledger, store: TenantStore, clock: Clock) -> None:
    """The ledger's word on all unapplied credit at this moment goes into the mirror. Any LedgerError passes through."""
    _read_credit(ledger, store, clock, known_credits(ledger, store))


def absent(asked: Collection[Id], found: Collection[str], rejected: Iterable[Rejected]) -> list[Id]:
    """Those the ledger has certainly left out: a record without a readable id could be any of them."""
    unreadable = {record.id for record in rejected}
    if None in unreadable:
        return []
    return [one for one in asked if one not in found and one not in unreadable]


def _contacts(ledger: Ledger, store: TenantStore, clock: Clock, quarantined: list[Rejected]) -> None:
    asked = [ContactId(record.id) for record in quarantined if record.entity == "contact" and record.id is not None]
    if not asked:
        return
    reading = ledger.read_contacts(asked)
    with store.transaction():
        store.mirror.save_contacts(list(reading.found.values()))
        store.mirror.quarantine(reading.rejected, clock.now())
        store.mirror.forget_rejected_contacts(absent(asked, reading.found, reading.rejected))


def _credits(ledger: Ledger, store: TenantStore, clock: Clock, quarantined: list[Rejected]) -> None:
    known = known_credits(ledger, store)
    if any(record.id is None and record.entity in ("credit", "payment") for record in quarantined):
        known = msgspec.structs.replace(known, since=None)  # only a reading of everything shows that it is no more
    elif not known.credit_ids and not known.payment_ids:
        return
    _read_credit(ledger, store, clock, known)


def _read_credit(ledger: Ledger, store: TenantStore, clock: Clock, known: KnownCredits) -> None:
    reading = ledger.open_credits(known)
    with store.transaction():
        save_credits(store, reading.credits)
        store.mirror.quarantine(reading.rejected, clock.now())
        store.mirror.mark_used_up(
            _without_rest("credit", known.credit_ids, reading), _without_rest("payment", known.payment_ids, reading)
        )


def _without_rest(kind: Literal["credit", "payment"], asked: Collection[Id], reading: CreditReading) -> list[Id]:
    """Ids are unique per kind of document only."""
    payments = kind == "payment"
    found = {one.id for one in reading.credits if (one.kind is CreditKind.UNAPPLIED_PAYMENT) is payments}
    return absent(asked, found, [record for record in reading.rejected if record.entity == kind])
