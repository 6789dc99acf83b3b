"""The reckoning of charges as the bookkeeper checks it: invoice by invoice, period by period, to the day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from connector.agreements.subject import AgreementError, AtHand, living_contact, owing
from connector.charging import Reckoned, reckon
from connector.config.settings import TenantSettings
from connector.dunning.interest import Period, Refused
from connector.dunning.rates_known import rates_used
from connector.messages.laws import law_for
from state.model import ContactId, Invoice


class Reckoning(Struct, frozen=True, kw_only=True):
    """Of one invoice. `refused` says why there is none; amounts are minor units of `currency`.

    `interest_minor` and `fixed_minor` are what is still to be asked for: less what is beyond an agreed limit, and less
    `raised_minor`, which the ledger asks for already. `drafted_minor` of it lies there as a draft, which asks nobody.
    """

    invoice_id: str
    number: str
    currency: str
    refused: str | None = None
    source: str = ""
    named: bool = True  # False: a law that is none in the customer's country, so that no message names it
    as_of: date | None = None
    last_day: date | None = None  # on which it could have been paid in time
    day_count: str = ""
    periods: tuple[Period, ...] = ()
    interest_minor: int = 0
    fixed_minor: int = 0
    beyond_cap_minor: int = 0
    raised_minor: int = 0
    drafted_minor: int = 0
    total_minor: int = 0
    daily_minor: int = 0
    without_fixed: str = ""
    rates: tuple[str, ...] = ()  # the reference rates it was reckoned at, in words


class Running(Struct, frozen=True):
    """Charges of several invoices in one currency: what is still to be asked for so far, and what another day adds."""

    total_minor: int
    daily_minor: int


class Shown(Struct, frozen=True):
    reckonings: tuple[Reckoning, ...]
    running: dict[str, Running]  # by currency


def reckonings(hand: AtHand, settings: TenantSettings) -> Shown:
    """Of the invoice at hand, or of all that the customer at hand owes. AgreementError if no charges are configured."""
    if settings.charges.terms is None:
        raise AgreementError(f"no charges are configured for {settings.slug}; set terms in [charges]")
    found = [(invoice, living_contact(hand.store, invoice.contact_id)) for invoice in _of(hand)]
    reckoned = ((i, customer, reckon(settings, hand.store, i, customer, hand.today)) for i, customer in found)
    shown = tuple(_reckoning(settings, i, each, _country(hand, customer)) for i, customer, each in reckoned)
    return Shown(shown, running_totals(each for each in shown if each.refused is None))


def running_totals(reckonings: Iterable[Reckoning]) -> dict[str, Running]:
    """Per currency, in order of first appearance. Currencies are never added."""
    totals: dict[str, Running] = {}
    for one in reckonings:
        before = totals.get(one.currency, Running(0, 0))
        totals[one.currency] = Running(before.total_minor + one.total_minor, before.daily_minor + one.daily_minor)
    return totals


def _country(hand: AtHand, customer: ContactId) -> str | None:
    contact = hand.store.mirror.contact(customer)
    return contact.country if contact is not None else None


def _of(hand: AtHand) -> Sequence[Invoice]:
    if hand.target.scope == "invoice":
        return hand.store.mirror.find_invoice(hand.target.id)
    return list(_known(hand))


def _known(hand: AtHand) -> Iterator[Invoice]:
    for receivable in owing(hand).receivables:
        invoice = hand.store.mirror.invoice(receivable.invoice_id)
        if invoice is not None:
            yield invoice


def _reckoning(
    settings: TenantSettings, invoice: Invoice, found: Reckoned | Refused | None, country: str | None
) -> Reckoning:
    number = invoice.number or invoice.id
    if not isinstance(found, Reckoned):
        words = "it bears none: it has no due date, or asks for charges itself" if found is None else found.words
        return Reckoning(invoice_id=invoice.id, number=number, currency=invoice.currency, refused=words)
    charges = found.charges
    return Reckoning(
        invoice_id=invoice.id,
        number=number,
        currency=invoice.currency,
        source=charges.source,
        named=bool(law_for(country, charges.source)),
        as_of=charges.as_of,
        last_day=charges.last_day,
        day_count=charges.day_count,
        periods=charges.periods,
        interest_minor=found.interest_minor,
        fixed_minor=found.fixed_minor,
        beyond_cap_minor=charges.beyond_cap_minor,
        raised_minor=sum(each.charge.total_minor for each in found.raised),
        drafted_minor=sum(each.charge.total_minor for each in found.drafts),
        total_minor=found.total_minor,
        daily_minor=charges.daily_minor,
        without_fixed=charges.without_fixed,
        rates=tuple(rates_used(settings.charges.terms, settings.charges.rates, charges)),
    )
