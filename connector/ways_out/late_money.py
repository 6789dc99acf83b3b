"""Money that comes in after a case was handed over or a debt was given up: a person tells the agency, or the books.

Each fall of what is due is one task, and so is each payment that shows up on a debt that was given up, or that somebody
is booking as lost by hand at this moment.
"""

from collections.abc import Iterator
from datetime import date

from connector.report import CycleReport
from connector.tenant import Tenant
from connector.ways_out.ends import amount
from state.courtesies import Settlement
from state.model import ContactId, CreditKind, Invoice, InvoiceStatus
from state.tasks import NewTask
from state.write_offs import WriteOff


def notice_late_money(tenant: Tenant, report: CycleReport) -> None:
    """Open a task for every change that nobody has been told of."""
    found = [*_handed_over(tenant), *_given_up(tenant)]
    if found:
        report.tasks_opened += tenant.store.tasks.open(found, tenant.clock.now())


def _handed_over(tenant: Tenant) -> Iterator[NewTask]:
    for case in tenant.store.handovers.out():
        invoice = tenant.store.mirror.invoice(case.invoice_id)
        if invoice is None or (due_minor := _due(invoice)) >= case.due_minor:
            continue
        fallen = f"from {amount(case.due_minor, case.currency)} to {amount(due_minor, invoice.currency)}"
        yield _task(
            invoice,
            f"handover/{case.id}/{due_minor}",
            case.handed_by,
            f"Invoice {_name(invoice)} has been with {case.handed_to} since {case.handed_at:%Y-%m-%d}."
            f" What is due on it has fallen {fallen} ({invoice.status}). Tell {case.handed_to};"
            f" if the case is over: dun handover --return {_name(invoice)}",
        )


def _due(invoice: Invoice) -> int:
    return invoice.due_minor if invoice.status is InvoiceStatus.OPEN else 0


def _given_up(tenant: Tenant) -> Iterator[NewTask]:
    for write_off in tenant.store.write_offs.all():
        invoice = tenant.store.mirror.invoice(write_off.invoice_id)
        if invoice is not None and (write_off.state == "written" or write_off.exported_at is not None):
            yield from _paid_after_all(tenant, write_off, invoice)
            yield from _paid_on_account(tenant, write_off, invoice)


def payments_since(tenant: Tenant, write_off: WriteOff) -> list[Settlement]:
    """Payments put against the invoice since it was given up: since it was written, or the decision to book by hand."""
    since = _given_up_on(tenant, write_off)
    return [
        part
        for part in tenant.store.courtesies.settlements(write_off.invoice_id)
        if part.source == "payment" and part.applied_on is not None and part.applied_on >= since
    ]


def _given_up_on(tenant: Tenant, write_off: WriteOff) -> date:
    by_hand = write_off.exported_at is not None and write_off.approved_at
    return tenant.settings.today_at(by_hand or write_off.settled_at or write_off.proposed_at)


def _paid_after_all(tenant: Tenant, write_off: WriteOff, invoice: Invoice) -> Iterator[NewTask]:
    for part in payments_since(tenant, write_off):
        came = amount(part.amount_minor, invoice.currency)
        yield _told(write_off, invoice, part.source_id, f"{came} was put against it on {part.applied_on}")


def _paid_on_account(tenant: Tenant, write_off: WriteOff, invoice: Invoice) -> Iterator[NewTask]:
    """Money of the customer that no invoice has taken: it may well be meant for this one."""
    since = _given_up_on(tenant, write_off)
    for credit in tenant.store.mirror.open_credits(ContactId(invoice.contact_id)):
        if credit.kind is not CreditKind.CREDIT_NOTE and credit.dated_on is not None and credit.dated_on >= since:
            came = amount(credit.remaining_minor, credit.currency)
            words = f"the customer has paid {came} on {credit.dated_on}, which no invoice has taken"
            yield _told(write_off, invoice, credit.id, words)


def _told(write_off: WriteOff, invoice: Invoice, document: str, words: str) -> NewTask:
    lost = amount(write_off.amount_minor, write_off.currency)
    if write_off.exported_at is None:
        script = (
            f"Invoice {_name(invoice)} was written off ({lost}), and now {words}. Undo the write-off in the ledger, or"
            " say where the money belongs."
        )
    else:
        script = (
            f"Invoice {_name(invoice)} was exported to be written off by hand ({lost}), and now {words}. Unless that is"
            " how it was booked, do not book it as lost, or undo that."
        )
    return _task(invoice, f"write-off/{write_off.id}/{document}", write_off.approved_by or "", script)


def _task(invoice: Invoice, subject: str, owner: str, script: str) -> NewTask:
    return NewTask(
        kind="late_payment",
        subject=subject,
        contact_id=invoice.contact_id,
        invoice_id=invoice.id,
        owner=owner,
        script=script,
        blocks=False,
    )


def _name(invoice: Invoice) -> str:
    return invoice.number or invoice.id
