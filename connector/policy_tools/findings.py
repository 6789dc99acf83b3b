"""What is doubtful about a policy although it can be carried out: stages nobody can be reached by, segments left empty.

What cannot be carried out at all is refused when the configuration is read (`connector.config.policy_checks`).
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from connector.dunning.channels import channel_for, reach
from connector.dunning.deadlines import beyond_the_end, last_day
from connector.dunning.policy import Policy
from connector.dunning.segments import STANDARD, PolicyBook
from state.model import Account


class Finding(Struct, frozen=True):
    """Something for a person to weigh."""

    sequence: str
    words: str


def plan_findings(book: PolicyBook) -> Iterator[Finding]:
    """What a policy asks for that cannot be as it is written, and what happens instead."""
    for policy in book.policies:
        stage = beyond_the_end(policy)
        if stage is not None:
            ends = last_day(stage)
            yield Finding(
                policy.name,
                f"{stage.name} gives the customer {stage.deadline_days} days, to day {ends}, but handover_days ="
                f" {policy.handover_days} lets a person decide before that; the deadline is kept, so handover_days must"
                f" be {ends + 1} or more to mean anything",
            )


def mirror_findings(book: PolicyBook, accounts: list[Account], today: date) -> list[Finding]:
    """What the customers who owe something today show about the policy."""
    chosen = [(book.choose(account, today), account) for account in accounts]
    of_policy = {policy.name: [a for c, a in chosen if c.policy.name == policy.name] for policy in book.policies}
    found = [finding for policy in book.policies for finding in _unreached(policy, of_policy[policy.name])]
    return [*found, *_empty(book, Counter(c.segment for c, _ in chosen)), *_pinned_to_nothing(book, accounts)]


def _unreached(policy: Policy, accounts: list[Account]) -> Iterator[Finding]:
    reached = [reach(account) for account in accounts]
    for stage in policy.stages:
        missed = sum(channel_for(stage, by) is None for by in reached)
        if missed:
            reaches = f"{stage.name} reaches {len(accounts) - missed} of {len(accounts)} customers"
            mend = f"by {', '.join(stage.channels)}; a further channel, such as call, would reach the others"
            yield Finding(policy.name, f"{reaches} {mend}")


def _pinned_to_nothing(book: PolicyBook, accounts: list[Account]) -> Iterator[Finding]:
    """Customers whom somebody has pinned to a segment that has left the policy since: the rules decide about them."""
    known = {STANDARD, *(segment.name for segment in book.segments)}
    for account in accounts:
        pinned = account.preference.segment if account.preference is not None else None
        if pinned is not None and pinned not in known:
            mend = "pin it to another with `dun customer NAME --segment`, or use --clear segment"
            yield Finding(pinned, f"{account.name} is pinned to this segment, which the policy does not have; {mend}")


def _empty(book: PolicyBook, sizes: Counter[str]) -> Iterator[Finding]:
    for segment in book.segments:
        if not sizes[segment.name]:
            words = f"segment {segment.name} has no customer who owes anything today"
            yield Finding(segment.policy.name, words)
