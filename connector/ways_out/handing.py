"""Handing a case over to an agency or a court, and taking it back.

What is handed over is read from the ledger at that moment, as before any reminder, with all credit that no invoice has
taken: nobody hands over what was paid this morning. The files are on the disk before the handover is written down; from
then on no reminder leaves.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from connector.agreements.in_hand import in_hand, words_of
from connector.agreements.subject import AgreementError, AtHand, living_contact
from connector.charging import reckon
from connector.dunning import interest
from connector.dunning.deadlines import given
from connector.keeping.folders import FilesError, write_folder
from connector.letters.case import case_pdf
from connector.letters.data import LetterError
from connector.messages.compose import invoice_attachments
from connector.saying.names import name
from connector.saying.said import chained, say, told
from connector.tenant import Tenant
from connector.ways_out.case import CaseFile, Document, case_file, fingerprint
from connector.ways_out.case_pages import case_pages
from connector.ways_out.ends import amount
from connectors.ledger import LedgerError
from state.holds import HANDED_OVER
from state.model import Account, Contact, ContactId, Invoice, InvoiceId, InvoiceStatus, Receivable
from sync.second_look import read_credit

__all__ = ["FilesError", "HandedOver", "LeftOut", "Wanted", "hand_over", "take_back"]


class LeftOut(Struct, frozen=True, kw_only=True):
    """An invoice of the customer that does not go along, and why."""

    invoice: str
    words: str


class HandedOver(Struct, frozen=True, kw_only=True):
    """What was handed over. `without_document`: invoices of which the ledger gave no PDF."""

    to: str
    customer: str
    invoices: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    without_document: tuple[str, ...]
    folder: Path
    case_file: str  # SHA-256 of case.json
    claims: tuple[str, ...]  # what is claimed, by currency
    left_aside: tuple[str, ...]  # credit in hand, where the tenant ignores it


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which invoices: those named, or all that are overdue of a customer."""

    invoices: tuple[InvoiceId, ...] = ()
    customer: ContactId | None = None


def hand_over(tenant: Tenant, wanted: Wanted, to: str, folder: Path, person: str) -> HandedOver:
    """Write the case file into a new folder inside `folder`, and stop all reminders about its invoices.

    Raises AgreementError for what cannot be handed over, LedgerError if the ledger cannot be asked, FilesError.
    """
    account, contact = _account(tenant, wanted)
    _read_again(tenant, [each.invoice_id for each in _chosen(account, wanted)])
    account, contact = _account(tenant, wanted)
    receivables, left_out = _fit(tenant, account, wanted)
    if words := words_of(tenant.store, tenant.slug, receivables, tenant.settings.book.passes_over):
        raise AgreementError(words)
    invoices = [invoice for key in receivables if (invoice := tenant.store.mirror.invoice(key)) is not None]
    _refuse_unreckoned(tenant, contact, invoices)
    documents = _documents(tenant, invoices)
    case = case_file(tenant, to, contact, invoices, account.receivables, documents)
    content = case.json()
    files = {"case.json": content, "case.pdf": _pdf(tenant, case)}
    files |= {document.name: document.content for document in documents.values()}
    written = write_folder(folder / _folder_name(case), files)
    _record(tenant, invoices, to, fingerprint(content), person)
    return HandedOver(
        to=to,
        customer=contact.name,
        invoices=tuple(invoice.number or invoice.id for invoice in invoices),
        left_out=tuple(left_out),
        without_document=tuple(i.number or i.id for i in invoices if i.id not in documents),
        folder=written,
        case_file=fingerprint(content),
        claims=tuple(_claimed(case)),
        left_aside=in_hand(tenant.store, receivables),
    )


def take_back(hand: AtHand, person: str) -> None:
    """The invoice is the firm's own affair again; its sequence goes on. AgreementError if it is with nobody."""
    key = InvoiceId(hand.target.id)
    if not hand.store.handovers.take_back(key, person, hand.now):
        raise AgreementError(
            say("{target} is with nobody; `dun tasks` and `dun why` tell where it stands", target=hand.target.words)
        )
    hand.store.holds.release_for("invoice", key, HANDED_OVER, hand.now, person)
    hand.store.audit.record(person, "handover returned", "invoice", key, {}, hand.now)


def _account(tenant: Tenant, wanted: Wanted) -> tuple[Account, Contact]:
    """The one customer that owes all that is wanted, as the mirror has it."""
    owners = {living_contact(tenant.store, owner) for owner in _owners(tenant, wanted)}
    if len(owners) > 1:
        raise AgreementError(
            say("these invoices are of several customers; a case is about one, hand them over one by one")
        )
    for account in tenant.store.receivables.accounts(tenant.today):
        if account.contact_id in owners:
            contact = tenant.store.mirror.contact(account.contact_id)
            if contact is None or account.unreadable:
                raise AgreementError(
                    say("the customer, or one of its documents, cannot be read; `dun preview` lists it")
                )
            return account, contact
    raise AgreementError(say("nothing is due any more; there is nothing to hand over"))


def _owners(tenant: Tenant, wanted: Wanted) -> Iterator[ContactId]:
    if wanted.customer is not None:
        yield wanted.customer
    for key in wanted.invoices:
        invoice = tenant.store.mirror.invoice(key)
        if invoice is not None:
            yield invoice.contact_id


def _chosen(account: Account, wanted: Wanted) -> list[Receivable]:
    return [r for r in account.receivables if wanted.customer is not None or r.invoice_id in wanted.invoices]


def _read_again(tenant: Tenant, ids: Sequence[InvoiceId]) -> None:
    """The ledger's word at this moment goes into the mirror."""
    if not ids:
        return
    with tenant.meter.calls_for("verify"):
        read_credit(tenant.ledger, tenant.store, tenant.clock)
        reading = tenant.ledger.read_invoices(ids)
    missing = [key for key in ids if key not in reading.found]
    if missing:
        raise AgreementError(
            say("the ledger does not return {missing}; nothing was handed over", missing=", ".join(missing))
        )
    tenant.store.mirror.save_invoices(list(reading.found.values()))


def _fit(tenant: Tenant, account: Account, wanted: Wanted) -> tuple[list[InvoiceId], list[LeftOut]]:
    """What goes along. Of a customer's invoices those that cannot are left out; one that was named is refused."""
    reasons = {key: _why_not(tenant, account, key) for key in _asked_for(account, wanted)}
    left_out = [LeftOut(invoice=_number(tenant, key), words=words) for key, words in reasons.items() if words]
    fit = [key for key, words in reasons.items() if not words]
    if left_out and (wanted.invoices or not fit):
        raise AgreementError(
            chained(say("{invoice}: {why}", invoice=each.invoice, why=each.words) for each in left_out)
        )
    return fit, left_out


def _asked_for(account: Account, wanted: Wanted) -> Iterable[InvoiceId]:
    return wanted.invoices or tuple(receivable.invoice_id for receivable in account.receivables)


def _why_not(tenant: Tenant, account: Account, key: InvoiceId) -> str | None:
    """Why this invoice cannot be handed over, in words; None if it can."""
    invoice = tenant.store.mirror.invoice(key)
    if invoice is None or invoice.status is not InvoiceStatus.OPEN or invoice.due_minor <= 0:
        return say("nothing is due on it ({state})", state=name(invoice.status if invoice else "unknown"))
    if (out := tenant.store.handovers.of_invoice(key)) is not None:
        return say("it has been with {whom} since {day}", whom=out.handed_to, day=out.handed_at.date())
    if invoice.due_on is None or invoice.due_on >= tenant.today:
        return say("it is not overdue")
    if invoice.disputed or tenant.store.disputes.about(key) is not None:
        return say("it is disputed; `dun dispute --settle` ends that")
    if any(each.state in ("proposed", "approved") for each in tenant.store.write_offs.of_invoice(key)):
        return say("it is to be written off")
    receivable = next((each for each in account.receivables if each.invoice_id == key), None)
    if receivable is None or receivable.unreadable:
        return say("it cannot be read")
    stages, calendar = tenant.settings.book.stages, tenant.calendar.of_customer(account.country)
    deadline = given(receivable.progress, stages, calendar)
    if deadline is not None and deadline >= tenant.today:
        return say("the customer was given until {deadline} to pay; hand it over after that day", deadline=deadline)
    return None


def _refuse_unreckoned(tenant: Tenant, contact: Contact, invoices: Iterable[Invoice]) -> None:
    """AgreementError where a rate is missing: a case would claim less than the law gives, and nobody would see it."""
    for invoice in invoices:
        found = reckon(tenant.settings, tenant.store, invoice, contact.id, tenant.today)
        if isinstance(found, interest.Refused) and found.code == "rate_missing":
            number = invoice.number or invoice.id
            raise AgreementError(
                say("interest on invoice {number} cannot be reckoned: {why}", number=number, why=found.words)
            )


def _number(tenant: Tenant, key: InvoiceId) -> str:
    invoice = tenant.store.mirror.invoice(key)
    return (invoice.number if invoice else None) or key


def _documents(tenant: Tenant, invoices: Iterable[Invoice]) -> dict[str, Document]:
    """The invoices as the ledger prints them; one that it does not give is left out of the folder, and said so."""
    printed: dict[str, bytes] = {}
    numbers: dict[str, str | None] = {}
    for invoice in invoices:
        with tenant.meter.calls_for("enclosure"):
            content = _printed(tenant, invoice.id)
        if content is not None:
            printed[invoice.id], numbers[invoice.id] = content, invoice.number
    names = invoice_attachments((numbers[key], content) for key, content in printed.items())
    return {key: Document(each.filename, each.content) for key, each in zip(printed, names, strict=True)}


def _printed(tenant: Tenant, key: InvoiceId) -> bytes | None:
    try:
        return tenant.ledger.invoice_pdf(key)
    except LedgerError:
        return None


def _pdf(tenant: Tenant, case: CaseFile) -> bytes:
    try:
        return case_pdf(case_pages(case, tenant.settings.letterhead, tenant.settings.locale, tenant.zone), tenant.fonts)
    except LetterError as error:
        raise AgreementError(say("the case file cannot be written: {why}", why=told(error))) from None


def _folder_name(case: CaseFile) -> str:
    return f"{case.as_of}-{case.tenant}-{fingerprint(case.json())[:12]}"


def _record(tenant: Tenant, invoices: Sequence[Invoice], to: str, file: str, person: str) -> None:
    """The handover, the hold that stops all reminders, and the end of the open decisions: all or nothing."""
    store, now = tenant.store, tenant.clock.now()
    with store.transaction():
        store.handovers.record([invoice.id for invoice in invoices], to, file, person, now)
        for invoice in invoices:
            store.holds.place("invoice", invoice.id, HANDED_OVER, None, None, now, to)
            open_ones = [task for task in store.tasks.of_invoice(invoice.id) if task.state == "open"]
            for task in open_ones:
                if task.new.kind == "decision":
                    store.tasks.close(task.id, "handed_over", None, person, now)
            details = {"to": to, "due_minor": invoice.due_minor, "currency": invoice.currency, "case_file": file}
            store.audit.record(person, "handover", "invoice", invoice.id, details, now)


def _claimed(case: CaseFile) -> Iterator[str]:
    for claim in case.claims:
        yield amount(claim.total_minor, claim.currency)
