"""The control group: a stated share of small, good payers who hear of debts later, to learn what reminding changes.

Who is in it is drawn from the customer's id alone, so that every machine, preview and restart draws the same; and a
larger share keeps those who were in the smaller one. Nobody is held back from what the law or the policy demands: only
the ordinary first message of an invoice waits, and only of customers about whom nothing else is agreed or in doubt.
"""

from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

from msgspec import Struct

from connector.dunning.calendar import shift
from connector.dunning.policy import Stage, Threshold
from connector.dunning.reasons import Action, Outcome, ReasonCode, because
from state.model import Account, ContactStatus, Receivable, ReminderState
from state.money import MoneyError

_HUNDRED = 100
_NO_MAIL = frozenset(("letter", "call", "voice"))
_LEFT = frozenset(
    (ReminderState.SENT, ReminderState.NOTED, ReminderState.UNKNOWN, ReminderState.FAILED, ReminderState.SENDING)
)


class Trial(Struct, frozen=True, kw_only=True):
    """Who may be drawn, how many of them are, and when they first hear of an invoice."""

    percent: int  # of those who may be drawn, 1 to 50
    start_days: int  # after the due date
    below: Threshold  # only who owes less, in every currency
    paid_at_least: int  # only who has paid so many invoices before
    days_late_less_than: Decimal  # only who pays less late on average

    def may_be_drawn(self, account: Account) -> bool:
        """Whether the customer is a small, good payer about whom nothing is agreed, held or unclear."""
        history = account.history
        if history is None or history.paid < self.paid_at_least or history.mean_days_late is None:
            return False
        return (
            history.mean_days_late < self.days_late_less_than and _is_ordinary(account) and self._owes_little(account)
        )

    def holds_back(self, account: Account) -> bool:
        """Whether the customer may be drawn, and is."""
        return is_drawn(account.contact_id, self.percent) and self.may_be_drawn(account)

    def later(self, step: Outcome, stage: Stage | None, receivable: Receivable) -> Outcome:
        """`step` of a customer that is held back, or the same once the day has come."""
        if receivable.due_on is None or stage is None or not _may_wait(stage, receivable):
            return step
        first = shift(receivable.due_on, self.start_days)
        if step.action not in (Action.SEND, Action.WAIT) or step.next_on is None or step.next_on >= first:
            return step
        reason = because(ReasonCode.CONTROL_GROUP, stage=stage.name, until=first, percent=self.percent)
        return replace(step, action=Action.WAIT, reasons=(reason,), next_on=first)

    def _owes_little(self, account: Account) -> bool:
        owed: dict[str, int] = {}
        for receivable in account.receivables:
            owed[receivable.currency] = owed.get(receivable.currency, 0) + receivable.due_minor
        try:
            return all(minor < self.below.of(currency) for currency, minor in owed.items())
        except MoneyError:  # a currency whose units nobody knows is neither much nor little
            return False


def is_drawn(contact_id: str, percent: int) -> bool:
    """Whether the customer is among the `percent` of a hundred that are held back; the same for ever."""
    number = int.from_bytes(sha256(f"dun control group {contact_id}".encode()).digest()[:8])
    return number * _HUNDRED < percent << 64


def _is_ordinary(account: Account) -> bool:
    agreed = account.plans or account.preference is not None or account.holds or account.unreadable
    return not agreed and account.status is ContactStatus.ACTIVE and all(map(_is_plain, account.receivables))


def _is_plain(receivable: Receivable) -> bool:
    agreed = receivable.promise or receivable.dispute or receivable.discount or receivable.expected_on
    return not (agreed or receivable.holds or receivable.disputed or receivable.last_letter or receivable.unreadable)


def _may_wait(stage: Stage, receivable: Receivable) -> bool:
    """Only the first message of an invoice, and only one that sets no deadline, claims nothing and is no formality."""
    formal = stage.deadline_days is not None or stage.charges != "none" or stage.by_decision
    elsewhere = (
        stage.sender == "escalated" or stage.recipients == "escalation" or not _NO_MAIL.isdisjoint(stage.channels)
    )
    return not formal and not elsewhere and all(step.state not in _LEFT for step in receivable.progress)
