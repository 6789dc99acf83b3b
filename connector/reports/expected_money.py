"""What each open invoice can still bring, before anybody asks when: promises, plans, disputes and credit set apart.

A promise that is open and a plan that is kept say a day themselves, and that day overrides every habit. A disputed
amount is expected on no day. Credit in hand pays the oldest invoices first, and brings no money.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from datetime import date
from decimal import Decimal

from msgspec import Struct

from state.agreed import Plan, PlanState, PromiseState
from state.ids import ContactId, InvoiceId
from state.model import Account, Receivable


class Part(Struct, frozen=True):
    """Money that somebody has named a day for."""

    on: date
    minor: int
    basis: str  # promise | plan


class Debt(Struct, frozen=True, kw_only=True):
    """One open invoice. `due_minor` is the sum of its parts, `habit_minor`, `disputed_minor` and `credit_minor`."""

    invoice_id: InvoiceId
    number: str | None
    contact_id: ContactId
    customer: str
    currency: str
    due_minor: int
    due_on: date | None
    parts: tuple[Part, ...] = ()
    habit_minor: int = 0  # comes when the customer pays
    disputed_minor: int = 0
    credit_minor: int = 0  # credit in hand would settle it
    handed_over: bool = False  # somebody else collects it, and no habit says when
    rate: Decimal | None = None  # that the invoice bears; None: none is known, or it takes none
    issued_on: date | None = None


Rates = Mapping[InvoiceId, tuple[Decimal, date | None]]  # each with the day of issue


class Known(Struct, frozen=True, kw_only=True):
    """What is known of open invoices besides what a decision to remind of them needs."""

    base: str | None  # the company's own currency
    rates: Callable[[Collection[InvoiceId]], Rates]  # that invoices in others bear
    handed_over: Set[InvoiceId] = frozenset()  # with an agency or a court

    def rates_of(self, account: Account) -> Rates:
        """Asked for customer by customer, since those of all at once are many."""
        foreign = [each.invoice_id for each in account.receivables if each.currency != self.base]
        return self.rates(foreign) if foreign else {}


def debts(accounts: Iterable[Account], known: Known, today: date) -> Iterator[Debt]:
    """One per open invoice, customer by customer, the oldest first. Amounts are minor units."""
    credit = _Credit()
    for account in accounts:
        planned, rates = _planned(account, today), known.rates_of(account)
        for receivable in account.receivables:
            parts = planned.get(receivable.invoice_id) or _promised(receivable, today)
            yield _debt(account, receivable, parts, credit, known, rates)


class _Credit:
    """The credit of every family, which pays once however many of its members owe."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], int] = {}

    def take(self, account: Account, currency: str, minor: int) -> int:
        """How much of `minor` it pays."""
        key = account.family or account.contact_id, currency
        used = self._used.get(key, 0)
        taken = min(max(account.credits.get(currency, 0) - used, 0), minor)
        self._used[key] = used + taken
        return taken


def _debt(
    account: Account, owed: Receivable, agreed: tuple[Part, ...], credit: _Credit, known: Known, rates: Rates
) -> Debt:
    disputed = owed.due_minor if owed.disputed else owed.due_minor - owed.asked_minor
    paid_by_credit = credit.take(account, owed.currency, owed.due_minor - disputed)
    left = owed.due_minor - disputed - paid_by_credit
    parts = tuple(_at_most(agreed, left))
    rate, issued_on = rates.get(owed.invoice_id, (None, None))
    return Debt(
        invoice_id=owed.invoice_id,
        number=owed.number,
        contact_id=account.contact_id,
        customer=account.name,
        currency=owed.currency,
        due_minor=owed.due_minor,
        due_on=owed.due_on,
        parts=parts,
        habit_minor=left - sum(part.minor for part in parts),
        disputed_minor=disputed,
        credit_minor=paid_by_credit,
        handed_over=owed.invoice_id in known.handed_over,
        rate=rate,
        issued_on=issued_on,
    )


def _at_most(parts: Iterable[Part], minor: int) -> Iterator[Part]:
    """The first of `parts`, of `minor` in all."""
    for part in parts:
        if minor > 0:
            yield Part(part.on, min(part.minor, minor), part.basis)
            minor -= part.minor


def _promised(owed: Receivable, today: date) -> tuple[Part, ...]:
    """By the customer's word, kept here or in the ledger; of a promise of less than all is due, its share."""
    promise = owed.promise
    if promise is not None and promise.state is PromiseState.OPEN and promise.promised_on >= today:
        share = owed.due_minor * promise.amount_minor // max(promise.baseline_minor, 1)
        return (Part(promise.promised_on, share, "promise"),)
    if owed.expected_on is not None and owed.expected_on >= today:
        return (Part(owed.expected_on, owed.due_minor, "promise"),)
    return ()


def _planned(account: Account, today: date) -> dict[InvoiceId, tuple[Part, ...]]:
    """What is left of the instalments of plans that are kept, on the invoices under them."""
    found: dict[InvoiceId, tuple[Part, ...]] = {}
    for plan in account.plans:
        if plan.state is PlanState.ACTIVE:
            under = {share.invoice_id for share in plan.shares}
            owed = [receivable for receivable in account.receivables if receivable.invoice_id in under]
            found |= _spread(list(_left_of(plan, owed, today)), owed)
    return found


def _left_of(plan: Plan, owed: list[Receivable], today: date) -> Iterator[Part]:
    """The instalments that what was paid so far has not covered; one that is late is expected today."""
    paid = plan.baseline_minor - sum(receivable.due_minor for receivable in owed)
    for instalment in plan.instalments:
        covered = min(max(paid, 0), instalment.amount_minor)
        paid -= covered
        if instalment.amount_minor > covered:
            yield Part(max(instalment.due_on, today), instalment.amount_minor - covered, "plan")


def _spread(parts: list[Part], owed: list[Receivable]) -> dict[InvoiceId, tuple[Part, ...]]:
    """The instalments on the invoices, the oldest invoice first."""
    found: dict[InvoiceId, tuple[Part, ...]] = {}
    for receivable in owed:
        own = tuple(_at_most(parts, receivable.due_minor))
        found[receivable.invoice_id] = own
        parts = list(_after(parts, sum(part.minor for part in own)))
    return found


def _after(parts: list[Part], minor: int) -> Iterator[Part]:
    """What is left of `parts` once the first `minor` of them are gone."""
    for part in parts:
        gone = min(part.minor, minor)
        minor -= gone
        if part.minor > gone:
            yield Part(part.on, part.minor - gone, part.basis)
