"""The file of a case: everything somebody needs who collects a debt, or judges it, and was not there.

It is plain data. Written twice on the same day from the same books it is the same file, to the byte; its fingerprint is
kept with the handover, so that nobody can say later that another file was handed over.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256

import msgspec
from msgspec import Struct

from connector.charging import reckon
from connector.dunning import late_terms
from connector.tenant import Tenant
from connector.ways_out.interest_due import Claimed, interest_due
from state.case_history import CaseHistory
from state.courtesies import Settlement
from state.model import Contact, Credit, Invoice, PostalAddress, Receivable
from state.tasks import Task

FORMAT = "dun-case-1"


class Debtor(Struct, frozen=True, kw_only=True):
    """Who owes, as the ledger holds it."""

    id: str
    name: str
    first_name: str | None
    kind: str  # business, consumer, unknown
    email: str | None
    further_emails: tuple[str, ...]
    phones: tuple[str, ...]
    postal: PostalAddress | None
    country: str | None


class CaseInvoice(Struct, frozen=True, kw_only=True):
    """One invoice of the case, what was put against it, and what it bears. Amounts are minor units of `currency`."""

    id: str
    number: str | None
    currency: str
    total_minor: int
    due_minor: int
    issued_on: date | None
    due_on: date | None
    days_overdue: int
    reference: str | None
    settlements: tuple[Settlement, ...]
    interest: Claimed
    document: str | None  # name of the PDF beside this file
    document_sha256: str | None


class Balance(Struct, frozen=True, kw_only=True):
    """The customer's whole account in one currency: all open invoices less all credit in hand."""

    currency: str
    open_minor: int
    credit_minor: int
    balance_minor: int


class StatementLine(Struct, frozen=True, kw_only=True):
    id: str
    number: str | None
    currency: str
    due_minor: int
    due_on: date | None
    in_this_case: bool


class CreditLine(Struct, frozen=True, kw_only=True):
    id: str
    kind: str
    number: str | None
    currency: str
    remaining_minor: int
    dated_on: date | None


class Claim(Struct, frozen=True, kw_only=True):
    """What is claimed in one currency on the day of the file, and what another day adds."""

    currency: str
    principal_minor: int
    interest_minor: int
    fixed_minor: int
    beyond_cap_minor: int
    raised_minor: int  # of interest and fixed sums, what the ledger asks for already in invoices of their own
    total_minor: int
    daily_minor: int


class ContactLog(Struct, frozen=True, kw_only=True):
    """What people did and heard: tasks, and rows as in the tenant's file."""

    tasks: tuple[Task, ...]
    replies: tuple[Mapping[str, str | int | None], ...]
    promises: tuple[Mapping[str, str | int | None], ...]
    disputes: tuple[Mapping[str, str | int | None], ...]
    plans: tuple[Mapping[str, str | int | None], ...]
    deeds: tuple[Mapping[str, str | int | None], ...]


class CaseFile(Struct, frozen=True, kw_only=True):
    """Everything about the case on day `as_of`. `messages` hold the words that were sent, `reminders` the proofs."""

    format: str
    as_of: date
    handed_to: str
    creditor: str
    tenant: str
    debtor: Debtor
    claims: tuple[Claim, ...]
    invoices: tuple[CaseInvoice, ...]
    statement: tuple[StatementLine, ...]
    credits: tuple[CreditLine, ...]
    balances: tuple[Balance, ...]
    messages: tuple[Mapping[str, str | int | None], ...]
    deliveries: tuple[Mapping[str, str | int | None], ...]  # what carriers told of them later
    reminders: tuple[Mapping[str, str | int | None], ...]
    reminder_events: tuple[Mapping[str, str | int | None], ...]
    contact_log: ContactLog

    def json(self) -> bytes:
        """The same bytes for the same case."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


class Document(Struct, frozen=True):
    """An invoice as the ledger prints it."""

    name: str
    content: bytes


def fingerprint(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def case_file(
    tenant: Tenant,
    to: str,
    contact: Contact,
    invoices: Sequence[Invoice],
    account: Iterable[Receivable],
    documents: Mapping[str, Document],
) -> CaseFile:
    """The case against `contact` over `invoices`. `account`: all that is open; `documents`: by invoice id."""
    history = tenant.store.case_history([invoice.id for invoice in invoices])
    company = tenant.store.mirror.organisation()
    ordered = sorted(invoices, key=lambda each: (each.due_on or date.max, each.number or "", each.id))
    parts = tuple(_invoice(tenant, contact, each, documents.get(each.id)) for each in ordered)
    credits = tenant.store.mirror.open_credits(contact.id)
    statement = sorted(account, key=lambda each: (each.due_on or date.max, each.number or "", each.invoice_id))
    return CaseFile(
        format=FORMAT,
        as_of=tenant.today,
        handed_to=to,
        creditor=company.name if company else tenant.slug,
        tenant=tenant.slug,
        debtor=_debtor(tenant, contact),
        claims=tuple(_claims(parts)),
        invoices=parts,
        statement=tuple(_line(each, {part.id for part in parts}) for each in statement),
        credits=tuple(_credit(each) for each in credits),
        balances=tuple(_balances(statement, credits)),
        messages=history.messages,
        deliveries=history.deliveries,
        reminders=history.reminders,
        reminder_events=history.events,
        contact_log=_log(tenant, ordered, history),
    )


def kind_of(tenant: Tenant, contact: Contact) -> late_terms.Debtor:
    """business, consumer or unknown: as a person said of this customer, else as configured."""
    return tenant.store.preferences.of(contact.id).kind or tenant.settings.charges.customers


def _debtor(tenant: Tenant, contact: Contact) -> Debtor:
    return Debtor(
        id=contact.id,
        name=contact.name,
        first_name=contact.first_name,
        kind=kind_of(tenant, contact),
        email=contact.email,
        further_emails=contact.cc,
        phones=contact.phones,
        postal=contact.postal,
        country=contact.country,
    )


def _invoice(tenant: Tenant, contact: Contact, invoice: Invoice, document: Document | None) -> CaseInvoice:
    return CaseInvoice(
        id=invoice.id,
        number=invoice.number,
        currency=invoice.currency,
        total_minor=invoice.total_minor,
        due_minor=invoice.due_minor,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        days_overdue=(tenant.today - invoice.due_on).days if invoice.due_on else 0,
        reference=invoice.reference,
        settlements=tuple(tenant.store.courtesies.settlements(invoice.id)),
        interest=interest_due(
            reckon(tenant.settings, tenant.store, invoice, contact.id, tenant.today), contact.country
        ),
        document=document.name if document else None,
        document_sha256=fingerprint(document.content) if document else None,
    )


def _claims(parts: Iterable[CaseInvoice]) -> Iterable[Claim]:
    """Per currency, in order of first appearance."""
    by_currency: dict[str, list[CaseInvoice]] = {}
    for part in parts:
        by_currency.setdefault(part.currency, []).append(part)
    for currency, own in by_currency.items():
        principal = sum(part.due_minor for part in own)
        yield Claim(
            currency=currency,
            principal_minor=principal,
            interest_minor=sum(part.interest.interest_minor for part in own),
            fixed_minor=sum(part.interest.fixed_minor for part in own),
            beyond_cap_minor=sum(part.interest.beyond_cap_minor for part in own),
            raised_minor=sum(part.interest.raised_minor for part in own),
            total_minor=principal + sum(part.interest.total_minor for part in own),
            daily_minor=sum(part.interest.daily_minor for part in own),
        )


def _line(receivable: Receivable, in_case: set[str]) -> StatementLine:
    return StatementLine(
        id=receivable.invoice_id,
        number=receivable.number,
        currency=receivable.currency,
        due_minor=receivable.due_minor,
        due_on=receivable.due_on,
        in_this_case=receivable.invoice_id in in_case,
    )


def _credit(credit: Credit) -> CreditLine:
    return CreditLine(
        id=credit.id,
        kind=credit.kind,
        number=credit.number,
        currency=credit.currency,
        remaining_minor=credit.remaining_minor,
        dated_on=credit.dated_on,
    )


def _balances(account: Iterable[Receivable], credits: Iterable[Credit]) -> Iterable[Balance]:
    owed, in_hand = Counter[str](), Counter[str]()
    for receivable in account:
        owed[receivable.currency] += receivable.due_minor
    for credit in credits:
        in_hand[credit.currency] += credit.remaining_minor
    for currency in sorted(owed.keys() | in_hand.keys()):
        yield Balance(
            currency=currency,
            open_minor=owed[currency],
            credit_minor=in_hand[currency],
            balance_minor=owed[currency] - in_hand[currency],
        )


def _log(tenant: Tenant, invoices: Iterable[Invoice], history: CaseHistory) -> ContactLog:
    tasks = {task.id: task for invoice in invoices for task in tenant.store.tasks.of_invoice(invoice.id)}
    return ContactLog(
        tasks=tuple(sorted(tasks.values(), key=lambda task: (task.opened_at, task.id))),
        replies=history.replies,
        promises=history.promises,
        disputes=history.disputes,
        plans=history.plans,
        deeds=history.deeds,
    )
