"""Small ledgers to decide about: one customer, a few invoices, everything ordinary unless a test says otherwise."""

from datetime import UTC, date, datetime
from typing import Any

from connector.dunning.calendar import Calendar
from connector.dunning.decide import decide
from connector.dunning.policy import Policy
from connector.dunning.reasons import Decision
from state.model import (
    Account,
    ContactId,
    ContactStatus,
    Hold,
    InvoiceId,
    Receivable,
    ReminderState,
    StageProgress,
)

EVERY_DAY = Calendar(weekends=True)
WEEKDAYS = Calendar()
DEFAULT = Policy()


def a_receivable(invoice: str = "inv-1", **fields: Any) -> Receivable:
    """600.00 GBP due on Monday 2 March 2026."""
    return Receivable(
        **{
            "invoice_id": InvoiceId(invoice),
            "contact_id": ContactId("customer"),
            "number": invoice.upper(),
            "currency": "GBP",
            "due_minor": 600_00,
            "due_on": date(2026, 3, 2),
            **fields,
        }
    )


def an_account(*receivables: Receivable, **fields: Any) -> Account:
    return Account(
        **{
            "contact_id": ContactId("customer"),
            "name": "Example Ltd",
            "status": ContactStatus.ACTIVE,
            "addresses": ("accounts@customer.example",),
            "receivables": receivables,
            **fields,
        }
    )


def a_hold(reason: str = "manual", until: date | None = None, scope: str = "invoice") -> Hold:
    return Hold(
        id=1,
        scope=scope,
        target="inv-1",
        reason=reason,
        until=until,
        note=None,
        placed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def sent(stage: str, on: date, state: ReminderState = ReminderState.NOTED) -> StageProgress:
    return StageProgress(stage, state, on)


def pending(stage: str, state: ReminderState) -> StageProgress:
    return StageProgress(stage, state, None)


def decide_one(
    receivable: Receivable, today: date, policy: Policy = DEFAULT, calendar: Calendar = EVERY_DAY, **account: Any
) -> Decision:
    """The decision about the only invoice of a customer."""
    (decision,) = decide(an_account(receivable, **account), policy, calendar, today)
    return decision


def codes(decision: Decision) -> list[str]:
    return [reason.code.value for reason in decision.reasons]
