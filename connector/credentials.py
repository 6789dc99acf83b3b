"""Secrets live outside the configuration file, which people copy, commit and attach to bug reports.

The file holds references; this module turns a reference into the secret at the moment it is used.
"""

import os
from pathlib import Path

ENVIRONMENT = "env:"
FILE = "file:"
KEYRING = "keyring:"
SYSTEMD = "systemd:"
_LONGEST_SECRET = 65_536  # bytes
_SCHEMES = (ENVIRONMENT, FILE, KEYRING, SYSTEMD)


class CredentialError(Exception):
    """A secret cannot be had; `str()` names the reference and the mend, never a value."""


class Secret:
    """A text that does not print. Two equal secrets are equal; `reveal()` is the only way to the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(hidden)"


def is_reference(text: str) -> bool:
    """Whether `text` says where a secret is, instead of being one."""
    return any(text.startswith(scheme) and len(text) > len(scheme) for scheme in _SCHEMES)


def resolve(reference: str, base: Path) -> Secret:
    """The secret `reference` points to; a `file:PATH` is relative to the folder `base`.

    A file's closing line end is not part of the secret. Raises CredentialError if there is nothing to find.
    """
    if reference.startswith(ENVIRONMENT):
        return _from_environment(reference.removeprefix(ENVIRONMENT))
    if reference.startswith(FILE):
        return _from_file(base / reference.removeprefix(FILE))
    if reference.startswith(KEYRING):
        return _from_keyring(reference.removeprefix(KEYRING))
    if reference.startswith(SYSTEMD):
        return _from_file(systemd_credential(reference.removeprefix(SYSTEMD)))
    raise CredentialError(
        "a secret must be given as env:NAME, file:PATH, keyring:SERVICE/NAME or systemd:NAME, not as plain text"
    )


def systemd_credential(name: str) -> Path:
    """The file in which systemd hands the credential `name` to this service."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise CredentialError(
            f"systemd:{name} is there only in a service that systemd started with LoadCredential={name}:PATH (or"
            " LoadCredentialEncrypted=)"
        )
    if "/" in name or name in {".", ".."}:
        raise CredentialError(f"systemd:{name} is no name of a credential; write the NAME of LoadCredential=NAME:PATH")
    return Path(folder) / name


def _from_environment(name: str) -> Secret:
    value = os.environ.get(name, "")
    if not value:
        raise CredentialError(f"the environment variable {name} is not set; export it before starting Dun")
    return Secret(value)


def _from_keyring(place: str) -> Secret:
    from connector.vault import desktop_keyring  # not before somebody wants it, and it needs this module's error

    text = desktop_keyring.get(place)
    if not text:
        raise CredentialError(
            f"there is nothing at keyring:{place}; store it with: keyring set {' '.join(place.split('/', 1))}"
        )
    return Secret(text)


def _from_file(path: Path) -> Secret:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_SECRET + 1)
        if len(content) > _LONGEST_SECRET:
            raise CredentialError(f"the secret file {path} is larger than {_LONGEST_SECRET:,} bytes; name another one")
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise CredentialError(f"the secret file {path} is not UTF-8 text") from None
    except OSError as error:
        raise CredentialError(f"the secret file {path} cannot be read: {error.strerror}") from None
    secret = text.rstrip("\r\n")
    if not secret:
        raise CredentialError(f"the secret file {path} is empty; put the secret on its first line")
    return Secret(secret)
