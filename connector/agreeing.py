"""What became of agreements: promises and plans kept or broken, and disputes whose invoice is gone.

Judged by the mirror after a pull that could be believed. Each settlement is one transaction with its row in the audit
trail, and what is settled stays so, hence a second look settles nothing.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cache
from typing import Literal, NamedTuple

from msgspec import Struct

from connector.dunning.agreements import DueNow, oldest_unpaid, promise_standing
from connector.plan_standings import PlanStandings
from state.agreed import Dispute, Plan, PlanState, Promise, PromiseState
from state.holds import Scope
from state.model import ContactId, Invoice, InvoiceId, InvoiceStatus
from state.store import TenantStore

NOBODY = "dun"  # in the trail, where no person did it


class Settled(Struct, frozen=True, kw_only=True):
    """One agreement that has come to its end."""

    kind: Literal["promise", "plan", "dispute"]
    id: int
    outcome: str  # kept, broken, withdrawn, cancelled; of a dispute in words
    scope: Scope
    target: str  # invoice id or contact id
    invoices: tuple[InvoiceId, ...]


class AgreementsReport(Struct, frozen=True):
    """What was settled in this pass. `unclear`: left as they are, because an invoice of theirs cannot be read."""

    settled: tuple[Settled, ...] = ()
    unclear: int = 0


def settle_agreements(
    store: TenantStore, today: date, at: datetime, standings: Callable[[], PlanStandings]
) -> AgreementsReport:
    """Settle what has come to its end; a plan breaks when `standings` has it for broken, as the decisions do.

    Call it after a pull that was believed, and before deciding. Where an invoice, or money of the customer, cannot be
    read, the agreement is left alone: nobody is told of a broken promise on a guess. `standings` reads the whole
    mirror, so it is asked once, and only if an instalment that is not paid is past its day.
    """
    unreadable = Unreadable(store)
    moment = _Moment(store, today, at, cache(standings))
    ended, unclear = [], 0
    agreed: list[tuple[Promise | Plan | Dispute, tuple[InvoiceId, ...]]] = [
        *((promise, tuple(share.invoice_id for share in promise.shares)) for promise in store.promises.open()),
        *((plan, tuple(share.invoice_id for share in plan.shares)) for plan in store.plans.active()),
        *((dispute, (dispute.invoice_id,)) for dispute in store.disputes.standing()),
    ]
    for agreement, invoices in agreed:
        if unreadable.concerns(invoices):
            unclear += 1
        elif settled := _settle(moment, agreement, invoices):
            ended.append(settled)
    return AgreementsReport(tuple(ended), unclear)


class _Moment(NamedTuple):
    """When agreements are looked at, and with what."""

    store: TenantStore
    today: date
    at: datetime
    standings: Callable[[], PlanStandings]


def _settle(moment: _Moment, agreement: Promise | Plan | Dispute, invoices: tuple[InvoiceId, ...]) -> Settled | None:
    store, today, at, _ = moment
    if isinstance(agreement, Dispute):
        return _dispute(store, agreement, at)
    due_now = _due_now(store, invoices)
    if isinstance(agreement, Promise):
        credit = _credit(store, invoices, agreement.currency)
        return _promise(store, agreement, promise_standing(agreement, due_now, credit, today), invoices, at)
    return _plan(store, agreement, _plan_standing(moment, agreement, due_now), invoices, at)


def _promise(
    store: TenantStore, promise: Promise, standing: PromiseState, invoices: tuple[InvoiceId, ...], at: datetime
) -> Settled | None:
    if standing is PromiseState.OPEN:
        return None
    scope: Scope = "invoice" if promise.invoice_id else "contact"
    settled = Settled(
        kind="promise",
        id=promise.id,
        outcome=standing,
        scope=scope,
        target=promise.invoice_id or promise.contact_id or "",
        invoices=invoices,
    )
    return _kept(store, settled, lambda: store.promises.settle(promise.id, standing, at), at)


def _plan(
    store: TenantStore, plan: Plan, standing: PlanState, invoices: tuple[InvoiceId, ...], at: datetime
) -> Settled | None:
    if standing is PlanState.ACTIVE:
        return None
    settled = Settled(
        kind="plan", id=plan.id, outcome=standing, scope="contact", target=plan.contact_id, invoices=invoices
    )
    return _kept(store, settled, lambda: store.plans.settle(plan.id, standing, at), at)


def _plan_standing(moment: _Moment, plan: Plan, due_now: DueNow) -> PlanState:
    if all(due is None for due in due_now.values()):
        return PlanState.CANCELLED
    oldest = oldest_unpaid(plan, due_now)
    if oldest is None:
        return PlanState.KEPT
    if oldest.due_on >= moment.today:
        return PlanState.ACTIVE
    found = moment.standings().get(plan.id)
    return PlanState.BROKEN if found is not None and found.broken else PlanState.ACTIVE


def _dispute(store: TenantStore, dispute: Dispute, at: datetime) -> Settled | None:
    invoice = store.mirror.invoice(dispute.invoice_id)
    if invoice is not None and _payable(invoice):
        return None
    status = "gone" if invoice is None else "paid" if invoice.status is InvoiceStatus.OPEN else invoice.status
    settled = Settled(
        kind="dispute",
        id=dispute.id,
        outcome=f"the invoice is {status}",
        scope="invoice",
        target=dispute.invoice_id,
        invoices=(dispute.invoice_id,),
    )
    return _kept(store, settled, lambda: store.disputes.close(dispute.id, settled.outcome, NOBODY, at), at)


def _kept(store: TenantStore, settled: Settled, settle: Callable[[], bool], at: datetime) -> Settled | None:
    """`settle` and its row in the trail, both or neither; None if somebody else was first."""
    details = {"id": settled.id, "outcome": settled.outcome}
    with store.transaction():
        if not settle():
            return None
        store.audit.record(NOBODY, f"{settled.kind} settled", settled.scope, settled.target, details, at)
    return settled


class Unreadable:
    """What is in quarantine, and whom it may concern."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        records = store.mirror.quarantined()
        self._invoices = {record.id for record in records if record.entity == "invoice"}
        self._payers = {record.contact_id for record in records if record.entity in ("payment", "credit")}

    def concerns(self, invoices: Iterable[InvoiceId]) -> bool:
        """Whether one of `invoices`, or money of its customer's family, cannot be read; a nameless record may be it."""
        if not self._invoices.isdisjoint(invoices) or None in self._payers:
            return True
        return bool(self._payers) and any(not self._payers.isdisjoint(_family(self._store, key)) for key in invoices)


def _family(store: TenantStore, invoice_id: InvoiceId) -> set[ContactId]:
    invoice = store.mirror.invoice(invoice_id)
    return set() if invoice is None else store.mirror.family(invoice.contact_id)


def _credit(store: TenantStore, invoices: Iterable[InvoiceId], currency: str) -> int:
    """What the firm has in hand of the customers of `invoices` and no invoice has taken."""
    found = [invoice for invoice in map(store.mirror.invoice, invoices) if invoice is not None]
    credits = {credit.id: credit for each in found for credit in store.mirror.open_credits(each.contact_id)}
    return sum(credit.remaining_minor for credit in credits.values() if credit.currency == currency)


def _due_now(store: TenantStore, invoices: Iterable[InvoiceId]) -> DueNow:
    return {key: _due(store.mirror.invoice(key)) for key in invoices}


def _due(invoice: Invoice | None) -> int | None:
    """None for what was not paid and cannot be any more."""
    if invoice is None or invoice.status not in (InvoiceStatus.OPEN, InvoiceStatus.PAID):
        return None
    return invoice.due_minor if _payable(invoice) else 0


def _payable(invoice: Invoice) -> bool:
    return invoice.status is InvoiceStatus.OPEN and invoice.due_minor > 0
