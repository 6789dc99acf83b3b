"""Finds what is wrong with a tenant's templates while somebody is looking, not when a message is due.

Every stage is written for every sample. What a template gets wrong, and what it forgets to say, comes out as a list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from connector.messages.context import STAGES, MessageContext, Stage, template_variables
from connector.messages.formats import format_money
from connector.messages.samples import sample_contexts
from connector.messages.templates import SUFFIXES, TemplateFault, Templates

_STAGE_FILES = frozenset(f"{stage}{suffix}" for stage in STAGES for suffix in SUFFIXES)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: in which template file, on which line if known, and what."""

    file: str
    line: int | None
    message: str


def check_templates(folder: Path | None) -> list[Problem]:
    """Everything wrong with the templates of `folder` (None: the built-in ones), each once; empty if they are good."""
    try:
        templates = Templates.load(folder)
    except TemplateFault as fault:
        return [_problem(fault)]
    found = [*_misnamed(templates), *_half_written(templates), *_broken(templates)]
    return list(dict.fromkeys(found))


def _misnamed(templates: Templates) -> Iterator[Problem]:
    for file in sorted(templates.own):
        if file not in _STAGE_FILES and not file.startswith("_"):
            yield Problem(file, None, f"no message uses this file; stages are {', '.join(STAGES)}")


def _half_written(templates: Templates) -> Iterator[Problem]:
    """Text and HTML are one message in two forms: whoever rewords one must reword the other."""
    for stage in STAGES:
        both = {f"{stage}.txt", f"{stage}.html"}
        if len(both & templates.own) == 1:
            [written] = both & templates.own
            [missing] = both - templates.own
            yield Problem(missing, None, f"is missing beside your {written}; text and HTML would say different things")


def _broken(templates: Templates) -> Iterator[Problem]:
    for file in sorted(templates.sources):
        try:
            templates.compile(file)
        except TemplateFault as fault:
            yield _problem(fault)
    for stage in STAGES:
        for context in sample_contexts(stage):
            yield from _unwritable(templates, stage, context)


def _unwritable(templates: Templates, stage: Stage, context: MessageContext) -> Iterator[Problem]:
    variables = template_variables(context)
    for suffix in SUFFIXES:
        file = f"{stage}{suffix}"
        try:
            written = templates.fill(file, variables)
        except TemplateFault as fault:
            yield _problem(fault)
            continue
        yield from _unsaid(file, written, context)


def _unsaid(file: str, written: str, context: MessageContext) -> Iterator[Problem]:
    if file.endswith(".subject.txt"):
        if not written.strip():
            yield Problem(file, None, "the subject is empty")
        return
    said = unescape(written) if file.endswith(".html") else written
    if not all(format_money(amount, context.locale) in said for amount in context.asked):
        yield Problem(file, None, "does not say every amount asked for; print each group.asked with the filter money")


def _problem(fault: TemplateFault) -> Problem:
    return Problem(fault.file, fault.line, fault.reason)
