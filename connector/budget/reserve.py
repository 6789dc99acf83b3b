"""What of the day's calls is kept for the reminders that are due, and what a cycle does without.

A reminder that was sent must be noted, and one that is due must be proven: both cost calls. So the need is counted as
soon as it is known and kept back from polling, and nothing is proven whose note could not be written the same day.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from connector.gates import keep_waiting, let_go
from connector.report import POSTPONED, CycleReport, Problem
from connector.tenant import Tenant
from connectors.budget import OutOfBudget, Purpose
from state.budget_marks import Need
from state.model import ContactId, Reminder

Done = TypeVar("Done")

TOGETHER = 25  # customers who share one live read
LIVE_READ = 6  # calls it costs at most: three lists of credit, the customers, up to 80 invoices
SPENT = "calls_spent"


def within_budget(tenant: Tenant, purpose: Purpose, report: CycleReport, work: Callable[[], Done]) -> Done | None:
    """Do what the cycle can go on without; None if the calls left are kept for something more important.

    The mirror then stays as it is, and the live read guards every send as it always does.
    """
    try:
        with tenant.meter.calls_for(purpose):
            return work()
    except OutOfBudget as error:
        _say_once(report, POSTPONED, f"polling postponed: {error}")
        return None


def keep_back(tenant: Tenant, due: Sequence[Reminder], in_hand: Sequence[Reminder] = ()) -> None:
    """Keep calls for those of `due` that may leave today, and for the notes of `in_hand`, which are leaving."""
    budget = tenant.meter.budget
    if budget is not None and budget.keeps_days:
        budget.keep_back(_need(tenant, _may_leave_today(tenant, due), len(in_hand)))


def affords(tenant: Tenant, group: Sequence[Reminder], later: Sequence[Reminder], report: CycleReport) -> bool:
    """Whether `group` can be fetched, proven and noted with the calls that are left; if not, it waits."""
    budget = tenant.meter.budget
    if budget is None or not budget.keeps_days:
        return True
    lack = budget.shortage(_need(tenant, group, 0), tenant.clock.now())
    if lack is None:
        keep_back(tenant, later, group)
        return True
    keep_waiting(tenant, list(group), SPENT, report)
    _say_once(report, SPENT, f"nothing more is sent for now: {lack}")
    return False


def _may_leave_today(tenant: Tenant, due: Sequence[Reminder]) -> list[Reminder]:
    """Approved, and within the day's cap; oldest debt first, as `due` is."""
    approved = let_go(tenant, due)
    room = tenant.settings.daily_cap - tenant.store.reminders.messages_on(tenant.today, tenant.zone)
    admitted: set[ContactId] = set(list(dict.fromkeys(r.contact_id for r in approved))[: max(room, 0)])
    return [r for r in approved if r.contact_id in admitted]


def _need(tenant: Tenant, waiting: Sequence[Reminder], leaving: int) -> Need:
    customers = len({reminder.contact_id for reminder in waiting})
    return Need(
        owed=len(tenant.store.reminders.owed_notes()) + leaving,
        notes=len(waiting),
        verification=-(-customers // TOGETHER) * LIVE_READ,
        enclosures=_enclosures(tenant, waiting),
    )


def _enclosures(tenant: Tenant, waiting: Sequence[Reminder]) -> int:
    """A PDF each time, the link once in an invoice's life."""
    invoices = {reminder.invoice_id for reminder in waiting}
    links = sum(tenant.store.mirror.pay_url(invoice) is None for invoice in invoices)
    return links + (len(invoices) if tenant.settings.attach_pdf else 0)


def _say_once(report: CycleReport, code: str, words: str) -> None:
    if all(problem.code != code for problem in report.problems):
        report.problems.append(Problem(code, words))
