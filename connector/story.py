"""The story of one invoice: what is due, what is decided today and why, what was sent, and what comes next."""

from collections.abc import Iterator
from datetime import date, datetime

from msgspec import Struct

from connector.dunning.decide import decide
from connector.dunning.explain import Explanation, explain
from connector.tenant import Tenant
from state.model import Invoice, InvoiceStatus

_ENDED = {
    InvoiceStatus.PAID: "nothing is due on it any more",
    InvoiceStatus.VOID: "it was voided in the ledger",
    InvoiceStatus.DELETED: "it was deleted in the ledger",
    InvoiceStatus.GONE: "the ledger no longer returns it and does not say why",
    InvoiceStatus.DRAFT: "it has not been issued",
}


class Step(Struct, frozen=True, kw_only=True):
    """One reminder of the invoice and how far it came."""

    stage: str
    round: int
    state: str
    planned_for: date
    sent_at: datetime | None
    reason: str | None


class InvoiceStory(Struct, frozen=True, kw_only=True):
    tenant: str
    id: str
    number: str | None
    customer: str
    status: str
    due: str
    due_on: date | None
    updated_at: datetime
    credits: tuple[str, ...]
    action: str
    reasons: tuple[str, ...]  # machine-readable codes
    summary: str
    because: tuple[str, ...]
    next: str
    reminders: tuple[Step, ...]
    link: str | None


def stories(tenant: Tenant, text: str) -> Iterator[InvoiceStory]:
    """The story of every invoice whose number or id is `text`."""
    for invoice in tenant.store.mirror.find_invoice(text):
        yield _story(tenant, invoice)


def _story(tenant: Tenant, invoice: Invoice) -> InvoiceStory:
    store = tenant.store
    contact = store.mirror.contact(invoice.contact_id)
    action, reasons, words = _today(tenant, invoice)
    return InvoiceStory(
        tenant=tenant.slug,
        id=invoice.id,
        number=invoice.number,
        customer=contact.name if contact else f"unknown customer {invoice.contact_id}",
        status=invoice.status,
        due=str(invoice.due),
        due_on=invoice.due_on,
        updated_at=invoice.updated_at,
        credits=tuple(str(credit.remaining) for credit in store.mirror.open_credits(invoice.contact_id)),
        action=action,
        reasons=reasons,
        summary=words.summary,
        because=words.because,
        next=words.next,
        reminders=tuple(_steps(tenant, invoice)),
        link=tenant.ledger.deep_link(invoice.id),
    )


def _today(tenant: Tenant, invoice: Invoice) -> tuple[str, tuple[str, ...], Explanation]:
    """Today's decision, taken afresh: what was stored may be of an earlier day."""
    if invoice.status is not InvoiceStatus.OPEN:
        words = _ENDED[invoice.status]
        return "skip", (invoice.status,), Explanation(f"not chased: {words}", (words,), "nothing, unless it reopens")
    for account in tenant.store.receivables.accounts(tenant.today):
        for decision in decide(account, tenant.settings.book, tenant.calendar, tenant.today):
            if decision.invoice_id == invoice.id:
                return decision.action, tuple(r.code for r in decision.reasons), explain(decision)
    words = "nothing is due on it"
    return "skip", ("nothing_due",), Explanation(f"not chased: {words}", (words,), "nothing, unless that changes")


def _steps(tenant: Tenant, invoice: Invoice) -> Iterator[Step]:
    for reminder in tenant.store.reminders.for_invoice(invoice.id):
        yield Step(
            stage=reminder.stage,
            round=reminder.round,
            state=reminder.state,
            planned_for=reminder.planned_for,
            sent_at=reminder.sent_at,
            reason=reminder.reason,
        )
