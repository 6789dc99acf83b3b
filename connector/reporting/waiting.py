"""What waits for a person, in words for the firm's owner: tasks, answers, disputes, broken plans, and write-offs."""

from collections.abc import Iterator
from datetime import tzinfo

from connector.reports.month import Waiting
from connector.saying.said import say, sum_of
from connector.ways_out.work import Job, of_agreements
from state.correspondence import Reply
from state.model import ContactId, InvoiceId, MessageId, TenantSlug
from state.store import TenantStore
from state.tasks import Task
from state.write_offs import WriteOff

_WORDS = {
    "call": say("a call is to be made"),
    "decision": say("the sequence is through: how to go on"),
    "delivery": say("a message did not arrive"),
    "late_payment": say("money came after the case was handed over"),
    "text": say("the customer answered by text"),
}
_REPLY = say("an answer is to be read")


def waiting(store: TenantStore, slug: TenantSlug, zone: tzinfo) -> list[Waiting]:
    """The longest waiting first; days are those of `zone`."""
    proposed = store.write_offs.proposed()
    decided = {each.invoice_id for each in proposed}  # it is known how to go on with them, if somebody agrees
    tasks = [
        (task.opened_at, _task(store, task, zone))
        for task in store.tasks.open_ones()
        if task.new.kind != "decision" or task.new.invoice_id not in decided
    ]
    agreed = [(job.since, _agreement(job, zone)) for job in of_agreements(store, slug)]
    replies = [(reply.received_at, _reply(store, reply, zone)) for reply in store.correspondence.unhandled()]
    write_offs = [(each.proposed_at, _write_off(store, each, zone)) for each in proposed]
    return [each for _, each in sorted((*tasks, *agreed, *replies, *write_offs), key=lambda one: one[0])]


def _write_off(store: TenantStore, proposed: WriteOff, zone: tzinfo) -> Waiting:
    invoice = store.mirror.invoice(proposed.invoice_id)
    sum_ = sum_of(proposed.amount_minor, proposed.currency)
    return Waiting(
        what=say("a write-off waits for a yes, {sum}, proposed by {who}", sum=sum_, who=proposed.proposed_by),
        customer=_customer(store, invoice.contact_id) if invoice else "",
        invoice=_number(store, proposed.invoice_id),
        owner="",
        since=proposed.proposed_at.astimezone(zone).date(),
    )


def _reply(store: TenantStore, reply: Reply, zone: tzinfo) -> Waiting:
    return Waiting(
        what=_REPLY,
        customer=", ".join(_customer(store, contact) for contact in reply.contacts) or reply.sender_name,
        invoice=", ".join(_of_message(store, reply.message_id)),
        owner="",
        since=reply.received_at.astimezone(zone).date(),
    )


def _agreement(job: Job, zone: tzinfo) -> Waiting:
    return Waiting(
        what=job.script,
        customer=job.customer,
        invoice=", ".join(item.number or item.invoice_id for item in job.items),
        owner=job.owner,
        since=job.since.astimezone(zone).date(),
    )


def _task(store: TenantStore, task: Task, zone: tzinfo) -> Waiting:
    return Waiting(
        what=_WORDS[task.new.kind],
        customer=_customer(store, task.new.contact_id),
        invoice=", ".join(_invoices(store, task)),
        owner=task.new.owner,
        since=task.opened_at.astimezone(zone).date(),
    )


def _customer(store: TenantStore, contact_id: ContactId) -> str:
    contact = store.mirror.contact(contact_id)
    return contact.name if contact else contact_id


def _invoices(store: TenantStore, task: Task) -> Iterator[str]:
    if task.new.invoice_id:
        yield _number(store, task.new.invoice_id)
    else:
        yield from _of_message(store, task.new.message_id)


def _of_message(store: TenantStore, message_id: MessageId | None) -> Iterator[str]:
    for reminder in store.reminders.for_message(message_id) if message_id else ():
        yield _number(store, reminder.invoice_id)


def _number(store: TenantStore, key: InvoiceId) -> str:
    invoice = store.mirror.invoice(key)
    return (invoice.number if invoice else None) or key
