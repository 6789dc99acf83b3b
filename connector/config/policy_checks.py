"""What is wrong with a policy although every key in it is right: stages out of order, segments nobody can be in.

Each check yields the path of the key to look at and what to do about it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from connector.config.errors import Problem, dotted, toml_value
from connector.config.lines import KeyPath
from connector.config.policy import PolicySection, SegmentSection, SequenceSection, StageSection
from connector.config.sequences import template_of, written_out
from connector.config.values import parse_spell, parse_threshold
from connector.dunning.policy import Stage
from connector.dunning.segments import STANDARD
from connector.messages.context import STAGES

_MOST_DAYS_EARLY, _MOST_DAYS_LATE = 365, 3650  # beyond terms, on average
_NOBODY = "nobody can be in this segment"

Found = Iterator[tuple[KeyPath, Problem]]


def problem(path: KeyPath, what: str, mend: str, value: object = None) -> tuple[KeyPath, Problem]:
    """One thing to mend, at `path`."""
    return path, Problem(dotted(path), what, mend, None if value is None else toml_value(value))


def check_policy(policy: PolicySection, unread: frozenset[KeyPath] = frozenset()) -> Found:
    """Everything in [policy] that does not fit together; stages that are `unread` cannot be judged."""
    if ("policy", "stages") not in unread:
        yield from _sequence(("policy",), policy, policy)
    for name, sequence in policy.sequences.items():
        path: KeyPath = ("policy", "sequences", name)
        if name == STANDARD:
            yield problem(path, "is the name of the sequence in [policy] itself", "give it another name")
        yield from _sequence(path, policy, sequence)
    yield from _segments(policy, unread)
    yield from _control_group(policy)


def _control_group(policy: PolicySection) -> Found:
    """Whoever hears of an invoice so late that a person is asked how to go on has never been reminded."""
    own = [each.handover_days for each in policy.sequences.values() if each.handover_days is not None]
    if policy.control_group.share_percent and policy.control_group.start_days >= min([policy.handover_days, *own]):
        path: KeyPath = ("policy", "control_group", "start_days")
        yield problem(path, "is not before handover_days", "let the control group start earlier")


def check_quiet(path: KeyPath, quiet: tuple[str, ...]) -> Found:
    """A year in which every day is quiet would have no day to send on."""
    spells = [parse_spell(text) for text in quiet]
    days = [date(2000, 1, 1) + timedelta(days=number) for number in range(366)]
    yearly = [spell for spell in spells if spell.yearly]
    if yearly and all(any(spell.contains(day) for spell in yearly) for day in days):
        yield problem((*path, "quiet"), "leaves no day of the year", "shorten one of its times")


def _sequence(path: KeyPath, usual: PolicySection, own: PolicySection | SequenceSection) -> Found:
    yield from _stage_names(path, own.stages)
    stages = list(written_out(own.stages))
    if not stages:
        yield problem((*path, "stages"), "are all off", "let at least one stage go, or set mode = off in [sending]")
        return
    gap = usual.minimum_gap_days if own.minimum_gap_days is None else own.minimum_gap_days
    yield from _stage_days(path, stages, gap)
    yield from _first_is_after_nothing(path, own.stages)
    last = max(stage.offset_days for _, stage in stages)
    handover = usual.handover_days if own.handover_days is None else own.handover_days
    if handover <= last:
        yield problem(
            (*path, "handover_days"),
            f"comes before the sequence has ended on day {last}",
            f"use {last + 1} or more",
            handover,
        )


def _stage_names(path: KeyPath, stages: tuple[StageSection, ...]) -> Found:
    seen: set[str] = set()
    for position, stage in enumerate(stages):
        at: KeyPath = (*path, "stages", position)
        names = [written.name for _, written in written_out([stage.model_copy(update={"mode": ""})])]
        if not seen.isdisjoint(names):
            yield problem((*at, "name"), "is the name of an earlier stage too", "give each stage its own", stage.name)
        seen.update(names)
        if template_of(stage) not in STAGES:
            key = "template" if stage.template else "name"
            yield problem(
                (*at, key),
                "is not the name of a template",
                f"set template to one of {', '.join(STAGES)}",
                template_of(stage),
            )


def _first_is_after_nothing(path: KeyPath, stages: tuple[StageSection, ...]) -> Found:
    if stages[0].after == "previous":
        yield problem(
            (*path, "stages", 0, "after"), "has no stage before it", "let the first stage count from due or month_end"
        )


def _stage_days(path: KeyPath, stages: list[tuple[int, Stage]], gap: int) -> Found:
    for (_, before), (position, stage) in pairwise(stages):
        at: KeyPath = (*path, "stages", position, "offset_days")
        distance = stage.offset_days - before.offset_days
        if distance <= 0:
            yield problem(
                at,
                f"does not come after {before.name} on day {before.offset_days}",
                "order the stages by their day, each on a day of its own",
                stage.offset_days,
            )
        elif distance < gap:
            yield problem(
                at,
                f"is {distance} days after {before.name}, but customers are left alone for {gap} days between messages",
                f"use {before.offset_days + gap} or more, or lower {dotted((*path, 'minimum_gap_days'))}",
                stage.offset_days,
            )


def _segments(policy: PolicySection, unread: frozenset[KeyPath]) -> Found:
    seen: set[str] = set()
    for position, segment in enumerate(policy.segments):
        path: KeyPath = ("policy", "segments", position)
        if segment.name in seen or segment.name == STANDARD:
            yield problem((*path, "name"), "is taken already", "give each segment its own", segment.name)
        seen.add(segment.name)
        if segment.sequence != STANDARD and segment.sequence not in policy.sequences:
            known = ", ".join([STANDARD, *policy.sequences])
            yield problem((*path, "sequence"), "is no sequence of this file", f"use one of {known}", segment.sequence)
        yield from _never(path, segment)
    broken = {path[2] for path in unread if path[:2] == ("policy", "segments") and len(path) > 2}
    yield from _unreachable([each for each in enumerate(policy.segments) if each[0] not in broken])


def _never(path: KeyPath, segment: SegmentSection) -> Found:
    """Rules that contradict each other."""
    for least, below in (
        ("overdue_at_least", "overdue_less_than"),
        ("paid_at_least", "paid_less_than"),
        ("days_late_at_least", "days_late_less_than"),
    ):
        low, high = getattr(segment, least), getattr(segment, below)
        if low is not None and high is not None and float(low) >= float(high):
            yield problem((*path, below), f"is not more than {least}", _NOBODY, high)
    if segment.paid_less_than == 0:
        yield problem((*path, "paid_less_than"), "asks for less than nothing", "use 1 or more", segment.paid_less_than)
    yield from _no_average(path, segment)
    for key, flaw in (("owes_at_least", "asks for nothing"), ("owes_less_than", "asks for less than nothing")):
        amounts = getattr(segment, key)
        if amounts and not _any_amount(amounts):
            yield problem((*path, key), flaw, "name an amount above 0")
        elif amounts and segment.currencies and not _any_of(amounts, segment.currencies):
            only = ", ".join(segment.currencies)
            yield problem((*path, key), f"names no amount in {only}, and currencies no other", "name one there")
    if segment.owes_at_least and segment.owes_less_than and _contradict(segment):
        yield problem((*path, "owes_less_than"), "is not more than owes_at_least", _NOBODY)


def _no_average(path: KeyPath, segment: SegmentSection) -> Found:
    """Habits that nobody has: an average without a payment, or one of years."""
    least, below = segment.days_late_at_least, segment.days_late_less_than
    if segment.paid_less_than == 1 and (least or below):
        key = "days_late_at_least" if least else "days_late_less_than"
        what = "is an average of payments, and paid_less_than = 1 asks for who has made none"
        yield problem((*path, key), what, "remove one of them", least or below)
    if below is not None and Decimal(below) <= -_MOST_DAYS_EARLY:
        yield problem((*path, "days_late_less_than"), "asks for who pays a year early on average", _NOBODY, below)
    if least is not None and Decimal(least) >= _MOST_DAYS_LATE:
        yield problem((*path, "days_late_at_least"), "asks for who pays ten years late on average", _NOBODY, least)


def _any_amount(amounts: dict[str, str]) -> bool:
    threshold = parse_threshold(amounts)
    return threshold.default > 0 or any(minor > 0 for minor in threshold.minor.values())


def _any_of(amounts: dict[str, str], currencies: tuple[str, ...]) -> bool:
    threshold = parse_threshold(amounts)
    return any(threshold.of(currency) > 0 for currency in currencies)


def _contradict(segment: SegmentSection) -> bool:
    """Whether there is no currency in which a customer can owe enough, and not too much."""
    least, below = parse_threshold(segment.owes_at_least), parse_threshold(segment.owes_less_than)
    named = segment.currencies or {*least.minor, *below.minor}
    limits: list[tuple[int | Decimal, int | Decimal]] = [(least.of(each), below.of(each)) for each in named]
    if not segment.currencies:
        limits.append((least.default, below.default))  # every currency that is not named
    return not any(0 < low < high for low, high in limits)


def _unreachable(segments: list[tuple[int, SegmentSection]]) -> Found:
    """A segment behind one that takes everybody it could have; without those of whose rules one was refused."""
    for number, (position, segment) in enumerate(segments):
        for _, earlier in segments[:number]:
            if _rules(earlier).items() <= _rules(segment).items():
                yield problem(
                    ("policy", "segments", position, "name"),
                    f"can have no customers, because {earlier.name} before it takes them all",
                    f"put it before {earlier.name}, or remove it",
                    segment.name,
                )
                break


def _rules(segment: SegmentSection) -> dict[str, object]:
    said = segment.model_dump(exclude={"name", "sequence"}, exclude_defaults=True)
    return {key: tuple(sorted(value)) if isinstance(value, tuple) else str(value) for key, value in said.items()}
