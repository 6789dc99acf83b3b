"""Credit that no invoice has taken, customer by customer, with the invoices that it would settle."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from connector.dunning.pairing import pairings
from state.model import Account, Credit, Receivable, TenantSlug
from state.store import TenantStore


class Use(Struct, frozen=True, kw_only=True):
    """So much of a credit for one invoice, in minor units."""

    invoice_id: str
    number: str
    minor: int
    settles: bool  # the invoice would be paid by it


class CreditInHand(Struct, frozen=True, kw_only=True):
    """One credit of a customer who owes something; `unused_minor` is what would be left of it."""

    tenant: TenantSlug
    customer: str
    credit_id: str
    kind: str
    number: str | None
    currency: str
    remaining_minor: int
    uses: tuple[Use, ...]
    unused_minor: int


def credits_in_hand(
    slug: TenantSlug, store: TenantStore, accounts: Iterable[Account], customer: str | None
) -> Iterator[CreditInHand]:
    """Of every family that owes and has credit, or of the one with the customer of this id."""
    families: dict[str, list[Account]] = {}
    for account in accounts:
        families.setdefault(account.family or account.contact_id, []).append(account)
    for family in families.values():
        wanted = customer is None or any(account.contact_id == customer for account in family)
        if wanted and any(account.credits for account in family):
            yield from _of_family(slug, store, family)


def _of_family(slug: TenantSlug, store: TenantStore, family: list[Account]) -> Iterator[CreditInHand]:
    credits = store.mirror.open_credits(family[0].contact_id)
    receivables = {each.invoice_id: each for account in family for each in account.receivables}
    pairs = pairings(credits, list(receivables.values()))
    customer = ", ".join(account.name for account in family)
    for credit in credits:
        uses = [_use(receivables[p.invoice_id], p.minor, p.settles) for p in pairs if p.credit_id == credit.id]
        yield _in_hand(slug, customer, credit, uses)


def _use(receivable: Receivable, minor: int, settles: bool) -> Use:
    number = receivable.number or receivable.invoice_id
    return Use(invoice_id=receivable.invoice_id, number=number, minor=minor, settles=settles)


def _in_hand(slug: TenantSlug, customer: str, credit: Credit, uses: list[Use]) -> CreditInHand:
    return CreditInHand(
        tenant=slug,
        customer=customer,
        credit_id=credit.id,
        kind=credit.kind,
        number=credit.number,
        currency=credit.currency,
        remaining_minor=credit.remaining_minor,
        uses=tuple(uses),
        unused_minor=credit.remaining_minor - sum(use.minor for use in uses),
    )
