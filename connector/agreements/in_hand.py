"""Money of a customer that no invoice has taken yet: while it is in hand, nobody claims, gives up or divides a debt.

A reminder sets it against what it asks. An agency, the books and a plan cannot, and what it would settle may be paid
already; so a person puts it where it belongs first. Left aside is what no sequence would ask for either, and credit of
a tenant whose every sequence ignores it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from shlex import quote

from connector.agreements.subject import AgreementError, AtHand
from connector.saying.said import Said, Value, all_of, say, sum_of
from state.model import ContactId, InvoiceId
from state.store import TenantStore


def in_hand(store: TenantStore, invoices: Iterable[InvoiceId]) -> tuple[str, ...]:
    """The sums in the currencies of `invoices` that their customers and whole families have in hand; by the mirror."""
    return tuple(map(str, _amounts(_sums(store, invoices))))


def _sums(store: TenantStore, invoices: Iterable[InvoiceId]) -> dict[str, int]:
    found = [invoice for invoice in map(store.mirror.invoice, invoices) if invoice is not None]
    owners = dict.fromkeys(invoice.contact_id for invoice in found)
    credits = {(each.kind, each.id): each for owner in owners for each in store.mirror.open_credits(ContactId(owner))}
    sums = dict.fromkeys((invoice.currency for invoice in found), 0)
    for credit in credits.values():
        if credit.currency in sums:
            sums[credit.currency] += credit.remaining_minor
    return {currency: minor for currency, minor in sums.items() if minor > 0}


def _amounts(sums: Mapping[str, int]) -> tuple[Value, ...]:
    return tuple(sum_of(minor, currency) for currency, minor in sums.items())


def words_of(
    store: TenantStore, tenant: str, invoices: Sequence[InvoiceId], passes_over: Callable[[int, str], bool]
) -> Said | None:
    """What is in hand and what to do with it, as the end of a sentence; None if nothing is that matters."""
    found = _sums(store, invoices)
    sums = _amounts({currency: minor for currency, minor in found.items() if not passes_over(minor, currency)})
    if not sums:
        return None
    customer = _customer(store, invoices)
    return say(
        "{sums} of {customer} is in hand that no invoice has taken, and may have paid it. Put it against what it pays"
        " in the ledger, then `dun sync`; `dun credits --tenant {tenant} --customer {quoted}` shows it",
        sums=all_of(sums),
        customer=customer,
        tenant=tenant,
        quoted=quote(customer),
    )


def refuse_in_hand(hand: AtHand, invoices: Sequence[InvoiceId]) -> None:
    """AgreementError while money of their customers is in hand that the tenant does not pass over."""
    if words := words_of(hand.store, hand.target.tenant, invoices, hand.passes_over):
        raise AgreementError(words)


def left_aside(sums: Sequence[str]) -> list[str]:
    """What a person is told who goes on although there is credit; no line where there is none."""
    if not sums:
        return []
    return [f"Left aside, as the policy says: {all_of(sums)} in hand that no invoice has taken."]


def _customer(store: TenantStore, invoices: Iterable[InvoiceId]) -> str:
    for invoice in map(store.mirror.invoice, invoices):
        contact = store.mirror.contact(invoice.contact_id) if invoice is not None else None
        if contact is not None:
            return contact.name
    return say("the customer")
