"""OAuth tokens at rest: encrypted, and never lost.

Both services rotate refresh tokens, and whoever loses the newest one loses the connection. So a saved token is on the
disk when `save` returns, and one refresh at a time runs over all threads and processes. A stolen registry file is
worth nothing without the key, which lies elsewhere; a token copied into another tenant's row does not open.
"""

import os
import secrets
import stat
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from state.columns import instant_text
from state.database import immediate
from state.errors import UnsafeKeyFile, WrongKey, explaining
from state.locks import exclusive
from state.model import TenantSlug, TokenSet
from state.registry import Registry

KEY_BYTES = 32
_NONCE_BYTES = 12


class Vault:
    """The tokens of all tenants, in the registry. `key` is 32 bytes (AES-256-GCM; the slug is authenticated too)."""

    def __init__(self, registry: Registry, key: bytes) -> None:
        self._registry = registry
        self._cipher = AESGCM(key)

    def save(self, slug: TenantSlug, tokens: TokenSet, at: datetime) -> None:
        """Durable when it returns."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, msgspec.json.encode(tokens), slug.encode())
        with immediate(self._registry.connection) as connection:
            connection.execute(
                "INSERT INTO token (slug, sealed, saved_at) VALUES (?, ?, ?)"
                " ON CONFLICT (slug) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at",
                (slug, sealed, instant_text(at)),
            )

    @explaining()
    def load(self, slug: TenantSlug) -> TokenSet | None:
        """None if nothing was saved; WrongKey if it was sealed with another key or altered."""
        row = self._registry.connection.execute("SELECT sealed FROM token WHERE slug = ?", (slug,)).fetchone()
        if row is None:
            return None
        nonce, sealed = row[0][:_NONCE_BYTES], row[0][_NONCE_BYTES:]
        try:
            return msgspec.json.decode(self._cipher.decrypt(nonce, sealed, slug.encode()), type=TokenSet)
        except InvalidTag:
            raise WrongKey(
                f"The tokens of {slug!r} do not open with this key. Restore the key file they were saved with, or run"
                " `dun connect` again."
            ) from None

    def forget(self, slug: TenantSlug) -> None:
        with immediate(self._registry.connection) as connection:
            connection.execute("DELETE FROM token WHERE slug = ?", (slug,))

    def exclusive(self, slug: TenantSlug) -> AbstractContextManager[None]:
        """One refresh of this tenant's tokens at a time, over all threads and processes; a kill frees the lock.

        A lock file rather than a transaction: the refresh is a network call, and other tenants must not wait for it.
        """
        return exclusive(self._registry.path.parent / "locks", f"{slug}.tokens", wait=True)


def read_or_create_key(path: Path) -> bytes:
    """The 32 bytes in `path`, made at random the first time. Raises UnsafeKeyFile if others may read the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _create_key(path)
    except FileExistsError:
        pass
    except OSError as error:
        raise UnsafeKeyFile(f"The key file {path} cannot be created: {error.strerror}.") from error
    return _read_key(path)


def _create_key(path: Path) -> None:
    """Complete under its own name or not at all: a kill must not leave half a key behind."""
    if path.exists():
        raise FileExistsError
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename, this fails if another process was first
    finally:
        draft.unlink()


def _read_key(path: Path) -> bytes:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UnsafeKeyFile(f"The key file {path} can be read by others; run `chmod 600` on it.")
        key = path.read_bytes()
    except OSError as error:
        raise UnsafeKeyFile(f"The key file {path} cannot be read: {error.strerror}.") from error
    if len(key) != KEY_BYTES:
        raise UnsafeKeyFile(f"The key file {path} holds {len(key)} bytes, not {KEY_BYTES}; restore your backup of it.")
    return key
