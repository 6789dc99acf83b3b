"""The very first commands on a machine: what cannot work is refused in words, and nothing is left behind."""

from pathlib import Path

import keyring
import pytest
from click.testing import CliRunner
from keyring.backends.fail import Keyring as NoKeyring

from connector.cli import main


def test_a_keyring_that_cannot_be_used_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", NoKeyring)
    config = tmp_path / "new" / "config.toml"
    refused = CliRunner().invoke(main, ["--config", str(config), "init", "--key", "keyring:dun/vault"])

    assert refused.exit_code == 2
    assert "cannot be used for keyring:dun/vault (" in refused.stderr
    assert not config.exists()


def test_a_configuration_that_cannot_be_read_is_named_with_its_path(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    refused = CliRunner().invoke(main, ["--config", str(config), "tenants"])

    assert refused.stderr.strip() == f"{config} cannot be read: No such file or directory; create it with: dun init"
