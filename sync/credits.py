"""Unapplied credit, read live: what the ledger has to be told before it can answer, and what is kept of the answer."""

from collections.abc import Iterable

from connectors.ledger import KnownCredits, Ledger
from state.model import Credit, CreditKind
from state.store import TenantStore


def known_credits(ledger: Ledger, store: TenantStore) -> KnownCredits:
    """What the mirror knows, and the cursor since which it may have missed something."""
    credit_ids, payment_ids = store.mirror.known_credit_ids()
    since = store.mirror.cursor(ledger.streams[0].name)
    return KnownCredits(payment_ids=payment_ids, credit_ids=credit_ids, since=since)


def save_credits(store: TenantStore, credits: Iterable[Credit]) -> None:
    """Keep the documents of a live reading. The rest of a payment is part of the payment, which pulls bring."""
    documents = [credit for credit in credits if credit.kind is not CreditKind.UNAPPLIED_PAYMENT]
    store.mirror.save_credits(documents)
