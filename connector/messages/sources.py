"""Where the words of a message are found: the tenant's own files first, then the built-in ones of its language.

A template is called `de/firm.txt`. Inside a template a name without a folder means the same language, so one frame
serves all of them. A file of the tenant's that names itself means the built-in one, which is how it extends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

from connector.messages.locales import LANGUAGES
from connector.messages.occasions import DEMANDS, OCCASIONS

_BUILT_IN = "built_in/"
_ESCAPED = ".html"  # de/_phrases.txt.html: the same file, whose values are escaped because HTML imports it
_WORDS = "words.txt"  # inside a template: the words of its own occasion, de/firm.words.txt
_SPOKEN_OTHERWISE = "en"  # where a tenant writes in a language that has no built-in templates


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts of templates by file name. `own` lie in the tenant's folder, those at its top are in `language`."""

    own: Mapping[str, str]
    built_in: Mapping[str, str]
    language: str

    def find(self, name: str) -> tuple[str, str] | None:
        """The file that holds template `name`, and its text; None if there is none."""
        plain = name.removesuffix(_ESCAPED) if name.endswith(f".txt{_ESCAPED}") else name
        path = plain.removeprefix(_BUILT_IN)
        language, _, file = path.partition("/")
        if plain == path:
            for candidate in (path, file if language == self.language else path):
                if candidate in self.own:
                    return candidate, self.own[candidate]
        spoken = language if language in LANGUAGES else _SPOKEN_OTHERWISE
        for candidate in (f"{spoken}/{file}", file, _frame(file)):
            if candidate in self.built_in:
                return candidate, self.built_in[candidate]
        return None

    def relative(self, name: str, parent: str) -> str:
        """What `name` means inside template `parent`; `name` itself if there is nothing of that name."""
        home, escaped = parent.removeprefix(_BUILT_IN), parent.endswith(_ESCAPED)
        language, _, file = home.partition("/")
        path = f"{file.partition('.')[0]}.{_WORDS}" if name == _WORDS else name
        path = path if "/" in path else f"{language}/{path}"
        if escaped and path.endswith(".txt"):
            path += _ESCAPED
        if path == parent:
            path = f"{_BUILT_IN}{path}"
        return path if self.find(path) else name


@lru_cache(maxsize=1)
def built_in_files() -> Mapping[str, str]:
    """Every built-in template by its path, such as de/firm.words.txt."""
    folder = resources.files("connector.messages") / "built_in"
    files = {file.name: _text(file) for file in folder.iterdir() if file.is_file()}
    for language in LANGUAGES:
        files.update({f"{language}/{file.name}": _text(file) for file in (folder / language).iterdir()})
    return MappingProxyType(files)


def own_paths(folder: Path) -> list[Path]:
    """The templates in `folder` and in its folders of languages; OSError if it cannot be looked into."""
    folders = [folder, *(folder / language for language in LANGUAGES if (folder / language).is_dir())]
    return [path for each in folders for path in sorted(each.iterdir()) if is_template(path)]


def is_template(path: Path) -> bool:
    return path.suffix in {".txt", ".html"}


def _frame(file: str) -> str:
    """The frame that writes `file` from the words of its occasion: _demand.sms.txt for firm.sms.txt."""
    occasion, _, suffix = file.partition(".")
    if occasion not in OCCASIONS:
        return ""
    return f"_{'demand' if occasion in DEMANDS else 'notice'}.{suffix}"


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
