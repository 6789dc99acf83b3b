"""Measured process: the live proof of many reminders, each to another customer, by the calls it takes."""

import sys
from pathlib import Path

import structlog
from msgspec import Struct

from bench.access import Access
from bench.process import answer, read_task
from connectors.transport import CallMeter
from state.clock import ManualClock
from state.model import InvoiceId, Reminder, ReminderId, ReminderState
from state.store import TenantStore
from sync.pull import pull
from sync.verify import verify


class VerifyTask(Struct, frozen=True):
    """A reminder for each of the invoices with these numbers."""

    access: Access
    file: str
    numbers: list[str]


class VerifyOutcome(Struct, frozen=True, kw_only=True):
    calls: dict[str, int]
    proofs: int
    credits: int
    contacts: int


def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    task = read_task(VerifyTask)
    clock = ManualClock(task.access.now)
    with TenantStore.open(Path(task.file)) as store:
        pull(task.access.open(clock, CallMeter()), store, clock)
        meter = CallMeter()
        reminders = [_reminder(store, number, clock) for number in task.numbers]
        verification = verify(task.access.open(clock, meter), store, reminders)
    answer(
        VerifyOutcome(
            calls=dict(meter.by_operation),
            proofs=len(verification.proofs),
            credits=len(verification.credits),
            contacts=len({reminder.contact_id for reminder in reminders}),
        )
    )


def _reminder(store: TenantStore, number: str, clock: ManualClock) -> Reminder:
    [invoice] = store.mirror.find_invoice(number)
    return Reminder(
        id=ReminderId(number),
        invoice_id=InvoiceId(invoice.id),
        contact_id=invoice.contact_id,
        stage="soft",
        round=1,
        state=ReminderState.PLANNED,
        planned_for=clock.now().date(),
        approved=True,
    )


if __name__ == "__main__":
    main()
