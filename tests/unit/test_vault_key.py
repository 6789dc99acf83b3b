"""Where the key of the vault may be, and what is said when it is not there, not safe, or no key."""

import base64
import multiprocessing
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import PasswordDeleteError

from connector.credentials import CredentialError
from connector.vault.key import GivenKey, KeyFile, KeyringKey, key_of
from state.errors import MissingKey, UnusableKey

KEY = bytes(range(200, 232))


class MemoryKeyring(KeyringBackend):
    """A keyring as a desktop has one, for as long as the test runs."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


@pytest.fixture
def desktop() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "secrets" / "vault.key", "file:secrets/vault.key")


def test_a_key_is_made_once_and_for_the_owner_alone(file: KeyFile) -> None:
    file.create()
    [key] = file.read()
    file.create()

    assert len(key) == 32
    assert file.read() == (key,)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [one.name for one in file.path.parent.iterdir()] == ["vault.key"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(file: KeyFile, mode: int) -> None:
    file.create()
    file.path.chmod(mode)

    with pytest.raises(UnusableKey, match="chmod 600"):
        file.read()


def test_half_a_key_is_refused(file: KeyFile) -> None:
    file.create()
    file.path.write_bytes(b"short")

    with pytest.raises(UnusableKey, match=r"vault\.key holds no key: 5 bytes.*Restore your backup"):
        file.read()


def test_a_missing_key_is_named_with_what_makes_one(file: KeyFile) -> None:
    with pytest.raises(MissingKey, match=r"vault\.key does not exist.*dun vault create"):
        file.read()


def test_a_folder_that_takes_no_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("a file")

    with pytest.raises(UnusableKey, match="cannot be created"):
        KeyFile(tmp_path / "plain" / "vault.key", "file:plain/vault.key").create()


def test_of_many_who_make_the_key_all_get_the_same(file: KeyFile) -> None:
    keys, start = [], threading.Barrier(4)

    def make() -> None:
        start.wait()
        file.create()
        keys.append(file.read())

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 4
    assert len(set(keys)) == 1


@pytest.mark.parametrize(
    "spelt",
    [
        KEY,
        KEY.hex().encode(),
        KEY.hex().upper().encode() + b"\n",
        base64.b64encode(KEY),
        base64.urlsafe_b64encode(KEY) + b"\r\n",
        base64.b64encode(KEY).rstrip(b"="),
    ],
    ids=["as it is", "hex", "HEX", "base64", "base64 of web addresses", "base64 without its end"],
)
def test_a_key_may_be_spelt_in_several_ways(spelt: bytes) -> None:
    assert key_of(spelt, "somewhere") == KEY


@pytest.mark.parametrize(
    "wrong",
    [b"", b"hunter2", KEY[:31], KEY + b"x", KEY.hex().encode()[:-2], b"\xff" * 64, base64.b64encode(KEY[:30])],
    ids=["nothing", "a password", "31 bytes", "33 bytes", "62 digits", "64 bytes", "30 bytes in base64"],
)
def test_what_is_no_key_is_refused_without_being_shown(wrong: bytes) -> None:
    with pytest.raises(UnusableKey, match=f"somewhere holds no key: {len(wrong)} bytes") as caught:
        key_of(wrong, "somewhere")

    assert "hunter2" not in str(caught.value)


def test_the_environment_hands_a_key_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUN_TEST_KEY", KEY.hex())

    assert GivenKey("env:DUN_TEST_KEY").read() == (KEY,)


def test_an_unset_variable_is_told_with_how_to_make_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DUN_TEST_KEY", raising=False)

    with pytest.raises(MissingKey, match=r"DUN_TEST_KEY .*hex or base64.*token_hex"):
        GivenKey("env:DUN_TEST_KEY").read()


def test_systemd_hands_a_key_over_whatever_rights_it_gave_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dun-key").write_bytes(KEY)
    (tmp_path / "dun-key").chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert GivenKey("systemd:dun-key").read() == (KEY,)


def test_a_credential_that_the_service_lacks_is_told_with_the_line_to_add(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    with pytest.raises(MissingKey, match="LoadCredential=dun-key:PATH"):
        GivenKey("systemd:dun-key").read()


def test_outside_of_a_service_there_are_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)

    with pytest.raises(CredentialError, match="only in a service that systemd started"):
        GivenKey("systemd:dun-key").read()


def test_a_keyring_keeps_a_key(desktop: MemoryKeyring) -> None:
    place = KeyringKey("dun/vault", "keyring:dun/vault")
    place.create()
    [key] = place.read()
    place.create()

    assert place.read() == (key,)
    assert desktop.kept == {("dun", "vault"): key.hex()}


def test_a_keyring_without_the_key_says_what_makes_one(desktop: MemoryKeyring) -> None:
    with pytest.raises(MissingKey, match="dun vault create"):
        KeyringKey("dun/vault", "keyring:dun/vault").read()


def test_a_machine_without_a_keyring_is_told_to_use_a_file() -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    try:
        with pytest.raises(CredentialError, match=r"cannot be used.*NoKeyringError.*file:PATH"):
            KeyringKey("dun/vault", "keyring:dun/vault").read()
    finally:
        keyring.set_keyring(before)


def test_without_the_extra_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # as Python marks what cannot be imported

    with pytest.raises(CredentialError, match=r"pip install 'dun-connector\[keyring\]'"):
        KeyringKey("dun/vault", "keyring:dun/vault").read()


@pytest.mark.parametrize("place", ["dun", "dun/", "/vault"])
def test_a_place_in_a_keyring_has_two_names(desktop: MemoryKeyring, place: str) -> None:
    with pytest.raises(CredentialError, match="keyring:SERVICE/NAME"):
        KeyringKey(place, f"keyring:{place}").read()


def test_a_draft_lies_beside_the_key_until_it_takes_its_place(file: KeyFile) -> None:
    file.create()
    [old] = file.read()

    new = file.draft()
    assert file.read() == (new, old)

    file.adopt_draft()
    assert file.read() == (new,)
    assert file.drafted() is None


def test_a_draft_in_a_keyring_does_the_same(desktop: MemoryKeyring) -> None:
    place = KeyringKey("dun/vault", "keyring:dun/vault")
    place.create()
    [old] = place.read()

    new = place.draft()
    assert place.read() == (new, old)

    place.adopt_draft()
    assert place.read() == (new,)
    assert list(desktop.kept) == [("dun", "vault")]


def _make_until_killed(path: Path, number: int) -> None:
    link = os.link

    def die(*arguments: object, **more: object) -> None:
        if number:
            link(*arguments, **more)
        os.kill(os.getpid(), signal.SIGKILL)

    os.link = die  # the last step but one: the key is written, its name is not, or only just
    KeyFile(path, "file:vault.key").create()


@pytest.mark.parametrize("number", [0, 1], ids=["before it has its name", "just after"])
def test_a_kill_leaves_a_whole_key_or_none(file: KeyFile, number: int) -> None:
    file.path.parent.mkdir()
    killed = multiprocessing.get_context("spawn").Process(target=_make_until_killed, args=(file.path, number))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert file.path.exists() == bool(number)

    file.create()

    assert len(file.read()[0]) == 32
