"""Does a tracked file hold a secret, a path of somebody's machine or the host of a package index? Part of `make audit`.

Of our own making: general scanners take every reference (`env:NAME`) for a secret and know nothing of the tokens of the
services that Dun speaks to. A find is told by its place and kind and never repeated: a log of CI is read by many.

    python -m drill.leaks [FILE ...]      # without files: everything that git tracks
"""

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from drill.plant import HOUSE

SHAPES: Mapping[str, re.Pattern[str]] = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "JSON web token": re.compile(r"\beyJ[\w-]{16,}"),
    "Intuit refresh token": re.compile(r"\b(?:RT1-\d+-[\w-]{10,}|AB11\w{40,})"),
    "SendGrid key": re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    "AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\b(?:gh[opsru]_[A-Za-z0-9]{36}|github_pat_\w{40,})"),
    "package index token": re.compile(r"\bpypi-[\w-]{40,}"),
    "password in an address": re.compile(r"://[^\s/:@\"'{}]+:[^\s/:@\"'{}]+@\w"),
    "path of a machine": re.compile(r"(?<![\w.:/])/(?:root|work|home/\w+|Users/\w+)/\w"),
    "host of a package index": re.compile(r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)\b"),
    "option naming a package index": re.compile(r"^\s*--(?:index-url|extra-index-url|find-links|trusted-host)\b"),
}
# A name that promises a secret, and what it is given. Xero's secrets and tokens have no shape but their length.
GIVEN = re.compile(
    r"(?:(?:secret|token|passw(?:or)?d|key)\w*[\"']?\]?(?:\s*:\s*\w+)?\s*(?:=|:)\s*[bfr]?[\"']?|\bbearer\s+|\bbasic\s+)"
    r"(?P<value>[\w+/=.~-]{16,})",
    re.IGNORECASE,
)
BITS_OF_CHANCE = 3.2  # per character; drawn letters and digits have more, most words and invented names less
ALLOWED: Mapping[str, str] = {
    "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0": "how every access token of Intuit begins; the sandbox's do too",
    "SG.never-shown.0123456789": "invented; a test looks for it in logs",
    "/api.xro/2.0/Invoices": "a path in an address, after the word TOKEN",
    "hunter2-never-shown": "invented; a test looks for it in errors",
    "base64.b64decode": "a function, called where a secret is read",
    "://u:p@e": "invented; a test sees such an address refused",
}


class Leak(NamedTuple):
    line: int
    kind: str


def main(names: list[str]) -> int:
    if unknown := [name for name in names if not Path(name).is_file()]:
        print(
            f"no such file: {', '.join(unknown)}; without names, every tracked file is looked through", file=sys.stderr
        )
        return 2
    files = [Path(name) for name in names] or tracked()
    found = [(path, leak) for path in files for leak in leaks(path.read_text(encoding="utf-8", errors="replace"))]
    for path, leak in found:
        print(f"LEAK: {_told(path)}:{leak.line}: {leak.kind}", file=sys.stderr)
    print(f"{len(files)} files looked through, {len(found)} leaks")
    return 1 if found else 0


def _told(path: Path) -> Path:
    return path.relative_to(HOUSE) if path.is_relative_to(HOUSE) else path


def tracked(house: Path = HOUSE) -> list[Path]:
    """Every file that git knows and that is there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=house, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := house / name).is_file()]


def leaks(text: str) -> Iterator[Leak]:
    for number, line in enumerate(text.splitlines(), 1):
        yield from (Leak(number, kind) for kind in _kinds(line))


def _kinds(line: str) -> Iterator[str]:
    for kind, shape in SHAPES.items():
        if not _all_allowed(match[0] for match in shape.finditer(line)):
            yield kind
    drawn = (match["value"] for match in GIVEN.finditer(line))
    if not _all_allowed(value for value in drawn if looks_drawn(value)):
        yield "secret given to a name"


def _all_allowed(values: Iterable[str]) -> bool:
    return all(value in ALLOWED for value in values)


def looks_drawn(value: str) -> bool:
    """Drawn by chance rather than thought of: letters and digits mixed, and hardly a character twice."""
    counts = Counter(value)
    bits = -sum(times / len(value) * math.log2(times / len(value)) for times in counts.values())
    is_mixed = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    return is_mixed and bits >= BITS_OF_CHANCE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
