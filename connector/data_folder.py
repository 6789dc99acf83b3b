"""The folder with the clients' books and tokens: made for its owner alone, and refused where others could tamper.

The files in it are private one by one; the folder decides who may replace them or see which clients there are.
"""

import os
import stat
from pathlib import Path

from state.folders import make_folder

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_READABLE_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH


class DataFolderError(Exception):
    """The data folder cannot be used; `str()` says why and how to mend it."""


def prepare(folder: Path) -> None:
    """Make sure of a data folder that is ours, can be written to, and by nobody else."""
    try:
        make_folder(folder, 0o700)
    except OSError as error:
        raise DataFolderError(f"the data folder {folder} cannot be created: {error.strerror}") from None
    facts = folder.stat()
    if facts.st_uid != os.geteuid():
        raise DataFolderError(
            f"the data folder {folder} belongs to another user (id {facts.st_uid}); run Dun as that user, or run:"
            f" chown -R {os.geteuid()} {folder}"
        )
    if facts.st_mode & _WRITABLE_BY_OTHERS:
        raise DataFolderError(f"others can write to the data folder {folder}; run: chmod 700 {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DataFolderError(
            f"the data folder {folder} may not be written to; run: chmod 700 {folder}, or move it to a disk that is not"
            " mounted read-only"
        )


def loose_rights(folder: Path) -> list[str]:
    """What is too open about the folder, in words; nothing if it is private or does not exist yet."""
    if not folder.is_dir() or not folder.stat().st_mode & (_WRITABLE_BY_OTHERS | _READABLE_BY_OTHERS):
        return []
    return [f"others can look into the data folder {folder}; run: chmod 700 {folder}"]
