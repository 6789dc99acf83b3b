"""A backup is examined as a whole before anything is touched, and what it restores cannot send anything twice."""

import gzip
import io
import shutil
import sqlite3
import stat
import tarfile
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from unit.keeping.conftest import NORTH, TOKENS, WEST, tenant_file
from unit.state.examples import an_invoice

from connector.config.settings import Config
from connector.keeping.archive import (
    FORMAT,
    MANIFEST,
    ArchiveError,
    Member,
    describe,
    read_manifest,
    unpack,
    write_archive,
)
from connector.keeping.backup import Backup, back_up
from connector.keeping.restore import RestoreError, configuration_for, restore
from connector.vault.key import key_source
from state.clock import ManualClock
from state.errors import Busy, DiskFull, NewerFile, StateError
from state.locks import exclusive
from state.registry import Registry
from state.store import TenantStore
from state.vault import Vault


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.db")}


@pytest.fixture
def rewritten(made: Backup, tmp_path: Path) -> Callable[[Callable[[Path], None]], Path]:
    """The backup with one of its files changed by somebody who keeps the manifest right."""

    def rewrite(change: Callable[[Path], None]) -> Path:
        folder = tmp_path / "forged"
        manifest = unpack(made.path, folder)
        change(folder)
        files = {member.name: folder / member.name for member in manifest.members}
        members = tuple(describe(path, name) for name, path in files.items())
        target = tmp_path / "forged.tar.gz"
        write_archive(target, msgspec.structs.replace(manifest, members=members), files)
        return target

    return rewrite


def forged(made: Backup, tmp_path: Path, *entries: tuple[tarfile.TarInfo, bytes], members: tuple[Member, ...]) -> Path:
    """A backup with these members instead of its own."""
    manifest = msgspec.structs.replace(read_manifest(made.path), members=members)
    target = tmp_path / "forged.tar.gz"
    with tarfile.open(target, "w:gz") as tar:
        for header, content in ((tarfile.TarInfo(MANIFEST), msgspec.json.encode(manifest)), *entries):
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    return target


def test_everything_is_back(made: Backup, elsewhere: Config, clock: ManualClock) -> None:
    restore(made.path, elsewhere, clock, force=False, moved=True)

    with Registry.open(elsewhere.data / "registry.db") as registry:
        assert [tenant.slug for tenant in registry.tenants()] == [NORTH, WEST]
    with TenantStore.open(tenant_file(elsewhere, NORTH)) as store:
        assert store.mirror.open_invoice_ids() == {an_invoice().id}


def test_what_it_writes_is_for_its_owner_alone(made: Backup, elsewhere: Config, clock: ManualClock) -> None:
    restore(made.path, elsewhere, clock, force=False, moved=False)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in elsewhere.data.rglob("*.db")}
    assert modes == {0o600}


def test_every_client_is_paused_and_knows_that_it_has_to_learn(
    made: Backup, elsewhere: Config, clock: ManualClock
) -> None:
    restore(made.path, elsewhere, clock, force=False, moved=False)

    for slug in (NORTH, WEST):  # west had no file in the backup, but may have had one later
        with TenantStore.open(tenant_file(elsewhere, slug)) as store:
            [hold] = store.holds.active(clock.now().date())
            assert (hold.scope, hold.reason) == ("tenant", "restored")
            assert "2026-03-02 10:00 UTC" in (hold.note or "")
            assert store.restoration.unlearned() is not None


def test_a_moved_installation_is_not_paused(made: Backup, elsewhere: Config, clock: ManualClock) -> None:
    restore(made.path, elsewhere, clock, force=False, moved=True)

    with TenantStore.open(tenant_file(elsewhere, NORTH)) as store:
        assert store.holds.active(clock.now().date()) == []
        assert store.restoration.unlearned() is None


def test_a_folder_in_use_is_refused(made: Backup, office: Config, clock: ManualClock) -> None:
    before = contents(office.data)

    with pytest.raises(RestoreError, match="--force"):
        restore(made.path, office, clock, force=False, moved=False)

    assert contents(office.data) == before


def test_force_sets_aside_what_was_there(made: Backup, office: Config, clock: ManualClock) -> None:
    with TenantStore.open(tenant_file(office, NORTH)) as store:
        store.mirror.save_invoices([an_invoice("later")])

    done = restore(made.path, office, clock, force=True, moved=False)

    assert done.set_aside is not None
    with TenantStore.open(done.set_aside / "tenants" / NORTH / "dun.db") as old:
        assert old.mirror.open_invoice_ids() == {"inv-1", "later"}
    with TenantStore.open(tenant_file(office, NORTH)) as new:
        assert new.mirror.open_invoice_ids() == {"inv-1"}


def test_the_write_ahead_log_of_the_old_files_does_not_get_into_the_new_ones(
    made: Backup, office: Config, clock: ManualClock
) -> None:
    with closing(sqlite3.connect(office.data / "registry.db")) as killed:  # as a killed process leaves it
        killed.execute("UPDATE tenant SET name = 'changed'")
        killed.commit()
        assert (office.data / "registry.db-wal").stat().st_size > 0
        restore(made.path, office, clock, force=True, moved=False)

    with Registry.open(office.data / "registry.db") as registry:
        assert "changed" not in {tenant.name for tenant in registry.tenants()}


@pytest.mark.parametrize("lock", [f"{NORTH}.cycle", "daemon"])
def test_a_client_at_work_or_a_daemon_refuses_it(made: Backup, office: Config, clock: ManualClock, lock: str) -> None:
    with exclusive(office.data / "locks", lock, wait=False), pytest.raises(Busy, match="stop it"):
        restore(made.path, office, clock, force=True, moved=False)


def test_the_key_that_is_there_stays(made: Backup, office: Config, clock: ManualClock) -> None:
    done = restore(made.path, office, clock, force=True, moved=False)

    assert done.key == "kept"
    with Registry.open(office.data / "registry.db") as registry:
        assert Vault(registry, key_source(office)).load(NORTH) == TOKENS


def test_a_packed_key_is_restored_where_there_is_none(
    office: Config, elsewhere: Config, clock: ManualClock, tmp_path: Path
) -> None:
    packed = back_up(office, tmp_path / "with-key.tar.gz", clock, with_key=True)

    done = restore(packed.path, elsewhere, clock, force=False, moved=True)

    assert done.key == "restored"
    assert stat.S_IMODE((elsewhere.data / "vault.key").stat().st_mode) == 0o600
    with Registry.open(elsewhere.data / "registry.db") as registry:
        assert Vault(registry, key_source(elsewhere)).load(NORTH) == TOKENS


def test_a_backup_without_a_key_says_that_it_is_missing(made: Backup, elsewhere: Config, clock: ManualClock) -> None:
    assert restore(made.path, elsewhere, clock, force=False, moved=True).key == "missing"


def test_another_key_than_the_packed_one_is_refused(
    office: Config, elsewhere: Config, clock: ManualClock, tmp_path: Path
) -> None:
    packed = back_up(office, tmp_path / "with-key.tar.gz", clock, with_key=True)
    key_source(elsewhere).create()

    with pytest.raises(RestoreError, match="another key"):
        restore(packed.path, elsewhere, clock, force=False, moved=True)

    assert contents(elsewhere.data) == {}


def test_the_configuration_comes_from_the_backup_where_there_is_none(made: Backup, tmp_path: Path) -> None:
    config, brought = configuration_for(made.path, tmp_path / "new" / "config.toml")

    assert brought
    assert config.path.read_text() == 'data = "data"\n'


def test_a_configuration_that_is_there_is_kept(made: Backup, elsewhere: Config) -> None:
    elsewhere.path.write_text('data = "books"\n')

    config, brought = configuration_for(made.path, elsewhere.path)

    assert not brought
    assert config.data.name == "books"


# -- backups that are not what they should be ----------------------------------------------------------------------


def refused(archive: Path, config: Config, clock: ManualClock, error: type[Exception] = ArchiveError) -> str:
    """Why; and nothing has been written."""
    with pytest.raises(error) as caught:
        restore(archive, config, clock, force=False, moved=False)
    assert contents(config.data) == {}
    assert [path.name for path in config.data.iterdir() if path.name.startswith(".")] == []
    return str(caught.value)


def test_a_newer_database_is_refused(rewritten: Callable[..., Path], elsewhere: Config, clock: ManualClock) -> None:
    def age(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "tenants/north/dun.db")) as shell:
            shell.execute("INSERT INTO _sqlite_migrations VALUES (99, 'dun', 'm099_future', '2030-01-01')")
            shell.commit()

    assert "newer version" in refused(rewritten(age), elsewhere, clock, NewerFile)


def test_a_newer_format_is_refused(made: Backup, elsewhere: Config, clock: ManualClock, tmp_path: Path) -> None:
    content = msgspec.json.encode({"format": FORMAT + 1, "everything": "else is new"})
    target = tmp_path / "newer.tar.gz"
    with tarfile.open(target, "w:gz") as tar:
        header = tarfile.TarInfo(MANIFEST)
        header.size = len(content)
        tar.addfile(header, io.BytesIO(content))

    assert "newer version" in refused(target, elsewhere, clock)


def test_a_damaged_database_is_refused(rewritten: Callable[..., Path], elsewhere: Config, clock: ManualClock) -> None:
    def damage(folder: Path) -> None:
        with (folder / "tenants/north/dun.db").open("r+b") as file:
            file.seek(4096 * 3)
            file.write(b"\xff" * 4096 * 4)

    refused(rewritten(damage), elsewhere, clock, StateError)


def test_a_database_of_somebody_else_is_refused(
    rewritten: Callable[..., Path], elsewhere: Config, clock: ManualClock
) -> None:
    def replace(folder: Path) -> None:
        (folder / "tenants/north/dun.db").unlink()
        with closing(sqlite3.connect(folder / "tenants/north/dun.db")) as shell:
            shell.execute("CREATE TABLE theirs (x)")

    assert "not a tenant's file" in refused(rewritten(replace), elsewhere, clock, StateError)


@pytest.mark.parametrize("keep", [0, 10, 1_000, -1_000])
def test_a_cut_off_file_is_refused(made: Backup, elsewhere: Config, clock: ManualClock, keep: int) -> None:
    made.path.write_bytes(made.path.read_bytes()[:keep])

    refused(made.path, elsewhere, clock)


def test_a_flipped_byte_is_refused(made: Backup, elsewhere: Config, clock: ManualClock) -> None:
    with gzip.open(made.path) as file:
        content = bytearray(file.read())
    content[content.index(b"SQLite format 3") + 5_000] ^= 1
    made.path.write_bytes(gzip.compress(content))

    assert "not what was backed up" in refused(made.path, elsewhere, clock)


@pytest.mark.parametrize("content", [b"", b"hello", gzip.compress(b"hello" * 1_000)], ids=["empty", "text", "gzip"])
def test_something_else_is_refused(elsewhere: Config, clock: ManualClock, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(content)

    refused(tmp_path / "x.tar.gz", elsewhere, clock)


@pytest.mark.parametrize("name", ["../evil.db", "/srv/evil.db", "tenants/../../dun.db", "tenants/A B/dun.db", "x.sh"])
def test_names_that_lead_elsewhere_are_refused(
    made: Backup, elsewhere: Config, clock: ManualClock, tmp_path: Path, name: str
) -> None:
    members = (*made.manifest.members, Member(name=name, size=1, sha256="0" * 64))
    target = forged(made, tmp_path, (tarfile.TarInfo(name), b"x"), members=members)

    assert repr(name) in refused(target, elsewhere, clock)
    assert not (tmp_path / "evil.db").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_only_plain_files_are_unpacked(
    made: Backup, elsewhere: Config, clock: ManualClock, tmp_path: Path, kind: bytes
) -> None:
    link = tarfile.TarInfo("registry.db")
    link.type, link.linkname = kind, "/etc/passwd"
    target = forged(made, tmp_path, (link, b""), members=made.manifest.members)

    assert "registry.db" in refused(target, elsewhere, clock)


def test_files_that_the_manifest_does_not_name_are_refused(
    made: Backup, elsewhere: Config, clock: ManualClock, tmp_path: Path
) -> None:
    target = forged(made, tmp_path, (tarfile.TarInfo("extra.db"), b"x"), members=made.manifest.members)

    assert "extra.db" in refused(target, elsewhere, clock)


def test_a_member_that_unpacks_to_more_than_it_should_is_refused_before_it_is_written(
    made: Backup, elsewhere: Config, clock: ManualClock, tmp_path: Path
) -> None:
    [registry] = [member for member in made.manifest.members if member.name == "registry.db"]
    target = forged(made, tmp_path, (tarfile.TarInfo("registry.db"), bytes(registry.size + 1)), members=(registry,))

    assert "not what was backed up" in refused(target, elsewhere, clock)


def test_a_backup_that_unpacks_to_more_than_the_disk_holds_is_refused_before_anything_is_written(
    made: Backup, elsewhere: Config, clock: ManualClock, tmp_path: Path
) -> None:
    registry = Member(name="registry.db", size=10**15, sha256="0" * 64)
    target = forged(made, tmp_path, members=(registry,))

    assert "unpacks to 1,000,000,000,000,000 bytes" in refused(target, elsewhere, clock, DiskFull)


@pytest.mark.parametrize("name", ["config.toml", "vault.key"])
def test_a_configuration_and_a_key_of_gigabytes_are_refused(
    made: Backup, elsewhere: Config, clock: ManualClock, tmp_path: Path, name: str
) -> None:
    members = (*made.manifest.members, Member(name=name, size=4_000_001, sha256="0" * 64))
    members = tuple({member.name: member for member in members}.values())

    assert f"its {name} is too large" in refused(forged(made, tmp_path, members=members), elsewhere, clock)


def bare(tmp_path: Path, *entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> Path:
    target = tmp_path / "bare.tar.gz"
    with tarfile.open(target, "w:gz", format=form) as tar:
        for header, content in entries:
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    return target


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_name_of_megabytes_is_refused_before_it_is_read(
    elsewhere: Config, clock: ManualClock, tmp_path: Path, form: int
) -> None:
    target = bare(tmp_path, (tarfile.TarInfo("a" * 50_000_000), b"{}"), form=form)
    tracemalloc.start()
    try:
        assert "headers are extended" in refused(target, elsewhere, clock)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000  # a block of the packed stream unpacks to ten
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "manifest",
    [b'{"format":1,"x":' + b"[" * 1_000_000, b'{"format":1,"dun_version":"\xff"}', b'{"format":' + b"9" * 9_000 + b"}"],
    ids=["deep", "no text", "a long number"],
)
def test_a_manifest_that_is_a_bomb_is_refused(
    elsewhere: Config, clock: ManualClock, tmp_path: Path, manifest: bytes
) -> None:
    target = bare(tmp_path, (tarfile.TarInfo(MANIFEST), manifest))

    assert "its manifest cannot be read" in refused(target, elsewhere, clock)


def test_a_gigabyte_of_zeros_is_no_backup(elsewhere: Config, clock: ManualClock, tmp_path: Path) -> None:
    target = tmp_path / "zeros.tar.gz"
    target.write_bytes(gzip.compress(bytes(10 << 20), 1) * 100)

    assert "does not begin with its manifest" in refused(target, elsewhere, clock)


def test_files_that_are_missing_are_named(made: Backup, elsewhere: Config, clock: ManualClock, tmp_path: Path) -> None:
    target = forged(made, tmp_path, members=made.manifest.members)

    assert "lacks" in refused(target, elsewhere, clock)


def test_a_restore_that_was_killed_can_be_repeated(made: Backup, elsewhere: Config, clock: ManualClock) -> None:
    """The registry moves in last, so what is left half-way has none, and nobody is connected."""
    (elsewhere.data / ".restoring-killed").mkdir()
    shutil.copytree(made.path.parent / "office" / "data" / "tenants", elsewhere.data / "tenants")

    with pytest.raises(RestoreError, match="--force"):
        restore(made.path, elsewhere, clock, force=False, moved=False)
    restore(made.path, elsewhere, clock, force=True, moved=False)

    with Registry.open(elsewhere.data / "registry.db") as registry:
        assert len(registry.tenants()) == 2
