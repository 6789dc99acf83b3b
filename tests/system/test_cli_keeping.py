"""Backup, restore, export and forget as a person types them: what they say, and what they refuse."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def a_customer(folder: Path) -> tuple[str, str, str]:
    """Name, id and address of somebody in north's books who owes and can be written to."""
    with closing(sqlite3.connect(folder / "data/tenants/north/dun.db")) as shell:
        row = shell.execute(
            "SELECT name, contact.id, email FROM contact JOIN invoice ON invoice.contact_id = contact.id"
            " WHERE invoice.status = 'open' AND email LIKE '%@%' AND name <> ''"
            " GROUP BY name HAVING count(DISTINCT contact.id) = 1 ORDER BY name"
        ).fetchone()
    name, key, email = row
    return str(name), str(key), str(email)


def test_a_backup_says_that_the_key_is_not_in_it(connected: Any) -> None:
    told = connected.told("backup", "b.tar.gz")

    assert "read it back" in told
    assert "key of the vault is not in it" in told


def test_a_backup_with_the_key_says_what_it_is_worth(connected: Any) -> None:
    assert "Keep it locked away" in connected.told("backup", "b.tar.gz", "--with-key")


def test_a_backup_speaks_json(connected: Any) -> None:
    told = json.loads(connected.told("backup", "b.tar.gz", "--json"))

    assert told["file"].endswith("b.tar.gz")
    assert {member["name"] for member in told["manifest"]["members"]} >= {"registry.db", "tenants/north/dun.db"}


def test_a_backup_over_a_file_is_refused(connected: Any) -> None:
    connected.told("backup", "b.tar.gz")

    assert "exists already" in connected.refused("backup", "b.tar.gz")


def test_a_restore_pauses_everybody_and_says_what_to_do(connected: Any) -> None:
    connected.told("backup", "b.tar.gz")

    told = connected.told("restore", "b.tar.gz", "--force")

    assert "before-restore-" in told
    assert "dun release --everything" in told


def test_a_restore_over_a_folder_in_use_is_refused(connected: Any) -> None:
    connected.told("backup", "b.tar.gz")

    assert "--force" in connected.refused("restore", "b.tar.gz")


def test_a_restore_of_something_else_is_refused(connected: Any) -> None:
    assert "no backup of Dun" in connected.refused("restore", "config.toml", "--force")


def test_a_restore_into_nothing_brings_the_configuration(connected: Any, tmp_path: Path) -> None:
    connected.told("backup", "b.tar.gz", "--with-key")
    secrets = [path for path in tmp_path.iterdir() if path.name.startswith("sandbox-")]
    (tmp_path / "new").mkdir()
    for path in secrets:
        (tmp_path / "new" / path.name).write_bytes(path.read_bytes())

    told = connected.told("--config", "new/config.toml", "restore", "b.tar.gz", "--moved")

    assert "from the backup" in told
    assert "north" in connected.told("--config", "new/config.toml", "tenants")


def test_an_export_says_how_much_it_is(connected: Any) -> None:
    told = json.loads(connected.told("export", "north", "--to", "out", "--json"))

    assert told["rows"]["invoices"] > 0
    assert told["rows"]["contacts"] > 0


def test_no_token_is_exported(connected: Any, tmp_path: Path) -> None:
    connected.told("export", "north", "--to", "out")

    assert not [path for path in (tmp_path / "out").iterdir() if b"token" in path.read_bytes().lower()]


def test_an_export_of_nobody_is_refused(connected: Any) -> None:
    assert "no tenant 'nobody'" in connected.refused("export", "nobody", "--to", "out")


def test_an_export_over_a_folder_is_refused(connected: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()

    assert "exists already" in connected.refused("export", "north", "--to", "out")


def test_a_customer_is_forgotten_by_name(connected: Any, tmp_path: Path) -> None:
    name, key, email = a_customer(tmp_path)

    told = connected.told("forget", "north", name, "--yes")

    content = b"".join(path.read_bytes() for path in (tmp_path / "data/tenants/north").iterdir())
    assert "Forgotten" in told
    assert email.encode() not in content
    assert key.encode() in content


def test_what_the_ledger_tells_again_stays_forgotten(connected: Any, tmp_path: Path) -> None:
    _, key, email = a_customer(tmp_path)
    connected.told("forget", "north", key, "--yes")

    connected.told("sync")

    content = b"".join(path.read_bytes() for path in (tmp_path / "data/tenants/north").iterdir())
    assert email.encode() not in content


def test_nothing_is_forgotten_without_a_yes(connected: Any, tmp_path: Path) -> None:
    name, _, email = a_customer(tmp_path)

    result = connected.run("forget", "north", name)

    content = b"".join(path.read_bytes() for path in (tmp_path / "data/tenants/north").iterdir())
    assert result.exit_code == 1
    assert email.encode() in content


def test_forgetting_an_unknown_customer_is_refused(connected: Any) -> None:
    assert "not in the mirror" in connected.refused("forget", "north", "Nobody & Sons", "--yes")
