"""The messages that would leave now, written by the very function that writes those that do.

What the live read would say is taken from the mirror, and nothing is claimed, kept or sent. With the same data, instant
and id as a real send, the bytes are the same.
"""

from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from typing import Literal

from msgspec import Struct

from connector.charging import ChargesUnknown
from connector.dunning.consolidate import CustomerMessagePlan
from connector.dunning.decide import DecisionPass
from connector.dunning.reasons import Action, Decision
from connector.edited import EditDropped
from connector.enclosures import Enclosure, fetch_enclosures
from connector.gates import let_go
from connector.holding import TargetError
from connector.messages.context import MessageError
from connector.outgoing import ByStage, Outgoing, write_message
from connector.tenant import Tenant
from connectors.channels.channel import RefusedMessage
from connectors.channels.dry import written
from connectors.channels.voice import VoiceChannel
from state.model import (
    Account,
    ContactId,
    Invoice,
    InvoiceId,
    MessageId,
    Reminder,
    ReminderId,
    ReminderState,
    TenantSlug,
)
from sync.verify import Proof, Verification

Enclosed = Literal["nothing", "links", "everything"]


class Leaving(Struct, frozen=True, kw_only=True):
    """What would leave to one customer, or why it cannot be written. `waits`: a person has to let it go first."""

    account: Account
    plan: CustomerMessagePlan
    reminders: tuple[Reminder, ...]  # those not yet planned have an id that is kept nowhere
    waits: bool
    outgoing: Outgoing | None
    problem: str | None
    dropped: tuple[ReminderId, ...] = ()  # whose edited text fits no more, if that is the problem

    @property
    def planned(self) -> bool:
        """Whether a cycle has written all of its reminders down."""
        return all(_is_kept(reminder) for reminder in self.reminders)


class File(Struct, frozen=True):
    """A message as the bytes that leave."""

    name: str
    content: bytes


def leaving(
    tenant: Tenant,
    contacts: Collection[ContactId] | None = None,
    *,
    also: Collection[ReminderId] = (),
    enclosed: Enclosed = "nothing",
    message_id: MessageId | None = None,
) -> Iterator[Leaving]:
    """What would leave now, of all customers or of `contacts`, in the order of the accounts.

    Where a person has approved some of a customer's reminders, the message is about these and `also`; where none, about
    all of them. `enclosed`: what is fetched from the ledger as a send does, which takes calls and may raise
    LedgerError; links are all that words need. `message_id`: instead of one made from the message's reminders.
    """
    decisions = DecisionPass(tenant.settings.book, tenant.calendar, tenant.today)
    kept = {(reminder.invoice_id, reminder.stage): reminder for reminder in tenant.store.reminders.planned()}
    for account in tenant.accounts():
        due = [decision for decision in decisions.decide(account) if decision.action is Action.SEND and decision.stage]
        wanted = contacts is None or account.contact_id in contacts
        by_stage = {(d.invoice_id, d.stage or ""): _reminder(tenant, account, d, kept) for d in due}
        free = {r.id for r in let_go(tenant, by_stage.values())}
        going = free | set(also) if free | set(also).intersection(r.id for r in by_stage.values()) else None
        chosen = [d for d in due if going is None or by_stage[d.invoice_id, d.stage or ""].id in going]
        plan = decisions.consolidate(account, chosen)
        if plan is not None and wanted:
            yield _leaving(tenant, account, plan, by_stage, free, enclosed=enclosed, message_id=message_id)


class RenderedMessage(Struct, frozen=True, kw_only=True):
    """A message of today as its file, or why there is none."""

    tenant: TenantSlug
    customer: str
    stage: str
    waits: bool
    file: File | None
    problem: str | None


def rendered(tenants: Iterable[Tenant], invoice: str | None, customer: str | None) -> Iterator[RenderedMessage]:
    """Today's messages with all that they enclose. TargetError if `invoice` or `customer` is in no tenant's mirror."""
    known = invoice is None and customer is None
    for tenant in tenants:
        contacts = _named(tenant, invoice, customer)
        known = known or bool(contacts)
        for each in leaving(tenant, contacts, enclosed="everything"):
            if invoice is not None and not _is_about(each, invoice):
                continue
            file, problem = _file(tenant, each)
            yield RenderedMessage(
                tenant=tenant.slug,
                customer=each.account.name,
                stage=each.plan.tone,
                waits=each.waits,
                file=file,
                problem=problem,
            )
    if not known:
        raise TargetError(f"{invoice or customer!r} is not in the mirror; `dun sync` brings new invoices and customers")


def _file(tenant: Tenant, each: Leaving) -> tuple[File | None, str | None]:
    """The message, or why there is none."""
    if each.outgoing is None:
        return None, each.problem
    try:
        return as_file(tenant, each.outgoing), each.problem
    except RefusedMessage as error:
        return None, str(error)


def _is_about(each: Leaving, invoice: str) -> bool:
    receivables = [reminder.receivable for reminder in each.plan.reminders]
    return any(invoice in {receivable.number, receivable.invoice_id} for receivable in receivables)


def _named(tenant: Tenant, invoice: str | None, customer: str | None) -> set[ContactId] | None:
    """Whose messages are meant; None: everybody's."""
    if invoice is None and customer is None:
        return None
    mirror = tenant.store.mirror
    found = {each.contact_id for each in mirror.find_invoice(invoice)} if invoice is not None else set[ContactId]()
    return found | ({each.id for each in mirror.find_contact(customer)} if customer is not None else set())


def as_file(tenant: Tenant, outgoing: Outgoing) -> File:
    """The bytes as the dry channel writes them: of a mail what an SMTP server, of a call what Twilio would be handed.

    Raises RefusedMessage for a call that would be too long.
    """
    message = outgoing.message
    caller = tenant.further.get("voice")
    if message.kind == "voice" and isinstance(caller, VoiceChannel):
        return File(f"{message.id}.txt", f"{message.phone or ''}\n\n{caller.document(message)}\n".encode())
    ending, content = written(message, tenant.clock.now())
    return File(f"{message.id}{ending}", content)


def _leaving(
    tenant: Tenant,
    account: Account,
    plan: CustomerMessagePlan,
    by_stage: ByStage,
    free: set[ReminderId],
    *,
    enclosed: Enclosed,
    message_id: MessageId | None,
) -> Leaving:
    reminders = tuple(by_stage[each.receivable.invoice_id, each.stage] for each in plan.reminders)
    waits = any(reminder.id not in free for reminder in reminders)
    outgoing: Outgoing | None = None
    problem: str | None = None
    dropped: tuple[ReminderId, ...] = ()
    try:
        mirrored, enclosures = _as_mirrored(tenant, reminders), _enclosures(tenant, reminders, enclosed=enclosed)
        identifier = message_id or _stand_in(tenant, reminders)
        outgoing = write_message(
            tenant, account, plan, by_stage, mirrored, enclosures, tenant.store.audit.last(), message_id=identifier
        )
    except (ChargesUnknown, MessageError) as error:
        problem = str(error)
        dropped = error.reminders if isinstance(error, EditDropped) else ()
    if outgoing is None and problem is None:
        problem = "nothing is left to ask for"
    return Leaving(
        account=account,
        plan=plan,
        reminders=reminders,
        waits=waits,
        outgoing=outgoing,
        problem=problem,
        dropped=dropped,
    )


def _reminder(
    tenant: Tenant, account: Account, decision: Decision, kept: dict[tuple[InvoiceId, str], Reminder]
) -> Reminder:
    """The planned one, or what a cycle would plan."""
    stage = decision.stage or ""
    return kept.get((decision.invoice_id, stage)) or Reminder(
        id=ReminderId(f"{decision.invoice_id}:{stage}"),
        invoice_id=decision.invoice_id,
        contact_id=account.contact_id,
        stage=stage,
        round=decision.receivable.round,
        state=ReminderState.PLANNED,
        planned_for=tenant.today,
        approved=False,
        reason=None,
        message_id=None,
        proof=None,
        sent_at=None,
        channel=decision.channel or "email",
    )


def _is_kept(reminder: Reminder) -> bool:
    return ":" not in reminder.id


def _as_mirrored(tenant: Tenant, reminders: Collection[Reminder]) -> Verification:
    """What a live read says if nothing has changed since the mirror was brought up to date."""
    now = tenant.clock.now()
    invoices = {reminder.invoice_id: _invoice(tenant, reminder.invoice_id) for reminder in reminders}
    proofs = {reminder.id: _proof(invoices[reminder.invoice_id], tenant) for reminder in reminders}
    return Verification(proofs, {}, invoices, (), now)


def _proof(invoice: Invoice, tenant: Tenant) -> Proof:
    return Proof(
        invoice_id=invoice.id,
        due_minor=invoice.due_minor,
        currency=invoice.currency,
        version=invoice.version,
        read_at=tenant.clock.now(),
    )


def _invoice(tenant: Tenant, invoice_id: InvoiceId) -> Invoice:
    invoice = tenant.store.mirror.invoice(invoice_id)
    if invoice is None:
        raise MessageError("an invoice of this message has left the mirror; `dun sync` reads it again")
    return invoice


def _enclosures(tenant: Tenant, reminders: Collection[Reminder], *, enclosed: Enclosed) -> dict[InvoiceId, Enclosure]:
    ids = sorted({reminder.invoice_id for reminder in reminders})
    if enclosed == "nothing":
        return {each: Enclosure(tenant.store.mirror.pay_url(each) or None, None) for each in ids}
    with tenant.meter.calls_for("enclosure"):
        fetched = fetch_enclosures(tenant, ids, documents=enclosed == "everything")
    if len(fetched) < len(ids):
        raise MessageError("the ledger does not give the PDF or the link of each invoice in the message: it waits")
    return fetched


def _stand_in(tenant: Tenant, reminders: Collection[Reminder]) -> MessageId:
    """The same id for the same message on the same day; a real send draws its own."""
    named = " ".join([tenant.slug, str(tenant.today), *sorted(reminder.id for reminder in reminders)])
    return MessageId(sha256(named.encode()).hexdigest()[:24])
