"""The wording of messages: built-in templates, and a tenant's own ones, which win.

Templates run in a sandbox: they can read the variables they are given and nothing else. An unknown variable, or a
known one that happens to be empty, is an error rather than a gap in a sentence.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from traceback import extract_tb
from types import CodeType, MappingProxyType
from typing import Any

from jinja2 import (
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    pass_context,
)
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from connector.messages.context import MessageError
from connector.messages.formats import format_day, format_money, speak_money, spell
from connector.messages.locales import language_part
from connector.messages.paragraphs import paragraphs
from connector.messages.reading import Mistake, stray_blocks
from connector.messages.sources import Sources, built_in_files, own_paths
from connectors.channels.headers import one_line
from state.money import Money

MOST_CHARACTERS_IN_A_FILE = 100_000
MOST_CHARACTERS_WRITTEN = 5_000_000  # an invoice takes a few hundred
MOST_COMPILED = 4_000  # templates kept; the built-in ones are some 800
BRIEF = 30  # characters of a name in a text message
_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class TemplateFault(MessageError):
    """A template cannot be used: which one, where, and why."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        super().__init__(f"template {file}{f', line {line}' if line else ''}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Templates:
    """Templates by name, such as de/firm.txt. `own` are the files that come from the tenant's folder."""

    sources: Mapping[str, str] = field(repr=False)
    own: frozenset[str]
    language: str  # the tenant's
    environment: "_Environment" = field(repr=False)

    @classmethod
    def load(cls, folder: Path | None, locale: str = "en_GB") -> "Templates":
        """The built-in templates, overlaid by the *.txt and *.html files of `folder`; TemplateFault if unreadable.

        `locale` is the tenant's: the files at the top of `folder` are in its language.
        """
        own, faults = read_folder(folder) if folder is not None else ({}, [])
        if faults:
            raise faults[0]
        return cls.of(own, locale)

    @classmethod
    def of(cls, own: Mapping[str, str], locale: str = "en_GB") -> "Templates":
        """The built-in templates, overlaid by the texts of `own`."""
        sources = Sources(own, built_in_files(), language_part(locale))
        every = MappingProxyType({**sources.built_in, **own})
        return cls(every, frozenset(own), sources.language, _environment(sources))

    def fill(self, file: str, variables: Mapping[str, Any], language: str | None = None) -> str:
        """Template `file` with `variables` in it, in `language` or the tenant's. Raises TemplateFault."""
        name = f"{language or self.language}/{file}"
        for fault in self.stray_blocks(name):
            raise fault
        try:
            template = self.environment.get_template(name)
            return "".join(_up_to_the_limit(template.generate(variables)))
        except _FAULTS as error:
            raise self._fault(file, error) from None

    def compile(self, file: str) -> None:
        """Raises TemplateFault if `file`, one of `own`, is not a template."""
        try:
            self.environment.get_template(self.name_of(file))
        except _FAULTS as error:
            raise self._fault(file, error) from None

    def name_of(self, file: str) -> str:
        """What the template is called that stands in `file`, one of `own`."""
        return file if "/" in file else f"{self.language}/{file}"

    def stray_blocks(self, name: str) -> list[TemplateFault]:
        """Blocks of template `name` that nothing prints, and of those it extends; none of a built-in one."""
        return [TemplateFault(each.file, each.line, each.reason) for each in self.environment.stray_blocks(name)]

    def _fault(self, file: str, error: Exception) -> TemplateFault:
        reason = _reason(error)
        if isinstance(error, TemplateSyntaxError):
            return TemplateFault(error.filename or file, error.lineno, reason)
        places = [frame for frame in extract_tb(error.__traceback__) if frame.filename in self.sources]
        if not places:
            return TemplateFault(file, None, reason)
        return TemplateFault(places[-1].filename, places[-1].lineno, reason)


def _up_to_the_limit(pieces: Iterable[str]) -> Iterator[str]:
    """A loop inside a loop writes for hours, and nobody reads what a mail server does not take."""
    written = 0
    for piece in pieces:
        written += len(piece)
        if written > MOST_CHARACTERS_WRITTEN:
            raise ValueError(f"it writes more than {MOST_CHARACTERS_WRITTEN:,} characters")
        yield piece


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {text}"
    return f"there is no template {text}" if isinstance(error, TemplateNotFound) else text


def read_folder(folder: Path) -> tuple[dict[str, str], list[TemplateFault]]:
    """The tenant's templates by their paths in `folder`, and what cannot be read."""
    if not folder.is_dir():
        return {}, [TemplateFault(folder.name, None, "the folder of templates does not exist")]
    own, faults = {}, []
    for path in own_paths(folder):
        file = path.relative_to(folder).as_posix()
        try:
            own[file] = _read(path, file)
        except TemplateFault as fault:
            faults.append(fault)
    return own, faults


def _read(path: Path, file: str) -> str:
    try:
        with path.open(encoding="utf-8") as opened:
            text = opened.read(MOST_CHARACTERS_IN_A_FILE + 1)
    except UnicodeDecodeError:
        raise TemplateFault(file, None, "the file is not UTF-8 text") from None
    except OSError as error:
        raise TemplateFault(file, None, f"the file cannot be read ({error.strerror})") from None
    if len(text) > MOST_CHARACTERS_IN_A_FILE:
        raise TemplateFault(file, None, f"the file has more than {MOST_CHARACTERS_IN_A_FILE:,} characters")
    return text


class _CompiledTemplates(BytecodeCache):
    """What was compiled for one tenant serves all others: most of it is built in, and compiling takes the longest."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if len(self._codes) >= MOST_COMPILED:
            self._codes.clear()
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _CompiledTemplates()


class _Environment(ImmutableSandboxedEnvironment):
    """Names inside a template are read as `Sources.relative` says."""

    def __init__(self, sources: Sources) -> None:
        super().__init__(
            loader=FunctionLoader(partial(_loaded, sources)),
            autoescape=_is_html,
            undefined=StrictUndefined,
            finalize=_something,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=-1,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        self._sources = sources
        self._relative = lru_cache(maxsize=None)(sources.relative)  # a message asks the same few names dozens of times
        self._stray_blocks = lru_cache(maxsize=None)(partial(stray_blocks, self))

    def join_path(self, template: str, parent: str) -> str:
        return self._relative(template, parent)

    def stray_blocks(self, name: str) -> tuple[Mistake, ...]:
        found = self._sources.find(name)
        return self._stray_blocks(name) if found and found[0] in self._sources.own else ()


def _environment(sources: Sources) -> _Environment:
    environment = _Environment(sources)
    environment.filters.update(
        money=_money_filter,
        date=_date_filter,
        spoken=_spoken_filter,
        spelled=spell,
        brief=_brief_filter,
        paragraphs=paragraphs,
    )
    return environment


def _loaded(sources: Sources, name: str) -> tuple[str, str, None] | None:
    """The text of template `name`, and the file that its mistakes are told of."""
    found = sources.find(name)
    return (found[1], found[0], None) if found else None


def _is_html(name: str | None) -> bool:
    return name is None or name.endswith(".html")


def _something(value: Any) -> Any:
    if value is None:
        raise ValueError("a value that may be absent is printed without asking whether it is there")
    if isinstance(value, Macro):
        raise TypeError(f"the phrase '{value.name}' is printed without its brackets")
    return value


@pass_context
def _money_filter(context: Context, value: object) -> str:
    if not isinstance(value, Money):
        raise TypeError(f"the filter 'money' needs an amount, not {_kind(value)}")
    return format_money(value, _locale(context))


@pass_context
def _spoken_filter(context: Context, value: object) -> str:
    if not isinstance(value, Money):
        raise TypeError(f"the filter 'spoken' needs an amount, not {_kind(value)}")
    return speak_money(value, _locale(context))


def _brief_filter(value: object) -> str:
    """A name cut to what a text message has room for."""
    if not isinstance(value, str):
        raise TypeError(f"the filter 'brief' needs a text, not {_kind(value)}")
    return one_line(value, BRIEF)


@pass_context
def _date_filter(context: Context, value: object) -> str:
    if not isinstance(value, date):
        raise TypeError(f"the filter 'date' needs a date, not {_kind(value)}")
    return format_day(value, _locale(context))


def _locale(context: Context) -> str:
    locale = context.resolve("locale")
    if not isinstance(locale, str):
        raise TypeError("the locale is unknown here; import this file 'with context'")
    return locale


def _kind(value: object) -> str:
    if value is None or isinstance(value, Undefined):
        return "something absent"
    return type(value).__name__
