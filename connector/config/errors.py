"""What is wrong with a configuration file, in words: where, what, and how to mend it. All of it at once.

A person who gets one error at a time edits the file five times; a person who gets a traceback writes to us.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from connector.config.lines import KeyPath, line_of
from connector.config.schema import ConfigFile
from connector.config.section import Section

_SECRETS = frozenset(("api_key", "client_secret", "password"))
_WITHOUT_VALUE = frozenset(("missing", "extra_forbidden", "string_pattern_mismatch"))
_VALUE_LIMIT = 60
_LOWER_CASE = "use lower-case letters, digits, hyphens and underscores, at most 63"


@dataclass(frozen=True)
class Problem:
    """One thing to mend. `key` is the path of the key ("tenants.acme.zone"), or of the file as a whole."""

    key: str
    what: str
    mend: str
    value: str | None = None  # as written; None where there is none or it might be a secret
    line: int | None = None

    def __str__(self) -> str:
        subject = self.key if self.value is None else f"{self.key} = {self.value}"
        return " ".join(part for part in (subject, f"{self.what};", self.mend) if part)


class ConfigError(Exception):
    """The configuration cannot be used. `problems` has everything that was found, in the order of the file."""

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = sorted(problems, key=lambda problem: (problem.line or 0, problem.key))
        super().__init__("\n".join(self._sentence(problem) for problem in self.problems))

    def _sentence(self, problem: Problem) -> str:
        if problem.key == str(self.path):
            return str(problem)
        place = self.path.name if problem.line is None else f"{self.path.name}, line {problem.line}"
        return f"{place}: {problem}"


def problems_of(error: ValidationError) -> dict[KeyPath, Problem]:
    """The problems pydantic found, by the path of their keys."""
    found = error.errors(include_url=False)
    return {_key_path(details): _problem(details) for details in found if not _counts_the_wrong_ones(details)}


def _counts_the_wrong_ones(details: ErrorDetails) -> bool:
    """A list that is too short only because entries of it are wrong, each of which is told."""
    return details["type"] == "too_short" and bool(details["input"])


def with_lines(problems: Mapping[KeyPath, Problem], lines: Mapping[KeyPath, int]) -> list[Problem]:
    """The problems with the lines they stand on."""
    return [replace(problem, line=line_of(path, lines)) for path, problem in problems.items()]


def dotted(path: KeyPath) -> str:
    """`policy.stages[2].offset_days`, counted from 1 as people do."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{_short(part)}"
    return text.removeprefix(".")


def _short(text: str) -> str:
    return text if len(text) <= _VALUE_LIMIT else text[: _VALUE_LIMIT - 1] + "…"


def toml_value(value: object) -> str:
    """A value as it is written in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        inside = ", ".join(f"{key} = {toml_value(inner)}" for key, inner in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return value.isoformat() if isinstance(value, date) else str(value)


def fields(section: type[Section]) -> dict[str, FieldInfo]:
    """The keys of a section as they are written in the file."""
    return {info.alias or name: info for name, info in section.model_fields.items()}


def section_in(annotation: object) -> type[Section] | None:
    """The section a field holds, alone, in a list or in a table; None for plain values."""
    if isinstance(annotation, type) and not get_origin(annotation) and issubclass(annotation, Section):
        return annotation
    return next((found for inner in get_args(annotation) if (found := section_in(inner))), None)


def _section_at(path: KeyPath) -> type[Section] | None:
    """The section that the keys at `path` belong to."""
    section: type[Section] | None = ConfigFile
    for part in path:
        if section is not None and part in fields(section):
            section = section_in(fields(section)[str(part)].annotation)
    return section


def _key_path(details: ErrorDetails) -> KeyPath:
    return tuple(part for part in details["loc"] if part != "[key]")


def _problem(details: ErrorDetails) -> Problem:
    path = _key_path(details)
    what, mend = _explain(details, path)
    return Problem(dotted(path), what, mend, _shown(details, path))


def _shown(details: ErrorDetails, path: KeyPath) -> str | None:
    """The offending value, cut short; nothing for tables, and nothing that might be a secret."""
    value = details["input"]
    hidden = details["type"] in _WITHOUT_VALUE or not _SECRETS.isdisjoint(path)
    if hidden or isinstance(value, dict | list | tuple):
        return None
    return _short(toml_value(value))


def _explain(details: ErrorDetails, path: KeyPath) -> tuple[str, str]:
    context = details.get("ctx", {})
    if details["type"] == "refused":
        return context["what"], context["mend"]
    explain = _EXPLANATIONS.get(details["type"])
    return explain(path, context) if explain else ("cannot be used", details["msg"].lower())


def _missing(path: KeyPath, _: Mapping[str, Any]) -> tuple[str, str]:
    section = _section_at(path[:-1])
    examples = fields(section)[str(path[-1])].examples if section else None
    return "is missing", f"add {path[-1]} = {toml_value(examples[0])}" if examples else f"add {path[-1]}"


def _unknown(path: KeyPath, _: Mapping[str, Any]) -> tuple[str, str]:
    section = _section_at(path[:-1])
    known = list(fields(section)) if section else []
    nearest = get_close_matches(str(path[-1]), known, n=1)
    if nearest:
        return "is not a key of this table", f"did you mean {nearest[0]}?"
    return "is not a key of this table", f"the keys here are {', '.join(known)}"


def _plain(what: str, mend: str) -> Callable[[KeyPath, Mapping[str, Any]], tuple[str, str]]:
    return lambda _path, _context: (what, mend)


def _pattern(path: KeyPath, _: Mapping[str, Any]) -> tuple[str, str]:
    match path:
        case ("tenants", _):
            return "is no name for a tenant", "use lower-case letters, digits and hyphens, at most 63"
        case ("people", _):
            return "is no name of an account", "use letters, digits, hyphens, points, underscores and @, at most 64"
        case ("policy", "sequences", _) | (*_, "sequence"):
            return "is no name for a sequence", _LOWER_CASE
        case ("policy", "segments", _, "name"):
            return "is no name for a segment", _LOWER_CASE
        case (*_, "stages", _, "name"):
            return "is no name for a stage", "use letters, digits, hyphens and underscores, at most 63"
        case _:
            return "has characters that cannot be in it", _as_in_the_example(path)


def _as_in_the_example(path: KeyPath) -> str:
    section = _section_at(path[:-1])
    field = fields(section).get(str(path[-1])) if section else None
    if field is None or not field.examples:
        return "correct it, or leave it out"
    return f"write it as {path[-1]} = {toml_value(field.examples[0])}"


_WHOLE_NUMBER = _plain("is not a whole number", "write it in digits, without quotes and without a point")
_TEXT = _plain("is not text", "put it in quotes")
_TABLE = _plain("is not a table", "write it as [a table] with keys below it")
_LIST = _plain("is not a list", "write it in square brackets")
_DATE = _plain("is not a date", "write it as 2026-12-25, without quotes")

_EXPLANATIONS: dict[str, Callable[[KeyPath, Mapping[str, Any]], tuple[str, str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "string_pattern_mismatch": _pattern,
    "literal_error": lambda _, context: ("is not one of the choices", f"use {context['expected']}"),
    "greater_than_equal": lambda _, context: ("is too small", f"use {context['ge']} or more"),
    "less_than_equal": lambda _, context: ("is too large", f"use {context['le']} or less"),
    "too_short": _plain("is empty", "give it at least one entry, or leave it out"),
    "string_too_short": _plain("is empty", "give it a value, or leave it out"),
    "int_type": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "string_type": _TEXT,
    "bool_type": _plain("is neither true nor false", "write true or false, without quotes"),
    "date_type": _DATE,
    "date_from_datetime_inexact": _DATE,
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "list_type": _LIST,
    "tuple_type": _LIST,
}
