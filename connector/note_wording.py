"""What the ledger's own history says about a reminder: who was written to, when, in which tone, for how much."""

from collections.abc import Callable

import msgspec

from connector.tenant import Tenant
from state.clock import business_day
from state.model import Reminder
from state.money import Money
from sync.verify import Proof


def note_wording(tenant: Tenant) -> Callable[[Reminder], str]:
    """A function from a sent reminder to the text of its note, without the marker."""

    def wording(reminder: Reminder) -> str:
        return " ".join(
            part
            for part in (f"{reminder.stage.capitalize()} reminder", _to(tenant, reminder), _on(tenant, reminder))
            if part
        ) + _amount(reminder)

    return wording


def _to(tenant: Tenant, reminder: Reminder) -> str:
    if reminder.message_id is None:
        return ""
    recipients = tenant.store.reminders.recipients(reminder.message_id)
    further = f" and {len(recipients) - 1} more" if len(recipients) > 1 else ""
    return f"sent to {recipients[0]}{further}" if recipients else ""


def _on(tenant: Tenant, reminder: Reminder) -> str:
    if reminder.sent_at is None:
        return ""
    return f"on {business_day(reminder.sent_at, tenant.zone):%d %b %Y}"


def _amount(reminder: Reminder) -> str:
    if reminder.proof is None:
        return "."
    proof = msgspec.json.decode(reminder.proof, type=Proof)
    return f": {Money(proof.due_minor, proof.currency)} due."
