"""The second decision: the same function as the first, over what the ledger says at this very moment.

See docs/decisions/0003. What comes out is a list of messages with a proof for every invoice in them; what does not come
out stays planned, or ends, with its reason.
"""

from collections.abc import Iterator

import msgspec

from connector.dunning.consolidate import CustomerMessagePlan, consolidate
from connector.dunning.decide import DecisionPass
from connector.enclosures import Enclosure
from connector.gates import keep_waiting
from connector.messages.context import MessageError
from connector.outgoing import ByStage, Outgoing, write_message
from connector.report import CycleReport, Problem
from connector.tenant import Tenant
from connectors.ledger import LedgerError
from state.model import Account, ContactId, Credit, InvoiceId, Reminder
from sync.verify import Stop, Verification, verify


def prove(
    tenant: Tenant, ready: list[Reminder], enclosures: dict[InvoiceId, Enclosure], report: CycleReport
) -> list[Outgoing]:
    """Read live what `ready` relies on, decide again, and write the messages that are still right."""
    try:
        verification = verify(tenant.ledger, tenant.store, ready)
    except LedgerError as error:
        keep_waiting(tenant, ready, "ledger_unreachable", report)
        report.problem(error)
        return []
    for reminder in ready:
        if stop := verification.stops.get(reminder.id):
            _stop(tenant, reminder, stop, report)
    proven = [reminder for reminder in ready if reminder.id in verification.proofs]
    outgoing = list(_decide_again(tenant, proven, verification, enclosures, report))
    leaving = {reminder.id for message in outgoing for reminder in message.reminders}
    _hold_back(tenant, [reminder for reminder in proven if reminder.id not in leaving], report)
    return outgoing


def _stop(tenant: Tenant, reminder: Reminder, stop: Stop, report: CycleReport) -> None:
    report.stopped[stop.code] += 1
    if stop.final:
        tenant.store.reminders.skip([reminder.id], stop.code, tenant.clock.now())
    else:
        tenant.store.reminders.note_reason([reminder.id], stop.code, tenant.clock.now())


def _decide_again(
    tenant: Tenant,
    proven: list[Reminder],
    verification: Verification,
    enclosures: dict[InvoiceId, Enclosure],
    report: CycleReport,
) -> Iterator[Outgoing]:
    by_stage = {(reminder.invoice_id, reminder.stage): reminder for reminder in proven}
    decisions = DecisionPass(tenant.settings.policy, tenant.calendar, tenant.today)
    for account in _live_accounts(tenant, {reminder.contact_id for reminder in proven}, verification):
        confirmed = [d for d in decisions.decide(account) if (d.invoice_id, d.stage) in by_stage]
        plan = consolidate(account, confirmed, tenant.settings.policy)
        message = plan and _write(tenant, plan, by_stage, verification, enclosures, report)
        if message:
            yield message


def _write(
    tenant: Tenant,
    plan: CustomerMessagePlan,
    by_stage: ByStage,
    verification: Verification,
    enclosures: dict[InvoiceId, Enclosure],
    report: CycleReport,
) -> Outgoing | None:
    """A template that fails here passed `config check`; its customer waits, the others do not."""
    try:
        return write_message(tenant, plan, by_stage, verification, enclosures)
    except MessageError as error:
        report.problems.append(Problem("template", str(error), needs_person=True))
        return None


def _live_accounts(tenant: Tenant, contacts: set[ContactId], verification: Verification) -> Iterator[Account]:
    """Accounts from the mirror, which now holds the live documents, with the credit as it is live."""
    for account in tenant.store.receivables.accounts(tenant.today):
        if account.contact_id in contacts:
            family = tenant.store.mirror.family(account.contact_id)
            yield msgspec.structs.replace(account, credits=_credits_of(family, verification.credits))


def _credits_of(family: set[ContactId], credits: tuple[Credit, ...]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for credit in credits:
        if credit.contact_id in family:
            sums[credit.currency] = sums.get(credit.currency, 0) + credit.remaining_minor
    return sums


def _hold_back(tenant: Tenant, reminders: list[Reminder], report: CycleReport) -> None:
    keep_waiting(tenant, reminders, "not_confirmed_by_live_read", report)
    if reminders:
        report.stopped["not_confirmed_by_live_read"] += len(reminders)
