"""What the firm has decided about asking for its money: which stages, when, how often, from which amount.

A policy is plain data. `connector.config.settings` builds it from the configuration file and refuses what makes no
sense; the code here trusts it and only answers questions about it.
"""

from decimal import Decimal

from msgspec import Struct

from state.money import exponent


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
    """One step of the sequence: `offset_days` after the due date (negative: before it), worded by `template`."""

    name: str
    offset_days: int
    template: str
    minimum: Threshold | None = None  # an invoice owing less than this passes the stage by

    @property
    def before_due(self) -> bool:
        """A courtesy before the due date: it may be missed and is never sent late."""
        return self.offset_days < 0


DEFAULT_STAGES = (
    Stage("friendly", -3, "friendly"),
    Stage("soft", 1, "soft"),
    Stage("firm", 8, "firm"),
    Stage("final", 21, "final"),
)


class Policy(Struct, frozen=True, kw_only=True):
    """The dunning policy of one tenant. Offsets rise strictly; `handover_days` lies after the last of them."""

    stages: tuple[Stage, ...] = DEFAULT_STAGES
    minimum_gap_days: int = 4  # between two messages to the same customer, over all its invoices
    tolerance: Threshold = Threshold(Decimal("1.00"))  # owing this or less is not worth a letter
    handover_days: int = 35  # after the due date: then a person decides how to go on

    def stages_for(self, currency: str, due_minor: int) -> tuple[Stage, ...]:
        """The stages an invoice owing `due_minor` goes through."""
        return tuple(s for s in self.stages if s.minimum is None or due_minor >= s.minimum.of(currency))

    def position(self, stage: str) -> int:
        """Where `stage` stands in the sequence, counted from 0; ValueError if it is not part of it."""
        for position, candidate in enumerate(self.stages):
            if candidate.name == stage:
                return position
        raise ValueError(f"the policy has no stage {stage!r}")
