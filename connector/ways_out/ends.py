"""The end of a sequence opens a decision on the work list, and what has settled itself leaves the list again.

An invoice may come to its end several times in one round: a call that led to nothing, a wait that is over. Each time
is a task of its own, so that the end of a sequence is never silence.
"""

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from connector.dunning.reasons import Decision, ReasonCode
from connector.report import CycleReport
from state.model import Account, InvoiceId, Receivable, ReminderState, StageProgress
from state.money import Money, MoneyError
from state.phones import callable_of
from state.store import TenantStore
from state.tasks import NewTask, Task

if TYPE_CHECKING:
    from connector.tenant import Tenant

Decided = Iterable[tuple[Account, list[Decision]]]
CHOICES = (
    "call: somebody phones",
    "letter: one more letter, with a deadline of ten days",
    "plan: it pays by instalments",
    "agency: a collection agency takes over",
    "court: a court decides",
    "write-off: the debt is given up",
    "wait: nothing until a day",
)
_LEFT = frozenset((ReminderState.SENT, ReminderState.NOTED))


def follow_ends(tenant: "Tenant", decided: Decided, report: CycleReport) -> None:
    """Open a decision for every invoice at its end, and close what no longer needs anybody."""
    now, tasks = tenant.clock.now(), tenant.store.tasks
    at_end = {d.invoice_id: (account, d) for account, decisions in decided for d in decisions if _is_at_end(d)}
    owed = {d.invoice_id for _, decisions in decided for d in decisions}
    with tenant.store.transaction():
        for task in tasks.open_ones():
            if outcome := _outcome(tenant, task, at_end.keys(), owed):
                tasks.close_subjects(task.new.kind, [task.new.subject], outcome, now)
        known = tasks.decisions()
        called = {task.new.invoice_id for task in tasks.open_ones() if task.new.kind == "call"}
        report.tasks_opened += tasks.open(
            (
                _decision_task(tenant, account, decision.receivable, known)
                for key, (account, decision) in at_end.items()
                if key not in called
            ),
            now,
        )


def is_about(task: Task, receivable: Receivable) -> bool:
    """Whether `task` is a decision about this invoice in its present round."""
    return task.new.kind == "decision" and _first_subject(receivable) in _beginnings(task.new.subject)


def _is_at_end(decision: Decision) -> bool:
    return decision.reasons[0].code is ReasonCode.END_OF_SEQUENCE


def _outcome(tenant: "Tenant", task: Task, at_end: Set[InvoiceId], owed: set[InvoiceId]) -> str | None:
    """How `task` has ended by itself; None if somebody still has to do it."""
    if task.new.kind not in ("decision", "call", "delivery"):
        return None
    about = invoices_of(tenant.store, task)
    if about and owed.isdisjoint(about):
        return "settled"
    if task.new.kind == "decision" and at_end.isdisjoint(about):
        return "moved_on"
    return None


def invoices_of(store: TenantStore, task: Task) -> list[InvoiceId]:
    """What the task is about; of a customer's call: the invoices of its message."""
    if task.new.invoice_id is not None:
        return [task.new.invoice_id]
    if task.new.message_id is None:
        return []
    return [reminder.invoice_id for reminder in store.reminders.for_message(task.new.message_id)]


def _decision_task(tenant: "Tenant", account: Account, receivable: Receivable, known: list[Task]) -> NewTask:
    earlier = [task for task in known if is_about(task, receivable)]
    subject = earlier[-1].new.subject if earlier and earlier[-1].state == "open" else _subject(receivable, len(earlier))
    return NewTask(
        kind="decision",
        subject=subject,
        contact_id=account.contact_id,
        invoice_id=receivable.invoice_id,
        owner=_owner(tenant, account, receivable),
        phone=callable_of(account.phones, account.country),
        script="\n".join(_script(account, receivable)),
        blocks=False,
    )


def _first_subject(receivable: Receivable) -> str:
    return f"{receivable.invoice_id}/{receivable.round}"


def _subject(receivable: Receivable, earlier: int) -> str:
    return _first_subject(receivable) + (f"/{earlier + 1}" if earlier else "")


def _beginnings(subject: str) -> tuple[str, str]:
    return subject, subject.rpartition("/")[0]


def _owner(tenant: "Tenant", account: Account, receivable: Receivable) -> str:
    """Whom the customer belongs to, else who was responsible for the last stage that was sent."""
    if account.preference is not None and account.preference.owner:
        return account.preference.owner
    stages = tenant.settings.book.stages
    owners = [stages[step.stage].owner for step in receivable.progress if step.stage in stages]
    return owners[-1] if owners else ""


def _script(account: Account, receivable: Receivable) -> Iterator[str]:
    number = receivable.number or receivable.invoice_id
    due = f", due since {receivable.due_on}" if receivable.due_on else ""
    yield f"{account.name}: invoice {number}, {amount(receivable.due_minor, receivable.currency)}{due}."
    sent = [step for step in receivable.progress if step.state in _LEFT and step.sent_on]
    yield f"Its sequence is through: {_sent(sent)}." if sent else "Its sequence is through; nothing was sent."
    yield f"How shall it go on? dun decide {number} --to ..."
    yield from (f"  {choice}" for choice in CHOICES)


def _sent(steps: list[StageProgress]) -> str:
    return ", ".join(f"{step.stage} on {step.sent_on}{_fate(step)}" for step in steps)


def _fate(step: StageProgress) -> str:
    return " (which did not arrive)" if step.missed is not None else ""


def amount(minor: int, currency: str) -> str:
    """For sentences, also where the currency's units are not known."""
    try:
        return str(Money(minor, currency))
    except MoneyError:
        return f"{minor} minor units of {currency}"
