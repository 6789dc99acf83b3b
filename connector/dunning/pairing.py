"""Which credit in hand would settle which invoice, as a bookkeeper would put them together.

Credit of exactly an invoice's amount is most likely meant for it. What is left goes to the oldest debts, the oldest
credit first, as both ledgers propose it. Nothing is applied here: the bookkeeper does that, in the ledger.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from state.model import Credit, CreditId, InvoiceId, Receivable


class Pairing(Struct, frozen=True):
    """So much of a credit for an invoice. `settles`: the invoice would be paid by it."""

    credit_id: CreditId
    invoice_id: InvoiceId
    minor: int
    settles: bool


def pairings(credits: Sequence[Credit], receivables: Sequence[Receivable]) -> list[Pairing]:
    """No credit is used beyond what remains of it, and no invoice paid beyond what is due; one currency at a time."""
    left = {credit.id: credit.remaining_minor for credit in credits}
    due = {receivable.invoice_id: receivable.due_minor for receivable in receivables}
    found = []
    for credit, receivable in [*_equal(credits, receivables), *_oldest(credits, receivables)]:
        minor = min(left[credit.id], due[receivable.invoice_id])
        if minor > 0:
            left[credit.id] -= minor
            due[receivable.invoice_id] -= minor
            settles = due[receivable.invoice_id] == 0
            found.append(Pairing(credit.id, receivable.invoice_id, minor, settles))
    return found


Pair = tuple[Credit, Receivable]


def _equal(credits: Sequence[Credit], receivables: Sequence[Receivable]) -> list[Pair]:
    """Each credit with one invoice of exactly its amount; an invoice is taken once."""
    taken: set[InvoiceId] = set()
    found = []
    for credit in sorted(credits, key=_credit_age):
        for receivable in sorted(receivables, key=_age):
            same = (credit.currency, credit.remaining_minor) == (receivable.currency, receivable.due_minor)
            if same and receivable.invoice_id not in taken:
                taken.add(receivable.invoice_id)
                found.append((credit, receivable))
                break
    return found


def _oldest(credits: Iterable[Credit], receivables: Iterable[Receivable]) -> list[Pair]:
    by_age = sorted(receivables, key=_age)
    return [
        (credit, receivable)
        for credit in sorted(credits, key=_credit_age)
        for receivable in by_age
        if credit.currency == receivable.currency
    ]


def _age(receivable: Receivable) -> tuple[date, str]:
    return receivable.due_on or date.max, receivable.invoice_id


def _credit_age(credit: Credit) -> tuple[date, str]:
    return credit.dated_on or date.max, credit.id
