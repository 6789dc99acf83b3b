"""The proof of debt: a live read of everything a reminder relies on, seconds before it leaves.

The mirror may be minutes old and a payment takes one second. So the invoice, its customer and all unapplied credit are
read again, and only documents that still say the same as when the reminder was planned come out as proofs. Anything
else, including no answer, is a stop. Nothing here sends; nothing that failed here may be sent.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from connectors.ledger import ContactReading, CreditReading, InvoiceReading, KnownCredits, Ledger
from state.model import (
    ContactId,
    ContactStatus,
    Credit,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    Reminder,
    ReminderId,
)
from state.store import TenantStore
from sync.credits import known_credits, save_credits
from sync.merges import merged_away


class Proof(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the ledger said about one invoice at `read_at`. Stored with the message as JSON.

    `claimed` is what the message asks for besides, by kind (interest, compensation, fee), in minor units.
    """

    invoice_id: InvoiceId
    due_minor: int
    currency: str
    version: str
    read_at: datetime
    claimed: dict[str, int] = {}

    def json(self) -> str:
        return msgspec.json.encode(self).decode()


class Stop(Struct, frozen=True):
    """Why a reminder must not leave. `code` is machine-readable; `final` stops end the reminder, others let it wait."""

    code: str
    final: bool


class Verification(Struct, frozen=True):
    """The outcome of one live read. `credits` is all unapplied credit of the company at that instant."""

    proofs: Mapping[ReminderId, Proof]
    stops: Mapping[ReminderId, Stop]
    invoices: Mapping[InvoiceId, Invoice]
    credits: tuple[Credit, ...]
    read_at: datetime


_SETTLED = {
    InvoiceStatus.PAID: "paid",
    InvoiceStatus.VOID: "void",
    InvoiceStatus.DELETED: "deleted",
    InvoiceStatus.DRAFT: "not_issued",
}


def verify(ledger: Ledger, store: TenantStore, reminders: Sequence[Reminder]) -> Verification:
    """Read live what `reminders` rely on and judge each. The fresh rows go into the mirror too.

    Credit first, invoices last: whoever applies a credit between the two reads is asked for too little, never for too
    much. Any LedgerError of the reads passes through: the caller then sends nothing at all.
    """
    believed = known_credits(ledger, store)
    credits = ledger.open_credits(believed)
    contacts = ledger.read_contacts(_customers(store, reminders))
    invoices = ledger.read_invoices(sorted({reminder.invoice_id for reminder in reminders}))
    anybodys = _could_be_anybodys(credits, believed)
    known = {reminder.invoice_id: store.mirror.invoice(reminder.invoice_id) for reminder in reminders}
    _remember(ledger, store, invoices, contacts, credits)
    owing_less = _owing_less(store, contacts, credits)
    read_at = min(invoices.read_at, contacts.read_at, credits.read_at)
    proofs: dict[ReminderId, Proof] = {}
    stops: dict[ReminderId, Stop] = {}
    for reminder in reminders:
        verdict = _judge(reminder, known[reminder.invoice_id], invoices, contacts, read_at)
        if anybodys and isinstance(verdict, Proof):
            verdict = Stop("credit_of_unknown_owner", final=False)
        if reminder.contact_id in owing_less and isinstance(verdict, Proof):
            verdict = Stop("customer_owes_less", final=False)
        if isinstance(verdict, Proof):
            proofs[reminder.id] = verdict
        else:
            stops[reminder.id] = verdict
    return Verification(proofs, stops, invoices.found, credits.credits, read_at)


def _customers(store: TenantStore, reminders: Sequence[Reminder]) -> list[ContactId]:
    """Who is written to, and who owes according to the mirror: the two differ after a merge."""
    invoices = (store.mirror.invoice(reminder.invoice_id) for reminder in reminders)
    owing = {invoice.contact_id for invoice in invoices if invoice is not None}
    return sorted(owing | {reminder.contact_id for reminder in reminders})


def _could_be_anybodys(credits: CreditReading, known: KnownCredits) -> bool:
    """Whether there is unreadable credit of which nobody can tell whose it is: it could cover any invoice."""
    ours = {("credit", str(key)) for key in known.credit_ids} | {("payment", str(key)) for key in known.payment_ids}
    return any(r.contact_id is None and (r.entity, r.id) not in ours for r in credits.rejected)


def _owing_less(store: TenantStore, contacts: ContactReading, credits: CreditReading) -> set[ContactId]:
    """Customers who owe less, by the ledger's own reckoning, than their invoices less the credit that can be listed.

    Something has settled part of it that no list shows, such as a journal entry that nobody has put against an invoice.
    Only in the company's own currency: that a balance is in the customer's is not said anywhere.
    """
    company = store.mirror.organisation()
    home = company.currency if company else ""
    owes = {c.id: c.owes_minor for c in contacts.found.values() if c.owes_minor is not None and c.currency == home}
    invoiced = store.mirror.owed_by(owes, home)
    in_hand = Counter[ContactId]()
    for credit in credits.credits:
        if credit.currency == home:
            in_hand[credit.contact_id] += credit.remaining_minor
    return {contact for contact, minor in owes.items() if minor < invoiced.get(contact, 0) - in_hand[contact]}


def _remember(
    ledger: Ledger, store: TenantStore, invoices: InvoiceReading, contacts: ContactReading, credits: CreditReading
) -> None:
    rejected = [*invoices.rejected, *contacts.rejected, *credits.rejected]
    merged = merged_away(ledger, store, list(invoices.found.values()))
    with store.transaction():
        store.mirror.mark_merged(merged)
        store.mirror.save_invoices(list(invoices.found.values()))
        store.mirror.save_contacts(list(contacts.found.values()))
        save_credits(store, credits.credits)
        store.mirror.quarantine(rejected, invoices.read_at)


def _judge(
    reminder: Reminder,
    known: Invoice | None,
    invoices: InvoiceReading,
    contacts: ContactReading,
    read_at: datetime,
) -> Proof | Stop:
    invoice = invoices.found.get(reminder.invoice_id)
    if invoice is None:
        return _absent(reminder.invoice_id, {rejected.id for rejected in invoices.rejected})
    if invoice.status in _SETTLED:
        return Stop(_SETTLED[invoice.status], final=invoice.status is not InvoiceStatus.DRAFT)
    if invoice.due_minor <= 0:
        return Stop("paid", final=True)
    if known is None or _changed(known, invoice) or not _addressed(invoice, reminder, contacts):
        return Stop("changed_since_decided", final=False)
    contact = contacts.found.get(reminder.contact_id)
    if contact is None or contact.status is not ContactStatus.ACTIVE:
        return Stop("customer_not_active", final=False)
    return Proof(
        invoice_id=invoice.id,
        due_minor=invoice.due_minor,
        currency=invoice.currency,
        version=invoice.version,
        read_at=read_at,
    )


def _absent(invoice_id: InvoiceId, unreadable: Collection[str | None]) -> Stop:
    if invoice_id in unreadable:
        return Stop("unreadable", final=False)
    return Stop("not_returned_by_the_ledger", final=False)


def _changed(known: Invoice, live: Invoice) -> bool:
    """Amount, date, currency or customer moved under us: decide again rather than send what was decided before."""
    return (
        live.due_minor != known.due_minor
        or live.due_on != known.due_on
        or live.currency != known.currency
        or live.contact_id != known.contact_id
    )


def _addressed(live: Invoice, reminder: Reminder, contacts: ContactReading) -> bool:
    """The customer written to is still the one who owes, or the one whom that customer was merged into."""
    owner = contacts.found.get(live.contact_id)
    return live.contact_id == reminder.contact_id or (owner is not None and owner.merged_into == reminder.contact_id)
