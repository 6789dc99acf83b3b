"""From the tables about asking for money to the policy that decides: every stage with its own day, written out.

"So many days after the stage before" and "again every seven days" are ways of writing; what decides knows only stages
that each have a day, so that both mean the same in previews, in histories and after a restart.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from connector.config.policy import PolicySection, SegmentSection, SequenceSection, StageSection
from connector.config.values import parse_threshold
from connector.dunning.best_time import BestTime
from connector.dunning.policy import Basis, Policy, Stage, Threshold
from connector.dunning.segments import STANDARD, Rules, Segment
from connector.dunning.trial import Trial

_BASES: dict[str, Basis] = {"due": "due", "month_end": "month_end"}
FINAL_NOTICE_DAYS = 7  # what a final notice gives the customer if the policy does not say


def template_of(stage: StageSection) -> str:
    return stage.template or stage.name


def written_out(stages: Iterable[StageSection], *, off: bool = False) -> Iterator[tuple[int, Stage]]:
    """The stages that go, or those that are `off`, each on its day and with its table's position; repetitions too.

    A stage that counts from the one before counts from what that one does.
    """
    day, basis = 0, _BASES["due"]
    for position, section in enumerate(stages):
        day = day + section.offset_days if section.after == "previous" else section.offset_days
        basis = _BASES.get(section.after, basis)
        times = section.repeat_times if section.repeat_days else 0
        for turn in range(times + 1):
            if (section.mode == "off") is off:
                yield position, _stage(section, day, basis, turn)
            day += section.repeat_days if turn < times else 0


def repeated_name(name: str, turn: int) -> str:
    """How the repetitions of a stage are called: final, final-2, final-3."""
    return f"{name}-{turn + 1}" if turn else name


def standard_policy(section: PolicySection, sequence: str) -> Policy:
    """The sequence called `sequence`; empty or standard: that of [policy] itself."""
    if sequence in ("", STANDARD):
        return _policy(STANDARD, section, section)
    return _policy(sequence, section, section.sequences[sequence])


def segments_of(section: PolicySection, slug: str) -> tuple[Segment, ...]:
    """The segments that concern the tenant `slug`, in order."""
    return tuple(
        Segment(name=each.name, rules=_rules(each), policy=standard_policy(section, each.sequence))
        for each in section.segments
        if not each.tenants or slug in each.tenants
    )


def trial_of(section: PolicySection) -> Trial | None:
    """The control group; None: there is none."""
    group = section.control_group
    if not group.share_percent:
        return None
    return Trial(
        percent=group.share_percent,
        start_days=group.start_days,
        below=parse_threshold(group.below),
        paid_at_least=group.paid_at_least,
        days_late_less_than=Decimal(group.days_late_less_than),
    )


def best_time_of(section: PolicySection) -> BestTime | None:
    """What is said of customers' own times; None: they are not used."""
    return BestTime(section.best_time.most_days) if section.best_time.on else None


def _policy(name: str, usual: PolicySection, own: PolicySection | SequenceSection) -> Policy:
    tolerance = usual.tolerance if own.tolerance is None else own.tolerance
    return Policy(
        name=name,
        stages=tuple(stage for _, stage in written_out(own.stages)),
        retired=tuple(stage for _, stage in written_out(own.stages, off=True)),
        minimum_gap_days=usual.minimum_gap_days if own.minimum_gap_days is None else own.minimum_gap_days,
        tolerance=parse_threshold(tolerance),
        handover_days=usual.handover_days if own.handover_days is None else own.handover_days,
        credit=own.credit or usual.credit,
        nudge_early_payers=usual.nudge_early_payers if own.nudge_early_payers is None else own.nudge_early_payers,
        do_not_chase_groups=frozenset(usual.do_not_chase_groups),
        plan_tolerance_days=usual.plan_tolerance_days,
        plan_broken=usual.plan_broken,
    )


def _stage(section: StageSection, day: int, basis: Basis, turn: int) -> Stage:
    template = template_of(section)
    deadline = section.deadline_days or (FINAL_NOTICE_DAYS if template == "final" else None)
    return Stage(
        repeated_name(section.name, turn),
        day,
        template,
        minimum=parse_threshold(section.minimum) if section.minimum else None,
        basis=basis,
        channels=section.channels,
        owner=section.owner,
        sender=section.sender,
        recipients=section.recipients,
        deadline_days=deadline,
        mode=section.mode if section.mode in ("approve", "auto") else None,
        blocks=section.blocks,
        charges=section.charges,
    )


def _rules(section: SegmentSection) -> Rules:
    return Rules(
        ledgers=frozenset(section.ledgers),
        countries=frozenset(section.countries),
        currencies=frozenset(section.currencies),
        groups=frozenset(section.groups),
        owes_at_least=_threshold(section.owes_at_least),
        owes_less_than=_threshold(section.owes_less_than),
        overdue_at_least=section.overdue_at_least,
        overdue_less_than=section.overdue_less_than,
        paid_at_least=section.paid_at_least,
        paid_less_than=section.paid_less_than,
        days_late_at_least=_number(section.days_late_at_least),
        days_late_less_than=_number(section.days_late_less_than),
        rating=frozenset(section.rating),
    )


def _threshold(amounts: dict[str, str]) -> Threshold | None:
    return parse_threshold(amounts) if amounts else None


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
