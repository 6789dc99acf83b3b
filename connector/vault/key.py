"""Where the key of the vault is: a file of its own, the environment, a keyring, or a systemd credential.

Files and keyrings can be written to, so that a key can be made and changed in place. While it is being changed both
keys are there, the old one and a draft beside it; which of them is in force stands in the registry, in the same
transaction as the tokens. So whenever the machine stops, the key that opens the tokens is found.
"""

import base64
import binascii
import errno
import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct

from connector.config.settings import Config
from connector.credentials import ENVIRONMENT, FILE, KEYRING, systemd_credential
from connector.vault import desktop_keyring
from state.errors import DiskFull, MissingKey, UnusableKey
from state.folders import flush_folder, make_folder
from state.vault import KEY_BYTES, KeySource

KEY_FILE = "vault.key"
HOW_TO_MAKE_ONE = "python3 -c 'import secrets; print(secrets.token_hex(32))'"
_DRAFT = ".next"


@runtime_checkable
class WritableKey(KeySource, Protocol):
    """A place in which keys can be made."""

    def create(self) -> None:
        """Make a key if there is none."""
        ...

    def draft(self) -> bytes:
        """A new key beside the present one, stored safely."""
        ...

    def drafted(self) -> bytes | None:
        """The draft that is there; None without one."""
        ...

    def adopt_draft(self) -> None:
        """The draft takes the place of the present key. At no moment is it in neither place."""
        ...

    def discard_draft(self) -> None: ...


class KeyFile(Struct, frozen=True):
    """32 bytes, as they are or written as text, in a file that only its owner can read."""

    path: Path
    reference: str

    def read(self) -> Sequence[bytes]:
        draft = self.drafted()  # looked for first: it may move to the other place between the two looks
        present = _read(self.path)
        return (present,) if draft is None else (draft, present)

    def create(self) -> None:
        """Of two who do it at once, both find the same key afterwards."""
        _write(self.path, secrets.token_bytes(KEY_BYTES))

    def draft(self) -> bytes:
        _write(self._draft_path, secrets.token_bytes(KEY_BYTES))
        return _read(self._draft_path)

    def drafted(self) -> bytes | None:
        try:
            return _read(self._draft_path)
        except MissingKey:
            return None

    def adopt_draft(self) -> None:
        self._draft_path.replace(self.path)
        flush_folder(self.path.parent)

    def discard_draft(self) -> None:
        self._draft_path.unlink()

    @property
    def _draft_path(self) -> Path:
        return self.path.with_name(self.path.name + _DRAFT)


class KeyringKey(Struct, frozen=True):
    """A key in hex in a keyring; `place` is SERVICE/NAME."""

    place: str
    reference: str

    def read(self) -> Sequence[bytes]:
        self._get(self.place)  # a keyring that cannot be used is told with the place that people know
        draft = self.drafted()
        present = self._get(self.place)
        if present is None:
            raise MissingKey(f"There is no key at {self.reference}; `dun vault create` makes one.")
        return (present,) if draft is None else (draft, present)

    def create(self) -> None:
        if self._get(self.place) is None:
            desktop_keyring.put(self.place, secrets.token_hex(KEY_BYTES))

    def draft(self) -> bytes:
        key = secrets.token_bytes(KEY_BYTES)
        desktop_keyring.put(self.place + _DRAFT, key.hex())
        return key

    def drafted(self) -> bytes | None:
        return self._get(self.place + _DRAFT)

    def adopt_draft(self) -> None:
        draft = self.drafted()
        if draft is not None:
            desktop_keyring.put(self.place, draft.hex())
            self.discard_draft()

    def discard_draft(self) -> None:
        desktop_keyring.remove(self.place + _DRAFT)

    def _get(self, place: str) -> bytes | None:
        text = desktop_keyring.get(place)
        return None if text is None else key_of(text.encode(), self.reference)


class GivenKey(Struct, frozen=True):
    """A key that somebody else hands to this process: in the environment, or as a credential of systemd."""

    reference: str

    def read(self) -> Sequence[bytes]:
        from_environment = self.reference.startswith(ENVIRONMENT)
        return (_from_environment(self.reference) if from_environment else _from_systemd(self.reference),)


def key_source(config: Config, reference: str | None = None) -> KeySource:
    """The configured place of the key, or the one that `reference` names. Nothing is read yet."""
    reference = config.vault_key if reference is None else reference
    if not reference:
        return KeyFile(config.data / KEY_FILE, f"{KEY_FILE} in the data folder")
    if reference.startswith(FILE):
        return KeyFile(config.base / reference.removeprefix(FILE), reference)
    if reference.startswith(KEYRING):
        return KeyringKey(reference.removeprefix(KEYRING), reference)
    return GivenKey(reference)


def key_of(content: bytes, place: str) -> bytes:
    """The 32 bytes that `content` is, or spells in hex or base64. UnusableKey names the place, never the content."""
    if len(content) == KEY_BYTES:
        return content
    text = b"".join(content.split())
    try:
        key = bytes.fromhex(text.decode("ascii")) if len(text) == 2 * KEY_BYTES else _from_base64(text)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) == KEY_BYTES:
        return key
    raise UnusableKey(
        f"{place} holds no key: {len(content)} bytes, which are neither {KEY_BYTES} random bytes nor {KEY_BYTES} bytes"
        f" written in hex or base64. Restore your backup of it; a new key is made with {HOW_TO_MAKE_ONE}"
    )


def _from_base64(text: bytes) -> bytes:
    """Both alphabets, with or without the filling at the end."""
    ordinary = text.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    return base64.b64decode(ordinary + b"=" * (-len(ordinary) % 4), validate=True)


def _from_environment(reference: str) -> bytes:
    name = reference.removeprefix(ENVIRONMENT)
    text = os.environ.get(name, "")
    if not text:
        raise MissingKey(
            f"The environment variable {name} with the key of the vault is not set: 32 bytes in hex or base64. Set it"
            f" before starting Dun; a new key is made with {HOW_TO_MAKE_ONE}"
        )
    return key_of(text.encode(), f"The environment variable {name}")


def _from_systemd(reference: str) -> bytes:
    """systemd decides who may read a credential, so its rights are not judged here."""
    name = reference.partition(":")[2]
    path = systemd_credential(name)
    try:
        return key_of(path.read_bytes(), f"The systemd credential {name}")
    except OSError as error:
        raise MissingKey(
            f"The systemd credential {name} with the key of the vault cannot be read: {error.strerror}. Add"
            f" LoadCredential={name}:PATH to the service."
        ) from None


def _read(path: Path) -> bytes:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UnusableKey(f"The key file {path} can be read by others; run `chmod 600` on it.")
        content = path.read_bytes()
    except FileNotFoundError:
        raise MissingKey(
            f"The key file {path} does not exist; restore it, or make one with `dun vault create`."
        ) from None
    except OSError as error:
        raise UnusableKey(f"The key file {path} cannot be read: {error.strerror}.") from error
    return key_of(content, f"The key file {path}")


def _write(path: Path, key: bytes) -> None:
    """Complete under its own name or not at all: a kill must not leave half a key behind. A key there is kept."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        make_folder(path.parent)
        _write_private(draft, key)
        with suppress(FileExistsError):  # unlike a rename, a link leaves what another process made first
            os.link(draft, path)
        flush_folder(path.parent)
    except OSError as error:
        family = DiskFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else UnusableKey
        raise family(f"The key file {path} cannot be created: {error.strerror}.") from error
    finally:
        with suppress(OSError):  # there is none, or what kept it from being made keeps it from being removed
            draft.unlink()


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
