"""What has happened to an invoice besides its sequence: what, since when, by whom, and how it ends.

Whoever asks why nobody is chased must not be sent from one command to the next: each line names the one that goes on
from here.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from connector.agreed_words import disputed_part
from connector.dunning.reasons import reasons_from_json
from connector.tenant import Tenant
from connector.ways_out.ends import amount
from connector.ways_out.giving_up import HOLD as WRITE_OFF
from state.clock import business_day
from state.coming_back import UndonePayment
from state.customer_file import InvoiceFile
from state.forget import HOLD as FORGOTTEN
from state.holds import HANDED_OVER
from state.model import Hold, Invoice, InvoiceStatus, Reminder, ReminderState
from state.phones import mobile_of
from state.write_offs import WriteOff

_TOLD_ELSEWHERE = frozenset((HANDED_OVER, WRITE_OFF))
_WRITTEN_DOWN = {
    "promise": " (`dun promise` writes it down, if nobody has)",
    "dispute": " (`dun dispute` writes it down, if nobody has)",
}
_SENT = frozenset((ReminderState.SENT, ReminderState.NOTED))


def circumstances(tenant: Tenant, invoice: Invoice) -> Iterator[str]:
    """Sentences without a full stop, the gravest first; none of them says more than is stored."""
    file = tenant.store.invoice_file(invoice.id, invoice.contact_id, tenant.today)
    name = invoice.number or invoice.id
    yield from _handed_over(tenant, invoice, name)
    yield from _written_off(tenant, invoice, name)
    yield from _disputed(tenant, invoice, name)
    for hold in file.holds:
        if hold.reason not in _TOLD_ELSEWHERE:
            yield _held(tenant, hold, name)
    yield from _stopped_texts(tenant, invoice)
    yield from _begun_anew(tenant, invoice, name)
    yield from _due_date_moved(tenant, invoice, file)


def _day(tenant: Tenant, at: datetime) -> date:
    return business_day(at, tenant.zone)


def _handed_over(tenant: Tenant, invoice: Invoice, name: str) -> Iterator[str]:
    out = tenant.store.handovers.of_invoice(invoice.id)
    if out is not None:
        owed = amount(out.due_minor, out.currency)
        yield (
            f"handed over to {out.handed_to} on {_day(tenant, out.handed_at)} by {out.handed_by}, for {owed};"
            f" `dun handover --return {name}` takes it back"
        )


def _written_off(tenant: Tenant, invoice: Invoice, name: str) -> Iterator[str]:
    for each in tenant.store.write_offs.of_invoice(invoice.id)[-1:]:
        proposed = (
            f"write-off of {amount(each.amount_minor, each.currency)} proposed on {_day(tenant, each.proposed_at)}"
            f" by {each.proposed_by} ({each.reason})"
        )
        owed = invoice.status is InvoiceStatus.OPEN and invoice.due_minor > 0
        yield f"{proposed}{_since_proposed(tenant, each, name, owed=owed)}"


def _since_proposed(tenant: Tenant, found: WriteOff, name: str, *, owed: bool) -> str:
    approved = ""
    if found.approved_at is not None:
        approved = f", approved on {_day(tenant, found.approved_at)} by {found.approved_by}"
    if found.state == "proposed":
        return f"; `dun write-off approve {name}` gives it up, `dun write-off refuse {name}` asks for it again"
    if found.state == "approved":
        waits = f" ({found.words})" if found.words else ""
        if found.exported_at is not None:
            exported = f"exported on {_day(tenant, found.exported_at)} to be booked by hand"
            return f"{approved}, and {exported}; Dun does not book it{waits}, `dun write-off list` shows it"
        return f"{approved}; the next cycle books it{waits}, `dun write-off list` shows it"
    ended = f" on {_day(tenant, found.settled_at)}" if found.settled_at is not None else ""
    if found.state == "written":
        document = f" as {found.document_id}" if found.document_id else ""
        return f"{approved}, and written{ended}{document}; money that comes later is a task (`dun tasks`)"
    further = "; the sequence goes on" if owed else ""
    return f"{approved}, and refused{ended} ({found.words or 'no reason given'}){further}"


def _disputed(tenant: Tenant, invoice: Invoice, name: str) -> Iterator[str]:
    dispute = tenant.store.disputes.about(invoice.id)
    if dispute is not None:
        yield (
            f"disputed since {_day(tenant, dispute.opened_at)}, taken down by {dispute.opened_by}:"
            f" {disputed_part(dispute)}, {dispute.reason};"
            f' {dispute.owner} sees to it, and `dun dispute {name} --settle "..."` ends it'
        )
    if invoice.disputed:
        yield "marked as disputed in the ledger, which does not say since when; it ends when the mark is taken off"


def _held(tenant: Tenant, hold: Hold, name: str) -> str:
    target = {"invoice": name, "contact": "--customer NAME", "tenant": f"--everything --tenant {tenant.slug}"}[
        hold.scope
    ]
    until = f", up to and including {hold.until}" if hold.until is not None else ""
    owner = f"; {hold.owner} sees to it" if hold.owner else ""
    end = f"`dun release {target}` ends it"
    if hold.reason == FORGOTTEN:
        end = "a forgotten customer is not asked again"
    if hold.reason == "reply":
        end = _answered(tenant, hold, end)
    return f"on hold ({hold.reason}) since {_day(tenant, hold.placed_at)}{until}{owner}; {end}"


def _answered(tenant: Tenant, hold: Hold, release: str) -> str:
    """What became of the answer that placed the hold, and what goes on from there."""
    reply = tenant.store.correspondence.behind(hold.id)
    if reply is None:
        return f"`dun tasks --kind text --all` shows what was written, {release}"
    if reply.handled_at is None or reply.outcome is None:
        return f"`dun replies` shows what was written, `dun replies handle {reply.id} --outcome ... --release` ends it"
    kept = _WRITTEN_DOWN.get(reply.outcome, "")
    words = f"{reply.handled_by} handled the reply on {_day(tenant, reply.handled_at)}: {reply.outcome}{kept}"
    return f"{words.replace('_', ' ')}; {release}"


def _stopped_texts(tenant: Tenant, invoice: Invoice) -> Iterator[str]:
    contact = tenant.store.mirror.contact(invoice.contact_id)
    number = mobile_of(contact.phones, contact.country) if contact is not None else None
    since = tenant.store.opt_outs.since(number) if number is not None else None
    if since is not None:
        yield (
            f"no texts since {_day(tenant, since)}: STOP came from the customer's number, or its carrier said so;"
            " a stage takes its next channel instead, and only START from that number ends it"
        )


def _begun_anew(tenant: Tenant, invoice: Invoice, name: str) -> Iterator[str]:
    back = tenant.store.coming_back(invoice.id)
    if back.round == 1:
        return
    reminders = tenant.store.reminders.for_invoice(invoice.id)
    sent = _sent_on(tenant, (reminder for reminder in reminders if reminder.round < back.round))
    why = "; ".join(_undone(tenant, each) for each in back.undone) or "the ledger does not say by which payment"
    yield (
        f"owed again after it had been settled ({why}); this is round {back.round}, and its sequence begins anew"
        f"{f', after {sent}' if sent else ''}; `dun hold {name}` keeps it back while you ask"
    )


def _undone(tenant: Tenant, payment: UndonePayment) -> str:
    of_day = f" of {payment.paid_on}" if payment.paid_on is not None else ""
    money = amount(payment.minor, payment.currency)
    return f"a payment of {money}{of_day} was taken back in the ledger on {_day(tenant, payment.updated_at)}"


def _due_date_moved(tenant: Tenant, invoice: Invoice, file: InvoiceFile) -> Iterator[str]:
    """As far as earlier decisions remember the day they went by."""
    known = [
        (decided.at, str(reason.parameters["due_on"]))
        for decided in file.decisions
        for reason in reasons_from_json(decided.reasons)
        if "due_on" in reason.parameters and reason.code != "instalment_due"
    ]
    earlier = [(at, due_on) for at, due_on in known if due_on != str(invoice.due_on)]
    if earlier:
        at, due_on = earlier[-1]
        gone = _sent_in_this_round(tenant, invoice)
        kept = f"{gone} counts as sent and is not repeated, and what comes next" if gone else "the sequence"
        yield (
            f"due date moved in the ledger: on {_day(tenant, at)} it was {due_on}, now it is {invoice.due_on}; last"
            f" changed there on {_day(tenant, invoice.updated_at)}, by whom the ledger tells; {kept} counts from"
            " the new day; `dun defer` waits longer"
        )


def _sent_in_this_round(tenant: Tenant, invoice: Invoice) -> str:
    back = tenant.store.coming_back(invoice.id)
    reminders = [each for each in tenant.store.reminders.for_invoice(invoice.id) if each.round == back.round]
    fates = tenant.store.deliveries.fates([each.message_id for each in reminders if each.message_id is not None])
    lost = {message_id for message_id, fate in fates.items() if fate.state == "undelivered"}
    return _sent_on(tenant, (each for each in reminders if each.message_id not in lost))


def _sent_on(tenant: Tenant, reminders: Iterable[Reminder]) -> str:
    """As `soft on 2026-03-02, firm on 2026-03-09`; empty: none was sent."""
    sent = (each for each in reminders if each.state in _SENT)
    return ", ".join(f"{each.stage} on {_day(tenant, each.sent_at)}" for each in sent if each.sent_at is not None)
