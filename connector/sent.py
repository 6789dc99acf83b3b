"""The messages of one tenant as people ask for them: newest first, with names instead of ids."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import Struct

from connector.tenant import Tenant
from state.deliveries import Fate
from state.model import ReminderState
from state.money import Money
from state.records import MessageRecord


class SentMessage(Struct, frozen=True, kw_only=True):
    """A message and what became of it. `outcome` is sent, refused, not_sent, unsure or sending."""

    id: str
    at: datetime
    tenant: str
    customer: str
    channel: str
    stage: str
    subject: str
    recipients: int  # how many addresses; which they are stands in the tenant's own file
    invoices: tuple[str, ...]
    asked: tuple[str, ...]
    outcome: str
    reason: str | None
    delivery: str | None  # delivered, partly_delivered, undelivered or under_way; None: no carrier has told
    complained: bool  # a recipient called it unwanted
    noted: bool  # every reminder in it has its note in the ledger


def sent_messages(tenant: Tenant, limit: int) -> Iterator[SentMessage]:
    """The newest `limit` messages, whatever became of them."""
    records = tenant.store.reminders.messages(None, limit)
    fates = tenant.store.deliveries.fates([record.draft.id for record in records])
    for record in records:
        yield _message(tenant, record, fates.get(record.draft.id))


def _message(tenant: Tenant, record: MessageRecord, fate: Fate | None) -> SentMessage:
    draft, mirror = record.draft, tenant.store.mirror
    contact = mirror.contact(draft.contact_id)
    reminders = tenant.store.reminders.for_message(draft.id)
    invoices = [(reminder, mirror.invoice(reminder.invoice_id)) for reminder in reminders]
    totals = msgspec.json.decode(draft.totals, type=dict[str, int])
    return SentMessage(
        id=draft.id,
        at=record.settled_at or record.claimed_at,
        tenant=tenant.slug,
        customer=contact.name if contact else draft.contact_id,
        channel=draft.channel,
        stage=draft.stage,
        subject=draft.subject,
        recipients=len(draft.recipients),
        invoices=tuple((i.number if i else None) or r.invoice_id for r, i in invoices),
        asked=tuple(str(Money(minor, currency)) for currency, minor in totals.items()),
        outcome=record.outcome,
        reason=record.reason,
        delivery=fate.state if fate else None,
        complained=fate is not None and fate.complained,
        noted=bool(reminders) and all(r.state is ReminderState.NOTED for r in reminders),
    )
