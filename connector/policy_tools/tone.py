"""Stages whose words take back what words before them have said: a tone that falls, a reminder after the last one."""

from collections.abc import Iterator

from connector.dunning.policy import Policy, Stage
from connector.messages.occasions import STAGES


def falling_tone(policy: Policy) -> Iterator[str]:
    """In words, each stage that is milder than one before it, or that reminds once more after a final notice."""
    sternest: Stage | None = None
    for stage in policy.stages:
        if sternest is not None and _rank(stage) < _rank(sternest):
            yield (
                f"{stage.name} on day {stage.offset_days} is worded as {stage.template}, milder than {sternest.name} on"
                f" day {sternest.offset_days}, which is worded as {sternest.template}{_promised(sternest)}; put it"
                f" before {sternest.name}, or give it the template {sternest.template} or a sterner one"
            )
        elif sternest is not None and stage.template == "final" == sternest.template:
            yield (
                f"{stage.name} on day {stage.offset_days} is a final notice{_promised(sternest)}: let {sternest.name}"
                " have the template firm, or this one the template collection"
            )
        if sternest is None or _rank(stage) >= _rank(sternest):
            sternest = stage


def _rank(stage: Stage) -> int:
    """How stern the words are; a stage has one of these templates, else the configuration was refused."""
    return next((rank for rank, template in enumerate(STAGES) if template == stage.template), 0)


def _promised(sternest: Stage) -> str:
    return f", and {sternest.name} said that no further reminder follows" if sternest.template == "final" else ""
