"""What a tenant does first after a restore: learn what was sent since the backup, and call what stays in doubt unknown.

Notes are written at the end of the cycle that sends, so a message that left in the very last cycles of the old
installation may have none. Nobody but a person can tell those, and never twice outranks a reminder that is lost.
"""

from collections.abc import Iterator

from connector.budget.reserve import within_budget
from connector.dunning.calendar import Calendar
from connector.dunning.further import failed, next_attempt, reached
from connector.dunning.policy import Policy, Stage
from connector.dunning.reasons import Action
from connector.dunning.sequence import Sequence
from connector.grading import known_payers
from connector.note_wording import read_wording
from connector.report import CycleReport
from connector.tenant import Tenant
from state.model import Receivable, ReminderState
from state.money import MoneyError
from state.records import PlannedStage
from state.restoration import Restored
from state.stage_names import attempt_name
from sync.relearn import presume_sent, read_history

_EVERY_DAY = Calendar(weekends=True)
_UNSETTLED = frozenset((ReminderState.SENDING, ReminderState.UNKNOWN, ReminderState.FAILED))


def learn_again(tenant: Tenant, report: CycleReport, *, pulled: bool) -> bool:
    """Catch up with the ledger's notes if this file was restored. False: something is still forgotten; decide nothing.

    The notes read are those of the invoices that are open now, which only a complete pull can tell (`pulled`). Another
    LedgerError passes through; the next cycle goes on where this one ended. While the channel is dry nothing reaches
    anybody, and learning waits for a real one.
    """
    restored = tenant.store.restoration.unlearned()
    if restored is None or tenant.channel.name == "dry":
        return True
    if not pulled or within_budget(tenant, "note", report, lambda: _read(tenant)) is None:
        return False
    presume_sent(tenant.store, tenant.clock, restored, list(_perhaps_sent(tenant, restored)), tenant.owner)
    return True


def _read(tenant: Tenant) -> bool:
    read_history(tenant.ledger, tenant.store, tenant.clock, read_wording(tenant))
    return True


def _perhaps_sent(tenant: Tenant, restored: Restored) -> Iterator[PlannedStage]:
    """The next stage of every invoice whose day had come when the backup was restored.

    Whatever keeps it back today (a hold, a gap, a closed day) need not have done so in the time that was lost.
    """
    last_day = tenant.settings.today_at(restored.restored_at)
    book = tenant.settings.book
    accounts = tenant.store.receivables.accounts(last_day)
    for account in known_payers(tenant.store, tenant.settings, accounts, last_day):
        policy = book.choose(account, last_day).policy
        sequence = Sequence(policy, _EVERY_DAY, last_day, book.stages)
        for receivable in account.receivables:
            if receivable.due_on is None or any(step.state in _UNSETTLED for step in receivable.progress):
                continue
            stages = _stages(policy, receivable)
            step = sequence.next_step(stages, receivable.due_on, reached(receivable.progress), None)
            if step.action is Action.SEND and step.stage:
                attempt = next_attempt(failed(receivable.progress, step.stage))
                yield PlannedStage(
                    invoice_id=receivable.invoice_id,
                    contact_id=account.contact_id,
                    stage=attempt_name(step.stage, attempt),
                    round=receivable.round,
                    planned_for=last_day,
                )


def _stages(policy: Policy, receivable: Receivable) -> tuple[Stage, ...]:
    try:
        return policy.stages_for(receivable.currency, receivable.due_minor)
    except MoneyError:
        return policy.stages
