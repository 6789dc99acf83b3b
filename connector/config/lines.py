"""Which line of a TOML file a key stands on, because "line 12" is worth more to a person than a key path.

The standard library's parser keeps no positions. This index is made only once something is wrong with a file, from the
file's own statements: each is handed to the parser alone, and its keys are put down to the line it began on.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

KeyPath = tuple[str | int, ...]
_MOST_EFFORT = 4_000_000  # characters handed to the parser; a line number is not worth minutes


def line_index(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of every key and table of `text`, which must be valid TOML."""
    lines: dict[KeyPath, int] = {}
    arrays: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, statement in _statements(text):
        keys = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _header(keys, arrays, is_array=statement.lstrip().startswith("[["))
            lines.setdefault(table, number)
        else:
            for path in _paths(keys, table):
                lines.setdefault(path, number)
    return lines


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """The line of `path`, or of the nearest thing around it that stands in the file."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement with the line it begins on; values may run over several lines, and are tried after each."""
    statement, begun, effort = "", 0, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not statement:
            begun = number
        statement += line + "\n"
        effort += len(statement)
        if effort > _MOST_EFFORT:
            return
        try:
            tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if statement.strip() and not statement.lstrip().startswith("#"):
            yield begun, statement
        statement = ""


def _header(keys: Mapping[str, Any], arrays: dict[KeyPath, int], *, is_array: bool) -> KeyPath:
    """The full path of a table header; tables inside an array of tables belong to its latest element."""
    path: KeyPath = ()
    node: Any = keys
    while isinstance(node, dict) and node:
        [(key, node)] = node.items()
        path = (*path, key)
        if isinstance(node, list) and is_array:
            arrays[path] = arrays.get(path, -1) + 1
        if path in arrays:
            path = (*path, arrays[path])
    return path


def _paths(value: object, path: KeyPath) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _paths(inner, (*path, position))
