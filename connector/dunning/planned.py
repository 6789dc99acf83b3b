"""A policy as customers of one country and kind would meet it: what is held against the law.

The rules look at days, channels, charges and deadlines only, so that they can be read beside the texts they come from.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from connector.dunning.calendar import SendingWindow
from connector.dunning.late_terms import Debtor, Terms
from connector.dunning.policy import Channel, Policy, Stage
from connector.dunning.segments import STANDARD, PolicyBook


class PlannedStage(Struct, frozen=True, kw_only=True):
    """One step, on its day counted from the due date."""

    name: str
    day: int
    channels: tuple[Channel, ...] = ("email",)
    charges: Literal["none", "mention", "claim"] = "none"
    deadline_days: int | None = None
    announces_court: bool = False


class Hours(Struct, frozen=True):
    """When messages come to the customers of one country, by their clocks."""

    window: SendingWindow
    on_their_walls: Mapping[Channel, tuple[SendingWindow, ...]]  # of channels that leave by the firm's clock instead


HoursIn = Callable[[str], Hours]


class PlannedPolicy(Struct, frozen=True, kw_only=True):
    """A sequence as some customers meet it. Stages are in the order of their days, repetitions written out."""

    stages: tuple[PlannedStage, ...]
    country: str  # the customers', ISO 3166 alpha-2; empty: not known
    customers: Debtor = "unknown"
    terms: Terms | None = None  # by which charges are asked for
    window: SendingWindow = SendingWindow()
    on_their_walls: Mapping[Channel, tuple[SendingWindow, ...]] = {}  # see Hours

    @property
    def charging(self) -> tuple[PlannedStage, ...]:
        return tuple(stage for stage in self.stages if stage.charges != "none")

    @property
    def perhaps_consumers(self) -> bool:
        return self.customers != "business"


def planned_for(
    book: PolicyBook, home: str, customers: Debtor, terms: Terms | None, hours_in: HoursIn
) -> Iterator[tuple[str, PlannedPolicy]]:
    """Each segment by name and country, the standard sequence last; customers are at `home` where no rule says else."""
    for segment in book.segments:
        for country in sorted(segment.rules.countries) or [home]:
            yield segment.name, planned(segment.policy, country, customers, terms, hours_in(country))
    yield STANDARD, planned(book.standard, home, customers, terms, hours_in(home))


def planned(policy: Policy, country: str, customers: Debtor, terms: Terms | None, hours: Hours) -> PlannedPolicy:
    """One sequence. A stage that counts from the end of the month stands on the earliest day it can have."""
    return PlannedPolicy(
        stages=tuple(map(_stage, policy.stages)),
        country=country,
        customers=customers,
        terms=terms,
        window=hours.window,
        on_their_walls=hours.on_their_walls,
    )


def _stage(stage: Stage) -> PlannedStage:
    return PlannedStage(
        name=stage.name,
        day=stage.offset_days,
        channels=stage.channels,
        charges=stage.charges,
        deadline_days=stage.deadline_days,
    )
