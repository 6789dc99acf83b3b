"""A person words a message anew before it leaves, or takes the words back."""

from collections.abc import Collection

from msgspec import Struct

from connector.edited import EditDropped, EditLeavesOut, EditOverlaps, checked
from connector.holding import TargetError, invoice_target
from connector.leaving import Leaving, leaving
from connector.left_out import left_out
from connector.saying.said import say
from connector.tenant import Tenant
from connector.terms import EDITED_SINCE, end_approvals, withdraw_changed
from state.edits import NewEdit
from state.model import Invoice, ReminderId

NOTHING_LEAVES = say(
    "nothing is to leave about it now; `dun why INVOICE` says why, and `dun run --once` plans what is due"
)


class Reworded(Struct, frozen=True):
    """What came of other words: what they leave out, and of how many reminders they took the approval back."""

    left_out: tuple[str, ...]
    approvals: int


def message_about(tenant: Tenant, invoice: Invoice) -> Leaving:
    """The message that would leave now about `invoice`, in the words that are in force. TargetError if there is none.

    An edited text that does not fit any more is dropped, so that what comes back is what would really leave.
    """
    found = _about(tenant, invoice)
    if found is not None and found.dropped:
        ask_again(tenant, found.dropped)
        found = _about(tenant, invoice)
    if found is None or not found.planned:
        raise TargetError(say("{invoice}: {why}", invoice=_words(tenant, invoice), why=NOTHING_LEAVES))
    if found.outgoing is None:
        raise TargetError(say("{invoice}: {why}", invoice=_words(tenant, invoice), why=found.problem or NOTHING_LEAVES))
    return found


def _words(tenant: Tenant, invoice: Invoice) -> str:
    return invoice_target(tenant.slug, invoice.id, invoice.number).words


def worded(tenant: Tenant, message: Leaving) -> int:
    """The id of the words that somebody gave `message`; 0 if the usual ones go."""
    found = tenant.store.edits.in_force([reminder.id for reminder in message.reminders])
    return found[-1].id if found else 0


def edit(
    tenant: Tenant,
    message: Leaving,
    subject: str,
    text: str,
    person: str,
    *,
    anyway: bool = False,
    began_with: int | None = None,
) -> Reworded:
    """Keep `person`'s words for `message`. Whoever had approved it had read others: it waits again.

    Raises EditRefused for words that cannot be sent, EditLeavesOut for such as leave something out, unless `anyway`,
    EditOverlaps where other words are in force than those the person began with (see `worded`).
    """
    outgoing, now = message.outgoing, tenant.clock.now()
    if outgoing is None:
        raise TargetError(message.problem or NOTHING_LEAVES)
    kind = outgoing.message.kind
    subject, text = checked(kind, subject, text)
    missing = left_out(outgoing.message, outgoing.asks, _numbers(message), subject, text)
    if missing and not anyway:
        raise EditLeavesOut(missing)
    made = NewEdit(
        contact_id=message.account.contact_id,
        reminders=tuple(reminder.id for reminder in message.reminders),
        kind=kind,
        basis=outgoing.basis,
        reference=f"dun:{outgoing.message.id}",
        subject=subject,
        text=text,
        edited_by=person,
    )
    with tenant.store.transaction():
        if began_with is not None and worded(tenant, message) != began_with:
            raise EditOverlaps
        tenant.store.edits.keep(made, now)
        _record(tenant, message, "edit", person, missing)
        approvals = end_approvals(tenant.store, made.reminders, EDITED_SINCE, person, now)
    return Reworded(missing, len(approvals))


def take_back(tenant: Tenant, message: Leaving, person: str) -> Reworded | None:
    """Let the template's words go again, once somebody approves them; None if there were no others.

    Where these are the words that had been approved, nothing is said of an edit any more.
    """
    now, ids = tenant.clock.now(), [reminder.id for reminder in message.reminders]
    with tenant.store.transaction():
        if not tenant.store.edits.withdraw(ids, now):
            return None
        _record(tenant, message, "edit withdrawn", person)
        taken = end_approvals(tenant.store, ids, EDITED_SINCE, person, now)
        withdraw_changed(tenant.store, tenant.settings, now)
    return Reworded((), len(taken))


def ask_again(tenant: Tenant, reminders: Collection[ReminderId]) -> None:
    """The edited text of `reminders` fits no more: they do not leave before a person has looked, in mode auto too."""
    now = tenant.clock.now()
    with tenant.store.transaction():
        tenant.store.edits.drop(reminders, now)
        tenant.store.reminders.withdraw(reminders, EditDropped.code, now)


def _about(tenant: Tenant, invoice: Invoice) -> Leaving | None:
    """The customer's message if the invoice is in it; else the one that there would be with the invoice in it."""
    kept = [r for r in tenant.store.reminders.for_invoice(invoice.id) if r.state == "planned"]
    contacts = {reminder.contact_id for reminder in kept}
    for also in ([], [reminder.id for reminder in kept]):
        for each in leaving(tenant, contacts, also=also, enclosed="links"):
            if any(reminder.invoice_id == invoice.id for reminder in each.reminders):
                return each
    return None


def _numbers(message: Leaving) -> list[str | None]:
    about = {reminder.invoice_id for reminder in message.reminders}
    return [each.number for each in message.account.receivables if each.invoice_id in about]


def _record(tenant: Tenant, message: Leaving, action: str, person: str, missing: tuple[str, ...] = ()) -> None:
    for reminder in message.reminders:
        left = {"left_out": ", ".join(missing)} if missing else {}
        details = {"stage": reminder.stage, "reminder": reminder.id, **left}
        tenant.store.audit.record(person, action, "invoice", reminder.invoice_id, details, tenant.clock.now())
