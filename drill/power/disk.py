"""A disk that keeps its promises and no more: what was flushed is there after a power loss, the rest perhaps.

It is rebuilt from a recording. Of what was written to a file after its last flush, each write may be there, be lost, or
be torn between two sectors, in any order; a name may be missing until its folder was flushed, and a removed one may be
back. That is stricter than any file system Dun will meet, which makes the answer worth more.
"""

import os
import pickle
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct

from drill.power.recording import Event

SECTOR = 512
FOLDER = -1
LOSES_ALL, LOSES_NOTHING, LOSES_SOME = "all that was not flushed is lost", "nothing is lost", "some is lost"
FATES = (LOSES_ALL, LOSES_NOTHING, LOSES_SOME)


class _File(Struct):
    """One file's bytes: what is certainly there, and what was written since."""

    flushed: bytearray
    since: list[tuple[int, bytes | None]]  # offset and bytes; or a length and None: cut off there

    def flush(self) -> None:
        for offset, data in self.since:
            _apply(self.flushed, offset, data)
        self.since.clear()

    def after(self, fate: str, draw: Random) -> bytes:
        content = bytearray(self.flushed)
        for offset, data in self.since if fate != LOSES_ALL else ():
            if fate == LOSES_NOTHING or draw.random() < 0.4:
                _apply(content, offset, data)
            elif data is not None and draw.random() < 0.5:
                _tear(content, offset, data, draw)
        return bytes(content)


class Disk:
    """A folder as it was when a life began, and what happened to it since."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._numbers = count()
        self._files: dict[int, _File] = {}
        self._of_inode: dict[int, int] = {}
        self._names: dict[str, int] = {}
        self._read(root)
        self._flushed_names = dict(self._names)

    def see(self, event: Event) -> None:
        match event:
            case ("written", inode, offset, data):
                self._change(inode, offset, data)
            case ("truncated", inode, size):
                self._change(inode, size, None)
            case ("flushed", inode) if inode in self._of_inode:
                self._files[self._of_inode[inode]].flush()
            case ("content", inode, data) if inode in self._of_inode:
                self._files[self._of_inode[inode]] = _File(bytearray(data), [])
            case ("opened", path, inode) if self._names.get(path) != self._of_inode.get(inode, -2):
                self._names[path] = self._new(inode, b"")
            case ("named", path, inode) if inode in self._of_inode:
                self._names[path] = self._of_inode[inode]
            case ("folder", path):
                self._names[path] = FOLDER
            case ("unnamed", path):
                self._names.pop(path, None)
            case ("folder flushed", path):
                self._flush_names(path)

    def after_power_loss(self, target: Path, fate: str, draw: Random) -> None:
        """Write into `target` what is left of the folder."""
        target.mkdir(mode=0o700)
        for path, what in sorted(self._names_after(fate, draw).items()):
            place = target / os.path.relpath(path, self._root)
            if path.endswith("-shm") or not place.parent.is_dir():
                continue
            if what == FOLDER:
                place.mkdir(mode=0o700)
            else:
                place.touch(mode=0o600)
                place.write_bytes(self._files[what].after(fate, draw))

    def _names_after(self, fate: str, draw: Random) -> dict[str, int]:
        left = {}
        for path in sorted(self._names.keys() | self._flushed_names.keys()):
            now, flushed = self._names.get(path), self._flushed_names.get(path)
            latest = fate == LOSES_NOTHING or (fate == LOSES_SOME and draw.random() < 0.5)
            what = now if latest else flushed
            if what is not None and path.startswith(f"{self._root}{os.sep}"):
                left[path] = what
        return left

    def _read(self, folder: Path) -> None:
        for path in folder.iterdir():
            if path.is_dir():
                self._names[str(path)] = FOLDER
                self._read(path)
            else:
                self._names[str(path)] = self._new(path.stat().st_ino, path.read_bytes())

    def _new(self, inode: int, content: bytes) -> int:
        number = next(self._numbers)
        self._of_inode[inode] = number
        self._files[number] = _File(bytearray(content), [])
        return number

    def _change(self, inode: int, offset: int, data: bytes | None) -> None:
        if inode in self._of_inode:
            self._files[self._of_inode[inode]].since.append((offset, data))

    def _flush_names(self, folder: str) -> None:
        for path in self._names.keys() | self._flushed_names.keys():
            if os.path.dirname(path) == folder:  # noqa: PTH120 - text
                if path in self._names:
                    self._flushed_names[path] = self._names[path]
                else:
                    self._flushed_names.pop(path, None)


def read_events(log: Path) -> Iterator[Event]:
    """What a life has written down; the last line may have been cut short by its end."""
    if not log.exists():
        return
    with log.open("rb") as file:
        while True:
            try:
                event: tuple[Any, ...] = pickle.load(file)  # noqa: S301 - our own
            except (EOFError, pickle.UnpicklingError):
                return
            yield event


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _tear(content: bytearray, offset: int, data: bytes, draw: Random) -> None:
    """Some of the sectors that `data` covers are written."""
    start = 0
    while start < len(data):
        end = start + SECTOR - (offset + start) % SECTOR
        if draw.random() < 0.5:
            _apply(content, offset + start, data[start:end])
        start = end
