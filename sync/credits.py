"""Unapplied credit, read live: what the ledger has to be told before it can answer, and what is kept of the answer."""

from collections.abc import Iterable

from connectors.ledger import KnownCredits, Ledger
from state.model import Credit, CreditKind, DocumentStatus, Payment, PaymentId
from state.store import TenantStore


def known_credits(ledger: Ledger, store: TenantStore) -> KnownCredits:
    """What the mirror knows, and the cursor since which it may have missed something."""
    credit_ids, payment_ids = store.mirror.known_credit_ids()
    since = store.mirror.cursor(ledger.streams[0].name)
    return KnownCredits(payment_ids=payment_ids, credit_ids=credit_ids, since=since)


def save_credits(store: TenantStore, credits: Iterable[Credit]) -> None:
    """Keep the documents of a live reading, the rest of a payment with its payment."""
    documents: list[Credit] = []
    payments: list[Payment] = []
    for credit in credits:
        if credit.kind is CreditKind.UNAPPLIED_PAYMENT:
            payments.append(_payment(credit))
        else:
            documents.append(credit)
    store.mirror.save_credits(documents)
    store.mirror.save_payments(payments)


def _payment(rest: Credit) -> Payment:
    """The payment of which this is the rest; what it has paid is told by pulls."""
    return Payment(
        id=PaymentId(rest.id),
        contact_id=rest.contact_id,
        status=DocumentStatus.VALID,
        currency=rest.currency,
        amount_minor=rest.total_minor,
        unapplied_minor=rest.remaining_minor,
        paid_on=rest.dated_on,
        updated_at=rest.updated_at,
        version=rest.version,
    )
