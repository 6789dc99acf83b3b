"""Proposing to give a debt up, agreeing to it, and leaving the booking to Dun or to whoever does the books."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import reduce
from shlex import quote

from msgspec import Struct
from msgspec.structs import replace

from connector.agreeing import Unreadable
from connector.agreements.in_hand import refuse_in_hand, words_of
from connector.agreements.subject import AgreementError, AtHand, due_invoice, refuse_handed_over, refuse_planned
from connector.people import same_person
from connector.report import CycleReport, Problem
from connector.saying.names import name
from connector.saying.said import Said, say, sum_of
from connector.tenant import Tenant
from connector.ways_out.ends import amount
from connector.ways_out.late_money import payments_since
from connectors.ledger import Refused, WriteOffOrder
from state.agreed import PromiseState
from state.model import InvoiceId, InvoiceStatus, Receivable, TenantSlug
from state.money import Money, MoneyError
from state.spreadsheet import harmless_cell
from state.store import TenantStore
from state.write_offs import State, WriteOff
from sync.second_look import read_credit
from sync.write_offs import write_approved

HOLD = "write_off"  # reason of the hold from the proposal on
PAID = "a payment has settled it"
_COLUMNS = ("id", "invoice", "invoice_id", "customer", "currency", "amount", "reason", "approved_by")


class GivenUp(Struct, frozen=True, kw_only=True):
    """A write-off with the names people know. `words` say why it is not written yet, or how it ended."""

    tenant: TenantSlug
    id: str
    invoice: str
    invoice_id: str
    customer: str
    amount: str
    amount_minor: int
    currency: str
    reason: str
    state: State
    proposed_on: date
    proposed_by: str
    approved_by: str | None
    exported: bool
    document_id: str | None
    words: str | None


def propose(hand: AtHand, reason: str, person: str) -> WriteOff:
    """Nothing is asked for from now on.

    AgreementError if it is elsewhere, disputed, promised, in a plan or proposed already, or while money is in hand that
    may have paid it.
    """
    receivable = due_invoice(hand)
    key = receivable.invoice_id
    if any(
        each.round == receivable.round and each.state != "refused" for each in hand.store.write_offs.of_invoice(key)
    ):
        raise AgreementError(
            say("{target} is to be written off already; `dun write-off list` shows it", target=hand.target.words)
        )
    refuse_handed_over(hand, [receivable])
    _refuse_agreed(hand, receivable)
    refuse_in_hand(hand, [key])
    made = hand.store.write_offs.propose(key, reason, person, hand.now)
    hand.store.holds.place("invoice", key, HOLD, None, None, hand.now, person)
    details = {"id": made.id, "reason": reason, "amount_minor": made.amount_minor, "currency": made.currency}
    hand.store.audit.record(person, "write-off proposed", "invoice", key, details, hand.now)
    return made


def _refuse_agreed(hand: AtHand, receivable: Receivable) -> None:
    """AgreementError while something stands with the customer that says the debt is not lost, or not owed."""
    number = quote(receivable.number or receivable.invoice_id)
    if receivable.dispute is not None:
        raise AgreementError(
            say(
                "{target} is disputed; `dun dispute {number} --settle OUTCOME` ends that first",
                target=hand.target.words,
                number=number,
            )
        )
    if receivable.promise is not None and receivable.promise.state is PromiseState.OPEN:
        raise AgreementError(
            say(
                "{target} is promised by {day}; withdraw that first",
                target=hand.target.words,
                day=receivable.promise.promised_on,
            )
        )
    refuse_planned(hand, [receivable], say("in a payment plan; `dun plan cancel` ends that first"))


def approve(hand: AtHand, person: str, *, four_eyes: bool = False) -> WriteOff:
    """The debt is given up for what was proposed.

    AgreementError if nothing is proposed, if something else is due, or while money is in hand that may have paid it.
    With `four_eyes` it takes somebody else than who proposed it.
    """
    found = _pending(hand, "proposed")
    if four_eyes and same_person(found.proposed_by, person):
        raise AgreementError(
            say(
                "the write-off of {target} was proposed by {who}, and four_eyes in [policy.write_off] wants somebody"
                " else to approve it; nothing was changed",
                target=hand.target.words,
                who=found.proposed_by,
            )
        )
    receivable = due_invoice(hand)
    if (receivable.due_minor, receivable.round) != (found.amount_minor, found.round):
        raise AgreementError(
            say(
                "{due} is due on {target} now, and {proposed} was proposed; refuse it and propose it anew",
                due=sum_of(receivable.due_minor, receivable.currency),
                target=hand.target.words,
                proposed=sum_of(found.amount_minor, found.currency),
            )
        )
    refuse_in_hand(hand, [found.invoice_id])
    hand.store.write_offs.approve(found.id, person, hand.now)
    for task in hand.store.tasks.of_invoice(found.invoice_id):
        if task.new.kind == "decision" and task.state == "open":
            hand.store.tasks.close(task.id, "write-off", None, person, hand.now)
    details = {
        "id": found.id,
        "amount_minor": found.amount_minor,
        "currency": found.currency,
        "proposed_by": found.proposed_by,
    }
    hand.store.audit.record(person, "write-off approved", "invoice", found.invoice_id, details, hand.now)
    return found


def refuse(hand: AtHand, words: str, person: str) -> WriteOff:
    """The debt is not given up; its sequence goes on. AgreementError if nothing is pending."""
    found = _pending(hand, "proposed", "approved")
    hand.store.write_offs.refuse(found.id, words, hand.now)
    hand.store.holds.release_for("invoice", found.invoice_id, HOLD, hand.now, person)
    details = {"id": found.id, "words": words}
    hand.store.audit.record(person, "write-off refused", "invoice", found.invoice_id, details, hand.now)
    return found


def listed(store: TenantStore, slug: TenantSlug) -> list[GivenUp]:
    """Every write-off of the tenant, oldest first."""
    return [_given_up(store, slug, each) for each in store.write_offs.all()]


def to_export(
    store: TenantStore, slug: TenantSlug, passes_over: Callable[[int, str], bool]
) -> tuple[list[GivenUp], list[GivenUp]]:
    """Those that wait for somebody to book them, and those that must wait: credit in hand may have paid them.

    The latter keep the reason as their words.
    """
    ready: list[GivenUp] = []
    doubtful: list[GivenUp] = []
    for each in listed(store, slug):
        if each.state == "approved":
            words = words_of(store, slug, [InvoiceId(each.invoice_id)], passes_over)
            (ready if words is None else doubtful).append(each if words is None else replace(each, words=words))
    for each in doubtful:
        store.write_offs.waits(each.id, each.words or "")
    return ready, doubtful


def sheet(found: Sequence[GivenUp]) -> str:
    """As CSV, with cells that no spreadsheet takes for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for each in found:
        row = (each.id, each.invoice, each.invoice_id, each.customer, each.currency, _plain(each), each.reason)
        writer.writerow([harmless_cell(cell) for cell in (*row, each.approved_by or "")])
    return text.getvalue()


def write_given_up(tenant: Tenant, report: CycleReport) -> None:
    """End what was settled otherwise, and book what is approved where the configuration says."""
    store = tenant.store
    _end_paid(tenant)
    ended = set(store.write_offs.end_settled(tenant.clock.now()))
    _let_go(tenant, [each.invoice_id for each in store.write_offs.all() if each.id in ended] if ended else [])
    _let_go(tenant, _written_and_settled(store, tenant.today))
    if tenant.settings.read_only or not _account(tenant):
        return
    with tenant.meter.calls_for("note"):
        done = write_approved(tenant.ledger, store, tenant.clock, _ordering(tenant), enough=tenant.stopping)
    _let_go(tenant, done.refused)
    report.written_off += done.written
    report.problems += [Problem("write_off", words, needs_person=True) for words in done.problems]


def _end_paid(tenant: Tenant) -> None:
    """What was exported, and then paid in full, is not lost."""
    for each in tenant.store.write_offs.all():
        if each.state == "approved" and each.exported_at is not None and not _is_owed(tenant.store, each.invoice_id):
            paid = sum(part.amount_minor for part in payments_since(tenant, each))
            if paid >= each.amount_minor:
                tenant.store.write_offs.refuse(each.id, PAID, tenant.clock.now())
                _let_go(tenant, [each.invoice_id])


def _written_and_settled(store: TenantStore, today: date) -> list[InvoiceId]:
    """Held, although the ledger shows that the write-off has settled them; owed again, they are asked for again."""
    held = [InvoiceId(hold.target) for hold in store.holds.active(today) if hold.reason == HOLD]
    return [key for key in held if not _is_owed(store, key) and not _pending_of(store, key)]


def _is_owed(store: TenantStore, key: InvoiceId) -> bool:
    invoice = store.mirror.invoice(key)
    return invoice is not None and invoice.status is InvoiceStatus.OPEN and invoice.due_minor > 0


def _pending_of(store: TenantStore, key: InvoiceId) -> list[WriteOff]:
    return [each for each in store.write_offs.of_invoice(key) if each.pending]


def _let_go(tenant: Tenant, invoices: Iterable[InvoiceId]) -> None:
    """What is not given up is asked for again, or decided about again."""
    for key in invoices:
        tenant.store.holds.release_for("invoice", key, HOLD, tenant.clock.now(), "dun")


def _ordering(tenant: Tenant) -> Callable[[WriteOff], WriteOffOrder | str]:
    def order(write_off: WriteOff) -> WriteOffOrder | str:
        invoice = tenant.store.mirror.invoice(write_off.invoice_id)
        if invoice is None:
            return "the invoice is not in the mirror any more"
        if not write_off.tried and (words := _may_be_paid(tenant, invoice.id)):
            return str(words)  # after a first attempt the credit in hand may be our own
        return WriteOffOrder(
            key=write_off.id,
            invoice_id=invoice.id,
            contact_id=invoice.contact_id,
            currency=write_off.currency,
            amount_minor=write_off.amount_minor,
            day=tenant.today,
            words=f"Written off: invoice {invoice.number or invoice.id}",
            account=_account(tenant),
        )

    return order


def _may_be_paid(tenant: Tenant, key: InvoiceId) -> str | None:
    """Why nobody can tell that the debt is lost, by what the ledger says of credit at this moment."""
    if tenant.settings.book.ignores_credit:
        return None
    try:
        read_credit(tenant.ledger, tenant.store, tenant.clock)
    except Refused as error:  # the reading was refused, not the write-off
        return str(error)
    if Unreadable(tenant.store).concerns([key]):
        return "it, or money of its customer, cannot be read; `dun preview` lists it"
    return words_of(tenant.store, tenant.slug, [key], tenant.settings.book.passes_over)


def _account(tenant: Tenant) -> str:
    section = tenant.settings.write_off
    return section.account if tenant.settings.ledger == "xero" else section.item


def _pending(hand: AtHand, *states: State) -> WriteOff:
    found = [each for each in hand.store.write_offs.of_invoice(InvoiceId(hand.target.id)) if each.state in states]
    if not found:
        raise AgreementError(_nothing_pending(hand, *states))
    return found[-1]


def _nothing_pending(hand: AtHand, *states: State) -> Said:
    found = reduce(lambda before, after: say("{before} or {after}", before=before, after=after), map(name, states))
    return say("no write-off of {target} is {states}; `dun write-off list`", target=hand.target.words, states=found)


def _given_up(store: TenantStore, slug: TenantSlug, write_off: WriteOff) -> GivenUp:
    invoice = store.mirror.invoice(write_off.invoice_id)
    contact = store.mirror.contact(invoice.contact_id) if invoice else None
    return GivenUp(
        tenant=slug,
        id=write_off.id,
        invoice=(invoice.number if invoice else None) or write_off.invoice_id,
        invoice_id=write_off.invoice_id,
        customer=contact.name if contact else "",
        amount=amount(write_off.amount_minor, write_off.currency),
        amount_minor=write_off.amount_minor,
        currency=write_off.currency,
        reason=write_off.reason,
        state=write_off.state,
        proposed_on=write_off.proposed_at.date(),
        proposed_by=write_off.proposed_by,
        approved_by=write_off.approved_by,
        exported=write_off.exported_at is not None,
        document_id=write_off.document_id,
        words=write_off.words,
    )


def _plain(each: GivenUp) -> str:
    try:
        return str(Money(each.amount_minor, each.currency).amount)
    except MoneyError:
        return ""
