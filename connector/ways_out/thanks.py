"""Thanks for a payment that came after a reminder: on the next working day, once, and only for what is truly paid.

These are not reminders (see state.courtesies), but they leave as reminders do: read live, claimed on the disk, one
attempt. Several invoices that one customer has paid are one message. They are not put up for approval, since they ask
for nothing; whoever wants none leaves `thanks` off.
"""

import secrets
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import msgspec
from msgspec import Struct

from connector.dunning.calendar import shift
from connector.dunning.segments import group_among
from connector.messages.compose import compose
from connector.messages.context import MessageError
from connector.messages.facts import Received
from connector.messages.locales import language_of, notation
from connector.messages.notices import NoticeContext
from connector.messages.render import render
from connector.report import CycleReport, Problem
from connector.tenant import Tenant
from connectors.channels.channel import ChannelError, Message, NotSent, RefusedMessage
from connectors.ledger import ContactReading, InvoiceReading, LedgerError
from state.addresses import usable_addresses
from state.courtesies import PAID, Courtesy, NewCourtesy, Settlement
from state.model import Contact, ContactId, ContactStatus, Invoice, InvoiceId, InvoiceStatus, MessageId
from state.money import Money
from state.records import MessageDraft

TOO_LATE = timedelta(days=10)  # after the payment; thanks that come later are none
_CREDIT = "credit_note"


class _Proof(Struct, frozen=True):
    """What the ledger said when the thanks were written: nothing, or less, is due."""

    due_minor: dict[InvoiceId, int]
    versions: dict[InvoiceId, str]


def say_thanks(tenant: Tenant, report: CycleReport) -> None:
    """Plan the thanks for what the last pull has shown to be paid, and send those whose day and hour have come."""
    settings = tenant.settings
    if settings.thanks == "off" or settings.mode == "off":
        return
    _plan(tenant)
    due = [each for each in _still_timely(tenant) if each.new.planned_for <= tenant.today]
    due = [each for each in due if tenant.may_send_at(tenant.clock.now(), tenant.whereabouts(each.contact_id))]
    if not due:
        return
    try:
        with tenant.meter.calls_for("verify"):
            invoices = tenant.ledger.read_invoices(sorted({each.new.invoice_id for each in due}))
            contacts = tenant.ledger.read_contacts(sorted({each.contact_id for each in due}))
    except LedgerError as error:
        report.problem(error)
        return
    for contact_id in dict.fromkeys(each.contact_id for each in due):
        if tenant.stopping() or not _has_room(tenant):
            return
        _thank(tenant, contact_id, [e for e in due if e.contact_id == contact_id], invoices, contacts, report)


def _plan(tenant: Tenant) -> None:
    store, parts = tenant.store, tenant.settings.thanks_for_parts
    found = [
        courtesy
        for key in store.courtesies.reminded(tenant.today, parts=parts)
        if (invoice := store.mirror.invoice(key)) is not None
        for courtesy in _deserved(tenant, invoice, store.courtesies.settlements(key))
        if tenant.today - courtesy.paid_on <= TOO_LATE
    ]
    store.courtesies.plan(found, tenant.clock.now())


def _deserved(tenant: Tenant, invoice: Invoice, settlements: list[Settlement]) -> Iterator[NewCourtesy]:
    payments = [each for each in settlements if each.source == "payment" and each.amount_minor > 0]
    if invoice.status is InvoiceStatus.PAID:
        last = _paid_in_full(invoice, settlements)
        if last is not None:
            yield _courtesy(tenant, invoice, PAID, sum(each.amount_minor for each in payments), last)
    elif tenant.settings.thanks_for_parts:
        for each in payments:
            if each.applied_on is not None:
                yield _courtesy(tenant, invoice, each.source_id, each.amount_minor, each.applied_on)


def _paid_in_full(invoice: Invoice, settlements: list[Settlement]) -> date | None:
    """The day of the payment that settled the invoice; None if a credit did, or if the days or sums do not tell."""
    days = [each.applied_on for each in settlements]
    if sum(each.amount_minor for each in settlements) != invoice.total_minor or None in days:
        return None
    last = max((each for each in settlements if each.applied_on is not None), key=_when, default=None)
    return last.applied_on if last is not None and last.source == "payment" else None


def _when(settlement: Settlement) -> tuple[date, bool]:
    """Of a payment and a credit of one day nobody can tell which came last: the credit is taken for it."""
    return settlement.applied_on or date.min, settlement.source != "payment"


def _courtesy(tenant: Tenant, invoice: Invoice, occasion: str, minor: int, paid_on: date) -> NewCourtesy:
    return NewCourtesy(
        invoice_id=invoice.id,
        occasion=occasion,
        amount_minor=minor,
        paid_on=paid_on,
        planned_for=tenant.calendar.next_open(shift(paid_on, 1)),
    )


def _still_timely(tenant: Tenant) -> list[Courtesy]:
    planned = tenant.store.courtesies.planned()
    late = [each.id for each in planned if tenant.today - each.new.paid_on > TOO_LATE]
    tenant.store.courtesies.skip(late, "too_late", tenant.clock.now())
    return [each for each in planned if each.id not in late]


def _has_room(tenant: Tenant) -> bool:
    return tenant.store.reminders.messages_on(tenant.today, tenant.zone) < tenant.settings.daily_cap


def _thank(
    tenant: Tenant,
    contact_id: ContactId,
    due: list[Courtesy],
    invoices: InvoiceReading,
    contacts: ContactReading,
    report: CycleReport,
) -> None:
    unpaid = [each.id for each in due if not _is_true(each, invoices)]
    tenant.store.courtesies.skip(unpaid, "no_longer_paid", tenant.clock.now())
    due = [each for each in due if each.id not in unpaid]
    contact = contacts.found.get(contact_id)
    if not due or _spoken_to_today(tenant, contact_id):
        return
    if contact is None or not _may_be_written_to(tenant, contact, due):
        tenant.store.courtesies.skip([each.id for each in due], "not_to_be_written_to", tenant.clock.now())
        return
    try:
        message = _message(tenant, contact, due)
    except MessageError as error:
        report.problems.append(Problem("thanks_unwritten", str(error), needs_person=True))
        return
    proof = msgspec.json.encode(_proof(due, invoices)).decode()
    draft = _draft(tenant, contact, message)
    if tenant.store.courtesies.claim([each.id for each in due], draft, proof, tenant.owner, tenant.clock.now()):
        _send(tenant, message, report)


def _is_true(courtesy: Courtesy, invoices: InvoiceReading) -> bool:
    """Whether the ledger says at this moment what the thanks rest on."""
    invoice = invoices.found.get(courtesy.new.invoice_id)
    if invoice is None:
        return False
    if courtesy.new.occasion == PAID:
        return invoice.status is InvoiceStatus.PAID and invoice.due_minor <= 0
    return invoice.status in (InvoiceStatus.PAID, InvoiceStatus.OPEN) and invoice.due_minor < invoice.total_minor


def _spoken_to_today(tenant: Tenant, contact_id: ContactId) -> bool:
    """One message a day is enough; the thanks go tomorrow."""
    latest = tenant.store.reminders.messages(contact_id, 1)
    return bool(latest) and latest[0].business_day == tenant.today and latest[0].outcome in ("sent", "unsure")


def _may_be_written_to(tenant: Tenant, contact: Contact, due: Iterable[Courtesy]) -> bool:
    """Not who is held, wants nothing, was forgotten, or has no address."""
    wish = tenant.store.preferences.of(contact.id)
    targets = {"*", contact.id, *(each.new.invoice_id for each in due)}
    held = any(hold.target in targets for hold in tenant.store.holds.active(tenant.today))
    spared = group_among(contact.groups, tenant.settings.policy.do_not_chase_groups) is not None
    unwanted = spared or wish.do_not_chase is not None or "email" in wish.opted_out
    return contact.status is ContactStatus.ACTIVE and not held and not unwanted and bool(_addresses(tenant, contact))


def _addresses(tenant: Tenant, contact: Contact) -> tuple[str, ...]:
    """The customer's own, less those that take no mail."""
    closed = {suppressed.address for suppressed in tenant.store.deliveries.suppressed()}
    return tuple(address for address in usable_addresses(contact.email) if address.lower() not in closed)


def _message(tenant: Tenant, contact: Contact, due: list[Courtesy]) -> Message:
    settings, store = tenant.settings, tenant.store
    organisation = store.mirror.organisation()
    company = organisation.name if organisation else tenant.slug
    language = language_of(store.preferences.of(contact.id).language, contact.country, settings.locale)
    message_id = MessageId(secrets.token_hex(12))
    context = NoticeContext(
        occasion="thanks",
        company=company,
        sender_name=settings.sender.name or company,
        customer=contact.name,
        first_name=contact.first_name,
        locale=notation(language, contact.country, settings.locale),
        language=language,
        day=tenant.today,
        payments=tuple(_received(tenant, each) for each in due),
        reply_to=(settings.reply_to or settings.sender).email,
        reference=f"dun:{message_id}",
    )
    return compose(
        render(tenant.templates, context),
        id=message_id,
        tenant=tenant.slug,
        stage="thanks",
        sender=settings.sender,
        reply_to=settings.reply_to,
        to=_addresses(tenant, contact),
        references=store.reminders.thread(contact.id),
    )


def _received(tenant: Tenant, courtesy: Courtesy) -> Received:
    invoice = tenant.store.mirror.invoice(courtesy.new.invoice_id)
    return Received(
        number=invoice.number if invoice else None,
        amount=Money(courtesy.new.amount_minor, courtesy.currency),
        paid_on=courtesy.new.paid_on,
    )


def _proof(due: Iterable[Courtesy], invoices: InvoiceReading) -> _Proof:
    read = [invoices.found[each.new.invoice_id] for each in due]
    return _Proof({each.id: each.due_minor for each in read}, {each.id: each.version for each in read})


def _draft(tenant: Tenant, contact: Contact, message: Message) -> MessageDraft:
    return MessageDraft(
        id=MessageId(message.id),
        contact_id=contact.id,
        channel=tenant.channel.name,
        stage=message.stage,
        subject=message.subject,
        recipients=tuple(address.email for address in message.to),
        text=message.text,
        totals="{}",  # it asks for nothing
    )


def _send(tenant: Tenant, message: Message, report: CycleReport) -> None:
    """One attempt, settled at once."""
    courtesies, message_id = tenant.store.courtesies, MessageId(message.id)
    try:
        receipt = tenant.channel.send(message)
    except NotSent as error:
        courtesies.not_sent(message_id, str(error), tenant.clock.now())
        report.problems.append(Problem("not_sent", str(error)))
    except RefusedMessage as error:
        courtesies.refused(message_id, str(error), tenant.clock.now())
        report.problems.append(Problem("refused", str(error)))
    except ChannelError as error:
        courtesies.unsure(message_id, str(error), tenant.clock.now())
        report.problems.append(Problem("unknown", str(error)))
    else:
        courtesies.sent(message_id, receipt.provider_id, receipt.accepted_at)
        report.thanked += 1
