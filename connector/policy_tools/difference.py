"""Which customers another policy would treat differently: what a person looks at before a change goes live.

Both policies look ahead from the same mirror on the same day, each with its own daily cap. Whoever gets the same
messages on the same days by the same channel, in the same words, from and to the same people and with the same demands,
let go by the same hand, is not mentioned.
"""

from datetime import date
from typing import Literal

from msgspec import Struct

from connector.dunning.calendar import Calendar
from connector.dunning.capped_forecast import Room, capped
from connector.dunning.consolidate import CustomerMessagePlan
from connector.dunning.forecast import Forecast
from connector.dunning.policy import Mode
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
    """A tenant's policy, the days it keeps, who lets messages go, and how many may leave on a day."""

    book: PolicyBook
    calendar: Calendar
    mode: Mode | Literal["off"]
    room: Room


def difference(accounts: list[Account], before: Rules, after: Rules, today: date, days: int) -> list[Change]:
    """The customers of `accounts` whom `before` and `after` treat differently in the coming `days` days."""
    tell_mode = before.mode != after.mode
    old, new = (_treatments(accounts, rules, today, days, tell_mode=tell_mode) for rules in (before, after))
    return [
        Change(account.contact_id, account.name, then, now)
        for account, then, now in zip(accounts, old, new, strict=True)
        if then != now
    ]


def _treatments(accounts: list[Account], rules: Rules, today: date, days: int, *, tell_mode: bool) -> list[Treatment]:
    """In the order of `accounts`."""
    foreseen = {
        account.contact_id: each
        for account, each in capped(accounts, rules.book, rules.calendar, today, days, rules.room)
    }
    segments = (rules.book.choose(account, today).segment for account in accounts)
    mode = rules.mode if tell_mode else None
    return [
        _treatment(segment, foreseen[account.contact_id], rules, mode)
        for account, segment in zip(accounts, segments, strict=True)
    ]


def _treatment(segment: str, foreseen: Forecast, rules: Rules, mode: str | None) -> Treatment:
    return Treatment(
        segment=segment,
        sends=()
        if rules.mode == "off"
        else tuple(
            f"{send.on} {send.plan.tone} by {_manner(send.plan, mode)}:"
            f" {', '.join(r.receivable.number or r.receivable.invoice_id for r in send.plan.reminders)}"
            for send in foreseen.sends
        ),
        held=tuple(
            f"{held.decision.receivable.number or held.decision.invoice_id}: {held.decision.reasons[0].code}"
            for held in foreseen.held
        ),
    )


def _manner(plan: CustomerMessagePlan, mode: str | None) -> str:
    """The channel, and what else is not the usual about the stage; an instalment has no stage of the policy.

    `mode` is the tenant's, if it is to be told.
    """
    own = traits(plan.stage) if plan.plan is None else ()
    tenants = [f"in mode {mode}"] if mode is not None and (plan.plan is not None or plan.stage.mode is None) else []
    return ", ".join((plan.channel, *own, *tenants))
