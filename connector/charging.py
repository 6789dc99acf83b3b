"""What is asked for besides a late invoice: the sum that a stage mentions or claims, reckoned from what is known.

Nothing here is guessed, and every doubt is the debtor's: money of an unknown day is taken to have come in time, a
disputed part bears nothing, and what the ledger asks for already in an invoice of its own is not asked for again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from msgspec import Struct, structs

from connector.config.settings import TenantSettings
from connector.dunning.calendar import Calendar
from connector.dunning.interest import Charges, LateDebt, Payment, Refused, charges
from connector.dunning.late_terms import Law, WorkingDay, is_weekday
from connector.dunning.policy import Stage
from connector.dunning.rates_known import rates_today
from connector.messages.facts import Charge, ChargeKind
from connector.messages.laws import law_for, law_in
from connector.messages.locales import language_of
from connector.tenant import Tenant
from state.charges import ChargeRecord
from state.model import Contact, ContactId, Invoice
from state.money import Money
from state.store import TenantStore

CHARGES_UNKNOWN = "charges_unknown"


class ChargesUnknown(Exception):
    """A stage claims charges that cannot be reckoned, so its message waits. `str()` says what is missing."""

    code = CHARGES_UNKNOWN


class Reckoned(Struct, frozen=True):
    """Charges to the end of a day, and what of them the ledger asks for by itself, or may: `raised`.

    `drafts` lie there and ask nobody: messages go on asking for them.
    """

    charges: Charges
    raised: tuple[ChargeRecord, ...] = ()
    drafts: tuple[ChargeRecord, ...] = ()

    @property
    def interest_minor(self) -> int:
        """Still to be asked for. What is beyond an agreed limit comes off the fixed sums first."""
        beyond = max(self.charges.beyond_cap_minor - self.charges.fixed_minor, 0)
        return max(self.charges.interest_minor - beyond - sum(each.charge.interest_minor for each in self.raised), 0)

    @property
    def fixed_minor(self) -> int:
        fixed = max(self.charges.fixed_minor - self.charges.beyond_cap_minor, 0)
        return max(fixed - sum(each.charge.fixed_minor for each in self.raised), 0)

    @property
    def total_minor(self) -> int:
        return self.interest_minor + self.fixed_minor

    def without_drafts(self) -> "Reckoned":
        """What the ledger does not have yet in any form, so that it may be written there."""
        return Reckoned(self.charges, (*self.raised, *self.drafts))


def charges_of(tenant: Tenant, stage: Stage, invoice: Invoice, contact: Contact, today: date) -> tuple[Charge, ...]:
    """What `stage` says about paying `invoice` late; `invoice` as last read, `contact` its living customer.

    None where the stage is silent or no right gives any. Raises ChargesUnknown where the stage claims what cannot be
    reckoned; one that only mentions it goes without.
    """
    if stage.charges == "none":
        return ()
    reckoned = reckon(tenant.settings, tenant.store, invoice, contact.id, today)
    if reckoned is None:
        return ()
    if isinstance(reckoned, Refused):
        if stage.charges == "claim" and reckoned.code != "not_business":
            raise ChargesUnknown(f"charges on {invoice.number or invoice.id}: {reckoned.words}")
        return ()
    law = law_named(tenant, contact, reckoned.charges.source) if by_law(tenant.settings) else ""
    return tuple(_facts(reckoned, law, by_law=by_law(tenant.settings), claimed=stage.charges == "claim"))


def by_law(settings: TenantSettings) -> bool:
    """Whether a law gives the charges, and not the contract alone."""
    return isinstance(settings.charges.terms, Law)


def law_named(tenant: Tenant, contact: Contact, source: str) -> str:
    """`source` in the customer's language; empty where it is no law where the customer lives."""
    wish = tenant.store.preferences.of(contact.id).language
    return law_in(language_of(wish, contact.country, tenant.settings.locale), law_for(contact.country, source))


def together(facts: Iterable[Charge]) -> tuple[Charge, ...]:
    """Charges of several invoices, those of one kind, law and currency as one; currencies are never added."""
    sums: dict[tuple[ChargeKind, str, bool, str], Charge] = {}
    for fact in facts:
        key = (fact.kind, fact.law, fact.claimed, fact.amount.currency)
        sums[key] = _sum(sums[key], fact) if key in sums else fact
    return tuple(sums.values())


def rate_doubts(settings: TenantSettings, today: date) -> Iterator[str]:
    """The reference rate that stages need today, and whether it is known, in words."""
    stages = tuple(stage for policy in settings.book.policies for stage in policy.stages)
    words = rates_today(settings.charges.terms, settings.charges.rates, stages, today)
    if words is not None:
        yield words


def reckon(
    settings: TenantSettings, store: TenantStore, invoice: Invoice, contact_id: ContactId, today: date
) -> Reckoned | Refused | None:
    """The charges on `invoice` to the end of `today`. None where none are configured, or where it can bear none."""
    charging = settings.charges
    if charging.terms is None or invoice.due_on is None or store.charges.is_own_document(invoice.id):
        return None
    debtor = store.preferences.of(contact_id).kind or charging.customers
    debt = late_debt(store, invoice, invoice.due_on)
    if debt.total_minor <= 0:
        return None
    found = charges(
        structs.replace(debt, debtor=debtor), charging.terms, charging.rates, today, working_days(settings.calendar)
    )
    if isinstance(found, Refused):
        return found
    there = store.charges.in_the_ledger(invoice.id)
    return Reckoned(
        found,
        raised=tuple(each for each in there if not each.is_draft),
        drafts=tuple(each for each in there if each.is_draft),
    )


def late_debt(store: TenantStore, invoice: Invoice, due_on: date) -> LateDebt:
    """`invoice` as a debt with the money that came for it, of a debtor of whom nothing is known.

    Credit notes were never owed. What the ledger says is settled and the mirror knows no day of was paid in time, as
    far as anybody can tell.
    """
    facts = store.late_facts(invoice.id)
    dated = [Payment(part.on, part.minor) for part in facts.settled if part.on is not None and not part.credit_note]
    undated = invoice.total_minor - invoice.due_minor - sum(payment.minor for payment in dated)
    return LateDebt(
        currency=invoice.currency,
        total_minor=invoice.total_minor - max(undated, 0) - _disputed(store, invoice),
        due_on=due_on,
        payments=tuple(dated),
        reminders=sum(day > due_on for day in facts.reminded_on),
    )


def working_days(calendar: Calendar) -> WorkingDay:
    """Monday to Friday but for the public holidays of the firm's region: the days on which a debt may fall due."""
    return lambda day: is_weekday(day) and not (calendar.region and calendar.public_holidays(calendar.region, day))


def _disputed(store: TenantStore, invoice: Invoice) -> int:
    dispute = store.disputes.about(invoice.id)
    return 0 if dispute is None else dispute.contested(invoice.due_minor)


def _facts(reckoned: Reckoned, law: str, *, by_law: bool, claimed: bool) -> Iterator[Charge]:
    currency = reckoned.charges.currency
    daily = Money(reckoned.charges.daily_minor, currency) if reckoned.charges.daily_minor else None
    if reckoned.interest_minor:
        interest = Money(reckoned.interest_minor, currency)
        yield Charge(kind="interest", amount=interest, claimed=claimed, law=law, daily=daily)
    if reckoned.fixed_minor:
        kind: ChargeKind = "compensation" if by_law else "fee"
        yield Charge(kind=kind, amount=Money(reckoned.fixed_minor, currency), claimed=claimed, law=law)


def _sum(one: Charge, other: Charge) -> Charge:
    daily = [each for each in (one.daily, other.daily) if each is not None]
    return replace(one, amount=one.amount + other.amount, daily=sum(daily[1:], daily[0]) if daily else None)
