"""After a restore: reads what the backup has forgotten from the ledger's own history, where each reminder has its note.

Resumable invoice by invoice, because a large firm has more open invoices than a day has calls. Until all are read,
nothing may be decided: what is not known to be sent would be sent again.
"""

import secrets
from collections.abc import Callable
from datetime import date

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, Ledger, NotFound, Refused
from state.clock import Clock
from state.model import Invoice, MessageId, Note, Reminder, ReminderId
from state.records import MessageDraft, PlannedStage
from state.restoration import CHANNEL, PAUSED, Restored, ToldByNote
from state.store import TenantStore
from sync.notes import marked
from sync.verify import Proof

LOST = "it may have left after the backup was made, without a note in the ledger"


class Wording(Struct, frozen=True):
    """What the text of one of our notes says."""

    stage: str
    sent_on: date  # in the tenant's zone


def read_history(ledger: Ledger, store: TenantStore, clock: Clock, understand: Callable[[str], Wording | None]) -> None:
    """Read the notes of every open invoice that was not read since the restore, and keep what they tell.

    An invoice whose notes cannot be read or understood is held for a person. Other LedgerErrors pass through; the next
    call goes on where this one ended.
    """
    for invoice_id in store.restoration.unread():
        invoice = store.mirror.invoice(invoice_id)
        if invoice is not None:
            _read_one(ledger, store, clock, invoice, understand)


def _read_one(
    ledger: Ledger, store: TenantStore, clock: Clock, invoice: Invoice, understand: Callable[[str], Wording | None]
) -> None:
    try:
        notes = ledger.notes(invoice.id)
    except NotFound:
        notes = ()
    except (BadData, Refused) as error:
        _hold(store, clock, invoice, f"its notes could not be read after a restore: {error}")
        notes = ()
    told, strange = [], False
    for note in notes:
        for reminder_id in marked(note.text):
            if (wording := understand(note.text)) is None:
                strange = True
            else:
                told.append(_told(invoice, reminder_id, note, wording, clock))
    contradicting = store.restoration.read(invoice.id, reversed(told), clock.now())
    if strange or contradicting:
        _hold(store, clock, invoice, "a note in the ledger tells of a reminder that fits no stage of this invoice")


def _told(invoice: Invoice, reminder_id: ReminderId, note: Note, wording: Wording, clock: Clock) -> ToldByNote:
    return ToldByNote(
        reminder_id=reminder_id,
        invoice_id=invoice.id,
        contact_id=invoice.contact_id,
        stage=wording.stage,
        sent_on=wording.sent_on,
        sent_at=note.written_at or clock.now(),
        message_id=_message_id(),
        proof=_proof(invoice, clock).json(),
    )


def _hold(store: TenantStore, clock: Clock, invoice: Invoice, words: str) -> None:
    store.holds.place("invoice", invoice.id, reason=PAUSED, until=None, note=words, at=clock.now())


def presume_sent(store: TenantStore, clock: Clock, restored: Restored, stages: list[PlannedStage], owner: str) -> None:
    """Call `stages`, which may have been sent since the backup and have no note, unknown: a person knows, or can ask.

    Then the lost time is dealt with.
    """
    store.reminders.plan(stages, clock.now())
    wanted = {(each.invoice_id, each.stage, each.round): each for each in stages}
    by_message: dict[tuple[str, str], list[Reminder]] = {}
    for reminder in store.reminders.planned():
        if (reminder.invoice_id, reminder.stage, reminder.round) in wanted:
            by_message.setdefault((reminder.contact_id, reminder.stage), []).append(reminder)
    for reminders in by_message.values():
        _make_unknown(store, clock, restored, reminders, owner)
    store.restoration.learned(clock.now())


def _make_unknown(store: TenantStore, clock: Clock, restored: Restored, reminders: list[Reminder], owner: str) -> None:
    now, contact_id, stage = clock.now(), reminders[0].contact_id, reminders[0].stage
    with store.transaction():
        for reminder in reminders:
            invoice = store.mirror.invoice(reminder.invoice_id)
            if invoice is not None:
                store.reminders.verified(reminder.id, _proof(invoice, clock).json(), now)
    draft = MessageDraft(
        id=_message_id(),
        contact_id=contact_id,
        channel=CHANNEL,
        stage=stage,
        subject="",
        recipients=(),
        text="",
        totals=msgspec.json.encode({}).decode(),
    )
    if store.reminders.claim([reminder.id for reminder in reminders], draft, owner, now, now):
        store.reminders.unsure(draft.id, f"{LOST} of {restored.backed_up_at:%Y-%m-%d %H:%M} UTC", now)


def _message_id() -> MessageId:
    return MessageId(secrets.token_hex(12))


def _proof(invoice: Invoice, clock: Clock) -> Proof:
    """What the ledger says of the invoice now; what it said when the reminder left is lost."""
    return Proof(
        invoice_id=invoice.id,
        due_minor=invoice.due_minor,
        currency=invoice.currency,
        version=invoice.version,
        read_at=clock.now(),
    )
