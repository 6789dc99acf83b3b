"""A backup is of one moment while Dun goes on, is read back, and gives nothing away."""

import random
import resource
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from unit.keeping.conftest import NORTH, WEST
from unit.state.examples import an_invoice

from connector.config.settings import Config, load
from connector.keeping.archive import ArchiveError, read_manifest, unpack, verify
from connector.keeping.backup import Backup, BackupError, back_up
from connector.vault.key import key_source
from state.backup import copy_database, examine
from state.clock import ManualClock
from state.errors import DamagedFile, StateError
from state.store import TenantStore


def names(backup: Path) -> set[str]:
    with tarfile.open(backup) as tar:
        return set(tar.getnames())


def test_it_holds_every_database_and_the_configuration(made: Backup) -> None:
    assert names(made.path) == {"manifest.json", "registry.db", "config.toml", "tenants/north/dun.db"}


def test_it_says_which_clients_there_were_and_when(made: Backup, clock: ManualClock) -> None:
    manifest = read_manifest(made.path)

    assert [(tenant.slug, tenant.ledger) for tenant in manifest.tenants] == [(NORTH, "xero"), (WEST, "quickbooks")]
    assert manifest.made_at == clock.now()


def test_databases_beside_the_registry_come_along(office: Config, clock: ManualClock, tmp_path: Path) -> None:
    shutil.copy(office.data / "registry.db", office.data / "budgets.db")

    back_up(office, tmp_path / "b.tar.gz", clock, with_key=False)

    assert "budgets.db" in names(tmp_path / "b.tar.gz")


def test_what_is_committed_is_in_it_and_what_is_not_is_not(
    office: Config, north: TenantStore, clock: ManualClock, tmp_path: Path
) -> None:
    north.mirror.save_invoices([an_invoice("committed")])
    with north.transaction():
        north.mirror.save_invoices([an_invoice("under way")])
        made = back_up(office, tmp_path / "b.tar.gz", clock, with_key=False)

    unpack(made.path, tmp_path / "unpacked")
    with TenantStore.open(tmp_path / "unpacked/tenants/north/dun.db") as copy:
        assert copy.mirror.open_invoice_ids() == {"inv-1", "committed"}


def test_it_is_for_its_owner_alone(made: Backup) -> None:
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600


def test_it_holds_no_key_unless_asked_to(office: Config, made: Backup, clock: ManualClock, tmp_path: Path) -> None:
    key = key_source(office).read()[0]
    with_key = back_up(office, tmp_path / "with-key.tar.gz", clock, with_key=True)

    for backup, holds in ((made, False), (with_key, True)):
        folder = tmp_path / backup.path.name.partition(".")[0]
        unpack(backup.path, folder)
        assert any(key in path.read_bytes() for path in folder.rglob("*") if path.is_file()) is holds


def test_a_key_that_is_in_no_file_cannot_be_packed(
    office: Config, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUN_VAULT_KEY", "11" * 32)
    office.path.write_text('data = "data"\n[vault]\nkey = "env:DUN_VAULT_KEY"\n')

    with pytest.raises(BackupError, match="env:DUN_VAULT_KEY"):
        back_up(load(office.path), tmp_path / "b.tar.gz", clock, with_key=True)


def test_a_folder_gets_a_file_named_after_the_instant(office: Config, clock: ManualClock, tmp_path: Path) -> None:
    made = back_up(office, tmp_path, clock, with_key=False)

    assert made.path == tmp_path / "dun-2026-03-02T100000Z.tar.gz"


def test_nothing_is_overwritten(office: Config, clock: ManualClock, made: Backup) -> None:
    before = made.path.read_bytes()

    with pytest.raises(BackupError, match="exists already"):
        back_up(office, made.path, clock, with_key=False)

    assert made.path.read_bytes() == before


def test_a_name_that_is_neither_a_folder_nor_a_backups_is_refused_before_a_file_of_that_name_is_made(
    office: Config, clock: ManualClock, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match=r"no folder .*backups; make it first, or name a file that ends in \.tar\.gz"):
        back_up(office, tmp_path / "backups", clock, with_key=False)

    assert not (tmp_path / "backups").exists()


def test_a_missing_folder_is_refused(office: Config, clock: ManualClock, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="does not exist"):
        back_up(office, tmp_path / "nowhere" / "b.tar.gz", clock, with_key=False)


def test_an_installation_without_clients_has_nothing_to_back_up(
    elsewhere: Config, clock: ManualClock, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="nothing in"):
        back_up(elsewhere, tmp_path / "b.tar.gz", clock, with_key=False)


def test_a_damaged_database_is_not_backed_up(
    office: Config, clock: ManualClock, tmp_path: Path, file_of: Callable[..., Path]
) -> None:
    path = file_of(office, NORTH)
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 8)

    with pytest.raises(BackupError) as refused:
        back_up(office, tmp_path / "b.tar.gz", clock, with_key=False)

    assert str(refused.value).startswith(f"{path} cannot be backed up, so no backup was made")
    assert not (tmp_path / "b.tar.gz").exists()


def test_a_key_that_does_not_open_the_tokens_is_not_packed(office: Config, clock: ManualClock, tmp_path: Path) -> None:
    (office.data / "vault.key").write_bytes(b"\x11" * 32)

    with pytest.raises(BackupError, match=r"does not open the tokens of 'north', so it was not packed"):
        back_up(office, tmp_path / "b.tar.gz", clock, with_key=True)

    assert not (tmp_path / "b.tar.gz").exists()


@pytest.fixture
def little_room() -> Iterator[Callable[[int], None]]:
    """`little_room(bytes)` lets no file grow beyond so many bytes: what a full disk does to a writer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [1_000, 30_000, 160_000])
def test_a_backup_that_has_no_room_leaves_nothing_behind(
    office: Config, clock: ManualClock, tmp_path: Path, little_room: Callable[[int], None], room: int
) -> None:
    folder = tmp_path / "target"
    folder.mkdir()
    if room == 160_000:  # the copies fit, the archive does not
        office.path.write_bytes(office.path.read_bytes() + b"#" + digits(170_000))
    little_room(room)

    with pytest.raises((StateError, BackupError)):
        back_up(office, folder / "b.tar.gz", clock, with_key=False)

    assert list(folder.iterdir()) == []


def digits(size: int) -> bytes:
    """Hex digits, which do not compress well."""
    return random.Random(1).randbytes(size).hex().encode()


def test_a_backup_that_does_not_read_back_is_noticed(made: Backup, tmp_path: Path) -> None:
    content = bytearray(made.path.read_bytes())
    content[len(content) // 2] ^= 0x55
    spoiled = tmp_path / "spoiled.tar.gz"
    spoiled.write_bytes(content)

    with pytest.raises(ArchiveError):
        verify(spoiled)


def test_the_examination_finds_a_damaged_copy(tmp_path: Path, office: Config, file_of: Callable[..., Path]) -> None:
    copy_database(file_of(office, NORTH), tmp_path / "copy.db")
    with (tmp_path / "copy.db").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)

    with pytest.raises((DamagedFile, StateError)):
        examine(tmp_path / "copy.db")
