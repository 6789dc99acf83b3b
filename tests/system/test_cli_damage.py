"""Damaged, foreign, newer and unprotected files as a person meets them: refused in words before anything is tried."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

REGISTRY = Path("data/registry.db")
NORTH = Path("data/tenants/north/dun.db")


def of_the_future(path: Path) -> None:
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('dun', 'm999_x', 'x')")
        shell.commit()


def cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("CREATE TABLE photo (id)")


def no_database(path: Path) -> None:
    path.write_bytes(b"Dear customer, " * 1000)


DAMAGE = {of_the_future: "newer version", cut_off: "damaged", of_another_program: "not a", no_database: "not an SQLite"}


@pytest.mark.parametrize("path", [REGISTRY, NORTH], ids=["the registry", "a client's file"])
@pytest.mark.parametrize(("damage", "words"), DAMAGE.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_a_file_that_is_not_right_is_refused_and_left_alone(
    connected: Any, path: Path, damage: Callable[[Path], None], words: str
) -> None:
    file = connected.folder / path
    damage(file)
    before = file.read_bytes()
    told = connected.refused("preview")

    assert words in told
    assert path.name in told
    assert file.read_bytes() == before


def test_a_missing_key_is_not_replaced(connected: Any) -> None:
    key = connected.folder / "data" / "vault.key"
    key.unlink()
    told = connected.refused("tenants")

    assert "no other is made in its place" in told
    assert not key.exists()


def test_a_key_from_somewhere_else_is_told_apart_from_damage(connected: Any) -> None:
    (connected.folder / "data" / "vault.key").write_bytes(os.urandom(32))

    assert "were sealed with another key" in connected.refused("tenants")


def test_damaged_tokens_are_told_with_the_tenant(connected: Any) -> None:
    with closing(sqlite3.connect(connected.folder / REGISTRY)) as shell:
        shell.execute("UPDATE token SET sealed = zeroblob(300) WHERE slug = 'north'")
        shell.commit()

    assert "'north' are damaged" in connected.refused("sync", "--tenant", "north")
    assert connected.run("vault", "status").exit_code == 1


def test_a_lost_key_can_be_given_up_and_the_clients_connected_again(connected: Any) -> None:
    (connected.folder / "data" / "vault.key").unlink()
    assert "no other is made" in connected.refused("vault", "create")

    told = connected.told("vault", "create", "--forget-tokens")

    assert "dun reconnect north" in told
    assert "north" in connected.told("tenants")


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: only root can give a folder away")
def test_a_data_folder_of_somebody_else_is_refused(connected: Any) -> None:
    os.chown(connected.folder / "data", 12345, 12345)
    try:
        assert "belongs to another user (id 12345)" in connected.refused("tenants")
    finally:
        os.chown(connected.folder / "data", os.geteuid(), os.getegid())


def test_a_changed_key_opens_what_the_old_one_sealed(connected: Any) -> None:
    before = (connected.folder / "data" / "vault.key").read_bytes()
    told = connected.told("vault", "rotate")

    assert "2 tenants with a new key" in told
    assert (connected.folder / "data" / "vault.key").read_bytes() != before
    assert connected.run("vault", "status", "--json").exit_code == 0
    connected.told("sync", "--tenant", "north")


def test_moving_the_key_says_what_to_write_where(connected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUN_TEST_KEY", os.urandom(32).hex())
    told = connected.told("vault", "rotate", "--to", "env:DUN_TEST_KEY")
    assert 'key = "env:DUN_TEST_KEY"' in told
    assert "from env:DUN_TEST_KEY" in connected.refused("tenants")

    config = connected.folder / "config.toml"
    config.write_text(config.read_text() + '\n[vault]\nkey = "env:DUN_TEST_KEY"\n')

    connected.told("sync", "--tenant", "north")


def test_a_key_in_the_environment_is_changed_by_moving(connected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUN_TEST_KEY", os.urandom(32).hex())
    connected.told("vault", "rotate", "--to", "env:DUN_TEST_KEY")
    config = connected.folder / "config.toml"
    config.write_text(config.read_text() + '\n[vault]\nkey = "env:DUN_TEST_KEY"\n')

    assert "dun vault rotate --to" in connected.refused("vault", "rotate")


@pytest.mark.parametrize(
    "arguments", [["vault", "rotate", "--to", "hunter2"], ["--config", "new.toml", "init", "--key", "hunter2"]]
)
def test_a_key_is_never_typed_on_the_command_line(connected: Any, arguments: list[str]) -> None:
    told = connected.refused(*arguments)

    assert "place" in told
    assert "hunter2" not in told


def test_init_writes_where_the_key_is(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DUN_TEST_KEY", raising=False)
    told = ask.told("init", "--key", "env:DUN_TEST_KEY")

    assert "token_hex" in told
    assert 'key = "env:DUN_TEST_KEY"' in (ask.folder / "config.toml").read_text()
    assert not (ask.folder / "data" / "vault.key").exists()


def test_init_makes_the_key_in_the_file_of_choice(ask: Any) -> None:
    ask.told("init", "--key", "file:secrets/vault.key")

    assert (ask.folder / "secrets" / "vault.key").stat().st_mode & 0o777 == 0o600
    assert "is right" in ask.told("config", "check")
