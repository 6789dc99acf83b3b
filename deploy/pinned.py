"""Prints the part of requirements.lock that a root needs, with its hashes: an image holds no tools of the tests.

`python pinned.py requirements.lock` prints what Dun needs at work, `python pinned.py requirements.lock hatchling` what
hatchling does. The lock says of each package on whose behalf it is there; nothing else is asked. Standard library only:
it runs before anything is installed.
"""

import re
import sys
from pathlib import Path

AT_WORK = "dun-connector (pyproject.toml)"
_NAME = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


def pinned(lock: str, root: str) -> str:
    """The entries of `lock` that are there for `root`, directly or not, and that of `root` itself."""
    entries = {
        match[1]: entry for entry in re.split(r"^(?=\S)", lock, flags=re.MULTILINE) if (match := _NAME.match(entry))
    }
    on_behalf_of = {name: _parents(entry) for name, entry in entries.items()}
    wanted = {root}
    while added := {name for name, parents in on_behalf_of.items() if parents & wanted} - wanted:
        wanted |= added
    return "".join(entry for name, entry in entries.items() if name in wanted)


def _parents(entry: str) -> set[str]:
    """The names after `# via`, each on a line of its own or the only one beside it."""
    _, _, named = entry.partition("# via")
    return {line.lstrip(" #").strip() for line in named.splitlines()} - {""}


if __name__ == "__main__":
    path, *root = sys.argv[1:]
    sys.stdout.write(pinned(Path(path).read_text(encoding="utf-8"), *root or [AT_WORK]))
