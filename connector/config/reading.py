"""What a file says, read as far as it can be: one wrong key must not hide the mistakes in all the others.

What is wrong is cut out, and the rest is read and checked as if it had never been there. Then what only follows from
the cut (a sender that is "missing", because it was no address) is left out again, and each position is told as it
stands in the file.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import ValidationError

from connector.config.checks import check
from connector.config.errors import Problem, dotted, problems_of, toml_value
from connector.config.lines import KeyPath
from connector.config.schema import ConfigFile

MOST_PROBLEMS = 200

# For keys that a tenant must have: it is checked with these where its own cannot be read.
_CUT = -1  # in the place of a position that is not among what was read
_STAND_INS = {"zone": "Etc/UTC", "ledger": "xero"}


class Read(Struct, frozen=True):
    """A file without what is wrong in it; `cut` has the paths that are not in it, as they stand in the file."""

    file: ConfigFile
    problems: dict[KeyPath, Problem]
    cut: frozenset[KeyPath] = frozenset()


def read_whole(written: dict[str, Any], base: Path) -> tuple[ConfigFile, dict[KeyPath, Problem]]:
    """What the file says, and everything that is wrong with it; `base` is its folder."""
    read = read_keys(written)
    problems = dict(read.problems)
    unread = frozenset(_as_read(path, read.cut) for path in read.problems)
    for path, problem in check(read.file, base, unread).items():
        place = _in_the_file(path, read.cut)
        if place not in problems and not _follows(path, place, problem, read) and len(problems) < MOST_PROBLEMS:
            problems[place] = replace(problem, key=_key_at(place, path, problem))
    return read.file, problems


def read_keys(written: dict[str, Any]) -> Read:
    """What the keys say, each by itself."""
    problems: dict[KeyPath, Problem] = {}
    cut: set[KeyPath] = set()
    while True:
        try:
            return Read(ConfigFile.model_validate(_without(written, cut)), problems, frozenset(cut))
        except ValidationError as error:
            found = {_in_the_file(path, cut): problem for path, problem in problems_of(error).items()}
        if len(found) > MOST_PROBLEMS:  # a file of another kind; what is beyond these would take long and help nobody
            return Read(ConfigFile(), dict(islice(found.items(), MOST_PROBLEMS)))
        problems = {path: each for path, each in found.items() if path not in cut} | problems
        already, before = len(cut), written
        for path in found:
            written = _cut(written, path, cut)
        if () in cut or (len(cut) == already and written == before):
            return Read(ConfigFile(), problems)


def _cut(written: dict[str, Any], path: KeyPath, cut: set[KeyPath]) -> dict[str, Any]:
    """Cut out what is at `path`: the key, or the table that lacks it; or put something in its place."""
    if len(path) == 3 and path[0] == "tenants" and path[2] in _STAND_INS:
        _, slug, key = path
        tenants = written["tenants"]
        return written | {"tenants": tenants | {slug: tenants[slug] | {key: _STAND_INS[str(key)]}}}
    place = _nearest(written, path, cut)
    cut.add(place)
    around = _at(written, place[:-1])
    if isinstance(around, list) and all((*place[:-1], position) in cut for position in range(len(around))):
        cut.add(place[:-1])
    return written


def _nearest(written: Any, path: KeyPath, cut: set[KeyPath]) -> KeyPath:
    """`path`, or what is around it where it is not there."""
    place: KeyPath = ()
    for part in path:
        inside = _inside(written, part)
        if inside is None or (*place, part) in cut:
            return place
        place, written = (*place, part), inside
    return place


def _at(value: Any, path: KeyPath) -> Any:
    for part in path:
        value = _inside(value, part)
    return value


def _inside(value: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    return value[part] if isinstance(value, list) and isinstance(part, int) and part < len(value) else None


def _without(value: Any, cut: set[KeyPath], at: KeyPath = ()) -> Any:
    if isinstance(value, dict):
        return {key: _without(each, cut, (*at, key)) for key, each in value.items() if (*at, key) not in cut}
    if isinstance(value, list):
        return [_without(each, cut, (*at, i)) for i, each in enumerate(value) if (*at, i) not in cut]
    return value


def _in_the_file(path: KeyPath, cut: set[KeyPath] | frozenset[KeyPath]) -> KeyPath:
    """A path in what was read, as it stands in the file: the entries of its lists that were cut count again."""
    place: KeyPath = ()
    for part in path:
        if isinstance(part, int):
            kept = (position for position in count() if (*place, position) not in cut)
            place = (*place, next(islice(kept, part, None)))
        else:
            place = (*place, part)
    return place


def _as_read(path: KeyPath, cut: frozenset[KeyPath]) -> KeyPath:
    """A path of the file as the checks see it: entries of a list that were cut do not count, and have no position."""
    seen: KeyPath = ()
    for depth, part in enumerate(path):
        if isinstance(part, int):
            gone = (*path[:depth], part) in cut
            before = sum((*path[:depth], position) in cut for position in range(part))
            seen = (*seen, _CUT if gone else part - before)
        else:
            seen = (*seen, part)
    return seen


def _key_at(place: KeyPath, path: KeyPath, problem: Problem) -> str:
    """The key of a problem as the file has it; what else is part of its path, such as a law, is none of the key."""
    own = next((depth for depth in range(len(path), 0, -1) if dotted(path[:depth]) == problem.key), None)
    return problem.key if own is None else dotted(place[:own])


def _follows(path: KeyPath, place: KeyPath, problem: Problem, read: Read) -> bool:
    """Whether this would not be wrong but for what was cut."""
    refused = {path[-1] for path in read.problems if path}
    if problem.what.startswith("is missing") and path[-1] in refused:
        return True
    if path[-1] == "offset_days" and "minimum_gap_days" in refused:
        return True
    if path[-1] == "after" and place != path:
        return True
    return problem.value is not None and problem.value in _names(read)


def _names(read: Read) -> set[str]:
    """What other places of the file may name, and was cut."""
    named: Mapping[int, str] = {3: "sequences", 2: "tenants"}
    return {toml_value(path[-1]) for path in read.cut if path and path[-2:-1] == (named.get(len(path)),)}
