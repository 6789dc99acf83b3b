"""What callers hand to the stores and get back from them, beyond the words in `model`."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from state.model import ContactId, InvoiceId, MessageId

OWN_WORDS = "(edited)"  # no template can be called so

Outcome = Literal["sending", "sent", "refused", "not_sent", "unsure"]


class PlannedStage(Struct, frozen=True, kw_only=True):
    """A stage that the decision pass wants to send on `planned_for`."""

    invoice_id: InvoiceId
    contact_id: ContactId
    stage: str
    round: int
    planned_for: date
    channel: str = "email"


class MessageDraft(Struct, frozen=True, kw_only=True):
    """A message about to leave, as it is written down before the first byte does."""

    id: MessageId
    contact_id: ContactId
    channel: str
    stage: str
    subject: str
    recipients: tuple[str, ...]
    text: str
    totals: str  # JSON: currency -> minor units
    template: str | None = None  # that it was worded by; OWN_WORDS: a person. None: not written down


class MessageRecord(Struct, frozen=True, kw_only=True):
    """A message and what became of it. `sending` without a live owner means that nobody knows yet."""

    draft: MessageDraft
    owner: str
    claimed_at: datetime
    business_day: date
    outcome: Outcome
    reason: str | None
    provider_id: str | None
    settled_at: datetime | None


class RecoveryReport(Struct, frozen=True):
    """What was found after a crash."""

    unknown: int  # reminders that may or may not have left
    replanned: int  # verified, but never claimed


class CycleRecord(Struct, frozen=True, kw_only=True):
    """One polling cycle. `finished_at` stays None if it was killed."""

    id: int
    started_at: datetime
    business_day: date
    finished_at: datetime | None
    report: str | None  # JSON
