"""A policy in sentences, as a bookkeeper would tell it to a colleague."""

from collections.abc import Iterator
from functools import reduce

from connector.dunning.policy import Policy, Stage, Threshold
from connector.dunning.segments import PolicyBook, in_words
from connector.saying.names import name
from connector.saying.said import Said, say
from state.money import Money

_BEFORE_THE_END = (
    "{n} day before the end of the month in which it is due | {n} days before the end of the month in which it is due"
)
_AFTER_THE_END = (
    "{n} day after the end of the month in which it is due | {n} days after the end of the month in which it is due"
)
_PLAN_ASKS = (
    "An instalment more than {n} day late breaks its plan, and a person is asked how to go on."
    " | An instalment more than {n} days late breaks its plan, and a person is asked how to go on."
)
_PLAN_RESUMES = (
    "An instalment more than {n} day late breaks its plan, and the sequence goes on at once."
    " | An instalment more than {n} days late breaks its plan, and the sequence goes on at once."
)
_DECIDED_AFTER_THE_END = "{days} days after the end of the month in which it is due a person decides how to go on."
_RECIPIENTS = {
    "primary": say("to the primary contact alone"),
    "escalation": say("to the escalation contact"),
    "billed_to": say("to whoever got the invoice"),
}
_CREDIT = {
    "reduce": say("Credit that no invoice has taken is deducted from what is asked."),
    "hold": say("Nothing is asked that credit touches which no invoice has taken."),
    "ignore": say("Credit that no invoice has taken changes nothing."),
}
_CHARGES = {
    "mention": say("naming the charges that the law allows"),
    "claim": say("claiming interest and fixed sums"),
}


def policy_sentences(policy: Policy, *, escalates: bool = True) -> list[Said]:
    """One sentence per stage, and what comes after the last; `escalates`: there is somebody as `escalated_from`."""
    stages = [_stage(stage, escalates=escalates) for stage in policy.stages]
    stages += [say("{stage}: switched off.", stage=stage.name) for stage in policy.retired]
    spared = [say("Who pays early is left alone before the due date.")] if policy.spares_early_payers else []
    if policy.do_not_chase_groups:
        groups = ", ".join(sorted(policy.do_not_chase_groups))
        spared.append(say("Never chased: customers in the groups {groups}.", groups=groups))
    gap = say("No customer hears from us twice within {days} days.", days=policy.minimum_gap_days)
    return [*stages, *spared, gap, *_money(policy), _end(policy)]


def _money(policy: Policy) -> Iterator[Said]:
    """What is not asked for, what credit does, and when a plan breaks."""
    yield say("Invoices owing {amounts} or less are let be.", amounts=_amounts(policy.tolerance))
    yield _CREDIT[policy.credit]
    days = policy.plan_tolerance_days
    yield say(_PLAN_RESUMES, n=days) if policy.plan_broken == "resume" else say(_PLAN_ASKS, n=days)


def _amounts(threshold: Threshold) -> Said:
    """As `100 JPY, 1.00 of any other currency`."""
    named = [Money(minor, currency) for currency, minor in sorted(threshold.minor.items())]
    words = [say("{amount}", amount=amount) for amount in named]
    if named:
        words += [say("{amount} of any other currency", amount=threshold.default)] if threshold.default else []
    else:
        words = [say("{amount} of any currency", amount=threshold.default)]
    return reduce(lambda before, after: say("{before}, {after}", before=before, after=after), words)


def _end(policy: Policy) -> Said:
    if policy.stages[-1].basis == "month_end":
        return say(_DECIDED_AFTER_THE_END, days=policy.handover_days)
    return say("{days} days after the due date a person decides how to go on.", days=policy.handover_days)


def segment_sentences(book: PolicyBook) -> list[str]:
    """Who goes through which sequence, in the order in which it is asked."""
    sentences = [
        f"{segment.name}: {'; '.join(in_words(segment.rules)) or 'everybody'} -> {segment.policy.name}"
        for segment in book.segments
    ]
    return [*sentences, f"everybody else -> {book.standard.name}"]


def time_sentences(book: PolicyBook) -> list[str]:
    """What holds of the time at which messages leave, besides window and calendar; nothing if nothing does."""
    if book.best_time is None:
        return []
    days = book.best_time.most_days
    waits = f"weekday, for {days} business day{'s' if days > 1 else ''} at most, and hour" if days else "hour"
    return [f"Messages may wait for the customer's own {waits}; half of them do, to see whether it helps."]


def _stage(stage: Stage, *, escalates: bool) -> Said:
    first, *others = (name(channel) for channel in stage.channels)
    channels = reduce(lambda before, after: say("{before}, else {after}", before=before, after=after), others, first)
    begun = say("{stage}: {day}, by {channels}", stage=stage.name, day=_day(stage), channels=channels)
    special = traits(stage, escalates=escalates)
    whole = reduce(lambda before, after: say("{before}, {after}", before=before, after=after), special, begun)
    return say("{sentence}.", sentence=whole)


def traits(stage: Stage, *, escalates: bool = True) -> Iterator[Said]:
    """What there is to a stage besides its day and its channels, as far as it is not the usual."""
    if stage.minimum is not None:
        yield say("for invoices owing {amounts} or more", amounts=_amounts(stage.minimum))
    if stage.template != stage.name:
        yield say("worded as {template}", template=stage.template)
    yield from _people(stage, escalates=escalates)
    if stage.charges != "none":
        yield _CHARGES[stage.charges]
    if stage.deadline_days is not None:
        yield say("giving {days} days", days=stage.deadline_days)
    if stage.mode is not None:
        yield say("in mode {mode}", mode=stage.mode)
    if "call" in stage.channels and not stage.blocks:
        yield say("while the next stage does not wait for the call")
    if stage.owner:
        yield say("in the care of {owner}", owner=stage.owner)


def _people(stage: Stage, *, escalates: bool) -> Iterator[Said]:
    """To whom, and from whom."""
    if stage.recipients != "everybody":
        yield _RECIPIENTS[stage.recipients]
    if stage.sender == "escalated":
        if escalates:
            yield say("from the escalated sender")
        else:
            yield say("from the usual sender (no escalated_from is set)")


def _day(stage: Stage) -> Said:
    if stage.basis == "due":
        return _of_the_due_date(stage.offset_days)
    return _of_the_end_of_the_month(stage.offset_days)


def _of_the_due_date(offset: int) -> Said:
    if offset == 0:
        return say("on the due date")
    if offset < 0:
        return say("{n} day before the due date | {n} days before the due date", n=-offset)
    return say("{n} day after the due date | {n} days after the due date", n=offset)


def _of_the_end_of_the_month(offset: int) -> Said:
    if offset == 0:
        return say("on the end of the month in which it is due")
    if offset < 0:
        return say(_BEFORE_THE_END, n=-offset)
    return say(_AFTER_THE_END, n=offset)
