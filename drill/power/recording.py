"""Writes down what a process asks of its disk: each write, truncation and flush of SQLite, and names given and taken.

SQLite's own way to files is copied and registered again as the default, with a few of its functions replaced by ones
that first write down what they are asked and then ask the original. Shared memory, locks and reads are untouched. What
does not go through SQLite (the key, folders) is seen at the few calls of `os` that the house uses for it.
"""

import ctypes
import os
import pickle
import sqlite3
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from drill.kills.points import Trap

Event = tuple[Any, ...]  # what happened, and to which inode or path
_CREATE, _NEW_JOURNALS = 0x4, 0x800 | 0x4000 | 0x80000  # SQLITE_OPEN_...: MAIN_JOURNAL, SUPER_JOURNAL, WAL
_OK = 0
_Pointer = ctypes.c_void_p
_VFS_FIELDS = (
    "xOpen xDelete xAccess xFullPathname xDlOpen xDlError xDlSym xDlClose xRandomness xSleep xCurrentTime xGetLastError"
    " xCurrentTimeInt64 xSetSystemCall xGetSystemCall xNextSystemCall"
).split()
_METHODS = (
    "xClose xRead xWrite xTruncate xSync xFileSize xLock xUnlock xCheckReservedLock xFileControl xSectorSize"
    " xDeviceCharacteristics xShmMap xShmLock xShmBarrier xShmUnmap xFetch xUnfetch"
).split()


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", _Pointer),
        ("zName", ctypes.c_char_p),
        ("pAppData", _Pointer),
        *((name, _Pointer) for name in _VFS_FIELDS),
    )


class _IoMethods(ctypes.Structure):
    _fields_ = (("iVersion", ctypes.c_int), *((name, _Pointer) for name in _METHODS))


_OPEN = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer, _Pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_int))
_DELETE = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, ctypes.c_char_p, ctypes.c_int)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer, ctypes.c_int, ctypes.c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, ctypes.c_int)


class NoWayIn(Exception):
    """SQLite cannot be watched in this Python; `str()` says why."""


def library() -> ctypes.CDLL:
    """The very library that `sqlite3` uses. NoWayIn where it is not a shared one that can be found."""
    if sys.platform != "linux":
        raise NoWayIn("power losses are drilled on Linux only")
    maps = Path("/proc/self/maps").read_text().splitlines()
    loaded = {line.split()[-1] for line in maps if "libsqlite3" in line}
    if len(loaded) != 1:
        raise NoWayIn(f"sqlite3 {sqlite3.sqlite_version} of this Python is not in a shared libsqlite3 of its own")
    return ctypes.CDLL(loaded.pop())


class Recorder:
    """Appends events to a file. What is written there survives a SIGKILL, and is read by who cuts the power."""

    def __init__(self, log: Path) -> None:
        self._log = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def add(self, *event: Any) -> None:
        os.write(self._log, pickle.dumps(event))


def record(folder: Path, number: int, trap: Trap) -> None:
    """Equip a life: its disk is watched, and its trace goes into the same log, in order."""
    recorder = Recorder(folder / "disk" / str(number))
    trap.also_tell = lambda what, whom: recorder.add("mark", what, whom)
    _watch_sqlite(recorder)
    _watch_os(recorder)


_kept_alive: list[Any] = []  # SQLite holds pointers to these


class _Watch:
    """The replaced functions of one VFS, and what they know of the files that are open."""

    def __init__(self, original: _Vfs, recorder: Recorder) -> None:
        self._add = recorder.add
        self._original_open = _OPEN(original.xOpen)
        self._original_delete = _DELETE(original.xDelete)
        self._tables: dict[int, _IoMethods] = {}
        self._originals: dict[str, Any] = {}
        self._inodes: dict[int, int] = {}  # by the address of SQLite's file
        self._new_journals: dict[int, str] = {}  # whose first flush flushes their folder, too
        self.open = _OPEN(self._open)
        self.delete = _DELETE(self._delete)
        self._write_, self._truncate_, self._sync_ = _WRITE(self._write), _TRUNCATE(self._truncate), _SYNC(self._sync)

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: Any) -> int:
        """SQLite keeps the pointer `name`, so it is passed on as it is. None: a passing file of SQLite's own."""
        path = ctypes.string_at(name).decode() if name else None
        new = path is not None and not Path(path).exists()
        code = self._original_open(vfs, name, file, flags, out)
        if code == _OK and path is not None:
            self._opened(path, file, flags, new=new)
        return int(code)

    def _opened(self, path: str, file: int, flags: int, *, new: bool) -> None:
        self._inodes[file] = Path(path).stat().st_ino
        self._new_journals.pop(file, None)
        if new:
            self._add("opened", path, self._inodes[file])
        if flags & _CREATE and flags & _NEW_JOURNALS:
            self._new_journals[file] = str(Path(path).parent)
        self._replace_methods(file)

    def _delete(self, vfs: int, name: bytes, sync_folder: int) -> int:
        code = self._original_delete(vfs, name, sync_folder)
        if code == _OK:
            self._add("unnamed", name.decode())
            if sync_folder:
                self._add("folder flushed", str(Path(name.decode()).parent))
        return int(code)

    def _replace_methods(self, file: int) -> None:
        place = ctypes.cast(file, ctypes.POINTER(_Pointer))
        address = place[0]
        if not address:
            return
        if address not in self._tables:
            theirs = _IoMethods.from_address(address)
            ours = _IoMethods.from_buffer_copy(theirs)
            self._originals = {
                "write": _WRITE(theirs.xWrite), "truncate": _TRUNCATE(theirs.xTruncate), "sync": _SYNC(theirs.xSync)
            }  # fmt: skip
            ours.xWrite = ctypes.cast(self._write_, _Pointer)
            ours.xTruncate = ctypes.cast(self._truncate_, _Pointer)
            ours.xSync = ctypes.cast(self._sync_, _Pointer)
            self._tables[address] = ours
        place[0] = ctypes.addressof(self._tables[address])

    def _write(self, file: int, data: int, size: int, offset: int) -> int:
        self._add("written", self._inodes[file], offset, ctypes.string_at(data, size))
        return int(self._originals["write"](file, data, size, offset))

    def _truncate(self, file: int, size: int) -> int:
        self._add("truncated", self._inodes[file], size)
        return int(self._originals["truncate"](file, size))

    def _sync(self, file: int, flags: int) -> int:
        code = self._originals["sync"](file, flags)
        if code == _OK:
            self._add("flushed", self._inodes[file])
            if parent := self._new_journals.pop(file, None):
                self._add("folder flushed", parent)
        return int(code)


def _watch_sqlite(recorder: Recorder) -> None:
    """From now on every file that SQLite opens is watched."""
    sqlite = library()
    sqlite.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    original = sqlite.sqlite3_vfs_find(None).contents
    watch = _Watch(original, recorder)
    ours = _Vfs.from_buffer_copy(original)
    ours.zName, ours.pNext = b"recording", None
    ours.xOpen = ctypes.cast(watch.open, _Pointer)
    ours.xDelete = ctypes.cast(watch.delete, _Pointer)
    if sqlite.sqlite3_vfs_register(ctypes.byref(ours), 1) != _OK:
        raise NoWayIn("this SQLite takes no other way to files")
    _kept_alive.extend((original, watch, ours))


def _watch_os(recorder: Recorder) -> None:
    """The calls by which the house makes files and folders and flushes them without SQLite."""
    _after("mkdir", lambda path, *_: recorder.add("folder", _full(path)))
    _after("link", lambda _, path, *__: recorder.add("named", _full(path), os.stat(path).st_ino))  # noqa: PTH116
    _after("unlink", lambda path, *_: recorder.add("unnamed", _full(path)))
    for rename in ("rename", "replace"):
        _after(rename, lambda old, new, *_: _renamed(recorder, _full(old), _full(new)))
    _after("open", lambda path, flags, *_: _opened(recorder, path, flags))
    _after("fsync", lambda descriptor: _flushed(recorder, descriptor))


def _after(name: str, tell: Callable[..., None]) -> None:
    original = getattr(os, name)

    @wraps(original)
    def watched(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        tell(*arguments)
        return result

    setattr(os, name, watched)


def _renamed(recorder: Recorder, old: str, new: str) -> None:
    recorder.add("unnamed", old)
    recorder.add("named", new, os.stat(new).st_ino)  # noqa: PTH116 - text


def _opened(recorder: Recorder, path: Any, flags: int) -> None:
    if flags & os.O_CREAT:
        recorder.add("opened", _full(path), os.stat(path).st_ino)  # noqa: PTH116 - as above


def _flushed(recorder: Recorder, descriptor: int) -> None:
    path = Path(f"/proc/self/fd/{descriptor}").readlink()
    if path.is_dir():
        recorder.add("folder flushed", str(path))
    elif path.exists():
        recorder.add("content", path.stat().st_ino, path.read_bytes())


def _full(path: Any) -> str:
    return str(os.path.abspath(path))  # noqa: PTH100 - as it was given, links and all
