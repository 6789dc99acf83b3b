"""A backup while Dun goes on working: every file as of one moment, in one archive that has been read back.

The files are copied one after the other, the registry first, so they may differ by the seconds that takes. That is
harmless. Reminders, messages and the mirror of a tenant are one file, hence of one moment. The registry holds what is
read again anyway: how a connection fares, and tokens, which may be older than the tenant's file and age with every
refresh. A tenant that is connected meanwhile is simply not in the backup.

A file that cannot be read stops the whole backup: without a tenant's history, whoever restores it would send twice.
"""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct

from connector.config.settings import Config
from connector.keeping.archive import (
    CONFIG,
    FORMAT,
    KEY,
    REGISTRY,
    BackedUpTenant,
    Manifest,
    describe,
    verify,
    write_archive,
)
from connector.vault.key import KeyFile, key_source
from state.backup import copy_database, examine
from state.clock import Clock
from state.errors import DamagedToken, DiskFull, FileBusy, StateError, WrongKey
from state.folders import flush_folder
from state.registry import Registry, Tenant
from state.vault import Vault

_ENDING = ".tar.gz"


class BackupError(Exception):
    """There is nothing to back up, or nowhere to put it; `str()` says what to do."""


class Backup(Struct, frozen=True):
    """A backup that has been made and read back."""

    path: Path
    manifest: Manifest


def back_up(config: Config, target: Path, clock: Clock, *, with_key: bool) -> Backup:
    """Write a backup to `target`, a new file or a folder that gets one. Raises BackupError, StateError or DiskFull."""
    if not (config.data / REGISTRY).exists():
        raise BackupError(f"there is nothing in {config.data} yet; connect a client first: dun connect")
    path = _place(target, clock)
    key = _key_file(config) if with_key else None
    try:
        with tempfile.TemporaryDirectory(prefix=".dun-backup-", dir=path.parent) as folder:
            manifest = _write(config, Path(folder), clock, key)
            if path.exists():
                raise BackupError(f"{path} exists already; nothing was overwritten")
            (Path(folder) / "archive").rename(path)
            flush_folder(path.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk of {path.parent} is full. No backup was made; free some space.") from None
        raise BackupError(f"{path} cannot be written: {error.strerror}") from None
    return Backup(path, manifest)


def _place(target: Path, clock: Clock) -> Path:
    path = target / f"dun-{clock.now():%Y-%m-%dT%H%M%SZ}{_ENDING}" if target.is_dir() else target
    if not path.name.endswith(_ENDING):
        raise BackupError(f"there is no folder {target}; make it first, or name a file that ends in {_ENDING}")
    if path.exists():
        raise BackupError(f"{path} exists already; choose another name, or a folder")
    if not path.absolute().parent.is_dir():
        raise BackupError(f"the folder {path.parent} does not exist; make it first")
    return path.absolute()


def _key_file(config: Config) -> KeyFile:
    source = key_source(config)
    if not isinstance(source, KeyFile):
        raise BackupError(f"the key is at {source.reference}, not in a file of Dun's; keep a copy of it by other means")
    if source.drafted() is not None:
        raise BackupError("the key of the vault is being changed; finish it with `dun vault rotate`, then back up")
    return source


def _write(config: Config, folder: Path, clock: Clock, key: KeyFile | None) -> Manifest:
    made_at = clock.now()
    files = dict(_copies(config, folder, key))
    manifest = Manifest(
        format=FORMAT,
        dun_version=version("dun-connector"),
        made_at=made_at,
        tenants=tuple(BackedUpTenant(slug=t.slug, ledger=t.ledger, name=t.name) for t in _tenants(folder / REGISTRY)),
        members=tuple(describe(path, name) for name, path in files.items()),
    )
    write_archive(folder / "archive", manifest, files)
    return verify(folder / "archive")


def _copies(config: Config, folder: Path, key: KeyFile | None) -> Iterator[tuple[str, Path]]:
    """Every member's name and where its copy lies, each examined."""
    for source in (config.data / REGISTRY, *_others(config)):
        yield source.name, _copy(source, folder / source.name)
    for tenant in _tenants(folder / REGISTRY):
        source = config.data / "tenants" / tenant.slug / "dun.db"
        if source.exists():  # it is made by the first synchronisation
            yield f"tenants/{tenant.slug}/dun.db", _copy(source, folder / f"tenant-{tenant.slug}.db")
    yield CONFIG, _plain_copy(config.path, folder / CONFIG)
    if key is not None:
        _prove_that_it_opens(folder / REGISTRY, key)
        yield KEY, _plain_copy(key.path, folder / KEY)


def _others(config: Config) -> list[Path]:
    """Databases beside the registry, such as the count of calls."""
    return sorted(path for path in config.data.glob("*.db") if path.name != REGISTRY)


def _copy(source: Path, target: Path) -> Path:
    try:
        copy_database(source, target)
        examine(target)
    except (DiskFull, FileBusy):
        raise
    except StateError as error:
        raise BackupError(f"{source} cannot be backed up, so no backup was made, of no client: {error}") from None
    return target


def _prove_that_it_opens(registry: Path, key: KeyFile) -> None:
    """Every client's tokens that are not damaged themselves; whoever moves house with the backup relies on it."""
    with Registry.open(registry) as opened:
        vault = Vault(opened, key)
        for tokens in vault.sealed():
            try:
                with suppress(DamagedToken):
                    vault.load(tokens.slug)
            except WrongKey:
                raise BackupError(
                    f"the key in {key.path} does not open the tokens of {tokens.slug!r}, so it was not packed and no"
                    " backup was made; `dun vault status` says which key is missing"
                ) from None


def _plain_copy(source: Path, target: Path) -> Path:
    shutil.copyfile(source, target)
    return target


def _tenants(registry: Path) -> list[Tenant]:
    with Registry.open(registry) as opened:
        return opened.tenants()
