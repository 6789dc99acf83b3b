"""A message together with its proofs: what is about to leave, and why it may."""

import secrets
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec
from msgspec import Struct

from connector.charging import charges_of, together
from connector.dunning.consolidate import CustomerMessagePlan
from connector.edited import basis_of, edited
from connector.enclosures import Enclosure
from connector.forms import Draft, message_of
from connector.messages.facts import Charge
from connector.messages.render import render_kind
from connector.phone_costs import estimate
from connector.tenant import Tenant
from connector.wording import context_of
from connectors.channels.channel import Message
from state.model import Account, ContactId, InvoiceId, MessageId, Reminder, ReminderId
from state.postal import on_paper
from state.records import OWN_WORDS, MessageDraft
from sync.verify import Proof, Verification

ByStage = Mapping[tuple[InvoiceId, str], Reminder]


class Outgoing(Struct, frozen=True, kw_only=True):
    """One message to one customer, the reminders it fulfils, and a proof for each."""

    message: Message
    contact_id: ContactId
    reminders: tuple[Reminder, ...]
    proofs: dict[ReminderId, Proof]
    template: str  # by which it was worded; OWN_WORDS: by a person
    asks: dict[str, int]  # currency -> minor units
    netted: bool  # unapplied credit was deducted
    basis: str  # what an edited text for it would rest on (connector.edited)
    decided_at: int  # the last entry of the audit trail that the decision could know
    cost: Decimal  # what it is reckoned to cost; 0 for what costs nothing by the piece

    def draft(self, channel: str) -> MessageDraft:
        """The row that is written before the first byte leaves."""
        return MessageDraft(
            id=MessageId(self.message.id),
            contact_id=self.contact_id,
            channel=channel,
            stage=self.message.stage,
            subject=self.message.subject,
            recipients=_recipients(self.message),
            text=self.message.text,
            totals=msgspec.json.encode(self.asks).decode(),
            template=self.template,
        )


def write_message(
    tenant: Tenant,
    account: Account,
    plan: CustomerMessagePlan,
    by_stage: ByStage,
    verification: Verification,
    enclosures: Mapping[InvoiceId, Enclosure],
    decided_at: int,
    *,
    message_id: MessageId | None = None,
) -> Outgoing | None:
    """The message `plan` calls for, in the form of its channel; None if nothing is left to ask for.

    A person's words for it go instead of the template's. Raises MessageError if it cannot be written, EditDropped if
    such words do not fit it any more, ChargesUnknown if it is to claim charges that cannot be reckoned.
    """
    groups = tuple(group for group in plan.groups if group.reminders and group.ask_minor > 0)
    contact = tenant.store.mirror.contact(plan.contact_id)
    if contact is None or not groups:
        return None
    plan = msgspec.structs.replace(plan, groups=groups)
    message_id = message_id or MessageId(secrets.token_hex(12))
    invoices = tuple(verification.invoices[r.receivable.invoice_id] for g in groups for r in g.reminders)
    charged = {i.id: charges_of(tenant, plan.stage, i, contact, tenant.today) for i in invoices}
    charges = together(charge for of_invoice in charged.values() for charge in of_invoice)
    context = context_of(tenant, account, contact, plan, verification.invoices, enclosures, message_id, charges)
    reminders = tuple(by_stage[r.receivable.invoice_id, r.stage] for group in groups for r in group.reminders)
    own_words = edited(tenant.store, plan.channel, context, {reminder.id for reminder in reminders})
    draft = Draft(
        id=message_id,
        account=account,
        contact=contact,
        plan=plan,
        context=context,
        rendered=own_words or render_kind(tenant.templates, context, plan.channel),
        invoices=invoices,
        enclosures=enclosures,
    )
    message = message_of(tenant, draft)
    return Outgoing(
        message=message,
        contact_id=plan.contact_id,
        reminders=reminders,
        proofs={r.id: _with_charges(verification.proofs[r.id], charged[r.invoice_id]) for r in reminders},
        template=OWN_WORDS if own_words else plan.stage.template,
        asks={asked.currency: asked.minor for asked in context.asked},
        netted=any(group.credit_minor for group in groups),
        basis=basis_of(plan.channel, context),
        decided_at=decided_at,
        cost=_cost(tenant, message),
    )


def _with_charges(proof: Proof, charges: Iterable[Charge]) -> Proof:
    """The proof with what is claimed on its invoice, for the note in the ledger."""
    claimed: dict[str, int] = {charge.kind: charge.amount.minor for charge in charges if charge.claimed}
    return msgspec.structs.replace(proof, claimed=claimed)


def _cost(tenant: Tenant, message: Message) -> Decimal:
    if message.kind == "sms" or message.kind == "voice":
        return estimate(tenant.settings.phone, message.kind, message.text)
    return Decimal(0)


def _recipients(message: Message) -> tuple[str, ...]:
    """Whom it goes to, in the words of its kind: addresses, a number, or an address on paper."""
    if message.kind == "email":
        return tuple(address.email for address in (*message.to, *message.cc))
    if message.postal is not None:
        return (on_paper(message.customer, message.postal),)
    return (message.phone,) if message.phone else ()
