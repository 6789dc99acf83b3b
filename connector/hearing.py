"""What customers and carriers have said since the last cycle, heard before anything is decided.

A reply, by mail or by text, holds its customer until a person has read it. A bounce closes one address, puts the
message on the work list and is told to the ledger; nothing else of the customer stops. STOP closes a number. All of it
may be told twice.
"""

from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct

from connector.correspondence import read_correspondence
from connector.intake import take_fact
from connector.phone_round import learn_fates, new_texts, remember_read, take_wish
from connector.report import CycleReport, Problem
from connector.tenant import Tenant
from connector.undelivered import delivery_task
from connectors.channels.lob import LobChannel
from connectors.channels.lob_tracking import DeliveryUnknown
from connectors.channels.twilio_inbox import InboundText
from connectors.channels.twilio_rest import NoAnswer
from state.clock import business_day, has_passed
from state.model import ContactId, MessageId
from state.tasks import NewTask

REPLY = "reply"  # the reason of the hold
_FATES = "twilio-fates"
_LETTERS = "letter-fates"
_ASKED_EVERY = timedelta(hours=1)
_LETTERS_ASKED_EVERY = timedelta(hours=12)
_LETTERS_FOLLOWED = timedelta(days=60)
_NOT_ARRIVED = {"undelivered": "did not arrive", "partly_delivered": "did not arrive at every address"}


class Heard(Struct):
    """What of it a person should know of, in the cycle's own words."""

    replies: int = 0
    bounced: int = 0


def hear(tenant: Tenant, report: CycleReport) -> Heard:
    """Take down everything new. What cannot be read is a problem of the report, and the cycle goes on."""
    came = read_correspondence(tenant.store, tenant.clock, tenant.sources)
    report.problems += came.problems
    texts = _texts(tenant, report)
    _fates(tenant, report)
    _letters(tenant)
    return Heard(replies=came.replies + texts, bounced=came.bounced + see_to_undelivered(tenant))


def see_to_undelivered(tenant: Tenant) -> int:
    """Open a task for each message that did not arrive; how many are new.

    The ledger's history calls its reminders sent and cannot be changed, so that it is told with a further note.
    """
    owners = {name: stage.owner for name, stage in tenant.settings.book.stages.items()}
    with tenant.store.transaction():
        found = tenant.store.deliveries.failed()
        for failed in found:
            if failed.state in _NOT_ARRIVED:
                _owe_notes(tenant, failed.message_id, _NOT_ARRIVED[failed.state])
        return tenant.store.tasks.open((delivery_task(failed, owners) for failed in found), tenant.clock.now())


def _owe_notes(tenant: Tenant, message_id: MessageId, words: str) -> None:
    for reminder in tenant.store.reminders.for_message(message_id):
        if reminder.sent_at is not None:
            day = business_day(reminder.sent_at, tenant.zone)
            text = f"{reminder.stage} reminder of {day:%d %b %Y} {words}."
            tenant.store.ledger_notes.owe(reminder.invoice_id, text, tenant.clock.now())


def _texts(tenant: Tenant, report: CycleReport) -> int:
    """Answers to text messages; how many of them a person must read."""
    if tenant.telephone is None:
        return 0
    numbers = tenant.settings.phone.inbound
    try:
        arrived = new_texts(tenant.store, tenant.telephone.inbox, numbers, tenant.clock.now())
    except NoAnswer as error:
        report.problems.append(Problem("texts_unread", str(error)))
        return 0
    sentences = [text for text in arrived if not take_wish(tenant.store, text)]
    new = sum(_take_text(tenant, text, contacts) for text, contacts in _senders(tenant, sentences))
    remember_read(tenant.store, arrived, tenant.clock.now())
    return new


def _senders(tenant: Tenant, texts: Iterable[InboundText]) -> list[tuple[InboundText, list[ContactId]]]:
    known = tenant.store.customers_by_mobile() if texts else {}
    return [(text, known.get(text.sender, [])) for text in texts]


def _take_text(tenant: Tenant, text: InboundText, contacts: list[ContactId]) -> bool:
    """Put it on the work list and hold whom it may be from; an address shared by two customers holds both."""
    now = tenant.clock.now()
    shared = f" (shared by {len(contacts)} customers, all held)" if len(contacts) > 1 else ""
    task = NewTask(
        kind="text",
        subject=text.sid,
        contact_id=contacts[0] if contacts else ContactId(""),
        phone=text.sender,
        script=f"{text.body}{shared}",
    )
    with tenant.store.transaction():
        if not tenant.store.tasks.open([task], now):
            return False
        for contact in contacts:
            tenant.store.holds.place("contact", contact, reason=REPLY, until=None, note="answered by text", at=now)
    return True


def _fates(tenant: Tenant, report: CycleReport) -> None:
    if tenant.telephone is None or not _is_due(tenant, _FATES, _ASKED_EVERY):
        return
    now = tenant.clock.now()
    try:
        fates = learn_fates(tenant.store, tenant.telephone.reports, tenant.settings.phone, tenant.today, now)
    except NoAnswer as error:
        report.problems.append(Problem("delivery_facts", str(error)))
        return
    for fact in fates.facts:
        message_id = tenant.store.deliveries.message_named(fact.provider_id)
        take_fact(tenant.store, fact, "twilio", message_id, now)
    tenant.store.mirror.move_cursor(_FATES, None, now)


def _letters(tenant: Tenant) -> None:
    """Where letters have got to; one that nothing is known of is asked after again."""
    carrier = tenant.further.get("letter")
    if not isinstance(carrier, LobChannel) or not _is_due(tenant, _LETTERS, _LETTERS_ASKED_EVERY):
        return
    now = tenant.clock.now()
    for message_id, provider_id in tenant.store.deliveries.under_way(carrier.name, now - _LETTERS_FOLLOWED):
        try:
            take_fact(tenant.store, carrier.delivery(provider_id), carrier.name, message_id, now)
        except DeliveryUnknown:
            continue
    tenant.store.mirror.move_cursor(_LETTERS, None, now)


def _is_due(tenant: Tenant, stream: str, every: timedelta) -> bool:
    return has_passed(every, tenant.store.mirror.pulled_at(stream), tenant.clock.now())
