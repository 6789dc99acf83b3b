"""Segments that nobody can be in, or that leave nobody to what comes after them, by the configuration alone.

What contradicts itself in the file is refused when it is read. What is here depends on the tenant: its ledger, and
which of the file's segments are its own.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from connector.dunning.policy import Threshold
from connector.dunning.segments import PolicyBook, Rules, Segment, group_among
from connector.policy_tools.findings import Finding


def unreachable(book: PolicyBook, books: Iterable[PolicyBook]) -> Iterator[Finding]:
    """What can never be reached under `book`; `books` are those of all tenants of the file, who share segments."""
    kin = list(books)
    for segment in book.segments:
        ledgers = segment.rules.ledgers
        if ledgers and not any(each.ledger in ledgers for each in kin if _has(each, segment)):
            yield Finding(
                segment.policy.name,
                f"segment {segment.name} can have no customers: it is of the ledger {', '.join(sorted(ledgers))}, and"
                f" every tenant that uses it keeps its books in another ({book.ledger}); correct ledgers, or remove it",
            )
    yield from _behind_others(book)
    for segment in book.segments:
        yield from _never_asked(segment)


def _never_asked(segment: Segment) -> Iterator[Finding]:
    """Segments that have customers, none of whom is ever asked for anything."""
    policy, groups = segment.policy, segment.rules.groups
    if groups and all(group_among([group], policy.do_not_chase_groups) for group in groups):
        words = f"segment {segment.name} is of customers in {', '.join(sorted(groups))}, who are never chased"
        mend = "take the group out of do_not_chase_groups, or remove the segment"
        yield Finding(policy.name, f"{words}, so that the sequence {policy.name} does nothing for them; {mend}")
    if _within_tolerance(segment):
        words = f"segment {segment.name} is of customers who owe so little that tolerance lets every invoice be"
        mend = "raise owes_less_than, or lower tolerance"
        yield Finding(policy.name, f"{words}, so that the sequence {policy.name} never begins; {mend}")


def _within_tolerance(segment: Segment) -> bool:
    """Whether whoever owes less than the segment asks for owes no more than the tolerance."""
    below = segment.rules.owes_less_than
    if below is None:
        return False
    only = segment.rules.currencies
    limits = [(below.of(each), segment.policy.tolerance.of(each)) for each in only] or _limits(
        below, segment.policy.tolerance
    )
    return all(most <= tolerance for most, tolerance in limits)


def _has(book: PolicyBook, segment: Segment) -> bool:
    return any(each.name == segment.name for each in book.segments)


def _behind_others(book: PolicyBook) -> Iterator[Finding]:
    own = [segment for segment in book.segments if not segment.rules.ledgers or book.ledger in segment.rules.ledgers]
    for position, segment in enumerate(own):
        first = next((each for each in own[:position] if _takes_all(each.rules, segment.rules)), None)
        if first is not None:
            words = f"segment {segment.name} can have no customers, because {first.name} before it takes them all"
            yield Finding(segment.policy.name, f"{words}; put it before {first.name}, or remove it")
    everybody = next((segment for segment in own if segment.rules == Rules()), None)
    if everybody is not None and everybody.policy != book.standard:
        yield Finding(
            everybody.policy.name,
            f"segment {everybody.name} has no conditions and takes every customer, so that the sequence"
            f" {book.standard.name} is never reached; give it conditions, or remove it and set sequence ="
            f' "{everybody.policy.name}" for this tenant',
        )


def _limits(one: Threshold, other: Threshold) -> list[tuple[int | Decimal, int | Decimal]]:
    """Both in each currency that either names, and in all the others."""
    named: list[tuple[int | Decimal, int | Decimal]] = [
        (one.of(currency), other.of(currency)) for currency in sorted({*one.minor, *other.minor})
    ]
    return [*named, (one.default, other.default)]


def _amount_follows(name: str, wide: int | Decimal, narrow: int | Decimal) -> bool:
    """In one currency; at least 0 says nothing of it."""
    if name == "owes_at_least":
        return narrow == 0 or 0 < wide <= narrow
    return narrow <= wide


def _takes_all(wide: Rules, narrow: Rules) -> bool:
    """Whether `wide` holds of everybody of whom `narrow` does. Both are of the tenant's ledger."""
    names = (name for name in Rules.__struct_fields__ if name != "ledgers")
    return all(_follows(name, getattr(wide, name), getattr(narrow, name)) for name in names)


def _follows(name: str, wide: Any, narrow: Any) -> bool:
    """Whether the rule `name` with the value `wide` follows from the same rule with `narrow`."""
    if wide is None or wide == frozenset():
        return True
    if narrow is None or narrow == frozenset():
        return False
    if name == "groups":  # in any case
        return all(group_among([group], wide) for group in narrow)
    if isinstance(wide, frozenset):
        return bool(narrow <= wide)
    if isinstance(wide, Threshold):
        return all(_amount_follows(name, *limits) for limits in _limits(wide, narrow))
    return bool(narrow >= wide if name.endswith("_at_least") else narrow <= wide)
