"""A policy in sentences, as a bookkeeper would tell it to a colleague."""

from collections.abc import Iterator

from connector.dunning.policy import Policy, Stage
from connector.dunning.segments import PolicyBook, in_words

_CHANNELS = {"email": "e-mail", "sms": "text message", "voice": "voice call", "letter": "letter", "call": "a call"}

_RECIPIENTS = {
    "primary": "to the primary contact alone",
    "escalation": "to the escalation contact",
    "billed_to": "to whoever got the invoice",
}
_CHARGES = {"mention": "naming the charges that the law allows", "claim": "claiming interest and fixed sums"}


def policy_sentences(policy: Policy, *, escalates: bool = True) -> list[str]:
    """One sentence per stage, and what comes after the last; `escalates`: there is somebody as `escalated_from`."""
    stages = [_stage(stage, escalates=escalates) for stage in policy.stages]
    spared = ["Who pays early is left alone before the due date."] if policy.spares_early_payers else []
    if policy.do_not_chase_groups:
        spared.append(f"Never chased: customers in the groups {', '.join(sorted(policy.do_not_chase_groups))}.")
    gap = f"No customer hears from us twice within {policy.minimum_gap_days} days."
    end = f"{policy.handover_days} days after the due date a person decides how to go on."
    return [*stages, *spared, gap, end]


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


def _stage(stage: Stage, *, escalates: bool) -> str:
    channels = ", else ".join(_CHANNELS[channel] for channel in stage.channels)
    return ", ".join((f"{stage.name}: {_day(stage)}, by {channels}", *traits(stage, escalates=escalates))) + "."


def traits(stage: Stage, *, escalates: bool = True) -> Iterator[str]:
    """What there is to a stage besides its day and its channels, as far as it is not the usual."""
    if stage.template != stage.name:
        yield f"worded as {stage.template}"
    if stage.recipients != "everybody":
        yield _RECIPIENTS[stage.recipients]
    if stage.sender == "escalated":
        yield "from the escalated sender" if escalates else "from the usual sender (no escalated_from is set)"
    if stage.charges != "none":
        yield _CHARGES[stage.charges]
    if stage.deadline_days is not None:
        yield f"giving {stage.deadline_days} days"
    if stage.mode is not None:
        yield f"in mode {stage.mode}"
    if "call" in stage.channels and not stage.blocks:
        yield "while the next stage does not wait for the call"
    if stage.owner:
        yield f"in the care of {stage.owner}"


def _day(stage: Stage) -> str:
    basis = "the due date" if stage.basis == "due" else "the end of the month in which it is due"
    if stage.offset_days == 0:
        return f"on {basis}"
    days = abs(stage.offset_days)
    return f"{days} day{'s' if days > 1 else ''} {'after' if stage.offset_days > 0 else 'before'} {basis}"
