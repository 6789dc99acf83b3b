"""The file that a backup is: a compressed tar whose first member says what the others are and must add up to.

Whoever restores it may have got it from anywhere. So nothing of the tar's own is believed: names are those of the
manifest, which are of a few known forms; contents are copied as bytes, and counted and hashed while they are.
"""

import errno
import hashlib
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from connector.config.schema import SLUG_PATTERN
from state.errors import DiskFull
from state.model import LedgerName, TenantSlug

FORMAT = 1
MANIFEST = "manifest.json"
CONFIG, KEY, REGISTRY = "config.toml", "vault.key", "registry.db"
_LARGEST_MANIFEST = 10_000_000
_LARGEST_TEXT = 4_000_000  # of the configuration and the key; the former has a million characters at most
_EXTENSIONS = frozenset(
    (
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.GNUTYPE_SPARSE,
    )
)
_PIECE = 1 << 20
_SLUG = SLUG_PATTERN.removeprefix("^").removesuffix("$")
_NAME = re.compile(rf"config\.toml|vault\.key|[a-z]+\.db|tenants/{_SLUG}/dun\.db")


class ArchiveError(Exception):
    """The file is no backup of Dun, or is not whole; `str()` says what is wrong with it and what to do."""


class Member(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the backup."""

    name: str
    size: Annotated[int, Meta(ge=0)]  # bytes
    sha256: str


class BackedUpTenant(Struct, frozen=True, kw_only=True):
    """A company that was connected when the backup was made."""

    slug: TenantSlug
    ledger: LedgerName
    name: str


class Manifest(Struct, frozen=True, kw_only=True):
    """What the backup is. `format` counts changes that an older Dun could not read."""

    format: int
    dun_version: str
    made_at: datetime
    tenants: tuple[BackedUpTenant, ...]
    members: tuple[Member, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(member.name for member in self.members)


class _Format(Struct):
    format: int


class _PlainInfo(tarfile.TarInfo):
    """A header as Dun writes them. `tarfile` reads what extends one, by a long name or holes, into memory whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_PlainInfo":
        info = super().frombuf(buf, encoding, errors)
        if info.type in _EXTENSIONS:
            raise tarfile.ReadError("its headers are extended")
        return info


def describe(path: Path, name: str) -> Member:
    """The member that the file at `path` becomes."""
    with path.open("rb") as file:
        return Member(name=name, size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def write_archive(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write the archive durably to `target`, which must not exist; `files` by the name of their member."""
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6, format=tarfile.GNU_FORMAT) as tar:
            text = msgspec.json.encode(manifest)
            tar.addfile(_header(MANIFEST, len(text), manifest), BytesIO(text))
            for member in manifest.members:
                with files[member.name].open("rb") as content:
                    tar.addfile(_header(member.name, member.size, manifest), content)
        file.flush()
        os.fsync(file.fileno())


def read_manifest(archive: Path) -> Manifest:
    """What the archive says it is. Raises ArchiveError if it is no backup that this version can read."""
    with _open(archive) as tar:
        return _manifest(archive, tar)


def unpack(archive: Path, folder: Path) -> Manifest:
    """Copy the members into `folder`, each under its name, and prove that they are what the manifest says.

    Raises ArchiveError otherwise, with the folder half full. DiskFull if there is no room.
    """
    with _open(archive) as tar:
        manifest = _manifest(archive, tar)
        _require_room(manifest, folder)
        missing = {member.name: member for member in manifest.members}
        for entry in _following(tar):
            member = missing.pop(entry.name, None)
            if member is None or not entry.isreg():
                raise ArchiveError(f"{archive} holds {entry.name!r}, which is not part of a backup; nothing was done.")
            if entry.size != member.size:  # before a small file has filled the disk
                raise _other_than_backed_up(archive, member)
            _copy(archive, tar, entry, member, folder / member.name)
    if missing:
        raise ArchiveError(f"{archive} lacks {', '.join(sorted(missing))}; take another backup.")
    return manifest


def verify(archive: Path) -> Manifest:
    """Read everything back and compare it with the manifest."""
    with _open(archive) as tar:
        manifest = _manifest(archive, tar)
        found = {entry.name: _digest(tar, entry) for entry in _following(tar)}
    if found != {member.name: (member.size, member.sha256) for member in manifest.members}:
        raise ArchiveError(f"{archive} does not read back as it was written; check the disk and make it again.")
    return manifest


@contextmanager
def _open(archive: Path) -> Iterator[tarfile.TarFile]:
    """As a stream: nothing is believed of the tar but one member after the other."""
    try:
        with tarfile.open(archive, mode="r|gz", tarinfo=_PlainInfo) as tar:
            yield tar
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ArchiveError(f"{archive} is damaged or no backup of Dun ({error}); take another one.") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("The disk is full. Nothing was restored; free some space and run again.") from None
        why = error.strerror or str(error)
        raise ArchiveError(f"{archive} cannot be read: {why}.") from None


def _manifest(archive: Path, tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise ArchiveError(f"{archive} is no backup of Dun: it does not begin with its manifest.")
    text = b"".join(_pieces(tar, first))
    try:
        version = msgspec.json.decode(text, type=_Format).format
        if version > FORMAT:
            raise ArchiveError(f"{archive} was written by a newer version of Dun; update Dun and try again.")
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ArchiveError(f"{archive} is no backup of Dun: its manifest cannot be read.") from None
    _check_names(archive, manifest)
    for member in manifest.members:
        if member.name in (CONFIG, KEY) and member.size > _LARGEST_TEXT:
            raise ArchiveError(f"{archive} is no backup of Dun: its {member.name} is too large; nothing was done.")
    return manifest


def _require_room(manifest: Manifest, folder: Path) -> None:
    """Before a small file has filled the disk with what it unpacks to."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    needed, free = sum(member.size for member in manifest.members), shutil.disk_usage(folder).free
    if needed > free:
        raise DiskFull(
            f"The backup unpacks to {needed:,} bytes and the disk has room for {free:,}. Nothing was restored; free"
            " some space and run again."
        )


def _check_names(archive: Path, manifest: Manifest) -> None:
    strange = sorted(name for name in manifest.names if not _NAME.fullmatch(name))
    if strange or len(manifest.names) < len(manifest.members) or REGISTRY not in manifest.names:
        what = f" names {strange[0]!r}" if strange else " is not one of Dun's"
        raise ArchiveError(f"{archive} is no backup of Dun: its manifest{what}; nothing was done.")


def _copy(archive: Path, tar: tarfile.TarFile, entry: tarfile.TarInfo, member: Member, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        for piece in _pieces(tar, entry):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != member.sha256:
        raise _other_than_backed_up(archive, member)


def _other_than_backed_up(archive: Path, member: Member) -> ArchiveError:
    return ArchiveError(f"{archive} is damaged: {member.name} is not what was backed up; take another backup.")


def _digest(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> tuple[int, str]:
    digest = hashlib.sha256()
    for piece in _pieces(tar, entry):
        digest.update(piece)
    return entry.size, digest.hexdigest()


def _following(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The entries from here on. Iterating over the tar itself begins with those that have been read."""
    while (entry := tar.next()) is not None:
        yield entry


def _pieces(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Iterator[bytes]:
    content = tar.extractfile(entry)
    while content is not None and (piece := content.read(_PIECE)):
        yield piece


def _header(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    """Nothing of the machine it was made on: no owner, no group."""
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, 0o600, int(manifest.made_at.timestamp())
    return header
