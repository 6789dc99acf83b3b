"""What is doubtful about a policy although it can be carried out: stages that reach nobody, segments left empty.

What cannot be carried out at all is refused when the configuration is read (`connector.config.policy_checks`).
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from msgspec import Struct

from connector.dunning.channels import channel_for, reach
from connector.dunning.deadlines import beyond_the_end, last_day, overtaken
from connector.dunning.policy import Policy
from connector.dunning.segments import STANDARD, PolicyBook, Segment, holds, in_words, one_by_one
from connector.policy_tools.tone import falling_tone
from state.model import Account
from state.money import Money, MoneyError


class Finding(Struct, frozen=True):
    """Something for a person to weigh."""

    sequence: str
    words: str


def plan_findings(book: PolicyBook, *, escalates: bool) -> Iterator[Finding]:
    """What a policy asks for that cannot be as it is written, and what happens instead.

    `escalates`: there is somebody as `escalated_from`.
    """
    for policy in book.policies:
        words = (*_overtaken(policy), *_beyond_the_end(policy), *falling_tone(policy))
        yield from (Finding(policy.name, each) for each in words)
        if not escalates:
            yield from (Finding(policy.name, each) for each in _nobody_escalated(policy))


def _overtaken(policy: Policy) -> Iterator[str]:
    for giving, following in overtaken(policy):
        ends = last_day(giving)
        yield (
            f"{giving.name} gives the customer {giving.deadline_days} days, to day {ends}, but {following.name} is"
            f" for day {following.offset_days}; the deadline is kept, so {following.name} goes on day {ends + 1} at"
            f" the earliest: set its offset_days to {ends + 1} or more, or lower deadline_days of {giving.name}"
        )


def _beyond_the_end(policy: Policy) -> Iterator[str]:
    stage = beyond_the_end(policy)
    if stage is not None:
        ends = last_day(stage)
        yield (
            f"{stage.name} gives the customer {stage.deadline_days} days, to day {ends}, but handover_days ="
            f" {policy.handover_days} lets a person decide before that; the deadline is kept, so handover_days must"
            f" be {ends + 1} or more to mean anything"
        )


def _nobody_escalated(policy: Policy) -> Iterator[str]:
    names = [stage.name for stage in policy.stages if stage.sender == "escalated"]
    if names:
        yield (
            f"sender is escalated at {', '.join(names)}, but nobody is set as escalated_from, and the usual sender"
            " writes; set escalated_from in [sending] or in the tenant's table"
        )


def mirror_findings(book: PolicyBook, accounts: list[Account], today: date) -> list[Finding]:
    """What the customers who owe something today show about the policy."""
    chosen = [(book.choose(account, today), account) for account in accounts]
    of_policy = {policy.name: [a for c, a in chosen if c.policy.name == policy.name] for policy in book.policies}
    filled = {c.segment for c, _ in chosen}
    empty = [segment for segment in book.segments if segment.name not in filled]
    return [
        *(finding for policy in book.policies for finding in _unreached(policy, of_policy[policy.name])),
        *(finding for policy in book.policies for finding in _too_dear(policy, of_policy[policy.name])),
        *(_empty(segment, book.ledger, accounts, today) for segment in empty),
        *_pinned_to_nothing(book, accounts),
    ]


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


def _too_dear(policy: Policy, accounts: list[Account]) -> Iterator[Finding]:
    """Amounts that no open invoice comes to today; the next one may."""
    largest = _largest(accounts)
    if not largest:
        return
    words = f"the largest open invoices here are of {' and '.join(map(str, largest.values()))}"
    if all(due.minor <= policy.tolerance.of(currency) for currency, due in largest.items()):
        yield Finding(policy.name, f"tolerance lets every open invoice be: {words}; lower it, or nobody is asked")
    for stage in policy.stages:
        if stage.minimum is not None and all(due.minor < stage.minimum.of(c) for c, due in largest.items()):
            mend = "lower it, or the stage rests until there is a larger one"
            yield Finding(policy.name, f"no open invoice comes to the minimum of {stage.name}: {words}; {mend}")


def _largest(accounts: list[Account]) -> dict[str, Money]:
    """The largest amount that is due on one invoice, by currency; without those whose units nobody knows."""
    found: dict[str, Money] = {}
    for receivable in (receivable for account in accounts for receivable in account.receivables):
        with suppress(MoneyError):
            due = Money(receivable.due_minor, receivable.currency)
            found[due.currency] = max(due, found.get(due.currency, due))
    return found


def _empty(segment: Segment, ledger: str, accounts: list[Account], today: date) -> Finding:
    """A segment nobody is in, with the rules to look at."""
    words = f"segment {segment.name} has no customer who owes anything today"
    if any(holds(segment.rules, account, ledger, today) for account in accounts):
        return Finding(segment.policy.name, f"{words}: segments before it take them all; put it before those")
    alone = (rule for rule in one_by_one(segment.rules) if not any(holds(rule, a, ledger, today) for a in accounts))
    unmet = [word for rule in alone for word in in_words(rule)]
    if accounts and unmet:
        why = f": of nobody it is so that {'; '.join(unmet)}"
        return Finding(segment.policy.name, f"{words}{why}; see whether the ledger says it in other words")
    return Finding(segment.policy.name, words)
