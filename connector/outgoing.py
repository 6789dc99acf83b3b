"""A message together with its proofs: what is about to leave, and why it may.

The amounts in it come from the live read only. Whatever the mirror believed earlier decides that a message is written,
never what it says.
"""

import secrets
from collections.abc import Mapping
from datetime import date, timedelta

import msgspec
from msgspec import Struct

from connector.dunning.consolidate import CurrencyGroup, CustomerMessagePlan
from connector.dunning.policy import Stage as PolicyStage
from connector.edited import basis_of, edited
from connector.enclosures import Enclosure
from connector.messages.compose import compose, invoice_attachments
from connector.messages.context import InvoiceLine, MessageContext, MessageError, Stage
from connector.messages.locales import customer_locale
from connector.messages.render import render
from connector.tenant import Tenant
from connectors.channels.channel import Address, Message
from state.addresses import usable_addresses
from state.model import Account, Contact, ContactId, Invoice, InvoiceId, MessageId, Reminder, ReminderId
from state.money import Money
from state.records import MessageDraft
from sync.verify import Proof, Verification

ByStage = Mapping[tuple[InvoiceId, str], Reminder]


class Outgoing(Struct, frozen=True, kw_only=True):
    """One message to one customer, the reminders it fulfils, and a proof for each."""

    message: Message
    contact_id: ContactId
    reminders: tuple[Reminder, ...]
    proofs: dict[ReminderId, Proof]
    asks: dict[str, int]  # currency -> minor units
    netted: bool  # unapplied credit was deducted
    basis: str  # what an edited text for it would rest on (connector.edited)

    def draft(self, channel: str) -> MessageDraft:
        """The row that is written before the first byte leaves."""
        addresses = (*self.message.to, *self.message.cc)
        return MessageDraft(
            id=MessageId(self.message.id),
            contact_id=self.contact_id,
            channel=channel,
            stage=self.message.stage,
            subject=self.message.subject,
            recipients=tuple(address.email for address in addresses),
            text=self.message.text,
            totals=msgspec.json.encode(self.asks).decode(),
        )


def write_message(
    tenant: Tenant,
    account: Account,
    plan: CustomerMessagePlan,
    by_stage: ByStage,
    verification: Verification,
    enclosures: Mapping[InvoiceId, Enclosure],
    *,
    message_id: MessageId | None = None,
) -> Outgoing | None:
    """The message `plan` calls for, to `account`'s addresses; None if nothing is left to ask for.

    A person's words for it go instead of the template's; EditDropped if they do not fit it any more.
    """
    groups = [group for group in plan.groups if group.reminders and group.ask_minor > 0]
    contact = tenant.store.mirror.contact(plan.contact_id)
    invoices = [verification.invoices[r.receivable.invoice_id] for group in groups for r in group.reminders]
    if contact is None or not groups:
        return None
    message_id = message_id or MessageId(secrets.token_hex(12))
    template = msgspec.convert(plan.stage.template, Stage)
    deadline = _deadline(tenant, plan.stage, contact)
    context = _context(tenant, template, contact, groups, invoices, enclosures, message_id, deadline)
    _same_sums(groups, context)
    reminders = tuple(by_stage[r.receivable.invoice_id, r.stage] for group in groups for r in group.reminders)
    own_words = edited(tenant.store, "email", context, {reminder.id for reminder in reminders})
    message = compose(
        own_words or render(tenant.templates, context),
        id=message_id,
        tenant=tenant.slug,
        stage=context.stage,
        sender=_sender(tenant, plan.stage),
        reply_to=tenant.settings.reply_to,
        to=account.addresses,
        cc=[address for person in contact.cc for address in usable_addresses(person)],
        references=tenant.store.reminders.thread(plan.contact_id),
        attachments=invoice_attachments((i.number, pdf) for i in invoices if (pdf := enclosures[i.id].pdf)),
    )
    return Outgoing(
        message=message,
        contact_id=plan.contact_id,
        reminders=reminders,
        proofs={reminder.id: verification.proofs[reminder.id] for reminder in reminders},
        asks={group.currency: group.ask_minor for group in groups},
        netted=any(group.credit_minor for group in groups),
        basis=basis_of("email", context),
    )


def _same_sums(groups: list[CurrencyGroup], context: MessageContext) -> None:
    """What the policy asks for and what the message says are computed apart, and must agree to the cent."""
    if [Money(group.ask_minor, group.currency) for group in groups] != list(context.asked):
        raise MessageError("the message would ask for another amount than was decided; it is not sent")


def _context(
    tenant: Tenant,
    stage: Stage,
    contact: Contact,
    groups: list[CurrencyGroup],
    invoices: list[Invoice],
    enclosures: Mapping[InvoiceId, Enclosure],
    message_id: MessageId,
    deadline: date | None,
) -> MessageContext:
    settings, today = tenant.settings, tenant.today
    organisation = tenant.store.mirror.organisation()
    company = organisation.name if organisation else tenant.slug
    return MessageContext(
        company=company,
        sender_name=settings.sender.name or company,
        customer=contact.name,
        first_name=contact.first_name,
        locale=customer_locale(settings.locale, contact.country),
        stage=stage,
        lines=tuple(_line(invoice, enclosures[invoice.id].pay_url, today) for invoice in invoices),
        credits=tuple(Money(group.credit_minor, group.currency) for group in groups if group.credit_minor),
        deadline=deadline,
        reply_to=(settings.reply_to or settings.sender).email,
        reference=f"dun:{message_id}",
    )


def _line(invoice: Invoice, pay_url: str | None, today: date) -> InvoiceLine:
    due_on = invoice.due_on or today  # an invoice without a due date is never chased, so this is never guessed
    return InvoiceLine(
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=due_on,
        days_overdue=(today - due_on).days,
        total=Money(invoice.total_minor, invoice.currency),
        due=Money(invoice.due_minor, invoice.currency),
        pay_url=pay_url,
    )


def _deadline(tenant: Tenant, stage: PolicyStage, contact: Contact) -> date | None:
    """The day the stage gives the customer, moved to a business day of both."""
    if stage.deadline_days is None:
        return None
    return tenant.calendar.of_customer(contact.country).next_open(tenant.today + timedelta(days=stage.deadline_days))


def _sender(tenant: Tenant, stage: PolicyStage) -> Address:
    escalated = tenant.settings.escalated_sender if stage.sender == "escalated" else None
    return escalated or tenant.settings.sender
