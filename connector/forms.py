"""One message in the form its way to the customer takes: an e-mail, a text, a spoken sentence, a letter, a script.

Whatever cannot be made of it (a letter without a postcode, a text without a mobile) raises MessageError; nothing is
sent in another form by itself, because the policy says which forms a stage takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from connector.addressees import escalation_of, mailed_to, number_for
from connector.dunning.consolidate import CustomerMessagePlan
from connector.dunning.policy import Stage
from connector.enclosures import Enclosure
from connector.letters.addresses import IncompleteAddress
from connector.letters.data import Charge as LetterCharge
from connector.letters.data import LetterError
from connector.letters.letter import letter_pdf
from connector.letters.reminder import reminder_letter
from connector.messages.compose import compose, invoice_attachments
from connector.messages.context import MessageContext, MessageError
from connector.messages.render import Rendered, charge_labels, letter_in_words, letter_parts
from connector.statements import StatementError, statement_attachment
from connector.tenant import Tenant
from connectors.channels.channel import Address, Attachment, Message
from state.addresses import deliverable
from state.model import Account, Contact, Invoice, InvoiceId, MessageId


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message in words, and everything its form is made of."""

    id: MessageId
    account: Account
    contact: Contact
    plan: CustomerMessagePlan
    context: MessageContext
    rendered: Rendered
    invoices: tuple[Invoice, ...]  # those in the message, as just read
    enclosures: Mapping[InvoiceId, Enclosure]


def message_of(tenant: Tenant, draft: Draft) -> Message:
    """The message to hand over. Raises MessageError if it cannot be made."""
    plan = draft.plan
    if plan.channel == "email":
        return _email(tenant, draft)
    return Message(
        id=draft.id,
        sender=sender_of(tenant, plan.stage),
        reply_to=tenant.settings.reply_to,
        to=(),
        subject=draft.rendered.subject,
        text=_text(tenant, draft),
        html="",
        stage=plan.tone,
        tenant=tenant.slug,
        kind=plan.channel,
        customer=draft.contact.name,
        language=draft.context.language or "",
        phone=number_for(plan.channel, draft.account.phones, draft.account.country),
        postal=draft.contact.postal if plan.channel == "letter" else None,
        letter=_letter(tenant, draft) if plan.channel == "letter" else b"",
        owner=plan.stage.owner,
        blocks=plan.stage.blocks,
    )


def _text(tenant: Tenant, draft: Draft) -> str:
    """As it is kept. A letter is more than its paragraphs."""
    if draft.plan.channel == "letter":
        return letter_in_words(tenant.templates, draft.context, draft.rendered)
    return draft.rendered.text


def sender_of(tenant: Tenant, stage: Stage) -> Address:
    escalated = tenant.settings.escalated_sender if stage.sender == "escalated" else None
    return escalated or tenant.settings.sender


def _email(tenant: Tenant, draft: Draft) -> Message:
    to, cc = _recipients(tenant, draft)
    if not to:
        raise MessageError("none of its customer's addresses takes mail")
    return compose(
        draft.rendered,
        id=draft.id,
        tenant=tenant.slug,
        stage=draft.plan.tone,
        sender=sender_of(tenant, draft.plan.stage),
        reply_to=tenant.settings.reply_to,
        to=to,
        cc=cc,
        references=tenant.store.reminders.thread(draft.plan.contact_id),
        attachments=(
            *invoice_attachments((i.number, pdf) for i in draft.invoices if (pdf := draft.enclosures[i.id].pdf)),
            *_statement(tenant, draft),
        ),
    )


def _statement(tenant: Tenant, draft: Draft) -> tuple[Attachment, ...]:
    """The statement of account where the firm wants it along, after the due date; of the rows that were just read."""
    if not tenant.settings.attach_statement or draft.plan.stage.offset_days <= 0:
        return ()
    try:
        return (statement_attachment(tenant, draft.account, tenant.fonts),)
    except (LetterError, StatementError) as error:
        raise MessageError(f"its statement of account cannot be made: {error}") from None


def _recipients(tenant: Tenant, draft: Draft) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """To whom, and to whom a copy, as the stage says; addresses that take no mail are left out."""
    suppressed = {each.address for each in tenant.store.deliveries.suppressed()}
    return mailed_to(
        draft.plan.stage.recipients,
        own=draft.account.addresses,
        copied=deliverable(draft.contact.cc, suppressed),
        billed_to=deliverable((text for invoice in draft.invoices for text in invoice.billed_to), suppressed),
        escalation=deliverable(escalation_of(draft.account.preference), suppressed),
    )


def _letter(tenant: Tenant, draft: Draft) -> bytes:
    context = draft.context
    above, below = letter_parts(draft.rendered)
    claimed = [charge.amount for charge in context.charges if charge.claimed]
    labels = charge_labels(tenant.templates, context)
    try:
        letter = reminder_letter(
            context,
            tenant.settings.letterhead,
            postal=draft.contact.postal,
            subject=draft.rendered.subject,
            paragraphs=above,
            closing=below,
            charges=[LetterCharge(label, amount) for label, amount in zip(labels, claimed, strict=True)],
            home_locale=tenant.settings.locale,
            day=tenant.today,
        )
        return letter_pdf(letter, tenant.fonts)
    except (IncompleteAddress, LetterError) as error:
        raise MessageError(str(error)) from None
