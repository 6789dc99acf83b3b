"""Bugs planted on purpose, each into a copy of the house, to prove that a guard is a guard and a test can fail.

A plant is an exact piece of source and what a careless hand would have written in its place. Where the piece is no
longer there, or stands there twice, planting refuses: a bug that was not planted must never count as found.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("connector", "connectors", "drill", "state", "sync", "tests")
PAPERS = ("pyproject.toml", "config.example.toml")


class Edit(Struct, frozen=True):
    """In `file` (from the top of the repository), `old` becomes `new`."""

    file: str
    old: str
    new: str


class Plant(Struct, frozen=True):
    """One bug: its name as a person would tell it, and the edits that bring it about."""

    name: str
    edits: tuple[Edit, ...]


class NotPlanted(Exception):
    """The source is not what the plant was written for."""


def copy_house(folder: Path) -> None:
    """Everything that runs and tests need, without what can be made again."""
    for room in ROOMS:
        shutil.copytree(HOUSE / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
    for paper in PAPERS:
        shutil.copy(HOUSE / paper, folder / paper)


def plant(folder: Path, bug: Plant) -> None:
    """Put `bug` into the copy in `folder`. Raises NotPlanted if a piece is not there exactly once."""
    for edit in bug.edits:
        path = folder / edit.file
        source = path.read_text()
        if source.count(edit.old) != 1:
            raise NotPlanted(f"{bug.name}: {edit.file} holds {source.count(edit.old)} of {edit.old!r} instead of one")
        path.write_text(source.replace(edit.old, edit.new))


def weed(folder: Path, bug: Plant) -> None:
    """Bring the files of `bug` back to what they are in the house."""
    for edit in bug.edits:
        shutil.copy(HOUSE / edit.file, folder / edit.file)


def run_in(folder: Path, arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """`python ARGUMENTS` where the copy's modules come before the house's."""
    truth = os.environ.get("DUN_TRUTH_DIR", str(HOUSE.parent / "shared" / "truth"))
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "DUN_TRUTH_DIR": truth}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
