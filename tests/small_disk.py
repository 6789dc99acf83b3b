"""A disk of a few megabytes that only one process sees, to find out what a full or read-only disk does.

The process moves into a mount namespace of its own (as root, or as root of a user namespace of its own) and mounts a
small file system in memory there. Nobody else sees it, and it ends with the process.
"""

import ctypes
import errno
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from connected_office import CONTEXT, ENDS_WITHIN_SECONDS

_CLONE_NEWNS, _CLONE_NEWUSER = 0x20000, 0x10000000
_MS_RDONLY, _MS_REMOUNT, _MS_REC, _MS_PRIVATE = 1, 32, 16384, 1 << 18
_BLOCK = 4096
Life = Callable[["SmallDisk"], Any]


class NotPermitted(Exception):
    """This machine lets nobody mount anything."""


class SmallDisk:
    """The disk, mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Leave `leave` bytes of room, and not a block more."""
        self.free()
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(_BLOCK)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017 - there is no such exception to expect
            size = filler.tell() // _BLOCK * _BLOCK
            filler.truncate(max(0, size - leave))

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)

    def make_read_only(self) -> None:
        _mount(self.folder, _MS_REMOUNT | _MS_RDONLY, "")


def on_a_small_disk(folder: Path, megabytes: int, life: Life, *arguments: Any) -> Any:
    """What `life(disk, *arguments)` returns in a process of its own. Skips, loudly, where mounting is not permitted."""
    folder.mkdir(parents=True)
    ours, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_live, args=(theirs, folder, megabytes, life, arguments))
    process.start()
    theirs.close()
    try:
        assert ours.poll(ENDS_WITHIN_SECONDS), "the process on the small disk does not come to an end"
        result = ours.recv()
    finally:
        process.kill()
        process.join()
    if isinstance(result, NotPermitted):
        pytest.skip(
            f"NOT TESTED: no small disk can be mounted on this machine ({result}); run as root, or allow user"
            " namespaces"
        )
    if isinstance(result, BaseException):
        raise result
    return result


def _live(answer: Connection, folder: Path, megabytes: int, life: Life, arguments: tuple[Any, ...]) -> None:
    try:
        _move_into_own_namespace()
        _mount(folder, 0, f"size={megabytes}m")
        answer.send(life(SmallDisk(folder), *arguments))
    except BaseException as error:  # noqa: BLE001 - the parent raises it
        answer.send(error)


def _move_into_own_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWNS if user == 0 else _CLONE_NEWNS | _CLONE_NEWUSER)
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)


def _mount(folder: Path, flags: int, options: str) -> None:
    _call("mount", b"tmpfs", bytes(folder), b"tmpfs", flags, options.encode())


def _call(name: str, *arguments: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise NotPermitted(f"{name}: {os.strerror(ctypes.get_errno())}")
