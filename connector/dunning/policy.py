"""What the firm has decided about asking for its money: which stages, when, how, how often, from which amount.

A policy is plain data. `connector.config.settings` builds it from the configuration file and refuses what makes no
sense; the code here trusts it and only answers questions about it. One Policy is one sequence; a PolicyBook has all of
them, and the segments that say whose customers go through which.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from state.money import exponent
from state.stage_names import stage_of

Channel = Literal["email", "sms", "voice", "letter", "call"]
Mode = Literal["approve", "auto"]
Basis = Literal["due", "month_end"]


class Threshold(Struct, frozen=True):
    """An amount per currency: `minor` units where one is named, else `default` in major units (1.00 of anything)."""

    default: Decimal = Decimal(0)
    minor: dict[str, int] = {}

    def of(self, currency: str) -> int:
        """Minor units of `currency`; the default is rounded down to them. MoneyError for an unknown currency."""
        named = self.minor.get(currency)
        if named is not None:
            return named
        return int(self.default.scaleb(exponent(currency)))


class Stage(Struct, frozen=True):
    """One step of the sequence: `offset_days` after its `basis` (negative: before it), worded by `template`.

    A stage "after the previous one" and the repetitions of a stage are written out when the policy is read, as stages
    of their own; here every stage has its own day.
    """

    name: str
    offset_days: int
    template: str
    minimum: Threshold | None = None  # an invoice owing less than this passes the stage by
    basis: Basis = "due"  # month_end: the last day of the month in which the invoice is due
    channels: tuple[Channel, ...] = ("email",)  # the first by which the customer can be reached
    owner: str = ""  # who is responsible; a call lands on this person's list
    sender: Literal["normal", "escalated"] = "normal"
    recipients: Literal["everybody", "primary", "escalation", "billed_to"] = "everybody"
    deadline_days: int | None = None  # what the message gives the customer, moved to the next business day
    mode: Mode | None = None  # None: as the tenant's
    blocks: bool = True  # of a call: the next stage waits until somebody has written down how it went
    charges: Literal["none", "mention", "claim"] = "none"  # interest and compensation in the message
    by_decision: bool = False  # goes only where a person has decided so, after all the others

    @property
    def before_due(self) -> bool:
        """A courtesy before the due date: it may be missed and is never sent late."""
        return self.offset_days < 0 and self.basis == "due"


DEFAULT_STAGES = (
    Stage("friendly", -3, "friendly"),
    Stage("soft", 1, "soft"),
    Stage("firm", 8, "firm"),
    Stage("final", 21, "final", deadline_days=7),
)


class Policy(Struct, frozen=True, kw_only=True):
    """One sequence and its rules. Offsets rise strictly; `handover_days` lies after the last of them."""

    name: str = "standard"
    stages: tuple[Stage, ...] = DEFAULT_STAGES
    retired: tuple[Stage, ...] = ()  # that go no more, but may have gone
    minimum_gap_days: int = 4  # between two messages to the same customer, over all its invoices and channels
    tolerance: Threshold = Threshold(Decimal("1.00"))  # owing this or less is not worth a letter
    handover_days: int = 35  # counted as the last stage's day is: then a person decides how to go on
    credit: Literal["reduce", "hold", "ignore"] = "reduce"  # what unapplied credit does to the asking
    plan_tolerance_days: int = 3  # to pay an instalment after its day, and after its reminder
    plan_broken: Literal["ask", "resume"] = "ask"  # a person decides, or the sequence goes on at once
    nudge_early_payers: bool = False  # whether a courtesy before the due date goes to who pays before it anyway

    do_not_chase_groups: frozenset[str] = frozenset()  # of the ledger, in any case: whose customers are let alone

    @property
    def spares_early_payers(self) -> bool:
        """Whether who pays early makes a difference."""
        return not self.nudge_early_payers and any(stage.before_due for stage in self.stages)

    def stages_for(self, currency: str, due_minor: int) -> tuple[Stage, ...]:
        """The stages an invoice owing `due_minor` goes through."""
        return tuple(s for s in self.stages if s.minimum is None or due_minor >= s.minimum.of(currency))

    def position(self, stage: str) -> int:
        """Where `stage` stands in the sequence, counted from 0; ValueError if it is not part of it.

        Every attempt at a stage stands where it does.
        """
        for position, candidate in enumerate(self.stages):
            if candidate.name == stage_of(stage):
                return position
        raise ValueError(f"the policy has no stage {stage!r}")

    def stage(self, name: str) -> Stage:
        """The stage called `name`; ValueError if it is not part of the sequence."""
        return self.stages[self.position(name)]
