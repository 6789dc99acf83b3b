"""From a file to plain tables, whatever the file is: a configuration can be a mistake, a bomb, or a disk of zeros.

The standard library's parser takes time that grows with the square of a key's parts, and recurses without a limit.
"""

import tomllib
from pathlib import Path
from typing import Any

from connector.config.errors import ConfigError, Problem, dotted
from connector.config.lines import KeyPath

MOST_CHARACTERS = 1_000_000  # a tenant takes some 300
MOST_DOTS_IN_A_LINE = 200
DEEPEST = 10  # tables and lists inside each other; the schema needs five
_SYNTAX = "mend the syntax; https://toml.io shows it"


def read(path: Path) -> str:
    """The text of the file at `path`. Raises ConfigError."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError:
        raise _refused(path, "is not UTF-8 text", "save it as UTF-8") from None
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}", "create it with: dun init") from None
    if len(text) > MOST_CHARACTERS:
        raise _refused(path, f"has more than {MOST_CHARACTERS:,} characters", "is it the right file?")
    return text


def parse(path: Path, text: str) -> dict[str, Any]:
    """The tables that `text` says. Raises ConfigError if it is no TOML, or none that a configuration could be."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > MOST_DOTS_IN_A_LINE:
            raise _refused(path, f"has more than {MOST_DOTS_IN_A_LINE} dots in line {number}", "shorten that line")
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refused(path, f"is not valid TOML: {error}", _SYNTAX) from None
    except ValueError:  # what Python says of it is for programmers
        raise _refused(path, "has a number of thousands of digits", "write a smaller one") from None
    except RecursionError:
        raise _refused(path, "has too many brackets inside each other", _SYNTAX) from None
    _look_through(path, written)
    return written


def _look_through(path: Path, written: dict[str, Any]) -> None:
    """Refuse what no key could want, wherever it stands."""
    unseen: list[tuple[KeyPath, object]] = [((), written)]
    while unseen:
        keys, value = unseen.pop()
        if len(keys) > DEEPEST:
            problem = Problem(dotted(keys[:1]), "has too many tables or lists inside each other", "flatten it")
            raise ConfigError(path, [problem])
        if isinstance(value, str) and "\0" in value:
            raise ConfigError(path, [Problem(dotted(keys), "has a NUL character in it", "remove it")])
        if isinstance(value, dict):
            unseen += [((*keys, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            unseen += [((*keys, position), inner) for position, inner in enumerate(value)]


def _refused(path: Path, what: str, mend: str) -> ConfigError:
    return ConfigError(path, [Problem(str(path), what, mend)])
