"""What sixty days came to: Dun's own tally beside the books' verdict, which alone decides whether the demo passes."""

from collections import Counter
from pathlib import Path
from typing import Any

from msgspec import Struct

from connector.demo.telling import CaseResult, tell_cases
from connector.dunning.reasons import Action, ReasonCode, reasons_from_json
from connector.report import CycleReport
from connector.wiring import Installation
from connectors.sandbox.judge import verdict
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.world import World
from state.model import InvoiceStatus, ReminderState, TenantSlug
from state.store import TenantStore

Diary = dict[TenantSlug, list[CycleReport]]
_NOT_CHASED = (Action.ASK_PERSON, Action.STOP, Action.SKIP)
_HELD_FOR_A_WHILE = (ReasonCode.HELD, ReasonCode.PROMISED, ReasonCode.PAYMENT_SCHEDULED)


class TenantResult(Struct, frozen=True, kw_only=True):
    """One tenant over all days. `api_calls` is what its ledger was asked, by the connector's own meter."""

    ledger: str
    company: str
    sent: int
    messages: int
    notes: int
    api_calls: int


class DemoResult(Struct, frozen=True, kw_only=True):
    """The whole demo. The counts of the four promises come from the books, from what the receivers got."""

    days: int
    sent: int  # reminders: one invoice at one stage
    messages: int
    sent_by_stage: dict[str, int]
    stopped_paid: int  # sequences under way that ended because the money came
    stopped_at_live_check: dict[str, int]
    netted: int  # messages that asked for less because of unapplied credit
    held: dict[str, int]  # open invoices that are not chased at the end, by reason
    problems: dict[str, int]
    chased_paid: int
    duplicates: int
    wrong_amounts: int
    reminders_without_note: int
    notes_without_reminder: int
    tenants: dict[str, TenantResult]
    cases: list[CaseResult]
    truth: dict[str, Any]
    folder: str

    @property
    def broken_promises(self) -> list[str]:
        """What must be zero and is not; a demo that sent nothing proves nothing."""
        promised = ("chased_paid", "duplicates", "wrong_amounts", "reminders_without_note", "notes_without_reminder")
        broken = [f"{name}: {count}" for name in promised if (count := getattr(self, name))]
        return broken if self.sent else [*broken, "nothing was sent"]


def summarise(installation: Installation, world: World, diary: Diary, folder: Path) -> DemoResult:
    """Add up the diary, ask the books, and leave the mails to look at."""
    truth = verdict(world)
    reports = [report for of_tenant in diary.values() for report in of_tenant]
    _leave_mails(world.messages, folder / "mails")
    stores = [_of_store(installation, slug) for slug in diary]
    return DemoResult(
        days=len({report.business_day for report in reports}),
        sent=sum(report.sent.total() for report in reports),
        messages=sum(report.messages for report in reports),
        sent_by_stage=dict(_sum(report.sent for report in reports)),
        stopped_paid=sum(paid for paid, _ in stores),
        stopped_at_live_check=dict(_sum(report.stopped for report in reports)),
        netted=sum(report.netted for report in reports),
        held=dict(_sum(held for _, held in stores).most_common()),
        problems=dict(Counter(problem.code for report in reports for problem in report.problems)),
        chased_paid=truth["chased_paid"],
        duplicates=truth["duplicates"],
        wrong_amounts=truth["wrong_amounts"],
        reminders_without_note=truth["reminders_without_note"],
        notes_without_reminder=truth["notes_without_reminder"],
        tenants={slug: _tenant(installation, slug, of_tenant) for slug, of_tenant in diary.items()},
        cases=tell_cases(installation, world),
        truth=truth,
        folder=str(folder),
    )


def _sum(counters: Any) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _of_store(installation: Installation, slug: TenantSlug) -> tuple[int, Counter[str]]:
    with installation.store(slug) as store:
        return _stopped_because_paid(store), _held(store)


def _stopped_because_paid(store: TenantStore) -> int:
    """Invoices with a reminder sent or planned that were then paid, so that their remaining stages never came."""
    under_way = (ReminderState.SENT, ReminderState.NOTED, ReminderState.SKIPPED)
    chased = {reminder.invoice_id for state in under_way for reminder in store.reminders.in_state(state)}
    invoices = (store.mirror.invoice(invoice_id) for invoice_id in chased)
    return sum(invoice is not None and invoice.status is InvoiceStatus.PAID for invoice in invoices)


def _held(store: TenantStore) -> Counter[str]:
    decided = [(row.action, reasons_from_json(row.reasons)[0].code) for row in store.decisions.current()]
    return Counter(str(code) for action, code in decided if action in _NOT_CHASED or code in _HELD_FOR_A_WHILE)


def _tenant(installation: Installation, slug: TenantSlug, reports: list[CycleReport]) -> TenantResult:
    known = installation.registry.tenant(slug)
    return TenantResult(
        ledger=installation.config.tenant(slug).ledger,
        company=known.name if known else slug,
        sent=sum(report.sent.total() for report in reports),
        messages=sum(report.messages for report in reports),
        notes=sum(report.notes_written for report in reports),
        api_calls=sum(report.api_calls for report in reports),
    )


def _leave_mails(messages: list[ReceivedMessage], folder: Path) -> None:
    """Every message as the receiver got it, one text file each, in order of arrival; a letter also as it is printed."""
    folder.mkdir(exist_ok=True)
    for number, message in enumerate(messages, 1):
        head = (
            f"Arrived: {message.arrived_at.isoformat()} by {message.channel}\nFrom: {message.sender}\n"
            f"To: {', '.join(message.recipients)}\nSubject: {message.subject}\n\n"
        )
        name = f"{number:04}-{message.arrived_at:%Y-%m-%d}-{message.stage or 'message'}.txt"
        (folder / name).write_text(head + message.text, encoding="utf-8")
        if message.pdf:
            (folder / name).with_suffix(".pdf").write_bytes(message.pdf)
