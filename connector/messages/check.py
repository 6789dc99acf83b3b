"""Finds what is wrong with a tenant's templates while somebody is looking, not when a message is due.

Every message is written for every sample. What a template gets wrong, and what it forgets to say, comes out as a list.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

from connector.messages.context import MessageContext
from connector.messages.formats import format_money, speak_money
from connector.messages.locales import LANGUAGES
from connector.messages.occasions import OCCASIONS, STAGES, Occasion, files_of
from connector.messages.reading import unknown_words
from connector.messages.render import variables_of
from connector.messages.samples import Sample, samples
from connector.messages.sms import MOST_SEGMENTS, short_text
from connector.messages.sources import is_template
from connector.messages.templates import TemplateFault, Templates, read_folder
from connectors.channels.segments import segments

_FILES = frozenset(f"{occasion}.words.txt" for occasion in OCCASIONS).union(*map(files_of, OCCASIONS))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: in which template file, on which line if known, and what."""

    file: str
    line: int | None
    message: str


def check_templates(folder: Path | None, locale: str = "en_GB") -> list[Problem]:
    """Everything wrong with the templates of `folder` (None: the built-in ones), each once; empty if they are good.

    `locale` is the tenant's. Each language is tried that the folder has a say in.
    """
    own, faults = read_folder(folder) if folder is not None else ({}, [])
    templates = Templates.of(own, locale)
    unreadable = [*map(_problem, faults)]
    unread = _unread(folder) if folder is not None and folder.is_dir() else ()
    found = [*unread, *_misnamed(templates), *_half_written(templates), *_broken(templates)]
    further = _further(templates, {problem.file for problem in found})
    hidden = {problem.file for problem in unreadable}  # of which is known that they are there, and no more
    return list(dict.fromkeys([*unreadable, *(each for each in (*found, *further) if each.file not in hidden)]))


def _unread(folder: Path) -> Iterator[Problem]:
    """Folders of templates that no language is called by."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in LANGUAGES and any(map(is_template, path.iterdir())):
            yield Problem(f"{path.name}/", None, f"no message uses this folder; languages are {', '.join(LANGUAGES)}")


def _misnamed(templates: Templates) -> Iterator[Problem]:
    for path in sorted(templates.own):
        file = path.rpartition("/")[2]
        if file not in _FILES and not file.startswith("_"):
            yield Problem(path, None, f"no message uses this file; stages are {', '.join(STAGES)}")


def _half_written(templates: Templates) -> Iterator[Problem]:
    """Text and HTML are one message in two forms: whoever rewords one must reword the other."""
    for occasion in (f"{folder}{occasion}" for folder in _folders(templates) for occasion in OCCASIONS):
        both = {f"{occasion}.txt", f"{occasion}.html"}
        if len(both & templates.own) == 1:
            [written] = both & templates.own
            [missing] = both - templates.own
            yield Problem(missing, None, f"is missing beside your {written}; text and HTML would say different things")


def _folders(templates: Templates) -> list[str]:
    return sorted({path.rpartition("/")[0] + "/" if "/" in path else "" for path in templates.own})


def _languages(templates: Templates) -> Iterator[str]:
    """The tenant's language and those it has files in; all of them where nothing is its own."""
    for language in dict.fromkeys((templates.language, *LANGUAGES)):
        touched = any(file.startswith(f"{language}/") for file in templates.own)
        if touched or language == templates.language or not templates.own:
            yield language


def _occasions(templates: Templates, language: str) -> list[Occasion]:
    """Those that a file of the tenant's is for; all of them where it has shared parts, or nothing of its own."""
    folder = f"{language}/"
    here = [path.removeprefix(folder) for path in templates.own if path.startswith(folder) or "/" not in path]
    if not templates.own or any(file.startswith("_") for file in here):
        return list(OCCASIONS)
    return [occasion for occasion in OCCASIONS if any(file.partition(".")[0] == occasion for file in here)]


def _broken(templates: Templates) -> Iterator[Problem]:
    for file in sorted(templates.own):
        try:
            templates.compile(file)
        except TemplateFault as fault:
            yield _problem(fault)
        yield from map(_problem, templates.stray_blocks(templates.name_of(file)))
    for language in _languages(templates):
        for occasion in _occasions(templates, language):
            for sample in samples(occasion):
                yield from _unwritable(templates, language, occasion, sample)


def _further(templates: Templates, files: Container[str]) -> Iterator[Problem]:
    """What else is misspelt in `files` that have a mistake already: writing them stops at the first."""
    for file in sorted(file for file in templates.own if file in files):
        occasion = file.rpartition("/")[2].partition(".")[0]
        those = [each for each in OCCASIONS if each == occasion] or OCCASIONS
        known = {name for each in those for sample in samples(each) for name in variables_of(sample)}
        for mistake in unknown_words(templates.environment, templates.name_of(file), known):
            yield Problem(mistake.file, mistake.line, mistake.reason)


def _unwritable(templates: Templates, language: str, occasion: Occasion, sample: Sample) -> Iterator[Problem]:
    variables = variables_of(replace(sample, language=language))
    for file in files_of(occasion):
        try:
            written = templates.fill(file, variables, language)
        except TemplateFault as fault:
            yield _problem(fault)
            continue
        for message in _unsaid(file, written, sample):
            yield Problem(_path(templates, language, file), None, message)


def _path(templates: Templates, language: str, file: str) -> str:
    """Where the tenant finds `file`: at the top of its folder, or with its language."""
    at_the_top = file in templates.own or language == templates.language
    return file if at_the_top and f"{language}/{file}" not in templates.own else f"{language}/{file}"


def _unsaid(file: str, written: str, sample: Sample) -> Iterator[str]:
    if file.endswith(".subject.txt"):
        if not written.strip():
            yield "the subject is empty"
        return
    if file.endswith(".sms.txt") and segments(short_text(written)).count > MOST_SEGMENTS:
        yield f"takes more than {MOST_SEGMENTS} segments; write less"
    if isinstance(sample, MessageContext) and not _says_all(file, written, sample):
        filters = "spoken" if file.endswith(".voice.txt") else "money"
        yield f"does not say every amount asked for; print each group.asked with the filter {filters}"


def _says_all(file: str, written: str, context: MessageContext) -> bool:
    said = " ".join((unescape(written) if file.endswith(".html") else written).split())
    write = speak_money if file.endswith(".voice.txt") else format_money
    return all(" ".join(write(amount, context.locale).split()) in said for amount in context.asked)


def _problem(fault: TemplateFault) -> Problem:
    return Problem(fault.file, fault.line, fault.reason)
