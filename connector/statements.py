"""A customer's account as it stands in the mirror: what is open, what was paid on it, the credit and the promises.

The statement of the head of a QuickBooks family speaks for its jobs, too, since their credit is one; that of a job is
about the job alone.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from connector.agreements.subject import living_contact
from connector.config.settings import TenantSettings
from connector.letters.addresses import IncompleteAddress, address_block
from connector.letters.data import OpenCredit, OpenPromise, Sender, StatementData
from connector.letters.letterhead import sender_of
from connector.letters.statement import statement_pdf
from connector.messages.context import InvoiceLine
from connector.messages.locales import language_of, notation
from connector.tenant import Tenant
from connectors.channels.channel import Attachment
from state.model import Account, Contact, ContactId, Credit, Invoice, InvoiceId
from state.money import Money, MoneyError
from state.store import TenantStore


class StatementError(Exception):
    """There can be no statement, or it cannot leave; `str()` says why and names nobody."""


def statement_of(settings: TenantSettings, store: TenantStore, contact_id: ContactId, today: date) -> StatementData:
    """The account of one living customer on `today`.

    StatementError for one whom the mirror does not know, or who owes in a currency that nobody knows, and where the
    firm's letterhead lacks something.
    """
    try:
        return _statement(settings, store, contact_id, today)
    except (MoneyError, IncompleteAddress) as error:
        raise StatementError(f"there is no statement of this account: {error}") from None


def _statement(settings: TenantSettings, store: TenantStore, contact_id: ContactId, today: date) -> StatementData:
    contact = store.mirror.contact(contact_id)
    if contact is None:
        raise StatementError("this customer is not in the mirror; `dun sync` brings new customers")
    members = _members(store, contact)
    accounts = [each for each in store.receivables.accounts(today) if each.contact_id in members]
    ids = [receivable.invoice_id for account in accounts for receivable in account.receivables]
    invoices = [invoice for invoice in map(store.mirror.invoice, ids) if invoice is not None]
    credits = [
        each for each in store.mirror.open_credits(contact_id) if living_contact(store, each.contact_id) in members
    ]
    locale = _locale(settings, store, contact)
    return StatementData(
        sender=_sender(settings, store),
        recipient=_recipient(settings, contact),
        window=settings.letterhead.window,
        locale=locale,
        day=today,
        invoices=tuple(sorted((_line(invoice, today) for invoice in invoices), key=_age)),
        credits=tuple(map(_credit, credits)),
        promises=tuple(_promises(store, members, ids)),
    )


def statement_attachment(tenant: Tenant, account: Account, fonts: Path | None = None) -> Attachment:
    """The statement of `account` as PDF, as the mirror has it: call this after the live read. Raises LetterError."""
    data = statement_of(tenant.settings, tenant.store, account.contact_id, tenant.today)
    return Attachment(f"Statement-{tenant.today.isoformat()}.pdf", "application/pdf", statement_pdf(data, fonts))


def _members(store: TenantStore, contact: Contact) -> set[ContactId]:
    """Living contacts whose account this is."""
    if contact.parent_id is not None:
        return {contact.id}
    return {living_contact(store, each) for each in store.mirror.family(contact.id)}


def _locale(settings: TenantSettings, store: TenantStore, contact: Contact) -> str:
    language = language_of(store.preferences.of(contact.id).language, contact.country, settings.locale)
    return notation(language, contact.country, settings.locale)


def _sender(settings: TenantSettings, store: TenantStore) -> Sender:
    """The letterhead; a firm without one is known by its name and address for replies."""
    if settings.letterhead.country:
        return sender_of(settings.letterhead, settings.locale)
    organisation = store.mirror.organisation()
    name = settings.letterhead.name or (organisation.name if organisation else settings.slug)
    return Sender(name=name, address=(), contact=((settings.reply_to or settings.sender).email,))


def _recipient(settings: TenantSettings, contact: Contact) -> tuple[str, ...]:
    try:
        home = settings.letterhead.country
        return address_block(contact.name, contact.postal, home=home, locale=settings.locale)
    except IncompleteAddress:
        return (contact.name,)


def _line(invoice: Invoice, today: date) -> InvoiceLine:
    due_on = invoice.due_on or today  # without a due date nothing is overdue
    return InvoiceLine(
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=due_on,
        days_overdue=(today - due_on).days,
        total=Money(invoice.total_minor, invoice.currency),
        due=invoice.due,
    )


def _age(line: InvoiceLine) -> tuple[date, str]:
    return line.due_on, line.number or ""


def _credit(credit: Credit) -> OpenCredit:
    return OpenCredit(kind=credit.kind, number=credit.number, dated_on=credit.dated_on, remaining=credit.remaining)


def _promises(store: TenantStore, members: Iterable[ContactId], ids: Iterable[InvoiceId]) -> list[OpenPromise]:
    found = [promise for member in members for promise in store.promises.open_for_contact(member)]
    found += [promise for key in ids if (promise := store.promises.open_for_invoice(key)) is not None]
    return [
        OpenPromise(each.promised_on, Money(each.amount_minor, each.currency))
        for each in sorted({each.id: each for each in found}.values(), key=lambda each: each.promised_on)
    ]
