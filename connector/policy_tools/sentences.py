"""A policy in sentences, as a bookkeeper would tell it to a colleague."""

from connector.dunning.policy import Policy, Stage
from connector.dunning.segments import PolicyBook, in_words

_CHANNELS = {"email": "e-mail", "sms": "text message", "voice": "voice call", "letter": "letter", "call": "a call"}


def policy_sentences(policy: Policy) -> list[str]:
    """One sentence per stage, and what comes after the last."""
    stages = [_stage(stage) for stage in policy.stages]
    gap = f"No customer hears from us twice within {policy.minimum_gap_days} days."
    end = f"{policy.handover_days} days after the due date a person decides how to go on."
    return [*stages, gap, end]


def segment_sentences(book: PolicyBook) -> list[str]:
    """Who goes through which sequence, in the order in which it is asked."""
    sentences = [
        f"{segment.name}: {'; '.join(in_words(segment.rules)) or 'everybody'} -> {segment.policy.name}"
        for segment in book.segments
    ]
    return [*sentences, f"everybody else -> {book.standard.name}"]


def _stage(stage: Stage) -> str:
    channels = ", else ".join(_CHANNELS[channel] for channel in stage.channels)
    sentence = f"{stage.name}: {_day(stage)}, by {channels}"
    if stage.owner:
        sentence += f", {stage.owner}"
    if stage.deadline_days is not None:
        sentence += f", giving {stage.deadline_days} days"
    return f"{sentence}."


def _day(stage: Stage) -> str:
    basis = "the due date" if stage.basis == "due" else "the end of the month in which it is due"
    if stage.offset_days == 0:
        return f"on {basis}"
    days = abs(stage.offset_days)
    return f"{days} day{'s' if days > 1 else ''} {'after' if stage.offset_days > 0 else 'before'} {basis}"
