"""Several files that belong together, in a folder of their own that appears when everything is in it."""

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from state.errors import DiskFull
from state.folders import flush_folder


class FilesError(Exception):
    """The files cannot be written there; `str()` says why."""


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write `files` by name into `folder`, for its owner alone; one that has the same files already is left as it is.

    Raises FilesError or DiskFull.
    """
    target = folder.absolute()
    try:
        if target.exists():
            return _same(target, files)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".dun-", dir=target.parent) as draft:
            complete = Path(draft) / "complete"
            complete.mkdir(mode=0o700)
            for name, content in files.items():
                _write(complete / name, content)
            flush_folder(complete)
            complete.rename(target)
            flush_folder(target.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk of {folder} is full. Nothing was written; free some space.") from None
        raise FilesError(f"{folder} cannot be written: {error.strerror}") from None
    return target


def _same(target: Path, files: Mapping[str, bytes]) -> Path:
    """After a kill between the files and the handover, the next attempt finds its own folder."""
    found = {path.name: path.read_bytes() for path in target.iterdir()} if target.is_dir() else {}
    if found != dict(files):
        raise FilesError(f"{target} exists already, with other files; choose another folder")
    return target


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
