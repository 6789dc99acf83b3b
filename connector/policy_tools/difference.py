"""Which customers another policy would treat differently: what a person looks at before a change goes live.

Both policies look ahead from the same mirror on the same day. Whoever gets the same messages on the same days by the
same channel, in the same words, from and to the same people and with the same demands, is not mentioned.
"""

from datetime import date

from msgspec import Struct

from connector.dunning.calendar import Calendar
from connector.dunning.consolidate import CustomerMessagePlan
from connector.dunning.forecast import Foresight
from connector.dunning.segments import PolicyBook
from connector.policy_tools.sentences import traits
from state.model import Account


class Treatment(Struct, frozen=True):
    """What one policy does with a customer: its segment, and the messages of the coming days."""

    segment: str
    sends: tuple[str, ...]  # as `2026-03-12 firm by email: INV-1, INV-2`
    held: tuple[str, ...]  # as `INV-3: no_channel`


class Change(Struct, frozen=True):
    """A customer whom the two policies treat differently."""

    contact_id: str
    customer: str
    before: Treatment
    after: Treatment


class Rules(Struct, frozen=True):
    """A tenant's policy and the days it keeps."""

    book: PolicyBook
    calendar: Calendar


def difference(accounts: list[Account], before: Rules, after: Rules, today: date, days: int) -> list[Change]:
    """The customers of `accounts` whom `before` and `after` treat differently in the coming `days` days."""
    old, new = (_treatments(accounts, rules, today, days) for rules in (before, after))
    return [
        Change(account.contact_id, account.name, then, now)
        for account, then, now in zip(accounts, old, new, strict=True)
        if then != now
    ]


def _treatments(accounts: list[Account], rules: Rules, today: date, days: int) -> list[Treatment]:
    foresight = Foresight(rules.book, rules.calendar)
    return [_treatment(account, foresight, rules, today, days) for account in accounts]


def _treatment(account: Account, foresight: Foresight, rules: Rules, today: date, days: int) -> Treatment:
    foreseen = foresight.preview(account, today, days)
    return Treatment(
        segment=rules.book.choose(account, today).segment,
        sends=tuple(
            f"{send.on} {send.plan.tone} by {_manner(send.plan)}:"
            f" {', '.join(r.receivable.number or r.receivable.invoice_id for r in send.plan.reminders)}"
            for send in foreseen.sends
        ),
        held=tuple(
            f"{held.decision.receivable.number or held.decision.invoice_id}: {held.decision.reasons[0].code}"
            for held in foreseen.held
        ),
    )


def _manner(plan: CustomerMessagePlan) -> str:
    """The channel, and what else is not the usual about the stage; an instalment has no stage of the policy."""
    return plan.channel if plan.plan is not None else ", ".join((plan.channel, *traits(plan.stage)))
