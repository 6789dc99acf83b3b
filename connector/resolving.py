"""A person settles what Dun must not settle by itself: sends of unknown outcome, and sends that failed.

An unknown message may lie in the customer's mailbox; only somebody who can ask knows. A failed one was refused for a
cause that somebody has to mend first.
"""

from typing import Literal

from connector.holding import TargetError, find_target
from connector.saying.names import name
from connector.saying.said import say
from connector.wiring import Installation
from state.model import InvoiceId, Reminder, ReminderState, TenantSlug
from state.store import TenantStore

Outcome = Literal["sent", "skipped", "retry"]


def resolve(installation: Installation, slug: str | None, invoice: str, outcome: Outcome, person: str) -> int:
    """Settle the open sends of `invoice`; how many there were.

    `sent` and `skipped` say what became of unknown ones, `retry` plans failed ones again. Raises TargetError if the
    invoice is not clear or has nothing that `outcome` could settle.
    """
    target = find_target(installation, slug, invoice, None, everything=False)
    with installation.store(target.tenant) as store:
        settled = _settle(installation, store, InvoiceId(target.id), outcome, person)
    if not settled:
        raise TargetError(
            say(
                "{target} has no send whose outcome is {state}; `dun why {invoice}` tells its story",
                target=target.words,
                state=name("failed" if outcome == "retry" else "unknown"),
                invoice=invoice,
            )
        )
    return settled


def open_sends(installation: Installation, slugs: list[TenantSlug]) -> list[tuple[TenantSlug, Reminder, str]]:
    """Everything that waits for such a word: tenant, reminder, and the invoice by number."""
    found = []
    for slug in slugs:
        with installation.store(slug) as store:
            for state in (ReminderState.UNKNOWN, ReminderState.FAILED):
                for reminder in store.reminders.in_state(state):
                    invoice = store.mirror.invoice(reminder.invoice_id)
                    found.append((slug, reminder, (invoice.number if invoice else None) or reminder.invoice_id))
    return found


def _settle(
    installation: Installation, store: TenantStore, invoice_id: InvoiceId, outcome: Outcome, person: str
) -> int:
    now, reminders = installation.clock.now(), store.reminders.for_invoice(invoice_id)
    with store.transaction():
        if outcome == "retry":
            failed = [r.id for r in reminders if r.state is ReminderState.FAILED]
            settled = store.reminders.retry(failed, person, now)
        else:
            unknown = [r.id for r in reminders if r.state is ReminderState.UNKNOWN]
            settled = sum(store.reminders.resolve(each, outcome, f"{outcome}, says {person}", now) for each in unknown)
        if settled:
            details = {"outcome": outcome, "reminders": settled}
            store.audit.record(person, "resolve", "invoice", invoice_id, details, now)
    return settled
