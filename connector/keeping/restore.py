"""Puts a backup in the place of a data folder, after every doubt about it has been settled beside that place.

A restored state has forgotten what was sent after it was made, so each tenant is marked before its file moves in: it is
on hold for a person, and before it decides anything it reads the ledger's notes (`connector.keeping.relearning`).

The registry moves in last. A restore that is killed half-way leaves a folder without one, in which nobody is connected
and nothing can be sent; running it again with `force` mends that.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from connector.config.settings import Config, load
from connector.data_folder import prepare
from connector.keeping.archive import CONFIG, KEY, REGISTRY, Manifest, read_manifest, unpack
from connector.vault.key import KeyFile, key_source
from state.backup import examine
from state.clock import Clock
from state.errors import Busy, MissingKey
from state.folders import flush_folder, make_folder
from state.locks import exclusive
from state.model import TenantSlug
from state.registry import Registry
from state.store import TenantStore

TENANTS = "tenants"


class RestoreError(Exception):
    """The backup cannot be restored here; `str()` says why and what to do. Nothing was changed."""


class RestoredBackup(Struct, frozen=True):
    """What was restored, and what became of what was there before."""

    manifest: Manifest
    data: Path
    set_aside: Path | None
    key: str  # restored, kept or missing


def configuration_for(archive: Path, config_path: Path) -> tuple[Config, bool]:
    """The configuration at `config_path`, written there from the backup if there is none; and whether it was."""
    brought = not config_path.exists()
    if brought:
        _bring_config(archive, config_path)
    return load(config_path), brought


def _bring_config(archive: Path, config_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="dun-restore-") as folder:
        unpack(archive, Path(folder))
        text = (Path(folder) / CONFIG).read_bytes()
    try:
        config_path.parent.mkdir(parents=True, exist_ok=True)
        with config_path.open("xb") as file:
            file.write(text)
    except OSError as error:
        raise RestoreError(f"{config_path} cannot be written: {error.strerror}") from None


def restore(archive: Path, config: Config, clock: Clock, *, force: bool, moved: bool) -> RestoredBackup:
    """Restore `archive` into the data folder of `config`.

    `force` sets aside what is there. `moved`: the old installation was stopped before the backup and has not run since,
    so nothing was forgotten. Raises RestoreError, ArchiveError, Busy or StateError before anything is changed.
    """
    tenants = [tenant.slug for tenant in read_manifest(archive).tenants]
    prepare(config.data)
    present = _in_the_way(config.data)
    if present and not force:
        raise RestoreError(
            f"{config.data} is in use ({present[0].name}); restore into an empty folder, or use --force to set aside"
            " what is there"
        )
    with _nobody_at_work(config.data, tenants), _stage(config.data) as stage:
        manifest = unpack(archive, stage)
        _examine(manifest, stage)
        key = _choose_key(config, stage)
        _mark(manifest, stage, clock, moved=moved)
        set_aside = _set_aside(present, config.data, clock.now())
        _move_in(stage, config)
    return RestoredBackup(manifest, config.data, set_aside, key)


def _in_the_way(data: Path) -> list[Path]:
    """Databases and what SQLite keeps beside them. All else, such as the key, is not what a backup replaces."""
    return sorted(path for path in data.iterdir() if path.name == TENANTS or ".db" in path.name)


@contextmanager
def _nobody_at_work(data: Path, tenants: list[TenantSlug]) -> Iterator[None]:
    """Holds every lock there is or could be, so that no cycle and no refresh runs. Raises Busy if one does."""
    locks = data / "locks"
    names = {path.stem for path in locks.glob("*.lock")}
    names.add("daemon")
    names.update(f"{slug}.{work}" for slug in tenants for work in ("cycle", "tokens"))
    with ExitStack() as held:
        for name in sorted(names):
            try:
                held.enter_context(exclusive(locks, name, wait=False))
            except Busy:
                raise Busy(f"Dun is at work in {data} ({name}); stop it, then restore.") from None
        yield


@contextmanager
def _stage(data: Path) -> Iterator[Path]:
    """A folder inside the data folder, on the same disk: what is moved in from it cannot run out of room."""
    try:
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=data) as folder:
            yield Path(folder)
    except OSError as error:
        raise RestoreError(f"{data} cannot be written to: {error.strerror}") from None


def _examine(manifest: Manifest, stage: Path) -> None:
    """Opening brings an older file up to date, here where it harms nobody, and refuses a newer one."""
    for name in sorted(manifest.names):
        if name.endswith(".db"):
            examine(stage / name)
    with Registry.open(stage / REGISTRY) as registry:
        listed = {tenant.slug for tenant in registry.tenants()}
    if listed != {tenant.slug for tenant in manifest.tenants}:
        raise RestoreError("the backup's registry does not list the clients that its manifest does; take another one")


def _choose_key(config: Config, stage: Path) -> str:
    """restored, kept or missing. RestoreError if the backup's key and the one that is there differ."""
    source, packed = key_source(config), stage / KEY
    if not isinstance(source, KeyFile):
        return "kept"
    try:
        present = source.read()
    except MissingKey:
        return "restored" if packed.exists() else "missing"
    if packed.exists() and KeyFile(packed, KEY).read()[0] not in present:
        raise RestoreError(f"{source.path} holds another key than the backup; move it away first, then restore")
    packed.unlink(missing_ok=True)
    return "kept"


def _mark(manifest: Manifest, stage: Path, clock: Clock, *, moved: bool) -> None:
    """Each tenant's file knows that it was restored before it gets to its place."""
    pause = None if moved else _words(manifest.made_at)
    for tenant in manifest.tenants:
        path = stage / TENANTS / tenant.slug / "dun.db"
        if path.exists() or not moved:  # a client without a file may have got one, and messages, after the backup
            with TenantStore.open(path) as store:
                store.restoration.begin(manifest.made_at, clock.now(), pause)


def _words(made_at: datetime) -> str:
    return (
        f"restored from a backup of {made_at:%Y-%m-%d %H:%M} UTC, so holds, agreements, approvals and erasures made"
        " after it are forgotten; make them again first, and settle what `dun resolve` lists"
    )


def _set_aside(present: list[Path], data: Path, now: datetime) -> Path | None:
    """The registry goes first: without it nobody is connected."""
    if not present:
        return None
    aside = data / f"before-restore-{now:%Y-%m-%dT%H%M%SZ}"
    aside.mkdir(mode=0o700)
    for path in sorted(present, key=lambda path: not path.name.startswith(REGISTRY)):
        path.rename(aside / path.name)
    flush_folder(aside)
    flush_folder(data)  # before others take the names: the log of an old file must never be read into a new one
    return aside


def _move_in(stage: Path, config: Config) -> None:
    source = key_source(config)
    if isinstance(source, KeyFile) and (stage / KEY).exists():
        make_folder(source.path.parent)
        shutil.move(stage / KEY, source.path)
        flush_folder(source.path.parent)
    (stage / KEY).unlink(missing_ok=True)
    (stage / CONFIG).unlink(missing_ok=True)
    for folder in (path for path in (stage / TENANTS, *stage.glob(f"{TENANTS}/*")) if path.is_dir()):
        flush_folder(folder)
    for path in [path for path in stage.iterdir() if path.name != REGISTRY]:
        path.rename(config.data / path.name)
    flush_folder(config.data)
    (stage / REGISTRY).rename(config.data / REGISTRY)
    flush_folder(config.data)
