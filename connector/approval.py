"""What waits for a person's yes, found by what people call it.

Approving is the last thing a person does before a customer hears from the firm, so names are taken literally: nothing
is approved, or skipped, while one of them is unknown or could mean two things.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from connector.agreements.subject import money
from connector.config.settings import TenantSettings
from connector.dunning.plan_steps import is_instalment
from connector.holding import TargetError
from connector.leaving import Leaving, leaving
from connector.wiring import Installation
from state.model import ContactId, Reminder, ReminderId, TenantSlug
from state.store import TenantStore


class Waiting(Struct, frozen=True, kw_only=True):
    """A planned reminder that nobody has approved yet."""

    tenant: TenantSlug
    reminder_id: ReminderId
    invoice_id: str
    invoice: str  # its number, or its id if it has none
    customer_id: str
    customer: str
    stage: str
    due: str
    planned_for: date
    why: str  # edited: a person's words go; edit_dropped: those fitted no more; else empty


def check_stages(installation: Installation, slugs: Sequence[TenantSlug], stages: Sequence[str]) -> None:
    """Refuse a stage that no policy has and nothing that is planned is of, with those there are; raises TargetError."""
    known = dict.fromkeys(name for slug in slugs for name in installation.config.tenant(slug).book.stages)
    unknown = [stage for stage in stages if stage not in known and not is_instalment(stage)]
    if unknown:
        raise TargetError(f"the policy has no stage {unknown[0]!r}; there are: {', '.join(known)}")


def waiting(
    installation: Installation,
    slugs: Sequence[TenantSlug],
    stages: Sequence[str] = (),
    customers: Sequence[str] = (),
) -> list[Waiting]:
    """Everything that waits for approval, tenant by tenant. What is on hold does not: its time comes after the hold.

    With `stages` or `customers` (names or ids), only what is of one of them.
    """
    found = []
    for slug in slugs:
        settings = installation.config.tenant(slug)
        if settings.mode == "off":
            continue
        with installation.store(slug) as store:
            held = {hold.target for hold in store.holds.active(settings.today_at(installation.clock.now()))}
            dropped = store.edits.unanswered()
            asking = [r for r in store.reminders.planned() if _asks(settings, r, held, dropped)]
            found += [_waiting(slug, store, each, dropped) for each in asking]
    return [each for each in found if _is_of(each, stages, customers)]


def _is_of(each: Waiting, stages: Sequence[str], customers: Sequence[str]) -> bool:
    return (not stages or each.stage in stages) and (
        not customers or not {each.customer, each.customer_id}.isdisjoint(customers)
    )


def _asks(settings: TenantSettings, reminder: Reminder, held: set[str], dropped: frozenset[ReminderId]) -> bool:
    asked = reminder.id in dropped or settings.book.mode_of(reminder.stage, settings.mode) == "approve"
    return asked and not reminder.approved and held.isdisjoint(("*", reminder.contact_id, reminder.invoice_id))


def named(everything: Sequence[Waiting], texts: Sequence[str]) -> list[Waiting]:
    """Those of `everything` under the invoice numbers or ids `texts`. TargetError names each text that is not clear."""
    found = {text: [each for each in everything if text in (each.invoice, each.invoice_id)] for text in texts}
    unclear = [_unclear(text, hits) for text, hits in found.items()]
    if problems := [problem for problem in unclear if problem]:
        raise TargetError("; ".join(problems) + ". Nothing was changed; `dun approve` lists what waits")
    return list({each.reminder_id: each for hits in found.values() for each in hits}.values())


def approve(installation: Installation, chosen: Sequence[Waiting], person: str) -> int:
    """Let the reminders go with the next cycle; how many there were."""
    now = installation.clock.now()

    def let_go(store: TenantStore, each: Waiting) -> bool:
        details = {"stage": each.stage, "reminder": each.reminder_id, "due": each.due}
        moved = store.reminders.approve([each.reminder_id], person, now) == 1
        if moved:
            store.audit.record(person, "approve", "invoice", each.invoice_id, details, now)
        return moved

    return _change(installation, chosen, let_go)


def take_back(installation: Installation, slug: TenantSlug, ids: Sequence[ReminderId], person: str) -> int:
    """Approvals that nothing has come of yet hold no more; how many there were. What has left stays sent."""
    now, taken = installation.clock.now(), 0
    with installation.store(slug) as store, store.transaction():
        for reminder in filter(None, map(store.reminders.get, ids)):
            if reminder.approved and store.reminders.withdraw([reminder.id], f"taken back by {person}", now):
                details = {"stage": reminder.stage, "reminder": reminder.id}
                store.audit.record(person, "approval taken back", "invoice", reminder.invoice_id, details, now)
                taken += 1
    return taken


def skip(installation: Installation, chosen: Sequence[Waiting], reason: str, person: str) -> int:
    """Pass the reminders' stages over, for `reason`; how many there were. The next stage comes at its own time."""
    now = installation.clock.now()

    def pass_over(store: TenantStore, each: Waiting) -> bool:
        details = {"stage": each.stage, "reminder": each.reminder_id, "reason": reason}
        moved = store.reminders.skip([each.reminder_id], f"skipped by {person}: {reason}", now) == 1
        if moved:
            store.audit.record(person, "skip", "invoice", each.invoice_id, details, now)
        return moved

    return _change(installation, chosen, pass_over)


def texts(installation: Installation, chosen: Sequence[Waiting]) -> Iterator[tuple[TenantSlug, Leaving]]:
    """The messages that leave if all of `chosen` are let go, as they would leave now."""
    for slug in dict.fromkeys(each.tenant for each in chosen):
        ids = {each.reminder_id for each in chosen if each.tenant == slug}
        contacts = {ContactId(each.customer_id) for each in chosen if each.tenant == slug}
        with installation.tenant(slug) as tenant:
            for message in leaving(tenant, contacts, also=ids, enclosed="links"):
                if not ids.isdisjoint(reminder.id for reminder in message.reminders):
                    yield slug, message


def _change(
    installation: Installation, chosen: Sequence[Waiting], change: Callable[[TenantStore, Waiting], bool]
) -> int:
    """Make one change to all of `chosen`, of each tenant together or not at all; how many it concerned."""
    changed = 0
    for slug in dict.fromkeys(each.tenant for each in chosen):
        with installation.store(slug) as store, store.transaction():
            changed += sum(change(store, each) for each in chosen if each.tenant == slug)
    return changed


def _unclear(text: str, hits: Sequence[Waiting]) -> str | None:
    if not hits:
        return f"nothing waits for approval for invoice {text!r}"
    if len({each.invoice_id for each in hits}) > 1:
        return f"{text!r} is not clear: {', '.join(f'{h.customer} of {h.tenant}' for h in hits)}; use --tenant or ids"
    return None


def _waiting(slug: TenantSlug, store: TenantStore, reminder: Reminder, dropped: frozenset[ReminderId]) -> Waiting:
    invoice = store.mirror.invoice(reminder.invoice_id)
    contact = store.mirror.contact(reminder.contact_id)
    return Waiting(
        tenant=slug,
        reminder_id=reminder.id,
        invoice_id=reminder.invoice_id,
        invoice=(invoice.number if invoice else None) or reminder.invoice_id,
        customer_id=reminder.contact_id,
        customer=contact.name if contact else reminder.contact_id,
        stage=reminder.stage,
        due=money(invoice.due_minor, invoice.currency) if invoice else "",
        planned_for=reminder.planned_for,
        why=_why(store, reminder, dropped),
    )


def _why(store: TenantStore, reminder: Reminder, dropped: frozenset[ReminderId]) -> str:
    if reminder.id in dropped:
        return "edit_dropped"
    return "edited" if store.edits.in_force([reminder.id]) else ""
