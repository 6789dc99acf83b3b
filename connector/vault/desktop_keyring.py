"""The keyring of the desktop or of the operating system, where an installation has the extra `keyring`.

The package is imported only when a reference asks for it: servers have neither it nor a keyring to talk to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connector.credentials import CredentialError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


def get(place: str) -> str | None:
    """The text at `place` (SERVICE/NAME); None if there is none. CredentialError if the keyring cannot be used."""
    with _opened(place) as (keyring, service, name):
        return keyring.get_password(service, name)


def put(place: str, text: str) -> None:
    """Store `text` at `place`, over whatever was there."""
    with _opened(place) as (keyring, service, name):
        keyring.set_password(service, name, text)


def remove(place: str) -> None:
    """Remove what is at `place`, which must be there."""
    with _opened(place) as (keyring, service, name):
        keyring.delete_password(service, name)


@contextmanager
def _opened(place: str) -> Iterator[tuple["KeyringBackend", str, str]]:
    """The keyring with the two names of a place in it. What it raises leaves in words that quote nothing of it."""
    service, slash, name = place.partition("/")
    if not (service and slash and name):
        raise CredentialError(f"keyring:{place} names no place in a keyring; write keyring:SERVICE/NAME")
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise CredentialError(
            f"keyring:{place} needs the extra `keyring`; install it with: pip install 'dun-connector[keyring]'"
        ) from None
    try:
        yield keyring.get_keyring(), service, name
    except KeyringError as error:
        raise CredentialError(
            f"the keyring cannot be used for keyring:{place} ({type(error).__name__}); unlock it, or keep the secret in"
            " a file (file:PATH) on machines without one"
        ) from None
