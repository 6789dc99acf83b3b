"""Folders that are as durable as what lies in them.

A file that was flushed is lost all the same if the power fails before the folder with its name was, and so is a whole
folder whose own name was not flushed into the one above.
"""

import os
from contextlib import suppress
from pathlib import Path


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make `folder` and those above it that are missing; they are on the disk when it returns."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    for made in reversed(missing):
        with suppress(PermissionError):  # whoever may write in a folder need not be allowed to open it
            flush_folder(made.parent)


def flush_folder(folder: Path) -> None:
    """The names in `folder` are on the disk when it returns."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
