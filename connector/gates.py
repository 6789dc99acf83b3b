"""What may leave at this moment: approved, inside the sending window, at its own minute, within the day's cap.

A gate never ends a reminder. It stays planned, the reason is stored, and the next cycle asks again.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.customer_zones import Whereabouts
from connector.dunning.calendar import own_minute
from connector.dunning.reasons import Action, Decision, Timed
from connector.report import CycleReport
from connector.tenant import NUMBERS, Tenant
from state.model import Account, ContactId, Reminder

_LAST_MINUTE = 59  # of an hour


def due_reminders(tenant: Tenant, decided: Iterable[tuple[Account, list[Decision]]]) -> list[Reminder]:
    """Planned reminders that today's decisions still want sent, oldest debt first."""
    wanted = {
        (decision.invoice_id, decision.stage): decision.receivable.due_on or date.max
        for _, decisions in decided
        for decision in decisions
        if decision.action is Action.SEND
    }
    due = [r for r in tenant.store.reminders.planned() if (r.invoice_id, r.stage) in wanted]
    return sorted(due, key=lambda r: (wanted[r.invoice_id, r.stage], r.contact_id, r.id))


def own_times(decided: Iterable[tuple[Account, list[Decision]]]) -> dict[ContactId, Timed]:
    """Of customers whose message is to leave today at their own time."""
    return {
        account.contact_id: timed
        for account, decisions in decided
        for decision in decisions
        if decision.action is Action.SEND and (timed := decision.outcome.timed) is not None and timed.own
    }


def admit(tenant: Tenant, due: list[Reminder], times: dict[ContactId, Timed], report: CycleReport) -> list[Reminder]:
    """Those of `due` that may leave now; `times` are customers' own. The cap counts messages, one to a customer."""
    approved = let_go(tenant, due)
    report.awaiting_approval = len(due) - len(approved)
    approved = _in_the_window(tenant, approved, times, report)
    room = tenant.settings.daily_cap - tenant.store.reminders.messages_on(tenant.today, tenant.zone)
    admitted = set(list(dict.fromkeys(r.contact_id for r in approved))[: max(room, 0)])
    return _within_cap(tenant, approved, admitted, report)


def let_go(tenant: Tenant, due: Iterable[Reminder]) -> list[Reminder]:
    """Those that a person has approved, or whose stage needs nobody's approval. In mode off, none.

    Whose edited text was dropped, and with it the approval, goes no further by itself, whatever the mode.
    """
    book, mode = tenant.settings.book, tenant.settings.mode
    if mode == "off":
        return []
    asked = tenant.store.edits.unanswered()
    return [r for r in due if r.approved or (r.id not in asked and book.mode_of(r.stage, mode) == "auto")]


def _in_the_window(
    tenant: Tenant, approved: list[Reminder], times: dict[ContactId, Timed], report: CycleReport
) -> list[Reminder]:
    """Those whose hour and minute have come, by the clock that counts for their customer."""
    now, rung = tenant.clock.now(), {r.contact_id: r.channel for r in approved if r.channel in NUMBERS}
    places = {r.contact_id: tenant.whereabouts(r.contact_id, rung.get(r.contact_id, r.channel)) for r in approved}
    early = {each: _too_early(tenant, each, place, times.get(each), now) for each, place in places.items()}
    for reason in {reason for reason in early.values() if reason}:
        keep_waiting(tenant, [r for r in approved if early[r.contact_id] == reason], reason, report)
    return [r for r in approved if early[r.contact_id] is None]


def _too_early(
    tenant: Tenant, contact_id: ContactId, place: Whereabouts, timed: Timed | None, now: datetime
) -> str | None:
    if not tenant.may_send_at(now, place):
        return "outside_sending_window"
    if timed is not None and timed.hour is not None and timed.on == tenant.today:
        return None if now >= _own_minute(tenant, contact_id, timed.hour, timed.zone) else "before_own_hour"
    if len(tenant.clocks(place)) > 1:  # the hours that suit several zones may be too few to spread over
        return None
    minutes = own_minute(contact_id, tenant.today, tenant.settings.spread_minutes)
    return None if tenant.may_send_at(now - timedelta(minutes=minutes), place) else "spread_over_the_window"


def _own_minute(tenant: Tenant, contact_id: ContactId, hour: int, zone: str) -> datetime:
    """When today's message leaves at the customer's own hour: spread over it, but never beyond it."""
    begins = datetime.combine(tenant.today, time(hour), ZoneInfo(zone))
    spread = min(tenant.settings.spread_minutes, _LAST_MINUTE)
    return begins + timedelta(minutes=own_minute(contact_id, tenant.today, spread))


def _within_cap(
    tenant: Tenant, approved: list[Reminder], admitted: set[ContactId], report: CycleReport
) -> list[Reminder]:
    keep_waiting(tenant, [r for r in approved if r.contact_id not in admitted], "daily_cap", report)
    return [r for r in approved if r.contact_id in admitted]


def keep_waiting(tenant: Tenant, reminders: list[Reminder], reason: str, report: CycleReport) -> None:
    """Leave reminders planned with `reason` stored next to them."""
    if reminders:
        tenant.store.reminders.note_reason([r.id for r in reminders], reason, tenant.clock.now())
        report.waiting[reason] += len(reminders)
