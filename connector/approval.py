"""What waits for a person's yes, found by what people call it.

Approving is the last thing a person does before a customer hears from the firm, so names are taken literally: nothing
is approved while one of them is unknown or could mean two things.
"""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from connector.config.settings import TenantSettings
from connector.holding import TargetError
from connector.wiring import Installation
from state.model import Reminder, ReminderId, TenantSlug
from state.store import TenantStore


class Waiting(Struct, frozen=True, kw_only=True):
    """A planned reminder that nobody has approved yet."""

    tenant: TenantSlug
    reminder_id: ReminderId
    invoice_id: str
    invoice: str  # its number, or its id if it has none
    customer: str
    stage: str
    due: str
    planned_for: date


def waiting(installation: Installation, slugs: Sequence[TenantSlug]) -> list[Waiting]:
    """Everything that waits for approval, tenant by tenant. What is on hold does not: its time comes after the hold."""
    found = []
    for slug in slugs:
        settings = installation.config.tenant(slug)
        if settings.mode == "off":
            continue
        with installation.store(slug) as store:
            held = {hold.target for hold in store.holds.active(settings.today_at(installation.clock.now()))}
            found += [_waiting(slug, store, each) for each in store.reminders.planned() if _asks(settings, each, held)]
    return found


def _asks(settings: TenantSettings, reminder: Reminder, held: set[str]) -> bool:
    if settings.book.mode_of(reminder.stage, settings.mode) != "approve":
        return False
    return not reminder.approved and held.isdisjoint(("*", reminder.contact_id, reminder.invoice_id))


def named(installation: Installation, slugs: Sequence[TenantSlug], texts: Sequence[str]) -> list[Waiting]:
    """What waits under the invoice numbers or ids `texts`. Raises TargetError naming every text that is not clear."""
    everything = waiting(installation, slugs)
    found = {text: [each for each in everything if text in (each.invoice, each.invoice_id)] for text in texts}
    unclear = [_unclear(text, hits) for text, hits in found.items()]
    if problems := [problem for problem in unclear if problem]:
        raise TargetError("; ".join(problems) + ". Nothing was approved; `dun approve` lists what waits")
    return list({each.reminder_id: each for hits in found.values() for each in hits}.values())


def approve(installation: Installation, chosen: Sequence[Waiting], person: str) -> int:
    """Let the reminders go with the next cycle; how many there were."""
    approved = 0
    for slug in dict.fromkeys(each.tenant for each in chosen):
        with installation.store(slug) as store:
            ids = [each.reminder_id for each in chosen if each.tenant == slug]
            approved += store.reminders.approve(ids, person, installation.clock.now())
    return approved


def _unclear(text: str, hits: Sequence[Waiting]) -> str | None:
    if not hits:
        return f"nothing waits for approval for invoice {text!r}"
    if len({each.invoice_id for each in hits}) > 1:
        return f"{text!r} is not clear: {', '.join(f'{h.customer} of {h.tenant}' for h in hits)}; use --tenant or ids"
    return None


def _waiting(slug: TenantSlug, store: TenantStore, reminder: Reminder) -> Waiting:
    invoice = store.mirror.invoice(reminder.invoice_id)
    contact = store.mirror.contact(reminder.contact_id)
    return Waiting(
        tenant=slug,
        reminder_id=reminder.id,
        invoice_id=reminder.invoice_id,
        invoice=(invoice.number if invoice else None) or reminder.invoice_id,
        customer=contact.name if contact else reminder.contact_id,
        stage=reminder.stage,
        due=str(invoice.due) if invoice else "",
        planned_for=reminder.planned_for,
    )
